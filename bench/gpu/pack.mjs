#!/usr/bin/env node
/**
 * Makes a folder with which `bench:gpu` runs on a machine that has Node, a Vulkan loader and a driver, and nothing else:
 *
 *   node bench/gpu/pack.mjs [options]
 *
 *   --out DIR         the folder, made anew (unifool-gpu)
 *   --node            also this Node's binary, for a machine without
 *   --deb FILE,FILE   also the libraries of these packages, such as libvulkan1
 *   --images N        of the large images (64)
 *   --archive FILE    and a .tar.xz of the folder
 *
 * There: `./start.sh [options of bench:gpu]`.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { bundle, root } from "../bundle.mjs";

const { values: options } = parseArgs({
  options: {
    out: { type: "string", default: "unifool-gpu" },
    node: { type: "boolean", default: false },
    deb: { type: "string" },
    images: { type: "string", default: "64" },
    archive: { type: "string" },
  },
});
const out = resolve(options.out);
const shared = process.env.UNIFOOL_SHARED ?? resolve(root, "../shared");

/** tfjs as `require("@tensorflow/tfjs")` loads it. */
const TFJS = ["tfjs", "tfjs-core", "tfjs-layers", "tfjs-converter", "tfjs-data"].concat(
  ["cpu", "wasm", "webgl", "webgpu"].map((name) => `tfjs-backend-${name}`),
);
/** What tests and rows read of the shared folder, where it is there. */
const SHARED = [
  "INDEX.md",
  "golden",
  "images/cifar10_test",
  "images/cifar10_train",
  "images/mnist_test",
  "images/imagenet_sample",
  "images/fashion_mnist_sprite",
  "models/thirdparty_advjs_cifar10_cnn",
  "models/thirdparty_advjs_mnist_dnn",
  "models/thirdparty_fashion_mlp",
  "models/thirdparty_nsfwjs_mobilenet_v2",
].concat(
  ["cifar10_resnet20", "mnist_cnn", "imagenet_squeezenet1_1", "imagenet_mobilenetv2"].flatMap((model) => [
    `models/${model}/tfjs_layers`,
    `models/${model}/reference.json`,
  ]),
);

/** Of CIFAR-10 that `rates` crafts on. */
const CRAFTING_IMAGES = 500;

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
execFileSync(process.execPath, [`${root}build.mjs`, "--kernels"], { stdio: "inherit" });
await bundle(out, { gpu: true, whole: true });
packWebgpu();
for (const name of TFJS) await packTfjs(name);
for (const path of ["demo/model", "demo/images", "bench/peers/pytorch.py"])
  cpSync(root + path, `${out}/${path}`, { recursive: true });
for (const path of SHARED)
  if (existsSync(`${shared}/${path}`))
    cpSync(`${shared}/${path}`, `${out}/shared/${path}`, { recursive: true, filter: isRead });
execFileSync("chmod", ["-R", "u+w", out]);
if (existsSync(`${out}/shared/images/imagenet_sample`))
  keepImages(`${out}/shared/images/imagenet_sample`, Number(options.images));
if (existsSync(`${out}/shared/images/cifar10_train`))
  keepImages(`${out}/shared/images/cifar10_train`, CRAFTING_IMAGES);
if (options.node) packNode();
if (options.deb) options.deb.split(",").forEach(packLibraries);
writeFileSync(`${out}/package.json`, '{ "type": "module", "private": true }\n');
writeStart();
report(out);
if (options.archive) {
  const env = { ...process.env, XZ_OPT: "-6 -T0" };
  execFileSync("tar", ["-cJf", resolve(options.archive), "-C", dirname(out), basename(out)], { env });
  report(resolve(options.archive));
}

/** Golden runs in float32 are there for people; tests read those in float64. */
function isRead(path) {
  return !/\.f32(\.modelinput)?\.bin$/.test(path);
}

/** Dawn for this platform alone. */
function packWebgpu() {
  const platform = `${process.platform}-${process.platform === "darwin" ? "universal" : process.arch}`;
  for (const path of ["package.json", "index.js", "LICENSE.md", `dist/${platform}`])
    cpSync(`${root}node_modules/webgpu/${path}`, `${out}/node_modules/webgpu/${path}`, { recursive: true });
  strip(`${out}/node_modules/webgpu/dist/${platform}/dawn.node`);
}

/** One file a package, what it needs besides tfjs itself included. */
async function packTfjs(name) {
  const folder = `${out}/node_modules/@tensorflow/${name}`;
  const require = createRequire(`${root}package.json`);
  const { version } = require(`@tensorflow/${name}/package.json`);
  await build({
    entryPoints: [require.resolve(`@tensorflow/${name}`)],
    outfile: `${folder}/index.js`,
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    external: ["@tensorflow/*"],
    logLevel: "error",
  });
  for (const file of readdirSync(dirname(require.resolve(`@tensorflow/${name}`))))
    if (file.endsWith("-simd.wasm"))
      cpSync(`${root}node_modules/@tensorflow/${name}/dist/${file}`, `${folder}/dist/${file}`);
  writeFileSync(
    `${folder}/package.json`,
    JSON.stringify({ name: `@tensorflow/${name}`, version, main: "index.js" }),
  );
}

/** The first images of a folder as the benchmark reads it. */
function keepImages(folder, count) {
  const meta = JSON.parse(readFileSync(`${folder}/meta.json`, "utf8"));
  const [all, ...shape] = meta.shape;
  const kept = Math.min(all, count);
  const cut = (name, bytes) =>
    writeFileSync(`${folder}/${name}`, readFileSync(`${folder}/${name}`).subarray(0, bytes));
  cut("images.bin", kept * shape.reduce((product, n) => product * n, 1));
  cut("labels.bin", (kept * statSync(`${folder}/labels.bin`).size) / all);
  writeFileSync(`${folder}/meta.json`, JSON.stringify({ ...meta, shape: [kept, ...shape] }));
}

function packNode() {
  mkdirSync(`${out}/bin`);
  cpSync(process.execPath, `${out}/bin/node`);
  strip(`${out}/bin/node`);
}

/** The shared libraries of a Debian package. */
function packLibraries(file) {
  const folder = mkdtempSync(join(tmpdir(), "unifool-deb-"));
  execFileSync("dpkg-deb", ["-x", file, folder]);
  for (const path of readdirSync(folder, { recursive: true }))
    if (/\.so(\.|$)/.test(basename(path)))
      cpSync(`${folder}/${path}`, `${out}/lib/${basename(path)}`, { verbatimSymlinks: true });
  rmSync(folder, { recursive: true });
}

/** Without symbols, where there is a tool for that. */
function strip(file) {
  try {
    execFileSync("strip", [file], { stdio: "ignore" });
  } catch {
    // As large as it was.
  }
}

function writeStart() {
  const commit = execFileSync("git", ["-C", root, "rev-parse", "--short", "HEAD"], {
    encoding: "utf8",
  }).trim();
  writeFileSync(
    `${out}/start.sh`,
    `#!/bin/sh
# Runs bench:gpu from this folder, with the Node and the libraries in it where there are some.
here=$(cd "$(dirname "$0")" && pwd)
export UNIFOOL_ROOT="$here/" UNIFOOL_SHARED="$here/shared" UNIFOOL_COMMIT=${commit}
if [ -d "$here/lib" ]; then export LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; fi
# Drivers that a container is lent may lie where the loader does not look.
if [ -z "\${VK_ICD_FILENAMES:-}" ]; then
  for icd in /usr/share/vulkan/icd.d /etc/vulkan/icd.d /usr/local/nvidia/share/vulkan/icd.d; do
    if [ -f "$icd/nvidia_icd.json" ]; then export VK_ICD_FILENAMES="$icd/nvidia_icd.json"; break; fi
  done
fi
node="$here/bin/node"
if [ ! -x "$node" ]; then node=node; fi
exec "$node" --expose-gc "$here/gpu.mjs" "$@"
`,
  );
  chmodSync(`${out}/start.sh`, 0o755);
}

/** How large it is, of the folder by part. */
function report(path) {
  const sizeOf = (place) =>
    statSync(place).isDirectory()
      ? readdirSync(place).reduce((sum, name) => sum + sizeOf(`${place}/${name}`), 0)
      : lstatSync(place).size;
  const megabytes = (place) => `${(sizeOf(place) / 1e6).toFixed(1)} MB`;
  console.log(`${path}: ${megabytes(path)}`);
  if (statSync(path).isDirectory())
    for (const name of readdirSync(path))
      if (statSync(`${path}/${name}`).isDirectory())
        console.log(`  ${name}: ${megabytes(`${path}/${name}`)}`);
}
