/**
 * NaN by its bits. Compilers take `select(x, low, x < low)` for a maximum, which on some GPUs gives the operand that is a number:
 * a clamp written with comparisons then loses NaN. `T` is f32 or vec4f.
 */

/** `fn is_nan(x: T) -> bool`, for each component of a vector. */
export function isNanCode(type: "f32" | "vec4f"): string {
  const [bits, result] = type === "f32" ? ["u32", "bool"] : ["vec4u", "vec4<bool>"];
  return `
fn is_nan(x: ${type}) -> ${result} {
  return (bitcast<${bits}>(x) & ${bits}(0x7fffffffu)) > ${bits}(0x7f800000u);
}`;
}

/** `fn clamped(x: T) -> T`: x within `p.low` and `p.high`; NaN stays NaN. */
export function clampCode(type: "f32" | "vec4f"): string {
  return `${isNanCode(type)}
fn clamped(x: ${type}) -> ${type} {
  let raised = select(x, ${type}(p.low), x < ${type}(p.low));
  return select(select(raised, ${type}(p.high), raised > ${type}(p.high)), x, is_nan(x));
}`;
}
