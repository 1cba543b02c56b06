import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

/** Response headers that decide what a page may do; a site sends them with every file. */
export const POLICIES = {
  /** Cross-origin isolated: `SharedArrayBuffer` exists. */
  isolated: {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  },
  /** What a server does that nobody configured. */
  plain: {},
  /** No script but the site's own files, not even as a blob; WebAssembly allowed; isolated too. */
  strict: {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Content-Security-Policy":
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
  },
  /** The same for scripts, and no WebAssembly. */
  withoutWasm: {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'",
  },
} as const;

export type Policy = keyof typeof POLICIES;

export interface Site {
  /** Without a slash at the end. */
  readonly origin: string;
  close(): void;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/**
 * Serves files on a port of 127.0.0.1 that is free.
 *
 * @param folders where the paths under a prefix such as `/dist/` lie on disk
 * @param files further paths and their content
 */
export async function serve(
  policy: Policy,
  folders: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<Site> {
  const read = async (path: string): Promise<string | Uint8Array | undefined> => {
    if (path in files) return files[path];
    const prefix = Object.keys(folders).find((p) => path.startsWith(p));
    if (!prefix) return undefined;
    return readFile(join(folders[prefix], path.slice(prefix.length))).catch(() => undefined);
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    const body = await read(pathname);
    const type = TYPES[extname(pathname)] ?? "application/octet-stream";
    response.writeHead(body === undefined ? 404 : 200, { ...POLICIES[policy], "Content-Type": type });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
