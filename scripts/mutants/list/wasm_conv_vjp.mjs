/** The vjp of convolutions on WASM, all cotangents side by side. */
import { kernels, wasm } from "../suites.mjs";

const convVjp = wasm("kernels/conv", "wasm_vjp.ts", kernels("wasm_conv_vjp"));
const vjpGather = wasm("kernels/conv", "wasm_vjp_gather.ts", kernels("wasm_conv_vjp"));
const vjpUnits = wasm("kernels/conv", "wasm_vjp_units.ts", kernels("wasm_conv_vjp"));
const vjpTile = wasm("kernels/conv", "wasm_vjp_tile.ts", kernels("wasm_conv_vjp"));

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...convVjp,
    name: "conv_vjp: tap",
    what: "weights are shifted by a row for each pixel, not by a tap",
    from: "shift.set(w.mul(tapBytes));",
    to: "shift.set(w.mul(rowBytes));",
  },
  {
    ...vjpUnits,
    name: "conv_vjp: chunk",
    what: "every chunk of live outputs starts from 0",
    from: "() => tile.load(count, (i) => gx.add(unit[i]), undefined),",
    to: "() => tile.clear(count),",
  },
  {
    ...convVjp,
    name: "conv_vjp: first filter",
    what: "a part's weights are taken from the first filter on",
    from: "block.add(firstBlock).add(yFirst).mul(rowBytes)",
    to: "block.add(firstBlock).mul(rowBytes)",
  },
  {
    ...convVjp,
    name: "conv_vjp: first block",
    what: "a group's live channels are those of the first",
    from: "live.set(xTable.add(pixel.mul(xPitch)).add(block.add(firstBlock).shl(2)));",
    to: "live.set(xTable.add(pixel.mul(xPitch)).add(block.shl(2)));",
  },
  {
    ...vjpUnits,
    name: "conv_vjp: start mask",
    what: "a residual's cotangent is taken at the bound, too",
    from: "return value.gt(initLow).and(value.lt(initHigh));",
    to: "return value.ge(initLow).and(value.lt(initHigh));",
  },
  {
    ...vjpUnits,
    name: "conv_vjp: start",
    what: "accumulation starts from 0",
    from: "() => tile.load(count, start, undefined),",
    to: "() => tile.clear(count),",
  },
  {
    ...convVjp,
    name: "conv_vjp: next row",
    what: "the window of the row before is kept",
    from: `            w.set(0);
            window.restart();`,
    to: "            w.set(0);",
  },
  {
    ...vjpTile,
    name: "conv_vjp: shared lanes",
    what: "two units share the weight of one in their last lanes",
    from: "this.weights[a].shuffle(this.weights[b], [0, 1, 4, 5])",
    to: "this.weights[a].shuffle(this.weights[b], [0, 1, 0, 1])",
  },
  {
    ...vjpTile,
    name: "conv_vjp: stored lanes",
    what: "the second of two units gets the last lanes of the first",
    from: "storeLane64(address(i), vector, j as 0 | 1, this.restBytes);",
    to: "storeLane64(address(i), vector, 0, this.restBytes);",
  },
  {
    ...vjpTile,
    name: "conv_vjp: cleared lanes",
    what: "shared lanes keep the sums of the tile before",
    from: "for (const { vector } of this.pairs(units)) vector.set(zero());",
    to: "",
  },
  {
    ...vjpGather,
    name: "conv_vjp: dilation",
    what: "rows of taps lie next to each other",
    from: "hy.set(hy.sub(dilationHeight));",
    to: "hy.set(hy.sub(1));",
  },
  {
    ...vjpGather,
    name: "conv_vjp: dilated columns",
    what: "columns between dilated taps are listed",
    from: "tap.set(gap.remU(dilationWidth).eqz());",
    to: "tap.set(1);",
  },
  {
    ...vjpGather,
    name: "conv_vjp: stride",
    what: "the last column of outputs under a pixel is missing",
    from: "stop.set(minU(stop.add(1), outWidth));",
    to: "stop.set(minU(stop.add(1), outWidth.sub(1)));",
  },
  {
    ...vjpGather,
    name: "conv_vjp: list overflow",
    what: "lists never start over",
    from: "column.ltU(firstColumn).or(top.gtU(limit)).or(dilationWidth.ne(1))",
    to: "column.ltU(firstColumn).or(dilationWidth.ne(1))",
  },
  {
    ...vjpGather,
    name: "conv_vjp: stale list",
    what: "with dilation the list of the pixel before is kept",
    from: ".or(top.gtU(limit)).or(dilationWidth.ne(1))",
    to: ".or(top.gtU(limit))",
  },
  {
    ...vjpGather,
    name: "conv_vjp: compact outputs",
    what: "every four entries begin at the first cotangent again",
    from: "place.set(place.i32Add(four));",
    to: "",
  },
];
