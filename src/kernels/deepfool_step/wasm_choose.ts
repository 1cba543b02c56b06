import { ifThen, kernel, loadF32, loadI32, TAPE_END } from "../wasm/assembler.js";
import { PHASES } from "./loop_state.js";
import { exchangeR, stateAt } from "./wasm_state.js";

/**
 * The step to the nearest boundary: its scale, as `stepScale` of `reference.ts`, goes to `state`, and r becomes what
 * it was before. Jumps to `step`, or to `finish` if there is no step to take; where the budget of forward passes is
 * used up the tape ends, to be resumed at `step`. Tiles: one.
 */
export const deepfoolChoose = kernel(
  "deepfool_choose",
  ["state", "candidates", "logits", "step", "finish"],
  ({ field, locals, jump }) => {
    const state = stateAt(field("state"));
    const [candidates, logits, step] = [field("candidates"), field("logits"), field("step")];
    const target = locals.i32(field("finish"));
    const [length, gap, scale] = [locals.f64(), locals.f64(), locals.f64()];

    ifThen(state.get("chosen").ne(0).and(state.get("unsound").eqz()), () => {
      length.set(state.getDouble("norm").add(state.getDouble("normOffset")));
      gap.set(state.getDouble("gap"));
      ifThen(gap.eq(0).and(state.getDouble("distanceOffset").eq(0)), () => {
        // `tiedLogitGap`
        gap.set(
          loadF32(logits.add(loadI32(candidates).shl(2)))
            .toF64()
            .abs(),
        );
        ifThen(gap.eq(0), () => gap.set(length));
        gap.set(gap.mul(2 ** -20));
      });
      scale.set(gap.div(length).add(state.getDouble("distanceOffset")));
      ifThen(state.get("order").eq(2), () => scale.set(scale.div(length)));
      ifThen(scale.gt(0).and(scale.lt(Number.POSITIVE_INFINITY)), () => {
        state.setDouble("scale", scale);
        exchangeR(state, locals.i32());
        state.set("phase", PHASES.afterStep);
        target.set(step);
        ifThen(state.get("budget").leS(0), () => {
          state.set("resume", step);
          target.set(TAPE_END);
        });
      });
    });
    jump(target);
  },
);
