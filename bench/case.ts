import { randomOrder, randomSource } from "../src/api/random.js";

/** What is timed: an operation on a network, with a batch and a number of classes. */
export const OPS = [
  "logits",
  "jacobian",
  "gradient",
  "deepfool_step",
  "deepfool",
  "deepfool_foolbox",
  "uap_pass",
] as const;
export type Op = (typeof OPS)[number];
export type AttackOp = Extract<Op, `deepfool${string}`>;

export interface Case {
  readonly op: Op;
  readonly network: string;
  /** Images a call, and the first of them; default 0. */
  readonly batch: number;
  readonly first?: number;
  /** K: rows of a Jacobian, candidates of DeepFool; 0 for logits, 1 for a gradient, that of the largest logit. */
  readonly classes: number;
  /** Passes over the images of `uap_pass`; default 1. */
  readonly passes?: number;
}

/** `op/network/engine/variant/batch/K`; `op` ends in the number of passes if there are several. */
export function rowName({ passes = 1, ...c }: Case, engine: string, variant: string): string {
  const op = passes > 1 ? `${c.op}.x${passes}` : c.op;
  return `${op}/${c.network}/${engine}/${variant}/${c.batch}/${c.classes}`;
}

/** Gradients of some logits of each image. */
export interface RowsResult<O extends Op> {
  readonly op: O;
  readonly logits: Float32Array;
  /** `[N][K][H][W][C]` and `[N][K]`. */
  readonly values: Float32Array;
  readonly classes: Int32Array;
}

/** What a call gave, to be checked before it is timed. */
export type Result =
  | { readonly op: "logits"; readonly logits: Float32Array }
  | RowsResult<"jacobian">
  | RowsResult<"gradient">
  | {
      readonly op: AttackOp;
      readonly perturbation: Float32Array;
      readonly labels: Int32Array;
      readonly newLabels: Int32Array;
      /** Steps of each image; empty where a peer does not say. */
      readonly iterations: Int32Array;
    }
  /** The v of the last pass, and its fooling rate. */
  | { readonly op: "uap_pass"; readonly perturbation: Float32Array; readonly rate: number };

/** The radius of the universal perturbation, l_inf, of images in [0, 1]. */
export const RADIUS = 10 / 255;

/** Seed of the shuffles of `uap_pass`. */
export const SEED = 0;

/** The order of the images in each pass of `uap_pass`, the same for everybody. */
export function ordersOf({ batch, passes = 1 }: Pick<Case, "batch" | "passes">): number[][] {
  const random = randomSource(SEED);
  return Array.from({ length: passes }, () => [...randomOrder(batch, random)]);
}
