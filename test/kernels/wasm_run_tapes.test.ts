import { describe, expect, test } from "vitest";
import { encode, entry } from "../../src/kernels/wasm/tape.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

describe.each(variants)("run_tapes, $variant", ({ relaxed }) => {
  test("runs each tape from its beginning to its end, in any order of the tapes", () => {
    const kernels = new WasmKernels(relaxed);
    const results = [0, 1, 2].map((n) => {
      const x = kernels.input(Float32Array.of(n, 10 + n, 20 + n));
      const [y, z] = [kernels.output(3), kernels.output(3)];
      const copy = (from: number, to: number) =>
        entry("copy_rows", "copy", 1, {
          ...{ x: from, y: to, rows: 1, run: 3, xStep: 3, yStep: 3, accumulate: 0 },
        });
      // The second entry reads what the first has written; a third lies past the end.
      const { bytes, tape } = encode([copy(x.at, y.at), copy(y.at, z.at), copy(x.at, 0)], 0);
      const at = kernels.input(new Int32Array(bytes.buffer)).at;
      return { z, ends: [at, at + tape[2]], expected: x.values() };
    });
    const table = kernels.input(Int32Array.from(results.flatMap(({ ends }) => ends)));
    kernels.call("run_tapes", results.length, { table });
    for (const { z, expected } of results) expect(z.values()).toEqual(expected);
  });
});
