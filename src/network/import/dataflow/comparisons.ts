/** Comparisons of values that depend on the image: 1 where they hold and 0 elsewhere, from which nothing passes back. */

import { type Activation, isActivation, type Operand } from "./activation.js";
import { arithmetic, masked } from "./arithmetic.js";
import type { Flow } from "./flow.js";
import { float32Tensor, scalar } from "./tensor.js";

/** `a > b`. */
export function greater(flow: Flow, a: Operand, b: Operand): Activation {
  return truth(flow.map({ op: "Relu" }, flow.map({ op: "Sign" }, arithmetic(flow, "Sub", [a, b]))));
}

export function not(flow: Flow, x: Activation): Activation {
  return truth(arithmetic(flow, "Sub", [scalar(1), x]));
}

/** `a != b`. */
export function differs(flow: Flow, a: Operand, b: Operand): Activation {
  return isNotZero(flow, arithmetic(flow, "Sub", [a, b]));
}

export function isNotZero(flow: Flow, x: Activation): Activation {
  return x.isTruth ? x : truth(flow.map({ op: "Abs" }, flow.map({ op: "Sign" }, x)));
}

export function both(flow: Flow, a: Operand, b: Operand): Activation {
  return truth(arithmetic(flow, "Mul", [asNumber(a), asNumber(b)]));
}

export function either(flow: Flow, a: Operand, b: Operand): Activation {
  return truth(arithmetic(flow, "Max", [asNumber(a), asNumber(b)]));
}

function truth(x: Activation): Activation {
  return { ...x, isTruth: true };
}

function asNumber(x: Operand): Operand {
  return isActivation(x) ? x : float32Tensor(x.dims, Float32Array.from(x.data));
}

/** `condition ? a : b`, the condition one of the image: what is not chosen is multiplied by 0. */
export function chooseBy(flow: Flow, condition: Activation, a: Operand, b: Operand): Activation {
  const [left, right] = [a, b].map((one) => masked(flow, asNumber(one)));
  return arithmetic(flow, "Add", [
    arithmetic(flow, "Mul", [condition, left]),
    arithmetic(flow, "Mul", [not(flow, condition), right]),
  ]);
}
