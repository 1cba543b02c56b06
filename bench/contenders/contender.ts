import type { Case, Result } from "../case.js";
import type { Check } from "../checks/verdict.js";
import type { Timed } from "../measure.js";

/** An implementation on one network: ours in one variant, or a peer. */
export interface Contender {
  /** "wasm", "webgpu", "tfjs", "onnxruntime", "torch", "foolbox". */
  readonly engine: string;
  /** Which build, backend or version, and "-2t" for two threads. */
  readonly variant: string;
  /** Cores that it may use. */
  readonly threads: number;
  /** Ours: the rows that are compared with the peers and with the roofline. */
  readonly ours: boolean;
  /** Prepares one case; undefined for what it does not do. */
  prepare(c: Case): Promise<Job | undefined>;
  close(): void;
}

/** A case that is ready to be checked and timed. */
export interface Job {
  readonly result: Result;
  /** How the result compares with what this contender has to compute, if that is not what the others do. */
  readonly check?: Check;
  readonly timed: Timed;
  /** How it is computed, where there was a choice. */
  readonly how?: string;
}

/** Why a contender cannot take part, for the report. */
export class Absent extends Error {}
