import {
  type KernelSource,
  kernel,
  loadV,
  madd,
  storeV,
  type V128,
  type Variable,
  whileDo,
  zero,
} from "../../src/kernels/wasm/assembler.js";

/**
 * Spellings of the peak that are tried, since what a compiler makes of each differs: the fastest counts.
 * `chains`: `a[i] = a[i] m + c`, whose latency is a product and a sum. `outer`: `a[i][j] += x[i] w[j]`, the products
 * of an outer product, whose latency is a sum; a compiler computes no product twice, so every `x` is loaded anew.
 */
export const PEAKS = [
  { form: "chains", rows: 10, columns: 1 },
  { form: "chains", rows: 12, columns: 1 },
  { form: "chains", rows: 13, columns: 1 },
  { form: "outer", rows: 3, columns: 3 },
  { form: "outer", rows: 4, columns: 2 },
  { form: "outer", rows: 5, columns: 2 },
  { form: "outer", rows: 2, columns: 4 },
] as const;
export type Peak = (typeof PEAKS)[number];

const UNROLL = 8;
/** Vectors of input of a peak kernel: m and c, or w and then x. */
export const PEAK_INPUTS = 8 + UNROLL * 5;
/** Bytes that one round of `read` loads. */
export const READ_BYTES = 256;

export const peakName = ({ form, rows, columns }: Peak): string => `peak_${form}_${rows}x${columns}`;

/** Multiply-adds of one tile. */
export const peakMacs = ({ rows, columns }: Peak): number => 4 * rows * columns * UNROLL;

/**
 * Nothing but multiply-adds, on registers: the rate is what no kernel made of multiply-adds can exceed. A tile is
 * one round. Reads `PEAK_INPUTS` vectors at `x`, and writes the sums of `begin` to `end` rounds at `out`.
 */
export const peak = (spelling: Peak): KernelSource =>
  kernel(peakName(spelling), ["x", "out"], ({ field, begin, end, locals, target }) => {
    const { form, rows, columns } = spelling;
    const [x, out] = [field("x"), field("out")];
    const w = Array.from({ length: form === "outer" ? columns : 2 }, (_, j) => locals.v128(loadV(x, 16 * j)));
    const a = Array.from({ length: rows * columns }, () => locals.v128(zero()));
    const xv = locals.v128();
    const round = (u: number): void => {
      for (let i = 0; i < rows; i++) {
        if (form === "outer") xv.set(loadV(x, 16 * (8 + u * rows + i)));
        for (let j = 0; j < columns; j++) {
          const sum = a[i * columns + j];
          sum.set(form === "outer" ? madd(target, xv, w[j], sum) : madd(target, sum, w[0], w[1]));
        }
      }
    };
    whileDo(
      () => begin.ltU(end),
      () => {
        for (let u = 0; u < UNROLL; u++) round(u);
        begin.set(begin.add(1));
      },
    );
    a.forEach((sum, i) => {
      storeV(out, sum, 16 * i);
    });
  }) as KernelSource;

/**
 * Loads `rounds` x 256 bytes from `x` on, combined by exclusive or, which has more units than the loads. Where the
 * bytes lie decides what is measured: a cache or memory. A tile is one sweep.
 */
export const read = kernel("read", ["x", "rounds", "out"], ({ field, begin, end, locals }) => {
  const [x, rounds, out] = [field("x"), field("rounds"), field("out")];
  const [p, left] = [locals.i32(), locals.i32()];
  const sums: Variable<V128>[] = Array.from({ length: 8 }, () => locals.v128(zero()));
  whileDo(
    () => begin.ltU(end),
    () => {
      p.set(x);
      left.set(rounds);
      whileDo(
        () => left,
        () => {
          for (let at = 0; at < READ_BYTES; at += 16) {
            const sum = sums[(at / 16) % sums.length];
            sum.set(sum.xor(loadV(p, at)));
          }
          p.set(p.add(READ_BYTES));
          left.set(left.sub(1));
        },
      );
      begin.set(begin.add(1));
    },
  );
  sums.forEach((sum, i) => {
    storeV(out, sum, 16 * i);
  });
}) as KernelSource;

/** The kernels of the roofline module. */
export const rooflineKernels: readonly KernelSource[] = [...PEAKS.map(peak), read];
