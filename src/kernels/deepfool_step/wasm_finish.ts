import { ifThen, kernel, selectI32, storeI32, TAPE_END } from "../wasm/assembler.js";
import { OUTCOME_BYTES, PHASES } from "./loop_state.js";
import { stateAt } from "./wasm_state.js";

/**
 * Ends an image: where the overshoot is applied at the end, jumps to `move` first; then writes label, new label and
 * iterations to `outcomes[n]` and jumps to `start` for the next image. The tape ends after the last, or where the
 * budget of forward passes is used up, to be resumed at `start`. Tiles: one.
 */
export const deepfoolFinish = kernel(
  "deepfool_finish",
  ["state", "outcomes", "start", "move"],
  ({ field, locals, jump }) => {
    const state = stateAt(field("state"));
    const [outcomes, start, move] = [field("outcomes"), field("start"), field("move")];
    const target = locals.i32(start);
    const at = locals.i32();
    ifThen(
      state.get("phase").ltU(PHASES.overshot).and(state.get("overshootsEachStep").eqz()),
      () => {
        state.set("phase", PHASES.overshot);
        state.setDouble("factor", state.getDouble("overshot"));
        target.set(move);
      },
      () => {
        at.set(outcomes.add(state.get("image").mul(OUTCOME_BYTES)));
        for (const [i, name] of (["label", "newLabel", "iterations"] as const).entries())
          storeI32(at, state.get(name), 4 * i);
        state.set("image", state.get("image").add(1));
        state.set("iterations", 0);
        state.set("phase", PHASES.atImage);
        state.setDouble("factor", state.getDouble("stepFactor"));
        const last = locals.i32(state.get("image").geU(state.get("images")));
        ifThen(last.or(state.get("budget").leS(0)), () => {
          state.set("resume", selectI32(last, 0, start));
          target.set(TAPE_END);
        });
      },
    );
    jump(target);
  },
);
