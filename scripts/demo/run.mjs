// Bundles one of the TypeScript programs beside this file and runs it: `node scripts/demo/run.mjs draw`.
import { mkdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const programs = ["draw", "train"];
const program = process.argv[2];
if (!programs.includes(program)) {
  console.error(`run.mjs: program is ${program}, expected one of ${programs.join(", ")}`);
  process.exit(2);
}
const out = fileURLToPath(new URL(`../../node_modules/.cache/unifool-demo/${program}.mjs`, import.meta.url));
mkdirSync(fileURLToPath(new URL(".", pathToFileURL(out))), { recursive: true });
await build({
  entryPoints: [fileURLToPath(new URL(`${program}.ts`, import.meta.url))],
  outfile: out,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "es2022",
  packages: "external",
  logLevel: "warning",
});
await import(pathToFileURL(out).href);
