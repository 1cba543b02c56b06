import type { GradientRequest } from "../../backend.js";
import type { DeepfoolRequest, DeepfoolRun } from "../../engine.js";
import type { ProgramPlan } from "../plan/program.js";

/** What a worker is told first. Thread 0 leads: it holds the session and answers calls. */
export interface WorkerStart {
  readonly plan: ProgramPlan;
  readonly module: WebAssembly.Module;
  /** Shared by all threads; absent: the only worker makes a private one. */
  readonly memory?: WebAssembly.Memory;
  /** For a private memory: how many messages with its contents follow. */
  readonly contents?: number;
  readonly thread: number;
  readonly threads: number;
  /** A Web Lock to hold until the end. */
  readonly lease?: string;
}

/** What lies in a private memory at first, at an address. */
export interface Contents {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/**
 * A call to the leader. Calls begin in order; those that take turns, `abort` among them, come in between the images of
 * others. A call that nobody can abort takes no turns.
 */
export type Call =
  | { readonly id: number; readonly op: "logits"; readonly images: Float32Array; readonly abortable: boolean }
  | {
      readonly id: number;
      readonly op: "jacobian";
      readonly images: Float32Array;
      readonly classes: number | Int32Array;
      readonly rows: number;
      readonly abortable: boolean;
    }
  | {
      readonly id: number;
      readonly op: "gradient";
      readonly images: Float32Array;
      readonly request: Omit<GradientRequest, "values" | "signal">;
      /** How many values there will be. */
      readonly length: number;
      readonly abortable: boolean;
    }
  | {
      readonly id: number;
      readonly op: "deepfool";
      readonly images: Float32Array;
      readonly request: Omit<DeepfoolRequest, "signal" | "onProgress">;
    }
  | { readonly id: number; readonly op: "abort" };

export type Reply =
  | { readonly kind: "ready"; readonly leased: boolean }
  | { readonly kind: "result"; readonly id: number; readonly result: Results[keyof Results] }
  | {
      readonly kind: "error";
      readonly id: number;
      readonly message: string;
      readonly aborted: boolean;
      /** What a `NotANumber` is made of. */
      readonly notANumber?: { readonly image: number; readonly steps: number };
    }
  | { readonly kind: "progress"; readonly id: number; readonly done: number; readonly total: number };

/** What each call resolves to. */
export interface Results {
  readonly logits: { readonly logits: Float32Array };
  readonly jacobian: {
    readonly values: Float32Array;
    readonly classes: Int32Array;
    readonly logits: Float32Array;
  };
  readonly gradient: {
    readonly values: Float32Array;
    readonly logits: Float32Array;
    readonly losses: Float32Array;
  };
  readonly deepfool: DeepfoolRun;
}
