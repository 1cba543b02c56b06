/**
 * Quotients and roots of float32 to about half a unit in the last place: WGSL grants 2.5 units to a quotient and more to a root,
 * and GPUs take them. One step of Newton's method from what they give, where `fma` rounds once; needs `finite`.
 */
export const roundingCode = `
fn quotient(a: f32, b: f32) -> f32 {
  let q = a / b;
  let better = fma(fma(-q, b, a), 1.0 / b, q);
  return select(q, better, finite(better));
}
fn root(x: f32) -> f32 {
  let s = sqrt(x);
  let better = fma(fma(-s, s, x), 0.5 / s, s);
  return select(s, better, finite(better));
}`;
