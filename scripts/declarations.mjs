/** Rolls the types of the public entries up: one file an entry, and one for each set of entries that share some. */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * @param entries names of files of `src`, without extension
 * @param folder where the declarations go, made anew
 * @throws where the sources do not compile, or a declaration names what nobody can import
 */
export async function rollDeclarations(entries, folder) {
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((name) => [name, `${root}src/${name}.ts`])),
    external: /^(@tensorflow\/|node:)/,
    plugins: [dts({ tsconfig: `${root}tsconfig.build.json` }), moduleAlways],
    onwarn: (warning) => {
      throw new Error(`declarations: ${warning.message}`);
    },
  });
  rmSync(folder, { recursive: true, force: true });
  await bundle.write({
    dir: folder,
    format: "es",
    entryFileNames: "[name].d.ts",
    chunkFileNames: "shared/[name].d.ts",
  });
}

/** What declares globals and exports nothing must say that it is a module, or the compiler takes it for a script. */
const moduleAlways = {
  name: "module always",
  renderChunk: (code) =>
    /^(import|export) /m.test(code) ? null : { code: `${code}\nexport {};\n`, map: null },
};
