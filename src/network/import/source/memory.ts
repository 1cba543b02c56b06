import { InvalidArgumentError } from "../../../errors.js";
import { longerThan, quoted, rejectModel, rejectSize } from "../failure.js";
import { isBlob, type ModelBytes, type ModelFiles } from "./model_files.js";
import { concatenate, type ModelSource, type ReadOptions } from "./model_source.js";

/** A model that is one file, with no other beside it. */
export function openBytes(bytes: ModelBytes, options: ReadOptions): ModelSource {
  const name = isBlob(bytes) && "name" in bytes ? String(bytes.name) : undefined;
  return inMemory(name ?? "the bytes", bytes, new Map(), options);
}

/** Main files by their usual endings, the likelier first. */
const MAIN = [/(^|\/)model\.json$/i, /\.onnx$/i, /\.json$/i];
/** Described beside the model, never the model itself. */
const BESIDE = /(^|\/)metadata\.json$/i;

/**
 * A model that is several files, one of them its main file.
 *
 * @throws InvalidArgumentError where none of them, or several, can be the main file
 */
export function openFiles(files: ModelFiles, options: ReadOptions): ModelSource {
  const all = Array.from(files, (file) => ({ file, path: pathOf(file) }));
  if (all.length === 1) return openBytes(all[0].file, options);
  const path = mainOf(all.map((one) => one.path));
  const main = all.find((one) => one.path === path);
  if (!main) {
    const names = all.slice(0, 8).map((one) => quoted(one.path));
    throw new InvalidArgumentError(
      `loadModel: model is ${all.length} files (${names.join(", ")}), expected one model.json or one .onnx file among them`,
    );
  }
  const folder = main.path.slice(0, main.path.lastIndexOf("/") + 1);
  const beside = new Map<string, Blob>();
  for (const { file, path } of all) {
    if (path.startsWith(folder)) beside.set(path.slice(folder.length), file);
    // An input without folders gives names alone, wherever the files were.
    const last = path.slice(path.lastIndexOf("/") + 1);
    if (!beside.has(last)) beside.set(last, file);
  }
  return inMemory(main.path, main.file, beside, options);
}

/** The only path that can be the main file, the likelier endings first; undefined where none or several can. */
export function mainOf(paths: readonly string[]): string | undefined {
  const candidates = paths.filter((path) => !BESIDE.test(path));
  const found = MAIN.map((ending) => candidates.filter((path) => ending.test(path)));
  const likeliest = found.find((some) => some.length > 0);
  return likeliest?.length === 1 ? likeliest[0] : undefined;
}

/** With its folder where the browser says so. */
function pathOf(file: File): string {
  return file.webkitRelativePath || file.name;
}

function inMemory(
  label: string,
  main: ModelBytes,
  beside: ReadonlyMap<string, Blob>,
  { signal }: ReadOptions,
): ModelSource {
  const find = (segments: readonly string[]): Blob | undefined =>
    beside.get(segments.join("/")) ?? beside.get(segments[segments.length - 1]);
  const bytesOf = async (source: ModelBytes, what: string): Promise<Uint8Array<ArrayBuffer>> => {
    signal?.throwIfAborted();
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    if (source instanceof Uint8Array) return asPlain(source);
    const buffer = await source.arrayBuffer().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      return rejectModel(label, `${what} cannot be read (${reason})`);
    });
    signal?.throwIfAborted();
    return new Uint8Array(buffer);
  };
  return {
    label,
    remote: false,

    async read(limitOf, reading) {
      const bytes = await bytesOf(main, "the file");
      const limit = limitOf(bytes, bytes.length);
      if (bytes.length > limit) rejectModel(label, longerThan(limit));
      reading.add(bytes.length);
      return bytes;
    },

    async readFiles(files, bytes, reading) {
      const names = files.map((segments) => segments.join("/"));
      const found = files.map((segments, i) => find(segments) ?? rejectMissing(label, names[i], beside.size));
      const size = found.reduce((sum, file) => sum + file.size, 0);
      if (size !== bytes) rejectSize(label, names, size, bytes);
      const blocks: Uint8Array[] = [];
      for (const [i, file] of found.entries()) {
        blocks.push(await bytesOf(file, `weights file ${quoted(names[i])}`));
        reading.add(file.size);
      }
      return concatenate(blocks, bytes);
    },

    async readBeside(segments, most, reading) {
      const file = find(segments);
      if (!file) return undefined;
      const name = quoted(segments.join("/"));
      if (file.size > most) rejectModel(label, `file ${name} ${longerThan(most)}`);
      reading?.expect(file.size);
      const bytes = await bytesOf(file, `file ${name}`);
      reading?.add(bytes.length);
      return bytes;
    },
  };
}

export function rejectMissing(label: string, name: string, files: number): never {
  const others = files === 0 ? "it came alone" : "it is not among the files";
  return rejectModel(
    label,
    `weights file ${quoted(name)} is missing (${others}); pass the model's files together, as an array of Files, or its path or URL`,
  );
}

/** The same bytes, of memory that is not shared. */
function asPlain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
