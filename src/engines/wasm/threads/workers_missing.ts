import { EngineError } from "../../../errors.js";

/** Workers that could not be started; whoever may do without them can tell. */
export class WorkersMissing extends EngineError {
  static override readonly name = "EngineError";
}
