import type { Files } from "../files.js";

/** Files of the site that serves the page: `demo/` and, where it has them, `shared/` beside it. */
export function pageFiles(base: string): Files {
  const place = (path: string): string => new URL(path, base).href;
  return {
    place,
    async has(path) {
      const { ok, headers } = await fetch(place(path), { method: "HEAD" }).catch(() => ({
        ok: false,
        headers: new Headers(),
      }));
      // Some servers answer for a page's own routes with the page.
      return ok && !headers.get("Content-Type")?.startsWith("text/html");
    },
    async bytes(path) {
      const response = await fetch(place(path));
      if (!response.ok) throw new Error(`${path} could not be read (status ${response.status})`);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}

/** The folder of the page, as a script sees it that lies there, or in Vite's `assets` after a build. */
export function pageBase(): string {
  return new URL(/\/assets\/[^/]*$/.test(import.meta.url) ? "../" : "./", import.meta.url).href;
}
