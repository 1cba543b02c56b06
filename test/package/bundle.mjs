// Runs one bundler on one page, in a process of its own: node bundle.mjs BUNDLER APP OUT TOOLS ROOT. Prints what it complained of, as JSON.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [bundler, app, out, tools, root] = process.argv.slice(2);
const entry = `${app}/main.js`;
/** A package of the repository, or one of those that the test installed. */
const load = async (folder, name) => {
  const found = await import(pathToFileURL(createRequire(`${folder}/`).resolve(name)).href);
  return found.default ?? found;
};

const BUNDLERS = {
  async esbuild() {
    const { build } = await load(root, "esbuild");
    const settings = { bundle: true, splitting: true, format: "esm", minify: true, logLevel: "silent" };
    const { warnings } = await build({ ...settings, entryPoints: [entry], outdir: out });
    return warnings.map(({ text }) => text);
  },

  async vite() {
    const { build, createLogger } = await import(
      pathToFileURL(`${root}/node_modules/vite/dist/node/index.js`).href
    );
    const said = [];
    const customLogger = createLogger("warn");
    customLogger.warn = (message) => said.push(message);
    customLogger.warnOnce = customLogger.warn;
    customLogger.error = customLogger.warn;
    await build({ root: app, configFile: false, customLogger, build: { outDir: out, emptyOutDir: true } });
    return said;
  },

  async rollup() {
    const { rollup } = await load(root, "rollup");
    const nodeResolve = await load(tools, "@rollup/plugin-node-resolve");
    const said = [];
    const bundle = await rollup({
      input: entry,
      plugins: [(nodeResolve.nodeResolve ?? nodeResolve)({ browser: true })],
      onwarn: ({ message }) => said.push(message),
    });
    await bundle.write({ dir: out, format: "es" });
    return said;
  },

  async webpack() {
    const webpack = await load(tools, "webpack");
    const stats = await new Promise((resolve, reject) => {
      webpack(
        { mode: "production", context: app, entry, output: { path: out }, performance: false },
        (error, done) => (error ? reject(error) : resolve(done)),
      );
    });
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    return [...errors, ...warnings].map(({ message }) => message);
  },

  async parcel() {
    const require = createRequire(`${tools}/`);
    const { Parcel } = require("@parcel/core");
    const said = [];
    const bundling = new Parcel({
      // Of a page Parcel makes one with a script inside, which a strict policy forbids.
      entries: entry,
      defaultConfig: require.resolve("@parcel/config-default"),
      mode: "production",
      shouldDisableCache: true,
      defaultTargetOptions: { distDir: out, outputFormat: "esmodule", shouldScopeHoist: true },
    });
    const log = require("@parcel/logger").default;
    log.onLog(({ level, diagnostics }) => {
      if (level === "warn" || level === "error") said.push(...diagnostics.map(({ message }) => message));
    });
    try {
      await bundling.run();
    } catch (error) {
      said.push(...(error.diagnostics?.map(({ message }) => message) ?? [String(error)]));
    }
    return said;
  },
};

const said = await BUNDLERS[bundler]();
console.log(`\n${JSON.stringify(said)}`);
process.exit(0);
