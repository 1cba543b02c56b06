import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What a page never asks for: TensorFlow.js, and WebGPU for Node. */
const external = ["@tensorflow/tfjs-core", "webgpu"];

/** With these two headers a page has shared memory, and so threads; elsewhere `public/isolate.js` sets them. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  root: here("."),
  // Works in any folder of a static host.
  base: "./",
  resolve: {
    alias: [
      { find: /^unifool\/images$/, replacement: here("../../src/images.ts") },
      { find: /^unifool$/, replacement: here("../../src/index.ts") },
    ],
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  optimizeDeps: { exclude: external },
  server: { headers, fs: { allow: [here("../..")] } },
  preview: { headers },
  worker: { format: "es", rollupOptions: { external } },
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    rollupOptions: { external },
  },
});
