import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPackage } from "../browser/package_build.js";

let dist: string;
beforeAll(async () => {
  dist = await buildPackage();
});

/** What Node prints of an error that a script lets through. */
function printed(...lines: readonly string[]): string {
  const script = [`import * as unifool from ${JSON.stringify(`file://${dist}/index.js`)};`, ...lines];
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module"], {
    input: script.join("\n"),
    encoding: "utf8",
  });
  expect(status).toBe(1);
  return stderr;
}

const SPEC = `{
  input: { name: "image", shape: [1, 1, 2] },
  nodes: [
    { op: "Flatten", name: "flat", inputs: ["image"] },
    { op: "Gemm", name: "scores", inputs: ["flat"], units: 2, weights: Float32Array.of(1, 2, 3, 4) },
  ],
  output: "scores",
}`;

describe("an error that nobody catches", () => {
  it.each([
    ["ModelError: loadModel: ", [`await unifool.compile("/nonexistent/model.json");`]],
    ["InvalidArgumentError: compile: ", [`await unifool.compile(${SPEC}, { backend: "fpga" });`]],
    ["InvalidArgumentError: logits: ", [`(await unifool.compile(${SPEC})).logits(new Float32Array(3));`]],
    [
      "EngineError: logits: ",
      [
        `const net = await unifool.compile(${SPEC});`,
        "net.dispose();",
        "await net.logits(new Float32Array(2));",
      ],
    ],
    [
      "UniversalAbortedError [AbortError]: universalPerturbation: ",
      [
        `const net = await unifool.compile(${SPEC});`,
        "const signal = AbortSignal.abort();",
        "await unifool.universalPerturbation(net, new Float32Array(2), { signal });",
      ],
    ],
  ])("is printed under its name, below a short line of code: %s", (name, lines) => {
    const text = printed(...lines);
    expect(text).toContain(`\n${name}`);
    expect(text.length).toBeLessThan(4000);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(1000);
  });

  it("can come from no long line but that of the kernels' bytes", () => {
    const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".js"),
    );
    expect(files.length).toBeGreaterThan(5);
    const long = files
      .flatMap((file) => readFileSync(`${dist}/${file}`, "utf8").split("\n"))
      .filter((line) => line.length > 1000)
      .map((line) => line.replace(/[A-Za-z0-9+/=]{1000,}/, "bytes"));
    for (const line of long) expect(line).toBe("bytes");
    // Both variants.
    expect(long.length).toBe(2);
  });
});
