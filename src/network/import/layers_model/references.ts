import { isRecord, quoted, rejectModel, valueText } from "../failure.js";

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

/**
 * The calls of a layer from `inbound_nodes`. Keras 1 and 2: a list of calls, each a list of
 * `[layer, call, tensor, kwargs]`; Keras 3: each call `{ args, kwargs }` with tensors that carry `keras_history`.
 */
export function incomingNodes(
  nodes: unknown,
  layer: string,
  where: string,
): { calls: TensorRef[][]; training: boolean } {
  if (nodes === undefined || nodes === null) return { calls: [], training: false };
  if (!Array.isArray(nodes))
    return rejectModel(where, `layer ${quoted(layer)} has inbound_nodes ${valueText(nodes)}`);
  let training = false;
  const calls = nodes.map((node) => {
    if (isRecord(node)) {
      training ||= isRecord(node.kwargs) && node.kwargs.training === true;
      const refs: TensorRef[] = [];
      collectHistory([node.args, node.kwargs], refs, 0, where);
      return refs;
    }
    if (!Array.isArray(node))
      return rejectModel(where, `layer ${quoted(layer)} has a call ${valueText(node)}`);
    const tensors: readonly unknown[] = typeof node[0] === "string" ? [node] : node;
    for (const tensor of tensors)
      training ||= Array.isArray(tensor) && isRecord(tensor[3]) && tensor[3].training === true;
    return tensors.map((tensor) => tensorRef(tensor, where));
  });
  return { calls, training };
}

function collectHistory(value: unknown, refs: TensorRef[], depth: number, where: string): void {
  if (depth > 8) rejectModel(where, "the arguments of a call are nested more than 8 deep");
  if (Array.isArray(value)) for (const item of value) collectHistory(item, refs, depth + 1, where);
  else if (isRecord(value)) {
    const history = isRecord(value.config) ? value.config.keras_history : undefined;
    if (history !== undefined) refs.push(tensorRef(history, where));
    else for (const item of Object.values(value)) collectHistory(item, refs, depth + 1, where);
  }
}

function tensorRef(value: unknown, where: string): TensorRef {
  if (Array.isArray(value)) {
    const [layer, call, tensor] = value;
    if (typeof layer === "string" && Number.isSafeInteger(call) && Number.isSafeInteger(tensor))
      return { layer, call, tensor };
  }
  return rejectModel(where, `a layer reads ${valueText(value)}, expected [layer, call, tensor]`);
}
