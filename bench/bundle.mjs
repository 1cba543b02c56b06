import { readdirSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The programs, and the workers and processes that they start from beside them. */
const PROGRAMS = {
  main: "bench/main.ts",
  cold: "bench/cold.ts",
  peer: "bench/peers/node.ts",
  roofline: "bench/roofline/main.ts",
  roofline_worker: "bench/roofline/worker.ts",
  kernels: "bench/kernels/main.ts",
  weights: "bench/weights.ts",
  raw: "bench/raw/main.ts",
  rules: "bench/rules/main.ts",
  minimal: "bench/minimal/main.ts",
  rates: "bench/rates/main.ts",
  goals: "bench/goals/main.ts",
  browser: "bench/browser/main.ts",
  report: "bench/across/main.ts",
};

/** What `gpu` adds; the tests that compute on a GPU go to `tests/`. */
const GPU_PROGRAMS = {
  gpu: "bench/gpu/main.ts",
  gpu_profile: "bench/gpu/profile.ts",
  gpu_test: "bench/gpu/test_file.ts",
};

/** Packages that are found at run time where a program is carried to another machine. */
const CARRIED = ["webgpu", "@tensorflow/*", "onnxruntime-web", "sharp"];

/** A machine with a GPU has no Chromium, and nothing to build the package with: its suites go without that engine. */
const withoutChromium = {
  name: "without Chromium",
  setup({ onResolve, onLoad }) {
    const namespace = "without-chromium";
    onResolve({ filter: /\/chromium_engines\.js$/ }, ({ path }) => ({ path, namespace }));
    onLoad({ filter: /./, namespace }, () => ({ contents: "export const chromiumEngines = [];" }));
  },
};

/**
 * Bundles the benchmark's programs to `outdir`.
 *
 * @param gpu also the benchmark of a machine with a GPU and its tests
 * @param whole packages go into the bundle, all but those that a pack carries beside it
 */
export async function bundle(outdir, { gpu = false, whole = false } = {}) {
  const entries = gpu ? { ...PROGRAMS, ...GPU_PROGRAMS, ...(await gpuTests()) } : PROGRAMS;
  await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "error",
    alias: { vitest: `${root}bench/gpu/vitest.ts` },
    plugins: [withoutChromium],
    ...(whole
      ? {
          minify: true,
          external: CARRIED,
          banner: {
            js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
          },
        }
      : { packages: "external" }),
  });
}

/**
 * The test files that open a GPU, however indirectly, by the name of their bundle; those of the benchmarks start them, and
 * those that build the package need what made it.
 */
async function gpuTests() {
  const files = readdirSync(`${root}test`, { recursive: true })
    .filter((file) => file.endsWith(".test.ts") && !file.startsWith("bench/"))
    .map((file) => `test/${file}`);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: files,
    outdir: "unused",
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    packages: "external",
    plugins: [withoutChromium],
    logLevel: "error",
  });
  const reaches = (file, target, seen = new Set()) => {
    if (file === target) return true;
    if (seen.has(file)) return false;
    seen.add(file);
    return (metafile.inputs[file]?.imports ?? []).some(({ path }) => reaches(path, target, seen));
  };
  const found = files.filter(
    (file) => reaches(file, "test/support/webgpu.ts") && !reaches(file, "test/browser/package_build.ts"),
  );
  return Object.fromEntries(
    found.map((file) => [relative("test", file).replace(/^/, "tests/").slice(0, -3), resolve(root, file)]),
  );
}
