import { ModelError } from "../../errors.js";
import { nameText } from "../../kernels/checks.js";
import { quoted, rejectModel, rejectSize } from "./failure.js";
import type { ModelSource, ReadOptions } from "./source.js";

interface NodeModules {
  readonly "node:fs": typeof import("node:fs");
  readonly "node:path": typeof import("node:path");
  readonly "node:url": typeof import("node:url");
}

/**
 * A module of Node, or undefined in a browser. Asked of the process rather than imported, so that no bundler
 * meets a `node:` specifier in code meant for a page.
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  if (typeof process === "undefined" || typeof process.getBuiltinModule !== "function") return undefined;
  return process.getBuiltinModule(name) as NodeModules[Name] | undefined;
}

const BLOCK = 4 * 2 ** 20;

/** A model in a folder on disk; see {@link ModelSource}. */
export function openFolder(jsonPath: string, { signal, onRead }: ReadOptions): ModelSource {
  const fs = nodeModule("node:fs")!.promises;
  const path = nodeModule("node:path")!;
  const folder = path.dirname(jsonPath);

  /** The file itself, symbolic links followed, which must lie in the folder too. */
  async function locate(segments: readonly string[]): Promise<string> {
    const name = segments.join("/");
    try {
      const root = await fs.realpath(folder);
      const file = await fs.realpath(path.join(root, ...segments));
      if (!file.startsWith(root.endsWith(path.sep) ? root : root + path.sep))
        rejectModel(jsonPath, `manifest path ${quoted(name)} leaves its folder (a symbolic link)`);
      if (!(await fs.stat(file)).isFile())
        rejectModel(jsonPath, `weights file ${quoted(name)} is not a file`);
      return file;
    } catch (error) {
      throw asModelError(error, jsonPath, `weights file ${quoted(name)}`);
    }
  }

  return {
    label: jsonPath,
    async readJson() {
      signal?.throwIfAborted();
      try {
        return await fs.readFile(jsonPath, { encoding: "utf8", signal });
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        throw asModelError(error, jsonPath, "the file");
      }
    },
    async readWeights(files, bytes) {
      const located: { name: string; file: string; size: number }[] = [];
      for (const segments of files) {
        const file = await locate(segments);
        located.push({ name: segments.join("/"), file, size: (await fs.stat(file)).size });
      }
      const found = located.reduce((sum, { size }) => sum + size, 0);
      if (found !== bytes)
        rejectSize(
          jsonPath,
          located.map(({ name }) => name),
          found,
          bytes,
        );
      const buffer = new Uint8Array(bytes);
      let offset = 0;
      for (const { name, file, size } of located) {
        const handle = await fs.open(file, "r");
        try {
          for (let position = 0; position < size; ) {
            signal?.throwIfAborted();
            const length = Math.min(BLOCK, size - position);
            const { bytesRead } = await handle.read(buffer, offset, length, position);
            if (bytesRead === 0)
              rejectModel(jsonPath, `weights file ${quoted(name)} became shorter while it was read`);
            position += bytesRead;
            offset += bytesRead;
            onRead?.(bytesRead);
          }
        } finally {
          await handle.close();
        }
      }
      return buffer;
    },
  };
}

/** A failed system call as one line; errors that are already for the caller pass through. */
function asModelError(error: unknown, where: string, what: string): unknown {
  if (error instanceof ModelError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR")
    return new ModelError(`loadLayersModel: ${nameText(where)}: ${what} does not exist`);
  if (code === "EISDIR")
    return new ModelError(
      `loadLayersModel: ${nameText(where)}: is a folder, expected the path of its model.json`,
    );
  return new ModelError(
    `loadLayersModel: ${nameText(where)}: ${what} cannot be read (${code ?? error.message.split("\n")[0]})`,
  );
}
