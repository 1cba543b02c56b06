import { type Activation, isActivation } from "../../dataflow/activation.js";
import { scaled } from "../../dataflow/arithmetic.js";
import { reshape, transpose } from "../../dataflow/axes.js";
import { dense } from "../../dataflow/layers.js";
import { matMul } from "../../dataflow/products.js";
import { softmax } from "../../dataflow/reductions.js";
import { float32Tensor } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import type { LayerCall } from "../layer_call.js";
import { TensorArgument } from "../references.js";

/** `MultiHeadAttention` of sequences `[T][D]`: every position of the query looks at every one of the values. */
export function importMultiHeadAttention(call: LayerCall): Activation {
  const heads = call.integer("num_heads", undefined, 1);
  const size = call.integer("key_dim", undefined, 1);
  const valueSize = call.integer("value_dim", size, 1);
  call.settings.ignore("dropout", "flash_attention", "query_shape", "key_shape", "value_shape");
  for (const key of ["attention_axes", "output_shape"])
    if (call.settings.get(key) !== undefined) call.unsupported(`${key} ${valueText(call.settings.get(key))}`);
  for (const name of [
    "attention_mask",
    "use_causal_mask",
    "return_attention_scores",
    "query_mask",
    "value_mask",
    "key_mask",
  ])
    if (call.given.kwargs[name]) call.unsupported(`argument ${name}`);
  if (call.given.kwargs.training === true) call.unsupported("called with training: true");
  const query = argument(call, 0, "query") ?? call.reject("it has no query");
  const value = argument(call, 1, "value") ?? call.reject("it has no value");
  const key = argument(call, 2, "key") ?? value;
  for (const { dims } of [query, value, key])
    if (dims.length !== 3) call.unsupported(`of a value of shape ${valueText(dims.slice(1))}`);
  const { flow } = call;
  const useBias = call.flag("use_bias", true);
  const project = (x: Activation, name: string, index: number, width: number): Activation => {
    const inputs = x.dims[2];
    const kernel = call.weight(index, "kernel", [inputs, heads, width], name);
    const bias = useBias ? call.weight(index + 1, "bias", [heads, width], name) : undefined;
    const units = heads * width;
    const made = dense(
      flow,
      x,
      2,
      float32Tensor([inputs, units], kernel),
      bias && float32Tensor([units], bias),
    );
    return reshape(flow, made, [1, x.dims[1], heads, width]);
  };
  const step = useBias ? 2 : 1;
  const queries = scaled(flow, project(query, "query", 0, size), Math.fround(1 / Math.sqrt(size)));
  const keys = project(key, "key", step, size);
  const values = project(value, "value", 2 * step, valueSize);
  const scores = matMul(flow, transpose(flow, queries, [0, 2, 1, 3]), transpose(flow, keys, [0, 2, 3, 1]));
  const mixed = matMul(flow, softmax(flow, scores, 3), transpose(flow, values, [0, 2, 1, 3]));
  const width = heads * valueSize;
  const rows = reshape(flow, transpose(flow, mixed, [0, 2, 1, 3]), [1, query.dims[1], width]);
  const units = query.dims[2];
  const kernel = call.weight(3 * step, "kernel", [heads, valueSize, units], "attention_output");
  const bias = useBias ? call.weight(3 * step + 1, "bias", [units], "attention_output") : undefined;
  return dense(flow, rows, 2, float32Tensor([width, units], kernel), bias && float32Tensor([units], bias));
}

function argument(call: LayerCall, place: number, name: string): Activation | undefined {
  const { args, kwargs } = call.given;
  // The first argument of tf.keras may be a list of one.
  const given = [args[place], kwargs[name]].flat().find((one) => one instanceof TensorArgument);
  const found = given && call.inputs[given.index];
  return found && isActivation(found) ? found : undefined;
}
