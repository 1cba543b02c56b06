import type { Options } from "../options.js";
import type { Report } from "../results.js";
import type { Machine } from "../runtime.js";

/** What the page asks of the worker: one run. */
export interface RunRequest {
  readonly options: Options;
  /** What a browser does not know of its machine, where somebody who knows has told. */
  readonly known?: Partial<Machine>;
}

/** What the worker tells. */
export type Told =
  | { readonly line: string }
  | { readonly report: Report; readonly text: string }
  | { readonly error: string };

/** This file is typed for pages; a worker's own scope posts without an origin. */
export interface WorkerScope<Sent, Heard> {
  postMessage(message: Sent): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Heard>) => void): void;
}
