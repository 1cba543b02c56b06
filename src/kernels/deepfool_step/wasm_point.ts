import { ifThen, kernel, loadF32, loadF64, storeF32, storeI32, whileDo } from "../wasm/assembler.js";
import { forEachTile } from "../wasm/tiles.js";
import { TILE_UNITS } from "./loop_state.js";
import { stateAt } from "./wasm_state.js";

/**
 * The point that the network judges next, as `writePoint` of `reference.ts`:
 *
 *   perturbation[n] = factor r,  pixels = images[n] + perturbation[n], clipped to the bounds if there are any
 *
 * n, factor, r and the bounds are in `state`. `finite[t]` says whether the pixels of tile t all are. One rounding each.
 * Tiles: 1024 units.
 */
export const deepfoolPoint = kernel(
  "deepfool_point",
  ["state", "images", "perturbations", "pixels", "finite", "units"],
  ({ field, begin, end, locals }) => {
    const state = stateAt(field("state"));
    const [images, perturbations, pixels] = [field("images"), field("perturbations"), field("pixels")];
    const [finite, units] = [field("finite"), field("units")];
    const [slot, r, clips] = [
      locals.i32(state.get("image").mul(units)),
      locals.i32(state.get("r")),
      locals.i32(state.get("clips")),
    ];
    const [factor, low, high] = [
      locals.f64(state.getDouble("factor")),
      locals.f64(state.getDouble("low")),
      locals.f64(state.getDouble("high")),
    ];
    const [at, sound] = [locals.i32(), locals.i32()];
    const [x0, x, perturbation] = [locals.f32(), locals.f32(), locals.f32()];
    const inside = () => x.toF64().ge(low).and(x.toF64().le(high));

    forEachTile({ begin, end, locals }, units, TILE_UNITS, (unit, stop) => {
      sound.set(1);
      whileDo(
        () => unit.ltU(stop),
        () => {
          at.set(slot.add(unit).shl(2));
          x0.set(loadF32(images.add(at)));
          perturbation.set(factor.mul(loadF64(r.add(unit.shl(3)))).toF32());
          x.set(x0.add(perturbation));
          ifThen(clips.and(inside().eqz()), () => {
            perturbation.set(x.toF64().max(low).min(high).sub(x0.toF64()).toF32());
            x.set(x0.add(perturbation).toF64().max(low).min(high).toF32());
          });
          storeF32(perturbations.add(at), perturbation);
          storeF32(pixels.add(unit.shl(2)), x);
          sound.set(sound.and(x.sub(x).eq(0)));
          unit.set(unit.add(1));
        },
      );
      storeI32(finite.add(begin.shl(2)), sound);
    });
  },
);
