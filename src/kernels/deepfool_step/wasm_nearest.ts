import { passList } from "../seeds/pass_list.js";
import { ifThen, kernel, loadF32, loadF64, loadI32, whileDo } from "../wasm/assembler.js";
import { stateAt } from "./wasm_state.js";

/**
 * The nearest boundary among the candidates of one backward pass and those before it, as `chooseCandidate` of
 * `reference.ts`: sums the parts of each norm in their order, in float64, and compares. Jumps to `keep` if a candidate
 * of this pass is the nearest so far, else to `skip`. `partials` is what `row_norms` leaves, in `chunks` parts; the pass
 * is the latest of `passes`. Tiles: one.
 */
export const deepfoolNearest = kernel(
  "deepfool_nearest",
  ["state", "passes", "partials", "chunks", "candidates", "logits", "keep", "skip"],
  ({ field, locals, jump }) => {
    const state = stateAt(field("state"));
    const [passes, partials, chunks] = [field("passes"), field("partials"), field("chunks")];
    const [candidates, logits] = [field("candidates"), field("logits")];
    const target = locals.i32(field("skip"));
    const pass = locals.i32(loadI32(passes, passList.next).sub(passList.bytes));
    const pitch = locals.i32(loadI32(pass, passList.stride).shl(3));
    const [k, candidate, at, left] = Array.from({ length: 4 }, () => locals.i32());
    const [sum, gap, distance] = [locals.f64(), locals.f64(), locals.f64()];
    const logitOf = (c: typeof candidate | number) => {
      const entry = typeof c === "number" ? candidates.add(4 * c) : candidates.add(c.shl(2));
      return loadF32(logits.add(loadI32(entry).shl(2))).toF64();
    };

    k.set(0);
    whileDo(
      () => k.ltU(loadI32(pass, passList.count)),
      () => {
        candidate.set(loadI32(pass, passList.first).add(k).add(1));
        sum.set(0);
        at.set(partials.add(k.shl(3)));
        left.set(chunks);
        whileDo(
          () => left,
          () => {
            sum.set(sum.add(loadF64(at)));
            at.set(at.add(pitch));
            left.set(left.sub(1));
          },
        );
        ifThen(state.get("order").eq(2), () => sum.set(sum.sqrt()));
        gap.set(logitOf(candidate).sub(logitOf(0)).abs());
        const sound = gap.lt(Number.POSITIVE_INFINITY).and(sum.lt(Number.POSITIVE_INFINITY));
        ifThen(sound.eqz(), () => state.set("unsound", 1));
        ifThen(sum.gt(0), () => {
          distance.set(gap.div(sum.add(state.getDouble("normOffset"))));
          ifThen(distance.lt(state.getDouble("nearest")), () => {
            state.setDouble("nearest", distance);
            state.setDouble("norm", sum);
            state.setDouble("gap", gap);
            state.set("chosen", candidate);
            state.set("lane", k);
            target.set(field("keep"));
          });
        });
        k.set(k.add(1));
      },
    );
    jump(target);
  },
);
