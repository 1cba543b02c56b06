import { double, kernel, loadF32, storeF32, storeF64, whileDo } from "../wasm/assembler.js";
import { forEachTile } from "../wasm/tiles.js";
import { TILE_UNITS } from "./loop_state.js";
import { stateAt } from "./wasm_state.js";

/**
 * Begins with the next image n of `state`: r = 0, perturbation[n] = 0, pixels = images[n]. Exact. Tiles: 1024 units.
 */
export const deepfoolStart = kernel(
  "deepfool_start",
  ["state", "images", "perturbations", "pixels", "units"],
  ({ field, begin, end, locals }) => {
    const state = stateAt(field("state"));
    const [images, perturbations, pixels] = [field("images"), field("perturbations"), field("pixels")];
    const units = field("units");
    const [slot, r] = [locals.i32(state.get("image").mul(units)), locals.i32(state.get("r"))];
    forEachTile({ begin, end, locals }, units, TILE_UNITS, (unit, stop) => {
      whileDo(
        () => unit.ltU(stop),
        () => {
          storeF32(pixels.add(unit.shl(2)), loadF32(images.add(slot.add(unit).shl(2))));
          storeF32(perturbations.add(slot.add(unit).shl(2)), 0);
          storeF64(r.add(unit.shl(3)), double(0));
          unit.set(unit.add(1));
        },
      );
    });
  },
);
