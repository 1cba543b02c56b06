/** Kernels of WASM that move or mix rows, and those that rank and seed classes. */
import { kernels, wasm } from "../suites.mjs";

const liveList = wasm("kernels/live_list", "wasm.ts", kernels("wasm_live_list"));

const rowModule = (folder, file) => wasm(`kernels/${folder}`, file, kernels("wasm_row_module"));

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...liveList,
    name: "live_list: bound",
    what: "a value at the lower bound is live",
    from: "mask.set(x.gt(low).and(x.lt(high)).i32Bitmask());",
    to: "mask.set(x.ge(low).and(x.lt(high)).i32Bitmask());",
  },
  {
    ...liveList,
    name: "live_list: tail",
    what: "channels past the last vector are live at the upper bound",
    from: "to.set(to.add(value.gt(lowest).and(value.lt(highest)).shl(2)));",
    to: "to.set(to.add(value.gt(lowest).and(value.gt(highest).eqz()).shl(2)));",
  },
  {
    ...liveList,
    name: "live_list_of_candidates: pixel",
    what: "the lists of a pixel begin where the one before's do",
    from: "to.set(entries.add(begin.mul(channels).shl(2)));",
    to: "to.set(entries);",
  },
  {
    ...wasm("kernels/scale", "wasm.ts", kernels("wasm_affine")),
    name: "scale_lanes: accumulate",
    what: "what is there before is not added",
    from: "ifThen(accumulate, () => g.set(g.add(loadV(gx.add(at), 16 * v))));",
    to: "",
  },
  {
    ...wasm("kernels/affine", "wasm.ts", kernels("wasm_affine")),
    name: "affine: period",
    what: "every tile begins with the first scale",
    from: "phase.start(unit);",
    to: "phase.at.set(0);",
  },
  {
    ...wasm("kernels/pixel_map", "wasm.ts", kernels("wasm_pixel_map")),
    name: "pixel_map: pitch",
    what: "output rows have no gaps",
    from: "to.set(y.add(begin.mul(yStep).shl(2)));",
    to: "to.set(y.add(begin.mul(run).shl(2)));",
  },
  {
    ...wasm("kernels/gather", "wasm.ts", kernels("wasm_pixel_map")),
    name: "gather_units: first unit",
    what: "unit 0 counts as none",
    from: "source.geS(0),",
    to: "source.geS(1),",
  },
  {
    ...wasm("kernels/copy_rows", "wasm.ts", kernels("wasm_pixel_map")),
    name: "copy_rows: pitch",
    what: "rows are written with the pitch of those that are read",
    from: "to.set(y.add(row.mul(yStep).shl(2)));",
    to: "to.set(y.add(row.mul(xStep).shl(2)));",
  },
  {
    ...wasm("kernels/row_norms", "wasm.ts", kernels("wasm_row_norms")),
    name: "row_norms: order",
    what: "squares where magnitudes are wanted",
    from: "() => sum((x) => x.f64Abs(), unit, stop),",
    to: "() => sum((x) => x.f64Mul(x), unit, stop),",
  },
  {
    ...wasm("kernels/row_norms", "wasm_jacobian_rows.ts", kernels("wasm_row_norms")),
    name: "jacobian_rows: count",
    what: "a row too many is written",
    from: "ifThen(k.add(row).ltU(count), () => {",
    to: "ifThen(k.add(row).leU(count), () => {",
  },
  {
    ...wasm("kernels/top_classes", "wasm.ts", kernels("wasm_top_classes")),
    name: "top_classes: tie",
    what: "of equal scores the last comes first",
    from: "next.ltS(0).or(value.gt(best))",
    to: "next.ltS(0).or(value.ge(best))",
  },
  {
    ...wasm("kernels/seeds", "wasm.ts", kernels("wasm_top_classes")),
    name: "seed_pass: sign",
    what: "the class to leave is added",
    from: "addTo(-1);",
    to: "addTo(1);",
  },
  {
    ...rowModule("row_norms", "wasm_row_sums.ts"),
    name: "row_sums: base",
    what: "every part takes the first two values of the base",
    from: "x.f64Sub(loadV(other, 16 * i))",
    to: "x.f64Sub(loadV(other, 0))",
  },
  {
    ...rowModule("row_norms", "wasm_row_sums.ts"),
    name: "row_sums: rest",
    what: "units behind the last eight go to the first part",
    from: "to.set(to.add(8));",
    to: "",
  },
  {
    ...rowModule("row_norms", "wasm_widen.ts"),
    name: "widen: second half",
    what: "the upper two of four values are the lower two again",
    from: "loadV64(from, 8 * half)",
    to: "loadV64(from, 0)",
  },
  {
    ...rowModule("projection", "wasm_clamp.ts"),
    name: "clamp_to_ball: bound",
    what: "the lower bound is the upper one's",
    from: "const low = locals.v128(bound.neg());",
    to: "const low = locals.v128(bound);",
  },
  {
    ...rowModule("projection", "wasm_scale.ts"),
    name: "scale_to_ball: rest",
    what: "values behind the last four stay as long as they are",
    from: "f64Splat(loadF32(from).toF64()).f64Mul(scale).f64Demote()",
    to: "f64Splat(loadF32(from).toF64()).f64Demote()",
  },
  {
    ...rowModule("deepfool_step", "wasm_row_step.ts"),
    name: "row_step: sign",
    what: "a step for the infinity norm goes up where the gradient is negative",
    from: "f64Sub(scale.and(zero().f64Gt(w)))",
    to: "f64Add(scale.and(zero().f64Gt(w)))",
  },
];
