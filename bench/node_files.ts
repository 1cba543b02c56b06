import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { Files } from "./files.js";
import { networkSources } from "./networks.js";

/** The checkout; `run.mjs` knows where it is, the bundle does not. */
export const root = process.env.UNIFOOL_ROOT ?? `${process.cwd()}/`;

/** Pretrained models, images and golden results, beside the checkout. */
export const shared = process.env.UNIFOOL_SHARED ?? `${root}../shared`;

const place = (path: string): string =>
  isAbsolute(path) ? path : path.startsWith("shared/") ? shared + path.slice("shared".length) : root + path;

/** Files of this machine. */
export const nodeFiles: Files = {
  has: async (path) => existsSync(place(path)),
  bytes: async (path) => {
    const bytes = await readFile(place(path));
    return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  },
  place,
};

/** The networks that this machine has. */
export const sources = networkSources(nodeFiles);
