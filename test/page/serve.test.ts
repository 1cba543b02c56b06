import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root } from "../browser/package_build.js";

let server: ChildProcess;
let address: URL;

beforeAll(async () => {
  server = spawn(process.execPath, [`${root}examples/browser/serve.mjs`], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout as NonNullable<typeof server.stdout>, "data");
  address = new URL(String(line).trim());
});

afterAll(() => server.kill());

/** Status of a path as it stands, which `fetch` would tidy. */
async function statusOf(path: string): Promise<number | undefined> {
  const asked = request({ host: address.hostname, port: address.port, path }).end();
  const [response] = await once(asked, "response");
  response.resume();
  return response.statusCode;
}

it("the example's server shows the page at /, isolated, and survives what is no file", async () => {
  const page = await fetch(address.origin);
  expect(await page.text()).toContain("unifool in a page");
  expect(page.headers.get("Cross-Origin-Embedder-Policy")).toBe("require-corp");
  for (const path of ["//", "///x", "/%", "/..%2fx", "/../../etc/passwd", "/src"])
    expect(await statusOf(path)).toBe(404);
  expect((await fetch(address)).status).toBe(200);
});
