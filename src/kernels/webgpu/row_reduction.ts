/** Reductions over a row by the invocations of one workgroup, for WGSL. */

/** Invocations that share a row. */
export const ROW_INVOCATIONS = 64;

/**
 * `fn <name>(lane, x)`: the reduction over all invocations of what each brings, in each of them, by a tree that adds in the
 * same order on every device. Must be called by all of them.
 *
 * @param combine of `a` and `b`, a WGSL expression
 */
export function rowReduction(name: string, combine: string, type: "f32" | "vec2f" = "f32"): string {
  return `
var<workgroup> ${name}_parts: array<${type}, ${ROW_INVOCATIONS}>;
fn ${name}(lane: u32, x: ${type}) -> ${type} {
  workgroupBarrier();
  ${name}_parts[lane] = x;
  for (var width = ${ROW_INVOCATIONS / 2}u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width) {
      let a = ${name}_parts[lane];
      let b = ${name}_parts[lane + width];
      ${name}_parts[lane] = ${combine};
    }
  }
  workgroupBarrier();
  return ${name}_parts[0];
}`;
}
