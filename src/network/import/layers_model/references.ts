import { isRecord, quoted, rejectModel, valueText } from "../failure.js";
import { type Config, unwrapped } from "./config.js";

/** One value in a model: output `tensor` of call number `call` of a layer. */
export interface TensorRef {
  readonly layer: string;
  readonly call: number;
  readonly tensor: number;
}

/**
 * `input_layers` and `output_layers`: a list of `[layer, call, tensor]`, in Keras 3 also a single one, or either of
 * them by name.
 *
 * @throws ModelError for anything else
 */
export function tensorRefs(value: unknown, where: string): TensorRef[] {
  if (isRecord(value))
    return Object.values(value).flatMap((refs) => tensorRefs(Array.isArray(refs) ? refs : [refs], where));
  if (!Array.isArray(value))
    return rejectModel(where, `a model lists its inputs or outputs as ${valueText(value)}`);
  if (typeof value[0] === "string") return [tensorRef(value, where)];
  return value.map((ref) => tensorRef(ref, where));
}

/** A value among the arguments of a call: its place among those that the call reads. */
export class TensorArgument {
  constructor(readonly index: number) {}
}

/** What a layer is called with: `args` by position, `kwargs` by name; plain values and {@link TensorArgument}s. */
export interface CallArguments {
  readonly args: readonly unknown[];
  readonly kwargs: Config;
}

export const NO_ARGUMENTS: CallArguments = { args: [], kwargs: {} };

export interface IncomingCall {
  /** The values that it reads, in the order of its arguments. */
  readonly reads: readonly TensorRef[];
  readonly given: CallArguments;
}

/**
 * The calls of a layer from `inbound_nodes`. Keras 1 and 2: a list of calls, each a list of
 * `[layer, call, tensor, kwargs]`; Keras 3: each call `{ args, kwargs }` with tensors that carry `keras_history`.
 */
export function incomingNodes(nodes: unknown, layer: string, where: string): IncomingCall[] {
  if (nodes === undefined || nodes === null) return [];
  if (!Array.isArray(nodes))
    return rejectModel(where, `layer ${quoted(layer)} has inbound_nodes ${valueText(nodes)}`);
  return nodes.map((node) => {
    const reader = new ArgumentReader(where);
    if (isRecord(node)) return reader.call(node.args, node.kwargs);
    if (!Array.isArray(node))
      return rejectModel(where, `layer ${quoted(layer)} has a call ${valueText(node)}`);
    return reader.nodeData(node);
  });
}

/** Takes the values that a call reads out of its arguments. */
class ArgumentReader {
  readonly #reads: TensorRef[] = [];

  constructor(private readonly where: string) {}

  /** As Keras 3 writes it. */
  call(args: unknown, kwargs: unknown): IncomingCall {
    const plainArgs = this.#plain(args ?? [], 0);
    const plainKwargs = this.#plain(kwargs ?? {}, 0);
    return {
      reads: this.#reads,
      given: {
        args: Array.isArray(plainArgs) ? plainArgs : [plainArgs],
        kwargs: isRecord(plainKwargs) ? plainKwargs : {},
      },
    };
  }

  /** As Keras 1 and 2 write it: the first argument is a value or a list of them, the others come along with each. */
  nodeData(node: readonly unknown[]): IncomingCall {
    const entries: readonly unknown[] = typeof node[0] === "string" ? [node] : node;
    const first = entries.map((entry) => this.#entry(entry));
    const given = entries.map((entry) => (Array.isArray(entry) ? entry[3] : undefined)).find(isRecord);
    const kwargs: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(given ?? {}))
      kwargs[name] = name === "mask" ? undefined : this.#named(value);
    return { reads: this.#reads, given: { args: [first.length === 1 ? first[0] : first], kwargs } };
  }

  #entry(entry: unknown): unknown {
    if (Array.isArray(entry) && entry[0] === "_CONSTANT_VALUE" && entry[1] === -1)
      return this.#plain(entry[2], 0);
    return this.#read(tensorRef(entry, this.where));
  }

  /** A named argument: a value as `[layer, call, tensor]`, lists of them, or something plain. */
  #named(value: unknown, depth = 0): unknown {
    if (depth > DEEPEST) rejectModel(this.where, TOO_DEEP);
    if (!Array.isArray(value)) return this.#plain(value, 0);
    const [layer, call, tensor] = value;
    const isRef =
      value.length >= 3 && typeof layer === "string" && Number.isInteger(call) && Number.isInteger(tensor);
    if (isRef) return this.#entry(value);
    return value.map((item) => this.#named(item, depth + 1));
  }

  #plain(value: unknown, depth: number): unknown {
    if (depth > DEEPEST) rejectModel(this.where, TOO_DEEP);
    if (Array.isArray(value)) return value.map((item) => this.#plain(item, depth + 1));
    if (!isRecord(value)) return value;
    const history = isRecord(value.config) ? value.config.keras_history : undefined;
    if (history !== undefined) return this.#read(tensorRef(history, this.where));
    const inner = unwrapped(value);
    if (inner !== value) return this.#plain(inner, depth + 1);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#plain(item, depth + 1)]),
    );
  }

  #read(ref: TensorRef): TensorArgument {
    return new TensorArgument(this.#reads.push(ref) - 1);
  }
}

/** Deeper than this no arguments are nested; it bounds the recursion. */
const DEEPEST = 8;
const TOO_DEEP = `the arguments of a call are nested more than ${DEEPEST} deep`;

function tensorRef(value: unknown, where: string): TensorRef {
  if (Array.isArray(value)) {
    const [layer, call, tensor] = value;
    if (typeof layer === "string" && Number.isSafeInteger(call) && Number.isSafeInteger(tensor))
      return { layer, call, tensor };
  }
  return rejectModel(where, `a layer reads ${valueText(value)}, expected [layer, call, tensor]`);
}
