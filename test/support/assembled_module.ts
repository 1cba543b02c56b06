import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { assembleModule } from "../../src/kernels/wasm/module.js";

const kernels = join(import.meta.dirname, "../../src/kernels");
const cache = join(import.meta.dirname, "../../node_modules/.cache/unifool");

/**
 * The module of a variant from the sources as they are, whether or not the generated ones are up to date. Assembling takes
 * seconds, which thirty test files would take each: it is done once for all sources of kernels together, and kept on disk.
 */
export function assembledModule(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const variant = `test-kernels-${relaxed ? "relaxed" : "plain"}-`;
  const file = `${variant}${hashOfSources()}.wasm`;
  try {
    return Uint8Array.from(readFileSync(join(cache, file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const bytes = Uint8Array.from(assembleModule({ relaxed }));
  mkdirSync(cache, { recursive: true });
  // Whole or not at all, as others may read it at this moment.
  const written = join(cache, `${file}.${process.pid}`);
  writeFileSync(written, bytes);
  renameSync(written, join(cache, file));
  for (const old of readdirSync(cache))
    if (old.startsWith(variant) && old.endsWith(".wasm") && old !== file)
      rmSync(join(cache, old), { force: true });
  return bytes;
}

let hash: string | undefined;

/** Of all that a kernel's bytes may depend on: every source of kernels, and the assembler's version. */
function hashOfSources(): string {
  if (hash) return hash;
  const digest = createHash("sha256");
  const all = readdirSync(kernels, { recursive: true, encoding: "utf8" });
  // The modules as the build made them, which nothing here reads.
  const sources = all.filter((name) => name.endsWith(".ts") && !name.endsWith("module.generated.ts"));
  const wasmati = createRequire(import.meta.url).resolve("wasmati");
  digest.update(readFileSync(join(dirname(wasmati), "../package.json")));
  for (const name of sources.sort()) digest.update(`\0${name}\0`).update(readFileSync(join(kernels, name)));
  hash = digest.digest("hex").slice(0, 32);
  return hash;
}
