import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runInProcess } from "./support/command_line.js";

describe("spelling hints", () => {
  it.each([
    ["craft --eps 10/255", "unknown option '--eps' (Did you mean --radius?)"],
    ["craft --epsilon=0.1", "unknown option '--epsilon=0.1' (Did you mean --radius?)"],
    ["craft --lr 1", "unknown option '--lr' (Did you mean --step-size?)"],
    ["craft --iters 5", "unknown option '--iters' (Did you mean --passes?)"],
    ["deepfool --iters 5", "unknown option '--iters' (Did you mean --steps?)"],
    ["deepfool --max_iter 5", "unknown option '--max_iter' (Did you mean --steps?)"],
    ["craft --batchSize 5", "unknown option '--batchSize' (Did you mean --batch?)"],
    ["craft --step_size 5", "unknown option '--step_size' (Did you mean --step-size?)"],
    ["craft -o x", "unknown option '-o' (Did you mean --out?)"],
    ["craft --radus 5", "unknown option '--radus' (Did you mean --radius?)"],
    ["craft --frobnicate", "unknown option '--frobnicate'"],
    // evaluate has no radius; nothing is better than what does not exist
    ["evaluate --xi 5", "unknown option '--xi'"],
    ["eval", "unknown command 'eval' (Did you mean evaluate?)"],
    ["attack", "unknown command 'attack' (Did you mean craft?)"],
    ["crafft", "unknown command 'crafft' (Did you mean craft?)"],
    ["constructor", "unknown command 'constructor'"],
    ["craft --constructor", "unknown option '--constructor'"],
  ])("%s", async (line, message) => {
    const { code, stderr } = await runInProcess(line.split(" "));
    expect({ code, stderr }).toEqual({ code: 2, stderr: `unifool: ${message}\n` });
  });

  it("are about options that exist", async () => {
    const { stdout } = await runInProcess(["craft", "--help"]);
    const { stdout: other } = await runInProcess(["deepfool", "--help"]);
    const source = await import("node:fs").then(({ readFileSync }) =>
      readFileSync(new URL("../../src/cli/spelling.ts", import.meta.url), "utf8"),
    );
    const table = source.slice(source.indexOf("OPTIONS:"), source.indexOf("};"));
    const names = [...table.matchAll(/^ {2}"?([\w-]+)"?: \[/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(25);
    for (const name of names) expect(stdout + other).toContain(`--${name}`);
  });
});

it("--deterministic reaches the engine: reports name plain kernels", async () => {
  const args = ["craft", "--demo", "--limit", "4", "--passes", "1", "--deterministic", "--json"];
  const out = mkdtempSync(join(tmpdir(), "unifool-deterministic-"));
  onTestFinished(() => rmSync(out, { recursive: true, force: true }));
  const { stdout } = await runInProcess([...args, "--holdout", "0", "--out", out]);
  expect(JSON.parse(stdout)).toMatchObject({ backend: "wasm", variant: "simd", deterministic: true });
});
