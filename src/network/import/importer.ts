import type { NetworkSpec } from "../spec.js";
import type { ModelSource } from "./source/model_source.js";
import type { Reading } from "./source/reading.js";

export interface ImportOptions {
  /** Per-image shape, for a model that leaves sizes open (`[null, null, null, 3]`). */
  readonly inputShape?: readonly number[];
  /** Name of the value that holds the class scores, for a model with several outputs. */
  readonly output?: string;
  /** Names of classes from elsewhere, for a file that has none: taken where there is one for each score. */
  readonly labels?: readonly string[];
  /** Stops reading; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A main file as it was read. */
export interface MainFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its contents, if it is JSON. */
  readonly json?: Readonly<Record<string, unknown>>;
}

/** Makes a network of files of one format. */
export interface FileImporter {
  /**
   * @param reading is told how many bytes of weights are to be read, once that is known, and when all are
   * @throws ModelError for a file that is inconsistent or incomplete, in one line
   * @throws UnsupportedOperatorError for what there is no operator for, all of it at once
   */
  importFiles(
    main: MainFile,
    source: ModelSource,
    options: ImportOptions,
    reading: Reading,
  ): Promise<NetworkSpec>;
}

/** Makes a network of an object in memory that another library made. */
export interface LiveImporter<L> {
  importLive(model: L, options: ImportOptions): Promise<NetworkSpec>;
}
