/** DeepFool on WASM: its kernels and the tape that they run on. */
import { kernels, wasm } from "../suites.mjs";

const deepfool = (file, ...tests) => wasm("kernels/deepfool_step", file, kernels(...tests));
const tape = wasm("engines/wasm/plan", "deepfool_tape.ts", kernels("wasm_deepfool_tape"));

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...deepfool("wasm_judge.ts", "wasm_deepfool_judge"),
    name: "deepfool_judge: tie",
    what: "of equal logits the last is the prediction",
    from: "ifThen(value.gt(best), () => {",
    to: "ifThen(value.ge(best), () => {",
  },
  {
    ...deepfool("wasm_judge.ts", "wasm_deepfool_judge"),
    name: "deepfool_judge: undo",
    what: "r stays as the step left it",
    from: "exchangeR(state, spare);",
    to: "",
  },
  {
    ...deepfool("wasm_nearest.ts", "wasm_deepfool_choose"),
    name: "deepfool_nearest: tie",
    what: "of equal distances the last is taken",
    from: 'ifThen(distance.lt(state.getDouble("nearest")), () => {',
    to: 'ifThen(distance.le(state.getDouble("nearest")), () => {',
  },
  {
    ...deepfool("wasm_nearest.ts", "wasm_deepfool_choose"),
    name: "deepfool_nearest: pass",
    what: "candidates of every pass are those of the first",
    from: "candidate.set(loadI32(pass, passList.first).add(k).add(1));",
    to: "candidate.set(k.add(1));",
  },
  {
    ...deepfool("wasm_choose.ts", "wasm_deepfool_choose"),
    name: "deepfool_choose: scale",
    what: "the step is not divided by the norm a second time",
    from: 'ifThen(state.get("order").eq(2), () => scale.set(scale.div(length)));',
    to: "",
  },
  {
    ...deepfool("wasm_point.ts", "wasm_deepfool"),
    name: "deepfool_point: clip",
    what: "the upper bound is dropped",
    from: "x.set(x0.add(perturbation).toF64().max(low).min(high).toF32());",
    to: "x.set(x0.add(perturbation).toF64().max(low).toF32());",
  },
  {
    ...deepfool("wasm_step.ts", "wasm_deepfool"),
    name: "deepfool_step: sign",
    what: "a step for the infinity norm keeps the size of negative gradients",
    from: "ifThen(value.lt(0), () => value.set(-1));",
    to: "",
  },
  {
    ...deepfool("wasm_finish.ts", "wasm_deepfool_judge"),
    name: "deepfool_finish: factor",
    what: "the next image begins with the overshoot of this one",
    from: 'state.setDouble("factor", state.getDouble("stepFactor"));',
    to: "",
  },
  {
    ...tape,
    name: "deepfool tape: undo",
    what: "a step that is undone leaves its point in the result",
    from: "undo: restore",
    to: "undo: finish",
  },
  {
    ...tape,
    name: "deepfool tape: candidates",
    what: "candidates are ranked anew at every step",
    from: "again: seed",
    to: "again: first",
  },
  {
    ...tape,
    name: "deepfool tape: partial norms",
    what: "the norm of the last part is not added",
    from: "const chunks = Math.ceil(units / NORM_UNITS);",
    to: "const chunks = Math.max(1, Math.floor(units / NORM_UNITS));",
  },
];
