import { ifThen, type KernelSource, kernel, loadSplat, type V128, whileDo } from "../wasm/assembler.js";
import { clamp, forEachTile, forEachWidth, load, store } from "../wasm/tiles.js";

/**
 * The kernel of an operation on two operands, and a clamp:
 *
 *   y[o][i] = clamp(a[o aOuterStride + i aInnerStride] (op) b[o bOuterStride + i bInnerStride], low, high)
 *
 * `outer` x `inner` units; an inner stride is 0 or 1, an outer stride is any number of floats, usually 0, 1 or
 * `inner`. Same shapes, `[C]` or `[1, 1, C]` or `[H, W, 1]` against `[H, W, C]`, and scalars are of this kind.
 * y may be an operand that has its shape. One rounding. Tiles: 64 outer rows.
 */
export function arithmetic(name: string, operation: (a: V128, b: V128) => V128): KernelSource {
  return kernel(
    `arithmetic_${name}`,
    [
      "a",
      "b",
      "y",
      "outer",
      "inner",
      "aOuterStride",
      "bOuterStride",
      "aInnerStride",
      "bInnerStride",
      "low",
      "high",
    ],
    ({ field, lanes, begin, end, locals }) => {
      const [y, outer, inner] = [field("y"), field("outer"), field("inner")];
      const [low, high] = [lanes("low"), lanes("high")];
      const operands = (["a", "b"] as const).map((operand) => ({
        base: field(operand),
        outerStride: field(`${operand}OuterStride`),
        innerStride: field(`${operand}InnerStride`),
        at: locals.i32(),
        value: locals.v128(),
      }));
      const [to, left] = [locals.i32(), locals.i32()];
      forEachTile({ begin, end, locals }, outer, 64, (row, stop) => {
        to.set(y.add(row.mul(inner).shl(2)));
        whileDo(
          () => row.ltU(stop),
          () => {
            for (const { base, outerStride, at, value } of operands) {
              at.set(base.add(row.mul(outerStride).shl(2)));
              value.set(loadSplat(at));
            }
            left.set(inner);
            forEachWidth(left, (width) => {
              for (const { innerStride, at, value } of operands)
                ifThen(innerStride, () => {
                  value.set(load(width, at));
                  at.set(at.add(4 * width));
                });
              store(width, to, clamp(operation(operands[0].value, operands[1].value), low, high));
              to.set(to.add(4 * width));
            });
            row.set(row.add(1));
          },
        );
      });
    },
  );
}
