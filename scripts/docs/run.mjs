// Writes the sections of documents that are made from the sources: node scripts/docs/run.mjs
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const outfile = `${root}node_modules/.cache/unifool/docs.mjs`;
await build({
  entryPoints: [`${root}scripts/docs/write.ts`],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  logLevel: "error",
});
process.chdir(root);
await import(outfile);
