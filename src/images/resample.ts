/** Where the values of one axis of a resized picture come from: of value i, `counts[i]` taps from `first[i]` on. */
interface Taps {
  readonly first: Int32Array;
  readonly counts: Int32Array;
  /** `most` places a value. */
  readonly weights: Float64Array;
  readonly most: number;
}

/** One axis: `size` source pixels, of which `shrink` make a target pixel; taken are `length` of them from `start` on. */
export interface Axis {
  readonly size: number;
  readonly shrink: number;
  readonly start: number;
  readonly length: number;
}

/**
 * Resizes a picture by a separable linear filter, as libvips does with its kernel "linear", of which sharp is made:
 *
 *     out[y, x] = sum_i sum_j a_y(i) b_x(j) in[i, j]
 *
 * Of an axis of n pixels that shrinks by s, there are m = round(n / s) target pixels, and the n - m s pixels beyond them are
 * left out on both sides alike. With c = (x + 1/2) s + (n - m s) / 2, the centre of target pixel x:
 *
 *     s >= 1      weights fall linearly from c to 0 at distance s: max(0, 1 - |j + 1/2 - c| / s), scaled to sum 1
 *     s >= 4      the same over means of blocks of floor(n / m / 2) pixels, which is quicker and nearly as good
 *     s < 1       bilinear between pixels at x s - 1/2 (half a target pixel left of c: so does libvips)
 *
 * Beyond an edge its pixels go on. libvips rounds c to 1/64 of a pixel, weights to 12 bits, and after each axis to whole
 * levels, which this does not: the two differ by less than a level as a rule, and by no more than 5 where neighbours are
 * black and white.
 *
 * @param pixels `[height][width][channels]`
 * @returns `[vertical.length][horizontal.length][channels]`, not rounded
 */
export function resample(
  pixels: Float32Array,
  channels: number,
  vertical: Axis,
  horizontal: Axis,
): Float32Array {
  const rows = tapsOf(vertical);
  const columns = tapsOf(horizontal);
  const stride = horizontal.size * channels;
  const out = new Float32Array(vertical.length * horizontal.length * channels);
  const line = new Float64Array(stride);
  let to = 0;
  for (let y = 0; y < vertical.length; y++) {
    line.fill(0);
    for (let i = 0; i < rows.counts[y]; i++) {
      const weight = rows.weights[y * rows.most + i];
      const from = (rows.first[y] + i) * stride;
      for (let j = 0; j < stride; j++) line[j] += weight * pixels[from + j];
    }
    for (let x = 0; x < horizontal.length; x++)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        let from = columns.first[x] * channels + c;
        for (let j = 0; j < columns.counts[x]; j++, from += channels)
          sum += columns.weights[x * columns.most + j] * line[from];
        out[to++] = sum;
      }
  }
  return out;
}

function tapsOf({ size, shrink, start, length }: Axis): Taps {
  const block = Math.max(1, Math.floor(size / resizedLength(size, shrink) / 2));
  const blocks = Math.ceil(size / block);
  const step = shrink / block;
  const margin = (size - resizedLength(size, shrink) * shrink) / 2 / block;
  const most = Math.min(size, (2 * Math.ceil(step) + 2) * block);
  const first = new Int32Array(length);
  const counts = new Int32Array(length);
  const weights = new Float64Array(length * most);
  for (let i = 0; i < length; i++) {
    const x = start + i;
    // Centre and reach in blocks; a pixel, or block, j has its centre at j + 1/2.
    const [centre, reach] = step >= 1 ? [(x + 0.5) * step + margin, step] : [x * step, 1];
    const from = Math.ceil(centre - reach - 0.5);
    const to = Math.floor(centre + reach - 0.5);
    first[i] = clamp(from, blocks) * block;
    let sum = 0;
    for (let j = from; j <= to; j++) sum += Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach);
    for (let j = from; j <= to; j++) {
      const weight = Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach) / sum / block;
      for (let p = 0; p < block; p++) {
        const pixel = Math.min(size - 1, clamp(j, blocks) * block + p);
        weights[i * most + pixel - first[i]] += weight;
        counts[i] = Math.max(counts[i], pixel - first[i] + 1);
      }
    }
  }
  return { first, counts, weights, most };
}

/** Pixels that are left of `size` when each is made of `shrink`: at least one. */
export function resizedLength(size: number, shrink: number): number {
  return Math.max(1, Math.round(size / shrink));
}

function clamp(index: number, count: number): number {
  return Math.min(count - 1, Math.max(0, index));
}
