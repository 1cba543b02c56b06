import { type Case, RADIUS, type Result } from "../case.js";
import type { Oracle } from "./oracle.js";
import { PROMISED } from "./tolerance.js";
import { type Again, type Check, distance, verdict } from "./verdict.js";

/** Images of a run that is followed step by step, and how many such runs may be tried. */
const [STEPS, TRIED] = [6, 4];
/** What rounding may do to v in a few steps. */
const ROUNDING = 1e-3;

type Universal = Extract<Result, { op: "uap_pass" }>;

/**
 * Runs of two implementations part at the first rounding that decides, so neither v nor its rate can be compared after a whole
 * pass. What can: v is no longer than the radius; the rate said is that of v, counted anew, but for images whose two largest
 * logits are as good as equal; and v after a few images in the same order is the same, where none of them ties.
 */
export async function universalCheck(
  c: Case,
  { perturbation, rate }: Universal,
  again: Again,
  oracle: Oracle,
  classes: number,
): Promise<Check> {
  const longest = perturbation.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  if (!(longest > 0 && longest <= RADIUS * (1 + 1e-6)))
    return verdict("the radius", longest > 0 ? longest / RADIUS : Number.NaN, 1, "of the radius");
  const counted = await count(oracle, c, perturbation);
  const off = Math.abs(rate - counted.rate);
  if (!(off <= counted.tied + 1e-6))
    return verdict("plain WASM: the rate of this v", off, counted.tied, "of the images");
  let least = Infinity;
  for (let run = 0; run < TRIED && !(least <= ROUNDING); run++) {
    const first = run * STEPS;
    if (first + STEPS > c.batch) break;
    const few = await again({ batch: STEPS, first });
    if (few?.op !== "uap_pass") break;
    const error = distance(
      few.perturbation,
      await oracle.universal(first, STEPS, Math.min(c.classes, classes)),
    );
    if (error < least) least = error;
  }
  return verdict(`plain WASM: v after ${STEPS} images, rate counted anew`, least, ROUNDING, "of its norm");
}

/** The share of images that v moves, and of those that rounding may decide. */
async function count(
  oracle: Oracle,
  { batch, first = 0 }: Case,
  v: Float32Array,
): Promise<{ rate: number; tied: number }> {
  let [moved, tied] = [0, 0];
  for (let n = 0; n < batch; n++) {
    const image = oracle.images(first + n, 1);
    const [clean, shifted] = [await oracle.logits(image), await oracle.logits(image.map((x, i) => x + v[i]))];
    if (label(clean) !== label(shifted)) moved++;
    if (isTied(clean) || isTied(shifted)) tied++;
  }
  return { rate: moved / batch, tied: tied / batch };
}

function label(logits: Float32Array): number {
  return logits.indexOf(Math.max(...logits));
}

function isTied(logits: Float32Array): boolean {
  const [largest, second] = [...logits].sort((a, b) => b - a);
  return largest - second <= PROMISED * Math.max(Math.abs(largest), Math.abs(second));
}
