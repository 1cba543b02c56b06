/**
 * Damages small models of every format and opens them: each ends in a network or in a typed error of one line.
 *
 *     node scripts/fuzz.mjs [mutations] [seed]
 *
 * 100000 mutations unless told otherwise, over the suites that do a few thousand of them in `npm test`.
 */
import { spawnSync } from "node:child_process";

const [mutations = "100000", seed = "1"] = process.argv.slice(2);
if (![mutations, seed].every((text) => /^\d+$/.test(text))) {
  console.error("fuzz: expected numbers: node scripts/fuzz.mjs [mutations] [seed]");
  process.exit(2);
}
const suites = ["onnx/hostile", "graph_model/hostile", "layers_model_hostile"].map(
  (name) => `test/network/${name}.test.ts`,
);
const { status } = spawnSync(
  "npx",
  ["vitest", "run", "--project", "quick", "--testTimeout", "0", ...suites],
  {
    stdio: "inherit",
    env: { ...process.env, UNIFOOL_FUZZ: mutations, UNIFOOL_FUZZ_SEED: seed },
  },
);
process.exit(status ?? 1);
