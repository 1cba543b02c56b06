import { kernel, loadI32, whileDo } from "../wasm/assembler.js";

/**
 * Runs other tapes, each on the thread that takes its tile: `table` has the addresses of where each begins and ends. They must
 * not write what another reads; of scratch each thread has its own. Tiles: tapes.
 */
export const runTapes = kernel("run_tapes", ["table"], ({ field, begin, end, locals, run }) => {
  const table = field("table");
  const at = locals.i32();
  whileDo(
    () => begin.ltU(end),
    () => {
      at.set(table.add(begin.shl(3)));
      run(loadI32(at), loadI32(at, 4));
      begin.set(begin.add(1));
    },
  );
});
