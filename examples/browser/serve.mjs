// Serves the repository on http://127.0.0.1:8080 with the two headers that give a page shared memory, and so threads:
//   npm run build && node examples/browser/serve.mjs
// PORT=9000 takes another port, PORT=0 one that is free. Add ?backend=webgpu to the page's address to compute on the GPU.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";

const root = new URL("../..", import.meta.url);
const page = "/examples/browser/index.html";
const port = Number(process.env.PORT ?? 8080);
const types = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json" };

const server = createServer(async (request, response) => {
  // Parsing resolves "..", so nothing outside the root has a name.
  const { pathname } = new URL(`http://127.0.0.1${request.url}`);
  if (pathname === "/") {
    response.writeHead(302, { Location: page }).end();
    return;
  }
  const body = await readFile(new URL(`.${pathname}`, root)).catch(() => undefined);
  response.writeHead(body ? 200 : 404, {
    "Content-Type": types[extname(pathname)] ?? "application/octet-stream",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  });
  response.end(body);
});
server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}${page}`));
