import { createReadStream, existsSync, statSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** With these two headers a page has shared memory, and so threads. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Networks and images, beside the page. */
const FOLDERS: Readonly<Record<string, string>> = {
  "/demo/": here("../../demo/"),
  "/shared/": process.env.UNIFOOL_SHARED ? `${process.env.UNIFOOL_SHARED}/` : here("../../../shared/"),
};

/** Serves them where the page is served from its sources. */
const data: Plugin = {
  name: "models and images",
  configureServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const path = normalize(new URL(request.url ?? "/", "http://page").pathname);
      const prefix = Object.keys(FOLDERS).find((folder) => path.startsWith(folder));
      if (!prefix) return next();
      const file = join(FOLDERS[prefix], path.slice(prefix.length));
      const found = existsSync(file) && statSync(file).isFile();
      response.writeHead(found ? 200 : 404, {
        ...headers,
        "Content-Type": extname(file) === ".json" ? "application/json" : "application/octet-stream",
      });
      if (found && request.method !== "HEAD") createReadStream(file).pipe(response);
      else response.end();
    });
  },
};

export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [data],
  server: { headers, fs: { allow: [here("../..")] } },
  worker: { format: "es" },
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    // The peers are what they are.
    chunkSizeWarningLimit: 5000,
    reportCompressedSize: false,
    minify: false,
  },
});
