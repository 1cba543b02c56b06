import { UnsupportedOperatorError } from "../../../errors.js";
import { nameText } from "../../../kernels/checks.js";
import { firstNotFinite } from "../../../kernels/finite.js";
import type { Operator, OpName } from "../../spec.js";
import { quoted, rejectModel } from "../failure.js";
import type { GraphBuilder, Value } from "../graph_builder.js";
import { type Activation, longAxes, shapeIn } from "./activation.js";
import { type Dims, LARGEST_CONSTANT, type Tensor } from "./tensor.js";

/** What stays the same while a graph is imported. */
export interface FlowContext {
  readonly builder: GraphBuilder;
  /** Values that folding has made so far, and how many it may make: a few bytes can ask for any number. */
  readonly folded: { values: number; readonly most?: number };
  /** How many images the file says there are; undefined where it leaves that open. */
  readonly fixedBatch?: number;
}

const OF_CONSTANTS = "of constants";

/** Whether an operator would run if it read a value of the image. */
export function isOfConstants(error: unknown): boolean {
  return error instanceof UnsupportedOperatorError && error.detail === OF_CONSTANTS;
}

/** What only brings values into place for the operator that a node is. */
const MOVES: ReadonlySet<OpName> = new Set<OpName>(["Transpose", "Reshape", "Constant"]);

/** One node of a graph: where its operators go, and who is named in errors. */
export class Flow {
  readonly #context: FlowContext;
  #named = false;

  constructor(
    context: FlowContext,
    readonly name: string,
    /** Its operator, as its format calls it. */
    readonly type: string,
    /** What its format calls a node. */
    private readonly kind: "node" | "layer" = "node",
  ) {
    this.#context = context;
  }

  /** How many images the file says there are; 1 where it leaves that open. */
  get fixedBatch(): number {
    return this.#context.fixedBatch ?? 1;
  }

  /** Adds an operator. The first that computes something takes the node's name, the others say in theirs what they are. */
  add(op: Operator, inputs: readonly Value[]): Value {
    if (op.op === "Sign" && this.type === "Sign")
      this.warn("its gradient is 0 everywhere, so that nothing is found through it");
    const isMain = !this.#named && !MOVES.has(op.op);
    if (isMain) this.#named = true;
    return this.#context.builder.add(op, isMain ? this.name : `${this.name}/${op.op}`, inputs);
  }

  /** Adds an operator whose output has the axes of `activation`, in the same order. */
  map(op: Operator, activation: Activation): Activation {
    return { ...activation, value: this.add(op, [activation.value]) };
  }

  constant(tensor: Tensor, shape: Dims): Value {
    const data = this.weights(tensor, "a constant");
    return this.add({ op: "Constant", data, shape: shape.length === 0 ? [1] : shape }, []);
  }

  /**
   * Values as weights are; integers become float32 where they meet the image.
   *
   * @throws ModelError for a value that is not finite
   */
  weights({ data }: Tensor, what: string): Float32Array {
    const values = data instanceof Float32Array ? data : Float32Array.from(data);
    const wrong = firstNotFinite(values);
    if (wrong >= 0) this.reject(`${what} is ${values[wrong]} at ${wrong}, expected finite values`);
    return values;
  }

  /**
   * The values with their axes in another order.
   *
   * @param order axes of `dims`; all that are longer than 1 are among them
   */
  arrange(activation: Activation, order: readonly number[]): Activation {
    const { dims } = activation;
    const kept = activation.order.filter((axis) => dims[axis] !== 1);
    const wanted = order.filter((axis) => dims[axis] !== 1);
    let { value } = activation;
    const moves = wanted.some((axis, i) => axis !== kept[i]);
    if (moves) {
      value = this.reshape(value, shapeIn(dims, kept));
      value = this.add({ op: "Transpose", perm: wanted.map((axis) => kept.indexOf(axis)) }, [value]);
    }
    return { ...activation, value: this.reshape(value, shapeIn(dims, order)), order };
  }

  /** With the axes that matter in the order of `dims`. */
  inOrder(activation: Activation): Activation {
    return this.arrange(activation, longAxes(activation.dims));
  }

  reshape(value: Value, shape: Dims): Value {
    const same = shape.length === value.shape.length && shape.every((n, axis) => n === value.shape[axis]);
    return same ? value : this.add({ op: "Reshape", shape }, [value]);
  }

  /** Counts values that folding is about to make. @throws ModelError where they would fill memory */
  reserve(count: number): void {
    const { folded } = this.#context;
    const most = Math.min(folded.most ?? LARGEST_CONSTANT, LARGEST_CONSTANT);
    folded.values += count;
    if (!(folded.values <= most))
      this.reject(`constants of more than ${most} values would have to be computed`);
  }

  /** Notes what a user may not expect of this node. */
  warn(text: string): void {
    this.#context.builder.warn(`${this} ${text}`);
  }

  /** @throws ModelError always, naming file, node and operator */
  reject(problem: string): never {
    return rejectModel(this.#context.builder.where, `${this} ${problem}`);
  }

  toString(): string {
    return `${this.kind} ${quoted(this.name)} (${this.type}):`;
  }

  /**
   * @param wayOut what else can be done, where that is another than of everything in the file
   * @throws UnsupportedOperatorError always
   */
  unsupported(detail: string, wayOut = this.wayOut): never {
    throw this.#unsupported(detail, wayOut);
  }

  /** What else can be done with what is unsupported of this node, if anything. */
  get wayOut(): string | undefined {
    return undefined;
  }

  /** What else can be done with a node that mixes images, if anything. */
  get wayAround(): string | undefined {
    return undefined;
  }

  /** @throws UnsupportedOperatorError always, which {@link isOfConstants} tells from others */
  ofConstants(): never {
    return this.unsupported(OF_CONSTANTS);
  }

  /** @throws UnsupportedOperatorError always: the network would compute across images */
  mixesImages(what: string): never {
    throw this.#unsupported(`${what} the batch axis: every image must be computed by itself`, this.wayAround);
  }

  #unsupported(detail: string, advice?: string): UnsupportedOperatorError {
    return new UnsupportedOperatorError(nameText(this.name), nameText(this.type), detail, [], advice);
  }
}
