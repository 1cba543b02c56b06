import { ModelError } from "../../../errors.js";
import { nameText } from "../../../kernels/checks.js";
import { longerThan, modelMessage, quoted, rejectModel, rejectSize } from "../failure.js";
import type { ModelSource, ReadOptions } from "./model_source.js";
import { nodeModule } from "./node_module.js";
import type { Reading } from "./reading.js";

const BLOCK = 4 * 2 ** 20;
/** What the start of a file is told by. */
const HEAD = 512;

/** The files by which a folder is known to hold a model, the likelier first. */
const MAIN_FILES = ["model.json", "model.onnx"];

/**
 * A model in a folder on disk; see {@link ModelSource}.
 *
 * @param path the main file, or a folder that holds one under its usual name
 */
export async function openDisk(path: string, { signal }: ReadOptions): Promise<ModelSource> {
  const fs = nodeModule("node:fs")!.promises;
  const paths = nodeModule("node:path")!;
  signal?.throwIfAborted();
  const main = await mainFile();
  const folder = paths.dirname(main);

  async function mainFile(): Promise<string> {
    if (!(await fs.stat(path).catch(() => undefined))?.isDirectory()) return path;
    const names = await fs.readdir(path);
    const found = MAIN_FILES.find((name) => names.includes(name));
    return found
      ? paths.join(path, found)
      : rejectModel(path, `the folder holds no ${MAIN_FILES.join(" and no ")}, expected the path of a model`);
  }

  /** The file itself, symbolic links followed, which must lie in the folder too. */
  async function locate(segments: readonly string[]): Promise<string> {
    const name = segments.join("/");
    try {
      const root = await fs.realpath(folder);
      const file = await fs.realpath(paths.join(root, ...segments));
      if (!file.startsWith(root.endsWith(paths.sep) ? root : root + paths.sep))
        rejectModel(main, `the path ${quoted(name)} leaves its folder (a symbolic link)`);
      if (!(await fs.stat(file)).isFile()) rejectModel(main, `weights file ${quoted(name)} is not a file`);
      return file;
    } catch (error) {
      throw asModelError(error, main, `weights file ${quoted(name)}`);
    }
  }

  /** Reads a file of a known size into a part of a buffer. */
  async function readInto(buffer: Uint8Array, file: string, name: string, reading?: Reading): Promise<void> {
    const handle = await fs.open(file, "r");
    try {
      for (let position = 0; position < buffer.length; ) {
        signal?.throwIfAborted();
        const length = Math.min(BLOCK, buffer.length - position);
        const { bytesRead } = await handle.read(buffer, position, length, position);
        if (bytesRead === 0) rejectModel(main, `file ${quoted(name)} became shorter while it was read`);
        position += bytesRead;
        reading?.add(bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  return {
    label: main,
    remote: false,

    async read(limitOf, reading) {
      signal?.throwIfAborted();
      try {
        const { size } = await fs.stat(main);
        const head = new Uint8Array(Math.min(HEAD, size));
        await readInto(head, main, paths.basename(main));
        const limit = limitOf(head, size);
        if (size > limit) rejectModel(main, longerThan(limit));
        const bytes = new Uint8Array(size);
        await readInto(bytes, main, paths.basename(main), reading);
        return bytes;
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        throw asModelError(error, main, "the file");
      }
    },

    async readFiles(files, bytes, reading) {
      const located: { name: string; file: string; size: number }[] = [];
      for (const segments of files) {
        const file = await locate(segments);
        located.push({ name: segments.join("/"), file, size: (await fs.stat(file)).size });
      }
      const found = located.reduce((sum, { size }) => sum + size, 0);
      if (found !== bytes)
        rejectSize(
          main,
          located.map(({ name }) => name),
          found,
          bytes,
        );
      const buffer = new Uint8Array(bytes);
      let offset = 0;
      for (const { name, file, size } of located) {
        await readInto(buffer.subarray(offset, offset + size), file, name, reading);
        offset += size;
      }
      return buffer;
    },

    async readBeside(segments, most, reading) {
      const name = segments.join("/");
      if (!(await fs.stat(paths.join(folder, ...segments)).catch(() => undefined))) return undefined;
      const file = await locate(segments);
      const { size } = await fs.stat(file);
      if (size > most) rejectModel(main, `file ${quoted(name)} ${longerThan(most)}`);
      reading?.expect(size);
      const bytes = new Uint8Array(size);
      await readInto(bytes, file, name, reading);
      return bytes;
    },
  };
}

/** A failed system call as one line; errors that are already for the caller pass through. */
function asModelError(error: unknown, where: string, what: string): unknown {
  if (error instanceof ModelError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR")
    return new ModelError(modelMessage(where, `${what} does not exist`));
  const reason = code ?? error.message.split("\n")[0];
  return new ModelError(modelMessage(where, `${what} cannot be read (${nameText(reason)})`));
}
