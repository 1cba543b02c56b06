import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pace } from "../../src/cli/format.js";
import { doing } from "../../src/cli/loading.js";
import { runInProcess } from "./support/command_line.js";
import { writeRawFolder, writeTinyModel } from "./support/tiny_model.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-progress-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("progress", () => {
  it.each([
    [0, 10, 0, "0.0 s"],
    [0, 10, 4, "4.0 s"],
    [5, 20, 10, "10 s, about 30 s left, 0.50 images/s"],
    [90, 100, 1, "1.0 s, about 0.1 s left, 90 images/s"],
  ])("%i of %i after %f s: %s", (done, total, seconds, text) => {
    expect(pace(done, total, seconds)).toBe(text);
  });

  it.each([
    ["read", 12_345_678, 98_000_000, "reading 12.3 of 98.0 MB"],
    ["read", 12_345_678, undefined, "reading 12.3 MB"],
    ["import", 0, 1, "importing"],
    ["plan", 1, 1, "planning"],
    ["weights", 0, 2e6, "packing 0.0 of 2.0 MB of weights"],
    ["workers", 1, 4, "starting threads, 1 of 4"],
    ["shaders", 3, 30, "compiling shaders, 3 of 30"],
    ["check", 0, 1, "trying an image"],
  ] as const)("%s, %i of %j: %s", (stage, done, total, text) => {
    expect(doing({ stage, done, total })).toBe(text);
  });

  it("shows on a terminal what goes on, with its pace, and clears it; elsewhere nothing of it", async () => {
    const model = writeTinyModel(join(folder, "model"));
    const images = writeRawFolder(join(folder, "images"), 20);
    const args = [
      "craft",
      "--model",
      model,
      "--images",
      images,
      "--backend",
      "reference",
      "--passes",
      "2",
      "--delta",
      "0",
    ];
    const { stderr } = await runInProcess([...args, "--out", join(folder, "a")], true);
    expect(stderr).toContain(`loading ${model} ...\r\x1b[K`);
    for (const what of [/reading 0\.0 of 0\.0 MB/, /importing/, /planning/, /trying an image/])
      expect(stderr).toMatch(new RegExp(`loading \\S+: ${what.source} \\.\\.\\.\\r\x1b\\[K`));
    expect(stderr).toContain(`reading ${images} ...\r\x1b[K`);
    expect(stderr).toMatch(/pass 1\/2 .* update.*, [\d.]+ s, about .* left, [\d.]+ images\/s/);
    expect(stderr).toMatch(/measure [━╌]+ \d+\/80/);
    const plain = await runInProcess([...args, "--out", join(folder, "b")]);
    expect(plain.stderr).not.toMatch(/loading|reading/);
    expect(plain.stderr).not.toContain("\x1b");
  });

  it("takes a status away before an error", async () => {
    const { stderr } = await runInProcess(["inspect", "--model", join(folder, "none.json")], true);
    expect(stderr).toMatch(/unifool: .*none\.json/);
    const model = writeTinyModel(join(folder, "other"));
    const images = writeRawFolder(join(folder, "more"), 2);
    const bad = await runInProcess(
      ["craft", "--model", model, "--images", images, "--mean", "1,2,3", "--out", join(folder, "c")],
      true,
    );
    expect(bad.stderr).toContain("...\r\x1b[Kunifool: ");
  });
});
