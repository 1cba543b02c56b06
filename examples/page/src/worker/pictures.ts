import { type ImageSource, toImages } from "unifool/images";
import { judge } from "./judge.js";
import type { LoadedImages, LoadRequest, Part, Pictures } from "./protocol.js";
import { type Judged, type Session, sizeOf } from "./session.js";

/** Most images to judge v by that it was not crafted on. */
const MOST_UNSEEN = 200;

/** Makes images for the open model, and has it judge them. */
export async function loadPictures(
  session: Session,
  { pictures, count }: LoadRequest,
): Promise<LoadedImages> {
  const { net } = session;
  session.images = undefined;
  session.v = undefined;
  const sources = await sourcesOf(pictures, count);
  const broken: string[] = [];
  const decoded = async (list: readonly ImageSource[]): Promise<Judged> => {
    const images = await decode(list, net.inputShape, broken);
    const verdicts = await judge(net, images);
    return { images, count: images.length / sizeOf(net.inputShape), ...verdicts };
  };
  const crafting = await decoded(sources.crafting);
  if (crafting.count === 0) throw new Error(nothingLeft(broken));
  session.images = { crafting, unseen: await decoded(sources.unseen) };
  return { crafting: crafting.count, unseen: session.images.unseen.count, broken };
}

/** One by one, so that a broken one is told from the rest. */
async function decode(
  sources: readonly ImageSource[],
  shape: readonly number[],
  broken: string[],
): Promise<Float32Array> {
  const found: Float32Array[] = [];
  for (const source of sources)
    try {
      found.push(await toImages(source, shape, { range: [0, 255] }));
    } catch (error) {
      // Pictures in memory cannot be broken: there it is the model that takes none.
      if (!(source instanceof File)) throw error;
      broken.push(source.name);
    }
  const size = sizeOf(shape);
  const images = new Float32Array(found.length * size);
  for (const [n, image] of found.entries()) images.set(image, n * size);
  return images;
}

async function sourcesOf(
  pictures: Pictures,
  count: number,
): Promise<Readonly<Record<Part, readonly ImageSource[]>>> {
  if (pictures.kind === "files") {
    const files = mixed(pictures.files);
    return { crafting: files.slice(0, count), unseen: files.slice(count, count + MOST_UNSEEN) };
  }
  const [height, width, channels] = pictures.shape;
  const size = height * width * channels;
  const fetched = async (url: string): Promise<ImageSource[]> => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`The bundled images cannot be fetched (HTTP ${response.status}).`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return Array.from({ length: bytes.length / size }, (_, n) => ({
      data: bytes.subarray(n * size, (n + 1) * size),
      width,
      height,
    }));
  };
  const [crafting, unseen] = await Promise.all([fetched(pictures.crafting), fetched(pictures.unseen)]);
  return { crafting: crafting.slice(0, count), unseen: unseen.slice(0, MOST_UNSEEN) };
}

/** In an order that folders of one class each do not decide, and that is the same every time. */
function mixed(files: readonly File[]): File[] {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  let state = 1;
  for (let i = sorted.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [sorted[i], sorted[j]] = [sorted[j], sorted[i]];
  }
  return sorted;
}

function nothingLeft(broken: readonly string[]): string {
  const names = broken.slice(0, 3).join(", ");
  return `None of these files could be read as a picture (${names}); PNG, JPEG, WebP, GIF and AVIF can.`;
}
