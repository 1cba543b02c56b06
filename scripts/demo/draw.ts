/**
 * Draws the demonstration's images: `demo/images` (for crafting; also the first images of the training set) and
 * `demo/holdout` (never seen by the training). Byte for byte the same on every machine.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { demoSets, PIXEL_MEAN, PIXEL_STD, SEED } from "../../src/demo/demo_set.js";
import { objectClasses } from "../../src/demo/objects/index.js";
import { labelOf, photograph, SIDE } from "../../src/demo/photograph.js";

for (const { folder, split, count, note } of demoSets) {
  const images = new Uint8Array(count * SIDE * SIDE * 3);
  const labels = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    photograph(SEED, split, n, images.subarray(n * SIDE * SIDE * 3, (n + 1) * SIDE * SIDE * 3));
    labels[n] = labelOf(n);
  }
  const meta = {
    shape: [count, SIDE, SIDE, 3],
    layout: "NHWC",
    dtype: "uint8",
    labelsDtype: "uint8",
    split: note,
    classes: objectClasses.map(({ name }) => name),
    source: "drawn by scripts/demo/draw.ts of this project (MIT)",
    seed: SEED,
    preprocessing: { range: [0, 255], mean: PIXEL_MEAN, std: PIXEL_STD },
  };
  const path = join("demo", folder);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "images.bin"), images);
  writeFileSync(join(path, "labels.bin"), labels);
  writeFileSync(join(path, "meta.json"), `${JSON.stringify(meta, null, 1)}\n`);
  console.log(`${path}: ${count} images`);
}
