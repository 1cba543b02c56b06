import { ifThen, kernel, loadF32, loadF64, storeF64, whileDo } from "../wasm/assembler.js";
import { forEachTile } from "../wasm/tiles.js";
import { TILE_UNITS } from "./loop_state.js";
import { stateAt } from "./wasm_state.js";

/**
 * One step of r, as `addStep` of `reference.ts`: r = before + scale w, or + scale sign(w) where `order` is 1, rounded
 * to float32 where the profile rounds. `w` is `[units]`, the rest is in `state`. Tiles: 1024 units.
 */
export const deepfoolStep = kernel(
  "deepfool_step",
  ["state", "w", "units"],
  ({ field, begin, end, locals }) => {
    const state = stateAt(field("state"));
    const [w, units] = [field("w"), field("units")];
    const [r, before] = [locals.i32(state.get("r")), locals.i32(state.get("before"))];
    const [takesSign, rounds] = [
      locals.i32(state.get("order").eq(1)),
      locals.i32(state.get("roundsPerturbation")),
    ];
    const scale = locals.f64(state.getDouble("scale"));
    const [value, next] = [locals.f32(), locals.f64()];
    forEachTile({ begin, end, locals }, units, TILE_UNITS, (unit, stop) => {
      whileDo(
        () => unit.ltU(stop),
        () => {
          value.set(loadF32(w.add(unit.shl(2))));
          ifThen(takesSign, () => {
            ifThen(value.gt(0), () => value.set(1));
            ifThen(value.lt(0), () => value.set(-1));
          });
          next.set(loadF64(before.add(unit.shl(3))).add(scale.mul(value.toF64())));
          ifThen(rounds, () => next.set(next.toF32().toF64()));
          storeF64(r.add(unit.shl(3)), next);
          unit.set(unit.add(1));
        },
      );
    });
  },
);
