import { passList } from "../seeds/pass_list.js";
import {
  ifThen,
  kernel,
  loadF32,
  loadI32,
  selectI32,
  storeI32,
  TAPE_END,
  whileDo,
} from "../wasm/assembler.js";
import { PHASES } from "./loop_state.js";
import { exchangeR, stateAt } from "./wasm_state.js";

/**
 * Judges a forward pass and decides how the loop goes on. `labels[n]` is the class to leave, or negative: the
 * prediction at image n. The class of an accepted step goes to `log`.
 *
 * Jumps: to `first` where candidates must be found, to `again` where the next step is computed, to `undo` after a step
 * to a point where pixels or logits are not finite, to `move` where the point without overshoot must be judged
 * instead, to `finish` otherwise. Where a logit is NaN at a point of finite pixels the tape ends for good and `notANumber`
 * is set; image, phase and steps stay as they are. Tiles: one.
 */
export const deepfoolJudge = kernel(
  "deepfool_judge",
  [
    ...["state", "logits", "classes", "finite", "tiles", "labels", "candidates", "log", "passes"],
    ...["first", "again", "undo", "move", "finish"],
  ] as const,
  ({ field, locals, jump }) => {
    const state = stateAt(field("state"));
    const [logits, classes, finite, tiles] = [
      field("logits"),
      field("classes"),
      field("finite"),
      field("tiles"),
    ];
    const [labels, candidates, log, passes] = [
      field("labels"),
      field("candidates"),
      field("log"),
      field("passes"),
    ];
    const target = locals.i32(field("finish"));
    const [c, predicted, sound, inside, spare] = Array.from({ length: 5 }, () => locals.i32());
    const [value, best] = [locals.f32(), locals.f32(Number.NEGATIVE_INFINITY)];
    const goOn = (where: "first" | "again"): void => {
      const more = state
        .get("label")
        .eq(predicted)
        .and(state.get("iterations").ltU(state.get("steps")));
      ifThen(more, () => target.set(field(where)));
    };

    // argmax, and whether all logits are finite.
    c.set(0);
    predicted.set(0);
    sound.set(1);
    whileDo(
      () => c.ltU(classes),
      () => {
        value.set(loadF32(logits.add(c.shl(2))));
        sound.set(sound.and(value.sub(value).eq(0)));
        ifThen(value.gt(best), () => {
          best.set(value);
          predicted.set(c);
        });
        c.set(c.add(1));
      },
    );
    inside.set(1);
    c.set(0);
    whileDo(
      () => c.ltU(tiles),
      () => {
        inside.set(inside.and(loadI32(finite.add(c.shl(2)))));
        c.set(c.add(1));
      },
    );

    state.set("budget", state.get("budget").sub(1));
    const phase = locals.i32(state.get("phase"));
    ifThen(phase.eq(PHASES.atImage), () => {
      // No step has been there to say so; an image's pixels were checked.
      inside.set(1);
      spare.set(loadI32(labels.add(state.get("image").shl(2))));
      state.set("label", selectI32(spare.ltS(0), predicted, spare));
      state.set("newLabel", predicted);
      goOn("first");
    });
    ifThen(phase.eq(PHASES.afterStep), () => {
      ifThen(
        sound.and(inside),
        () => {
          storeI32(log.add(state.get("logged").shl(2)), loadI32(candidates.add(state.get("chosen").shl(2))));
          state.set("logged", state.get("logged").add(1));
          state.set("iterations", state.get("iterations").add(1));
          state.set("newLabel", predicted);
          goOn("again");
        },
        () => {
          exchangeR(state, spare);
          target.set(field("undo"));
        },
      );
    });
    ifThen(phase.geU(PHASES.overshot), () => {
      ifThen(
        phase.eq(PHASES.overshot).and(inside.eqz()),
        () => {
          state.set("phase", PHASES.notOvershot);
          state.setDouble("factor", state.getDouble("stepFactor"));
          target.set(field("move"));
        },
        () => ifThen(sound, () => state.set("newLabel", predicted)),
      );
    });

    // Looked for only where not all is finite, which is rare.
    ifThen(sound.eqz().and(inside), () => {
      c.set(0);
      whileDo(
        () => c.ltU(classes),
        () => {
          value.set(loadF32(logits.add(c.shl(2))));
          // NaN is the only value that differs from itself.
          ifThen(value.eq(value).eqz(), () => {
            state.set("notANumber", 1);
            state.set("resume", 0);
            target.set(TAPE_END);
          });
          c.set(c.add(1));
        },
      );
    });

    // Nothing is known yet of the next step.
    state.setDouble("nearest", Number.POSITIVE_INFINITY);
    state.set("chosen", 0);
    state.set("unsound", 0);
    storeI32(passes, passes.add(passList.records), passList.next);
    jump(target);
  },
);
