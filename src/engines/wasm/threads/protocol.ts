import type { DeepfoolRequest, DeepfoolRun } from "../../engine.js";
import type { ProgramPlan } from "../plan/program.js";

/** What a worker is told first. Thread 0 leads: it holds the session and answers calls. */
export interface WorkerStart {
  readonly plan: ProgramPlan;
  readonly module: WebAssembly.Module;
  /** Shared by all threads; absent: the only worker makes a private one from the plan's segments. */
  readonly memory?: WebAssembly.Memory;
  readonly thread: number;
  readonly threads: number;
  /** A Web Lock to hold until the end. */
  readonly lease?: string;
}

/** A call to the leader. Calls are answered in order, one at a time; `abort` may come in between. */
export type Call =
  | { readonly id: number; readonly op: "logits"; readonly images: Float32Array }
  | {
      readonly id: number;
      readonly op: "jacobian";
      readonly images: Float32Array;
      readonly classes: number | Int32Array;
      readonly rows: number;
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
  | { readonly kind: "error"; readonly id: number; readonly message: string; readonly aborted: boolean }
  | { readonly kind: "progress"; readonly id: number; readonly done: number; readonly total: number };

/** What each call resolves to. */
export interface Results {
  readonly logits: { readonly logits: Float32Array; readonly labels: Int32Array };
  readonly jacobian: {
    readonly values: Float32Array;
    readonly classes: Int32Array;
    readonly logits: Float32Array;
  };
  readonly deepfool: DeepfoolRun;
}
