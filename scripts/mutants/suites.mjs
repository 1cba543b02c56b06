/** The tests that mutants name. */

/** Files of `test/kernels`, by their names. */
export const kernels = (...names) => names.map((name) => ({ files: [`test/kernels/${name}.test.ts`] }));
/** The equivalence suite on one engine: the cases of some operators, or all and random networks. */
export const equivalence = (engine, ...operators) => ({
  files: ["test/engines/equivalence.test.ts"],
  filter: `'${engine}' equals the oracle${operators.length > 0 ? `.*'(${operators.join("|")})'` : ""}`,
});

/** What every mutant of an engine may come to, one after the other. */
export const ENGINE_SUITES = {
  wasm: [
    equivalence("wasm-simd"),
    { files: ["test/engines/bitwise.test.ts"], filter: "wasm|simd|relaxed" },
    { files: ["test/engines/compact.test.ts"] },
    { files: ["test/engines/deepfool_loops.test.ts"], filter: "'wasm-simd'" },
    { files: ["test/api/deepfool.test.ts"] },
  ],
  webgpu: [
    equivalence("webgpu"),
    { files: ["test/engines/bitwise.test.ts"], filter: "'webgpu'" },
    { files: ["test/engines/webgpu_tiles.test.ts"] },
    { files: ["test/engines/deepfool_loops.test.ts"], filter: "'webgpu'" },
    { files: ["test/engines/webgpu_chunks.test.ts"] },
    { files: ["test/engines/webgpu_crafting.test.ts"] },
  ],
};

/** Where a mutant of an engine is, and the tests that should notice. */
export const wasm = (folder, file, tests) => ({ engine: "wasm", file: `src/${folder}/${file}`, tests });
export const webgpu = (folder, file, tests) => ({ engine: "webgpu", file: `src/${folder}/${file}`, tests });
