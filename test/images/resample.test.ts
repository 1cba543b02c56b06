import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { FITS, type Fit } from "../../src/images/fit.js";
import { toImages } from "../../src/images.js";
import { randomValues } from "../support/random_values.js";

// What the command line computes, by libvips, against what a page computes. libvips rounds the place of a pixel to the
// nearest 1/64 where it shrinks, down to the next where it enlarges, so that weights are off by as many 1/64ths of the way to
// the neighbour, 255 levels where black and white alternate, and after each axis to whole levels.
const SHRINKING = 2 * (255 / 128 + 1 / 2);
const ENLARGING = 2 * (255 / 64 + 1 / 2);

interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Waves that are several pixels long, and a sharp edge: neighbours are alike, as in photographs. */
function smooth(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const wave = Math.sin((x * (c + 1)) / width / 0.11) * Math.cos((y * 7) / height + c);
        data[(y * width + x) * 3 + c] = 128 + 90 * wave + (2 * x > 3 * y ? 30 : -30);
      }
  return { data, width, height };
}

function noisy(width: number, height: number): Picture {
  const random = randomValues(width * 1000 + height);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.uniform(0, 256));
  return { data, width, height };
}

async function bySharp({ data, width, height }: Picture, size: readonly [number, number], fit: Fit) {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize({
      height: size[0],
      width: size[1],
      fit,
      kernel: "linear",
      position: "centre",
      background: "#102030",
    })
    .raw()
    .toBuffer();
}

const OPTIONS = { range: [0, 255], background: [0x10, 0x20, 0x30] } as const;

/** Largest and mean distance in levels. */
async function distances(picture: Picture, size: readonly [number, number], fit: Fit) {
  const ours = await toImages(picture, [...size, 3], { ...OPTIONS, fit });
  const theirs = await bySharp(picture, size, fit);
  expect(ours.length).toBe(theirs.length);
  const apart = Array.from(ours, (v, i) => Math.abs(v - theirs[i]));
  return { most: Math.max(...apart), mean: apart.reduce((sum, d) => sum + d, 0) / apart.length };
}

describe("resizing is libvips's with the kernel linear, of the command line", () => {
  // Sizes at, around and far from the target's; both ways round.
  const sizes = [
    [32, 32],
    [33, 31],
    [40, 61],
    [64, 64],
    [97, 64],
    [127, 129],
    [130, 300],
    [301, 257],
    [640, 480],
    [17, 16],
    [5, 9],
    [31, 8],
    [1, 1],
    [1, 40],
  ] as const;

  it.each(sizes.flatMap(([width, height]) => FITS.map((fit) => [width, height, fit] as const)))(
    "%ix%i, %s",
    async (width, height, fit) => {
      for (const size of [
        [32, 32],
        [24, 40],
      ] as const) {
        const [down, across] = [height / size[0], width / size[1]];
        const shrinks = fit === "cover" ? Math.min(down, across) >= 1 : Math.max(down, across) >= 1;
        // Where it enlarges one axis libvips moves the other one, too; no command stretches.
        if (fit === "fill" && Math.min(down, across) < 1 && Math.max(down, across) >= 1) continue;
        const { most, mean } = await distances(noisy(width, height), size, fit);
        expect(most).toBeLessThanOrEqual(shrinks ? SHRINKING : ENLARGING);
        expect(mean).toBeLessThan(1);
        expect((await distances(smooth(width, height), size, fit)).most).toBeLessThanOrEqual(2);
      }
    },
  );

  it("and no neighbour's: the bound tells a shift by a quarter of a target pixel", async () => {
    const moved = noisy(129, 127);
    const back = { ...moved, data: moved.data.subarray(3), height: 126 };
    const cropped = { data: moved.data.subarray(0, 129 * 126 * 3), width: 129, height: 126 };
    const ours = await toImages(
      { ...back, data: back.data.subarray(0, 129 * 126 * 3) },
      [32, 32, 3],
      OPTIONS,
    );
    const theirs = await bySharp(cropped, [32, 32], "cover");
    expect(Math.max(...ours.map((v, i) => Math.abs(v - theirs[i])))).toBeGreaterThan(2 * SHRINKING);
  });
});
