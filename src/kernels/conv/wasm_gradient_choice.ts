import { listedBytes } from "../nonzero_list/wasm.js";
import {
  type I32,
  ifThen,
  kernel,
  type Locals,
  loadI32,
  storeI32,
  type Variable,
  whileDo,
} from "../wasm/assembler.js";
import { CHOICE } from "./gradient_kernels.js";

/** Does nothing where another has been chosen; `choice` 0: nobody else could be. */
export function leaveToOthers(choice: I32, own: number, begin: Variable<I32>, end: I32): void {
  ifThen(choice, () => ifThen(loadI32(choice).ne(own), () => begin.set(end)));
}

/** Bytes of the entries of a `live_list`, whose rows of pixels lie one after the other. */
function liveBytes(locals: Locals, table: I32, height: I32, rowBytes: I32): I32 {
  const [row, left, bytes] = [locals.i32(table), locals.i32(height), locals.i32(0)];
  whileDo(
    () => left,
    () => {
      bytes.set(bytes.sub(loadI32(row)));
      row.set(row.add(rowBytes));
      // Where the last list of the row ends.
      bytes.set(bytes.add(loadI32(row.sub(4))));
      left.set(left.sub(1));
    },
  );
  return bytes;
}

/**
 * Chooses by what it would take: the dense kernel 1, `conv_gradient_sparse` `nonzeroCost` for every byte that the `nonzero_list` of the
 * cotangents has, `conv_gradient_live` `liveCost` for every byte of the `live_list` of the inputs; a table of 0 is none.
 * One tile.
 */
export const chooseConvGradient = kernel(
  "choose_conv_gradient",
  [
    ...(["nonzeros", "height", "width", "nonzeroCost"] as const),
    ...(["live", "liveHeight", "liveRow", "liveCost", "choice"] as const),
  ],
  ({ field, float, begin, end, locals }) => {
    const [nonzeros, live] = [field("nonzeros"), field("live")];
    const least = locals.f32(1);
    const cost = locals.f32();
    const choice = locals.i32(CHOICE.dense);
    const take = (which: number): void => {
      ifThen(cost.lt(least), () => {
        least.set(cost);
        choice.set(which);
      });
    };
    ifThen(nonzeros, () => {
      cost.set(
        listedBytes(locals, nonzeros, field("height"), field("width")).toF32().mul(float("nonzeroCost")),
      );
      take(CHOICE.sparse);
    });
    ifThen(live, () => {
      cost.set(liveBytes(locals, live, field("liveHeight"), field("liveRow")).toF32().mul(float("liveCost")));
      take(CHOICE.live);
    });
    storeI32(field("choice"), choice);
    begin.set(end);
  },
);
