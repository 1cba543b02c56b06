import { unzip } from "fflate";

/** Files, told apart by what they are for. */
export interface Sorted {
  readonly pictures: readonly File[];
  readonly model: readonly File[];
  readonly classNames?: readonly string[];
}

const PICTURE = /\.(png|jpe?g|webp|gif|avif|bmp)$/i;
/** What systems leave in folders and archives. */
const JUNK = /(^|\/)(\.|__MACOSX|Thumbs\.db)/;

/** Unpacks archives, and tells pictures, names of classes and the files of a model apart. */
export async function sortFiles(files: readonly File[]): Promise<Sorted> {
  const all = (await Promise.all(files.map(unpacked))).flat().filter(({ name }) => !JUNK.test(name));
  const pictures = all.filter(({ name, type }) => type.startsWith("image/") || PICTURE.test(name));
  const model: File[] = [];
  let classNames: readonly string[] | undefined;
  for (const file of all) {
    if (pictures.includes(file)) continue;
    const names = await namesIn(file);
    if (names) classNames = names;
    else model.push(file);
  }
  return { pictures, model, classNames };
}

/** What is in a .zip; other files that are archives inside, such as those of PyTorch, are left as they are. */
async function unpacked(file: File): Promise<File[]> {
  if (!file.name.toLowerCase().endsWith(".zip")) return [file];
  const bytes = new Uint8Array(await file.arrayBuffer());
  const entries = await new Promise<Record<string, Uint8Array>>((resolve, reject) => {
    unzip(bytes, (error, data) => {
      if (error) reject(new Error(`${file.name} cannot be unpacked (${error.message}): is it whole?`));
      else resolve(data);
    });
  });
  return Object.entries(entries)
    .filter(([path]) => !path.endsWith("/"))
    .map(
      ([path, data]) => new File([data as Uint8Array<ArrayBuffer>], path.slice(path.lastIndexOf("/") + 1)),
    );
}

/** Names of classes: a text file with one a line, a JSON list, or the labels that Teachable Machine puts beside a model. */
async function namesIn(file: File): Promise<readonly string[] | undefined> {
  if (file.size > 2 ** 20) return undefined;
  if (/\.txt$/i.test(file.name)) return (await file.text()).trim().split(/\s*\r?\n\s*/);
  if (!/\.json$/i.test(file.name)) return undefined;
  try {
    const content: unknown = JSON.parse(await file.text());
    const list = file.name === "metadata.json" ? (content as { labels?: unknown } | null)?.labels : content;
    return Array.isArray(list) && list.every((name) => typeof name === "string") ? list : undefined;
  } catch {
    // A model that is broken is told as one.
    return undefined;
  }
}

/** The files of a drop, those in folders too. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<File[]> {
  // Entries are gone once the event is over, so all are asked for at once.
  const entries = Array.from(items, (item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  if (entries.length === 0) return [...files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile)
    return [
      await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
    ];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    // A hundred at a time in Chromium.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(filesOf))).flat();
}
