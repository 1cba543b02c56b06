import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/api/compile.js";
import { demoSets, SEED } from "../../src/demo/demo_set.js";
import { cos, sin } from "../../src/demo/exact_maths.js";
import { objectClasses } from "../../src/demo/objects/index.js";
import { photograph, SIDE } from "../../src/demo/photograph.js";
import type { InputOptions } from "../../src/network/input.js";

const demo = (path: string): string => fileURLToPath(new URL(`../../demo/${path}`, import.meta.url));
const json = (path: string): Record<string, unknown> => JSON.parse(readFileSync(demo(path), "utf8"));
const VALUES = SIDE * SIDE * 3;

describe("demo files", () => {
  it("take less than 3 MB", () => {
    const files = ["model/model.json", "model/weights.bin", "README.md"];
    for (const { folder } of demoSets)
      files.push(...["images.bin", "labels.bin", "meta.json"].map((file) => `${folder}/${file}`));
    const sizes = files.map((file) => (existsSync(demo(file)) ? statSync(demo(file)).size : Number.NaN));
    expect(sizes.filter(Number.isNaN)).toEqual([]);
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(3e6);
  });

  describe.each(demoSets)("$folder", ({ folder, split, count }) => {
    const images = readFileSync(demo(`${folder}/images.bin`));
    const labels = readFileSync(demo(`${folder}/labels.bin`));

    it("has the shape that meta.json states", () => {
      const meta = json(`${folder}/meta.json`);
      expect(meta.shape).toEqual([count, SIDE, SIDE, 3]);
      expect(meta.layout).toBe("NHWC");
      expect(meta.dtype).toBe("uint8");
      expect(meta.classes).toEqual(objectClasses.map(({ name }) => name));
      expect(images.length).toBe(count * VALUES);
      expect(labels.length).toBe(count);
    });

    it("has as many images of each class", () => {
      const counts = new Array<number>(objectClasses.length).fill(0);
      for (const label of labels) counts[label]++;
      expect(counts).toEqual(new Array(objectClasses.length).fill(count / objectClasses.length));
    });

    it("is drawn again from the seed, byte for byte", () => {
      const again = new Uint8Array(VALUES);
      for (let n = 0; n < count; n += n < 20 ? 1 : 37) {
        photograph(SEED, split, n, again);
        const stored = images.subarray(n * VALUES, (n + 1) * VALUES);
        expect(Buffer.compare(again, stored), `image ${n}`).toBe(0);
      }
    });

    it("has no image twice, and none that is flat", () => {
      const seen = new Set<string>();
      for (let n = 0; n < count; n++) {
        const pixels = images.subarray(n * VALUES, (n + 1) * VALUES);
        seen.add(pixels.toString("latin1"));
        expect(Math.max(...pixels) - Math.min(...pixels), `image ${n}`).toBeGreaterThan(40);
      }
      expect(seen.size).toBe(count);
    });
  });

  it("keeps the crafting set and the test set apart", () => {
    const key = (images: Buffer, n: number): string =>
      images.toString("latin1", n * VALUES, (n + 1) * VALUES);
    const [crafting, test] = demoSets.map(({ folder }) => readFileSync(demo(`${folder}/images.bin`)));
    const seen = new Set(Array.from({ length: demoSets[0].count }, (_, n) => key(crafting, n)));
    for (let n = 0; n < demoSets[1].count; n++) expect(seen.has(key(test, n))).toBe(false);
  });
});

describe("demo model", () => {
  it("names at least 95 % of the test images rightly", async () => {
    const { preprocessing } = json("holdout/meta.json") as { preprocessing: InputOptions };
    const images = Float32Array.from(readFileSync(demo("holdout/images.bin")));
    const truth = readFileSync(demo("holdout/labels.bin"));
    using net = await compile(demo("model/model.json"), { threads: 0, input: preprocessing });
    const { labels } = await net.logits(images);
    const right = labels.filter((label, n) => label === truth[n]).length;
    expect(right / truth.length).toBeGreaterThanOrEqual(0.95);
  });
});

describe("exact maths", () => {
  it("has sines and cosines within 1e-8 of the engine's", () => {
    for (let x = -100; x <= 100; x += 0.0371) {
      expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(1e-8);
      expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(1e-8);
    }
  });
});
