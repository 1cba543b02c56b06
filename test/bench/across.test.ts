import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resultsDocument } from "../../bench/across/document.js";
import { readRuns } from "../../bench/across/read.js";
import { casesOf, nameRuns } from "../../bench/across/runs.js";
import { parseReport } from "../../bench/results.js";

const folder = join(import.meta.dirname, "across");
const read = (file: string): string => readFileSync(join(folder, file), "utf8");
const runs = readRuns(["node.json", "browser.json"].map((file) => join(folder, file)));
const drawn = resultsDocument(runs);

describe("the document of results", () => {
  it("is as it was, with the charts", () => {
    expect(drawn["RESULTS.md"]).toBe(read("RESULTS.md"));
    expect(Object.keys(drawn)).toEqual([
      "RESULTS.md",
      "charts/logits_tiny_1_0.svg",
      "charts/jacobian_resnet20_8_10.svg",
    ]);
    expect(drawn["charts/jacobian_resnet20_8_10.svg"]).toBe(read("jacobian_resnet20_8_10.svg"));
  });

  it("says what ran on software, what was wrong, and who was absent and why", () => {
    const text = drawn["RESULTS.md"];
    const line = (...words: string[]): string =>
      text.split("\n").find((l) => words.every((word) => l.includes(word))) ?? "";
    expect(line("| webgpu", "f32", "Chromium")).toContain("| software |");
    expect(line("| tfjs", "webgl-4.22.0")).toContain("| software |");
    expect(line("| tfjs", "cpu-4.22.0")).not.toContain("| software |");
    expect(line("| webgpu", "f32", "Node 24")).not.toContain("| software |");
    expect(line("WRONG")).toContain("| onnxruntime | 1.30.0 ");
    expect(line("Node has no WebGL")).toContain("tfjs-webgl");
    expect(drawn["charts/logits_tiny_1_0.svg"]).toContain("webgpu f32, software");
    expect(drawn["charts/logits_tiny_1_0.svg"]).not.toContain("onnxruntime");
  });

  it("has every row's fastest and median time, of an image", () => {
    const [, { entries }] = casesOf(runs);
    expect(entries.map(({ row, times }) => [row.engine, times])).toEqual([
      ["webgpu", { fastest: 0.5, median: 1 }],
      ["wasm", { fastest: 7.5, median: 10 }],
      ["wasm", { fastest: 9, median: 12 }],
    ]);
    expect(drawn["RESULTS.md"]).toMatch(/\| webgpu +\| f32 +\| +0.500 \| +1.00 \|/);
  });

  it("grows with the times: the longer, the longer the bar", () => {
    const bars = [...drawn["charts/jacobian_resnet20_8_10.svg"].matchAll(/<rect .*?width="([\d.]+)"/g)].map(
      ([, width]) => Number(width),
    );
    expect(bars).toHaveLength(3);
    expect(bars[0]).toBeLessThan(bars[1]);
    expect(bars[1]).toBeLessThan(bars[2]);
  });

  it("tells runs apart that are alike but for their files", () => {
    const report = parseReport(read("node.json"), "node.json");
    const names = nameRuns(["a.json", "b.json"].map((file) => ({ file, report }))).map(({ name }) => name);
    expect(names[0]).toContain("(a.json)");
    expect(names[1]).toContain("(b.json)");
  });

  it("names a file that is missing or holds something else", () => {
    expect(() => readRuns([join(folder, "none.json")])).toThrow("none.json is not there");
    expect(() => parseReport("{}", "x.json")).toThrow("x.json: schema is undefined");
  });
});
