import { passList } from "../seeds/pass_list.js";
import { kernel, loadF32, loadI32, storeF32, whileDo } from "../wasm/assembler.js";
import { forEachTile } from "../wasm/tiles.js";
import { TILE_UNITS } from "./loop_state.js";
import { stateAt } from "./wasm_state.js";

/**
 * Takes the gradient of the nearest candidate out of its lane: w[u] = g[u][lane]. The lane is in `state`, the lanes of
 * the latest pass in `passes`. Exact. Tiles: 1024 units.
 */
export const deepfoolKeep = kernel(
  "deepfool_keep",
  ["state", "passes", "g", "w", "units"],
  ({ field, begin, end, locals }) => {
    const state = stateAt(field("state"));
    const [passes, g, w, units] = [field("passes"), field("g"), field("w"), field("units")];
    const pass = loadI32(passes, passList.next).sub(passList.bytes);
    const pitch = locals.i32(loadI32(pass, passList.stride).shl(2));
    const from = locals.i32();
    forEachTile({ begin, end, locals }, units, TILE_UNITS, (unit, stop) => {
      from.set(g.add(unit.mul(pitch)).add(state.get("lane").shl(2)));
      whileDo(
        () => unit.ltU(stop),
        () => {
          storeF32(w.add(unit.shl(2)), loadF32(from));
          from.set(from.add(pitch));
          unit.set(unit.add(1));
        },
      );
    });
  },
);
