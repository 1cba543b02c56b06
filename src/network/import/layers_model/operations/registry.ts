import type { Activation } from "../../dataflow/activation.js";
import type { LayerCall } from "../layer_call.js";
import { ELEMENTWISE, type Operation } from "./elementwise.js";
import { OperationCall } from "./operation_call.js";
import { SHAPES } from "./shapes.js";

const OPERATIONS: Readonly<Record<string, Operation>> = { ...ELEMENTWISE, ...SHAPES };

/** Functions of TensorFlow by the last part of their name (`math.reduce_mean`), as operations of Keras 3. */
const TENSORFLOW: Readonly<Record<string, string>> = {
  add: "Add",
  add_v2: "Add",
  sub: "Subtract",
  subtract: "Subtract",
  mul: "Multiply",
  multiply: "Multiply",
  div: "Divide",
  divide: "Divide",
  truediv: "Divide",
  realdiv: "Divide",
  maximum: "Maximum",
  minimum: "Minimum",
  pow: "Power",
  square: "Square",
  squared_difference: "SquaredDifference",
  neg: "Negative",
  negative: "Negative",
  abs: "Absolute",
  exp: "Exp",
  log: "Log",
  log1p: "Log1p",
  sqrt: "Sqrt",
  rsqrt: "Rsqrt",
  reciprocal: "Reciprocal",
  erf: "Erf",
  sign: "Sign",
  relu: "Relu",
  relu6: "Relu6",
  leaky_relu: "LeakyRelu",
  elu: "Elu",
  selu: "Selu",
  sigmoid: "Sigmoid",
  log_sigmoid: "LogSigmoid",
  silu: "Silu",
  swish: "Silu",
  gelu: "TfGelu",
  softplus: "Softplus",
  softsign: "Softsign",
  tanh: "Tanh",
  clip_by_value: "Clip",
  cast: "Cast",
  identity: "Copy",
  stop_gradient: "StopGradient",
  bias_add: "BiasAdd",
  reduce_mean: "Mean",
  reduce_sum: "Sum",
  reduce_max: "Max",
  softmax: "Softmax",
  reshape: "Reshape",
  transpose: "Transpose",
  expand_dims: "ExpandDims",
  squeeze: "Squeeze",
  concat: "Concatenate",
  stack: "Stack",
  split: "Split",
  getitem: "GetItem",
  pad: "Pad",
  pad_v2: "Pad",
  resize: "Resize",
  matmul: "Matmul",
  l2_normalize: "Normalize",
  depth_to_space: "DepthToSpace",
};

/** Names that a layer has too are told apart by what only the operation is given. */
const SHARED: Readonly<Record<string, (call: LayerCall) => boolean>> = {
  Reshape: ({ layer }) => layer.config.target_shape === undefined,
  Softmax: () => false,
  Concatenate: () => false,
};

/** Arithmetic whose layers take what operations do, and keep their place. */
const OF_LAYERS = new Set(["Add", "Subtract", "Multiply", "Divide", "Maximum", "Minimum", "Average"]);

/** Whether a class of Keras 3 is an operation on tensors that Keras keeps as a layer. */
export function isOperation(className: string): boolean {
  return Object.hasOwn(OPERATIONS, className) && !OF_LAYERS.has(className) && !className.startsWith("Tf");
}

/** Whether this call is one of an operation, where a layer has the same name. */
export function isOperationCall(call: LayerCall): boolean {
  const { className, config } = call.layer;
  if (className === "Average") return call.inputs.length === 1 && config.axis !== undefined;
  const decides = Object.hasOwn(SHARED, className) ? SHARED[className] : undefined;
  return isOperation(className) && (decides?.(call) ?? true);
}

/** An operation of Keras 3: what it was made with is in its settings, tensors and the rest in its arguments. */
export function importOperation(call: LayerCall): readonly Activation[] {
  const { className, config } = call.layer;
  const { args, kwargs } = call.given;
  const settings = Object.fromEntries(
    Object.keys(config)
      .filter((key) => !LAYER_SETTINGS.has(key))
      .map((key) => [key, call.settings.get(key)]),
  );
  const name = className === "Average" ? "Mean" : className;
  return run(call, OPERATIONS[name], new OperationCall(call, args, { ...settings, ...kwargs }));
}

const LAYER_SETTINGS = new Set(["name", "trainable", "dtype"]);

/** `TFOpLambda`, `SlicingOpLambda`: a function of TensorFlow by its name. */
export function importTensorflowFunction(call: LayerCall): readonly Activation[] {
  const path = call.text("function", "");
  // `__operators__.add`, `compat.v1.math.add`; a reversed operator has its operands in order already.
  const name = path.slice(path.lastIndexOf(".") + 1).replace(/^__|__$/g, "");
  if (!Object.hasOwn(TENSORFLOW, name)) return call.unsupported(`function ${path}`);
  return run(call, OPERATIONS[TENSORFLOW[name]], new OperationCall(call, call.given.args, call.given.kwargs));
}

function run(call: LayerCall, operation: Operation, of: OperationCall): readonly Activation[] {
  const made = operation(of);
  of.refuseUnread();
  call.refuseUnread();
  return Array.isArray(made) ? made : [made as Activation];
}
