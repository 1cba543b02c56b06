import { ModelError, type UnsupportedLayer, UnsupportedOperatorError } from "../../../errors.js";
import { modelMessage } from "../failure.js";
import { refuseUnknown } from "./unsupported.js";

/**
 * Nodes of a model that cannot run: an import goes on behind them, so that all are found at once. What they would make is
 * unknown, and so is whatever is computed of it: such nodes are counted, and nothing is said of them.
 */
export class Refusals {
  readonly #found: UnsupportedLayer[] = [];
  readonly #keys = new Set<string>();
  #unchecked = 0;

  constructor(
    private readonly where: string,
    /** What can be done with any model of its format. */
    private readonly anyway?: string,
  ) {}

  /** A node that there is no importer for. */
  note(node: UnsupportedLayer): void {
    const { layer, operator, detail } = node;
    // Once, however often it is called.
    const key = JSON.stringify([layer, operator, detail]);
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#found.push(node);
  }

  /** A node that reads what is unknown. */
  skip(): void {
    this.#unchecked++;
  }

  /**
   * What a node makes; undefined where it cannot run.
   *
   * @throws ModelError where the model is inconsistent; it names what was found before as well
   */
  attempt<T>(make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      return this.#noted(error);
    }
  }

  /** The same of what takes its time. */
  async attemptLater<T>(make: () => Promise<T>): Promise<T | undefined> {
    try {
      return await make();
    } catch (error) {
      return this.#noted(error);
    }
  }

  #noted(error: unknown): undefined {
    if (error instanceof UnsupportedOperatorError) {
      const { layer, operator, detail, wayOut } = error;
      this.note({ layer, operator, detail, ...(wayOut && { wayOut }) });
      return undefined;
    }
    if (error instanceof ModelError) this.finish(withoutPlace(error.message, this.where));
    throw error;
  }

  /** Does what comes before any node runs; where it fails, the nodes that cannot run are named as well. */
  beside<T>(unknown: readonly UnsupportedLayer[], work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof ModelError)
        refuseUnknown(unknown, { besides: withoutPlace(error.message, this.where), anyway: this.anyway });
      throw error;
    }
  }

  /** @throws UnsupportedOperatorError that names all nodes that were found, if any was */
  finish(besides?: string): void {
    refuseUnknown(this.#found, { besides, unchecked: this.#unchecked, anyway: this.anyway });
  }
}

/** A message of `rejectModel` without what it begins with. */
function withoutPlace(message: string, where: string): string {
  const begin = modelMessage(where, "");
  return message.startsWith(begin) ? message.slice(begin.length) : message;
}
