import { activationShader } from "../../../kernels/activation/wgsl.js";
import type { FunctionName } from "../../../kernels/activation/wgsl_functions.js";
import { productShader } from "../../../kernels/arithmetic/wgsl_product.js";
import type { Activation } from "../../../network/spec.js";
import { dispatch } from "../dispatch.js";
import { perUnit } from "./affine.js";
import { type Lowering, NOTHING } from "./lowering.js";

/** Functions without a mask: the forward pass keeps the derivative of every unit, the vjp multiplies by it. */
export const activation: Lowering<Activation> = {
  forward(step, { emit, value, constant, keep, varies }) {
    const { node } = step;
    const [x, y] = [value(step.inputs[0]), value(step.output)];
    const derivative = varies(step.inputs[0]) ? keep(`derivative of ${node.name}`, y.units) : undefined;
    // One slope for all is a LeakyRelu.
    const slopes = node.op === "PRelu" && node.slope.length > 1 ? node.slope : undefined;
    const vector = y.units % 4 === 0 && (slopes?.length ?? 4) % 4 === 0;
    const elements = (units: number) => (vector ? units / 4 : units);
    const units = elements(y.units);
    const params = {
      units,
      alpha: "alpha" in node ? node.alpha : node.op === "PRelu" ? node.slope[0] : 0,
      beta: "beta" in node ? node.beta : 0,
      period: elements(slopes?.length ?? 4),
    };
    const slope = slopes && constant(`slope of ${node.name}`, slopes);
    const shader = activationShader({
      name: functionName(node),
      vector,
      keepsDerivative: derivative !== undefined,
    });
    emit(dispatch(node.name, shader, params, { x, y, derivative, slope }, perUnit(units)));
    return derivative ? { derivative } : NOTHING;
  },
  vjp(step, { emit, kept, cotangent: gy, slots, into, varies }) {
    const [input] = step.inputs;
    if (!varies(input)) return;
    const { target: gx, share, tensors, clamp } = into(input);
    const vector = gx.units % 4 === 0;
    const units = vector ? gx.units / 4 : gx.units;
    emit(
      dispatch(
        step.node.name,
        productShader({ vector, repeated: false, zeroStays: true, share }),
        { units, factorUnits: units, ...clamp },
        { gy, gx, factor: kept.derivative, slots, ...tensors },
        perUnit(units),
      ),
    );
  },
};

function functionName(node: Activation): FunctionName {
  if (node.op === "Gelu") return node.approximate === "tanh" ? "GeluTanh" : "Gelu";
  if (node.op === "PRelu" && node.slope.length === 1) return "LeakyRelu";
  return node.op as FunctionName;
}
