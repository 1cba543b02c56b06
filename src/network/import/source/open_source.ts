import { InvalidArgumentError } from "../../../errors.js";
import { valueText } from "../failure.js";
import { isModelFiles, type ModelBytes, type ModelFiles } from "./model_files.js";
import type { ModelSource, ReadOptions } from "./model_source.js";
import { nodeModule } from "./node_module.js";
import { openWeb } from "./web.js";

/** A place where a model's files are. */
export type ModelPlace = string | URL | ModelBytes | ModelFiles;

/**
 * Opens the place that `source` names: `http:` and `https:` URLs are fetched; `file:` URLs and plain paths are
 * read from disk where there is one; elsewhere a plain path is a URL relative to the page.
 *
 * @throws InvalidArgumentError for another scheme
 */
export async function openSource(source: ModelPlace, options: ReadOptions): Promise<ModelSource> {
  if (typeof source !== "string" && !(source instanceof URL)) {
    const { openBytes, openFiles } = await import("./memory.js");
    return isModelFiles(source) ? openFiles(source, options) : openBytes(source, options);
  }
  const url = absoluteUrl(source);
  const protocol = url?.protocol;
  if (url && (protocol === "http:" || protocol === "https:")) return openWeb(url, options);
  const node = nodeModule("node:url");
  if (url && protocol === "file:" && node) return onDisk(node.fileURLToPath(url), options);
  if (url)
    throw new InvalidArgumentError(
      `loadModel: model is ${valueText(url.href)}, expected a path, or an http, https or file URL of a model`,
    );
  if (node) return onDisk(String(source), options);
  const page = typeof document === "undefined" ? globalThis.location?.href : document.baseURI;
  return openWeb(new URL(String(source), page), options);
}

async function onDisk(path: string, options: ReadOptions): Promise<ModelSource> {
  return (await import("./disk.js")).openDisk(path, options);
}

/** `source` as a URL if it is one; two letters or more before the colon, as `C:\` is a drive. */
function absoluteUrl(source: string | URL): URL | undefined {
  if (source instanceof URL) return source;
  return /^[a-z][a-z0-9+.-]+:/i.test(source) && URL.canParse(source) ? new URL(source) : undefined;
}
