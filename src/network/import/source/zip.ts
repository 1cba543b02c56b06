import { unzipSync } from "fflate";
import { longerThan, quoted, rejectModel, rejectSize } from "../failure.js";
import { mainOf, rejectMissing } from "./memory.js";
import { concatenate, type ModelSource, type ReadOptions } from "./model_source.js";

/** No model has more files; an archive can claim any number. */
const MOST_FILES = 4096;
/** Deflate makes of a byte at most as many. */
const MOST_EXPANSION = 1032;

interface Entry {
  readonly name: string;
  readonly size: number;
}

/**
 * A model in a zip archive, as Teachable Machine downloads one: the main file and those beside it in its folder of the archive.
 * Only the files of the model are unpacked, each to the size that the archive states and no further, in memory.
 *
 * @param label of the archive, for messages
 * @throws ModelError for an archive that cannot be read, or that holds no model or several
 */
export function openZip(bytes: Uint8Array<ArrayBuffer>, label: string, { signal }: ReadOptions): ModelSource {
  const entries = entriesOf(bytes, label);
  const main = mainOf([...entries.keys()]);
  if (main === undefined) {
    const names = [...entries.keys()].slice(0, 8).map(quoted).join(", ");
    return rejectModel(
      label,
      `it is a zip archive of ${entries.size} files (${names}), expected one model.json or one .onnx file among them`,
    );
  }
  const folder = main.slice(0, main.lastIndexOf("/") + 1);
  const entryOf = (segments: readonly string[]): Entry | undefined =>
    entries.get(folder + segments.join("/"));
  const unpack = ({ name, size }: Entry): Uint8Array<ArrayBuffer> => {
    signal?.throwIfAborted();
    const unpacked = unzip(bytes, label, (entry) => entry.name === name)[name];
    return unpacked?.length === size
      ? (unpacked as Uint8Array<ArrayBuffer>)
      : rejectModel(label, `file ${quoted(name)} of the zip archive is damaged`);
  };

  return {
    label: `${label}/${main}`,
    remote: false,

    async read(limitOf) {
      const entry = entries.get(main)!;
      const file = unpack(entry);
      const limit = limitOf(file, undefined);
      return file.length > limit ? rejectModel(label, longerThan(limit)) : file;
    },

    async readFiles(files, declared, reading) {
      const names = files.map((segments) => segments.join("/"));
      const found = files.map(
        (segments, i) => entryOf(segments) ?? rejectMissing(label, names[i], entries.size),
      );
      const size = found.reduce((sum, entry) => sum + entry.size, 0);
      if (size !== declared) rejectSize(label, names, size, declared);
      const blocks = found.map((entry) => {
        const block = unpack(entry);
        reading.add(block.length);
        return block;
      });
      return blocks.length === 1 ? blocks[0] : concatenate(blocks, declared);
    },

    async readBeside(segments, most, reading) {
      const entry = entryOf(segments);
      if (entry && entry.size > most)
        rejectModel(label, `file ${quoted(segments.join("/"))} ${longerThan(most)}`);
      const file = entry && unpack(entry);
      reading?.expect(file?.length ?? 0);
      reading?.add(file?.length ?? 0);
      return file;
    },
  };
}

/** Files of the archive by name, none unpacked. */
function entriesOf(bytes: Uint8Array, label: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let problem: string | undefined;
  unzip(bytes, label, ({ name, size, originalSize }) => {
    if (entries.size >= MOST_FILES) problem ??= `it is a zip archive of more than ${MOST_FILES} files`;
    if (originalSize > MOST_EXPANSION * (size + 1))
      problem ??= `file ${quoted(name)} of the zip archive claims ${originalSize} bytes, packed in ${size}`;
    if (entries.has(name)) problem ??= `it is a zip archive with two files ${quoted(name)}`;
    // Ends the walk: an archive may claim billions of entries.
    if (problem) throw new Error(problem);
    // What macOS adds to each file.
    if (!name.endsWith("/") && !name.startsWith("__MACOSX/")) entries.set(name, { name, size: originalSize });
    return false;
  });
  return entries;
}

function unzip(
  bytes: Uint8Array,
  label: string,
  filter: (entry: { name: string; size: number; originalSize: number }) => boolean,
): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return rejectModel(
      label,
      `it is a zip archive that cannot be unpacked (${reason}): unpack it and give the model in it`,
    );
  }
}
