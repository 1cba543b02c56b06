import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchChromium } from "../browser/chromium.js";
import { randomModel } from "../browser/model.js";
import { buildPackage, root } from "../browser/package_build.js";
import { type Policy, serve } from "../browser/site.js";
import { BUNDLER_PACKAGES, BUNDLERS, bundleApp, WORKER } from "./bundlers.js";
import { installTools } from "./tools.js";

const chromium = findChromium();
const model = randomModel([9, 7, 3], [8, 13], 6);
const files = {
  // Browsers ask for it.
  "/favicon.ico": "",
  "/model/model.json": model["model.json"],
  "/model/weights.bin": model["weights.bin"],
};

let folder: string;
let unifool: string;
let tools: string | undefined;
let browser: Browser;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "unifool-bundlers-"));
  unifool = join(folder, "unifool");
  mkdirSync(unifool);
  cpSync(await buildPackage(), join(unifool, "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(unifool, "package.json"));
  tools = await installTools("bundlers", BUNDLER_PACKAGES);
  if (chromium) browser = await launchChromium(chromium, { webgpu: false });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

interface Finished {
  readonly error?: string;
  readonly threads: number;
  readonly newLabels: number[];
}

/** What a page found, all that it said on its console, and how many bytes of script it loaded. */
async function visit(site: string, policy: Policy, search: string) {
  const { origin, close } = await serve(policy, { "/": site }, files);
  const page = await browser.newPage();
  try {
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    await page.goto(`${origin}/index.html${search}`);
    await page.waitForFunction(() => "finished" in globalThis);
    const [found, bytes] = await page.evaluate(async () => {
      const { finished } = globalThis as unknown as { finished: Promise<Finished> };
      const found = await finished;
      const scripts = performance.getEntriesByType("resource").filter(({ name }) => /\.js$/.test(name));
      const bytes = scripts.reduce(
        (sum, entry) => sum + (entry as PerformanceResourceTiming).decodedBodySize,
        0,
      );
      return [found, bytes] as const;
    });
    return { found, said, bytes };
  } finally {
    await page.close();
    close();
  }
}

it.each(["vite", "webpack"] as const)("the document says what %s makes a worker of", (bundler) => {
  expect(readFileSync(join(root, "docs/embedding.md"), "utf8")).toContain(`\n${WORKER[bundler]}\n`);
});

describe.each(BUNDLERS)("a page made with %s", (bundler) => {
  let site: string;
  let complaints: string[];
  beforeAll(async () => {
    if (tools) ({ folder: site, complaints } = await bundleApp(bundler, folder, unifool, tools));
  });

  it("is built without a warning", ({ skip }) => {
    skip(!tools, "the bundlers are not installed");
    expect(complaints).toEqual([]);
  });

  it.for([
    { policy: "isolated", search: "", threads: 2 },
    { policy: "plain", search: "", threads: 1 },
    { policy: "isolated", search: "?served", threads: 2 },
    { policy: "strict", search: "?served", threads: 2 },
  ] as const)("crafts in Chromium: $policy $search", async ({ policy, search, threads }, { skip }) => {
    skip(!tools || !chromium, "no bundlers, or no Chromium");
    const { found, said, bytes } = await visit(site, policy, search);
    console.log(`${bundler}, ${policy}: ${(bytes / 1000).toFixed(0)} kB of script loaded`);
    expect(said).toEqual([]);
    expect(found).toMatchObject({ backend: "wasm", warnings: [], succeeded: [1] });
    // As many as the machine has processors, up to 8, where there is a shared memory.
    if (threads === 1) expect(found.threads).toBe(1);
    else expect(found.threads).toBeGreaterThanOrEqual(threads);
  });
});
