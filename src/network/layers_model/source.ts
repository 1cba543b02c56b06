import { InvalidArgumentError } from "../../errors.js";
import { valueText } from "./failure.js";
import { nodeModule, openFolder } from "./source_files.js";
import { openUrl } from "./source_url.js";

/** Where a model's files come from: a folder on disk or a place on the web. */
export interface ModelSource {
  /** How messages call the model's `model.json`. */
  readonly label: string;
  /** Text of `model.json`. */
  readJson(): Promise<string>;
  /**
   * Bytes of the given files, joined in order. Sizes are compared before memory is reserved.
   *
   * @param files paths as segments, already checked, relative to the folder of `model.json`
   * @param bytes how many bytes the manifest declares for them together
   * @throws ModelError for a file that is missing, outside the folder, or of another size
   */
  readWeights(files: readonly (readonly string[])[], bytes: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** What reading may be watched and stopped with. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Called after every block of weights that was read. */
  readonly onRead?: (bytes: number) => void;
}

/**
 * Opens the place that `source` names: `http:` and `https:` URLs are fetched; `file:` URLs and plain paths are
 * read from disk where there is one; elsewhere a plain path is a URL relative to the page.
 *
 * @throws InvalidArgumentError for another scheme
 */
export function openSource(source: string | URL, options: ReadOptions): ModelSource {
  const url = absoluteUrl(source);
  const protocol = url?.protocol;
  if (url && (protocol === "http:" || protocol === "https:")) return openUrl(url, options);
  const node = nodeModule("node:url");
  if (url && protocol === "file:" && node) return openFolder(node.fileURLToPath(url), options);
  if (url)
    throw new InvalidArgumentError(
      `loadLayersModel: source is ${valueText(url.href)}, expected a path, or an http, https or file URL of model.json`,
    );
  if (node) return openFolder(String(source), options);
  const page = typeof document === "undefined" ? globalThis.location?.href : document.baseURI;
  return openUrl(new URL(String(source), page), options);
}

/** `source` as a URL if it is one; two letters or more before the colon, as `C:\` is a drive. */
function absoluteUrl(source: string | URL): URL | undefined {
  if (source instanceof URL) return source;
  return /^[a-z][a-z0-9+.-]+:/i.test(source) && URL.canParse(source) ? new URL(source) : undefined;
}
