import { toImageData, toImages } from "unifool/images";
import { countChanged, judge } from "./judge.js";
import type { Filtered, Part } from "./protocol.js";
import { imageOf, type Session, shifted } from "./session.js";

/** Most images that filters are tried on. */
const MOST = 100;

/** What a picture goes through before a network sees it. */
const FILTERS: Readonly<Record<string, (picture: ImageData) => Promise<ImageData> | ImageData>> = {
  "as it is": (picture) => picture,
  "blur 3 × 3": (picture) => overWindows(picture, (values) => values.reduce((a, b) => a + b, 0) / 9),
  "median 3 × 3": (picture) => overWindows(picture, (values) => values.sort((a, b) => a - b)[4]),
  "JPEG 75": (picture) => asJpeg(picture, 0.75),
  "JPEG 50": (picture) => asJpeg(picture, 0.5),
};

/** How many images + v are still taken for something else than the filtered clean image. */
export async function filters(session: Session, part: Part, strength: number): Promise<Filtered[]> {
  const { net, perturbation } = session;
  const judged = session.part(part);
  const count = Math.min(MOST, judged.count);
  const size = judged.images.length / judged.count;
  const clean = judged.images.subarray(0, count * size);
  const perturbed = shifted(clean, perturbation, strength, true);
  const labels = async (images: Float32Array, filter: (typeof FILTERS)[string]) => {
    const pictures: ImageData[] = [];
    for (let n = 0; n < count; n++)
      pictures.push(await filter(toImageData(imageOf(images, size, n), net.inputShape, { range: [0, 255] })));
    return (await judge(net, await toImages(pictures, net.inputShape, { range: [0, 255] }))).labels;
  };
  const found: Filtered[] = [];
  for (const [name, filter] of Object.entries(FILTERS)) {
    const fooled = countChanged(await labels(clean, filter), await labels(perturbed, filter));
    found.push({ name, fooled, images: count });
  }
  return found;
}

/** Each colour of each pixel from those of the nine around it; the edge is repeated. */
function overWindows(picture: ImageData, of: (values: number[]) => number): ImageData {
  const { data, width, height } = picture;
  const out = new ImageData(width, height);
  const inside = (at: number, length: number) => Math.min(length - 1, Math.max(0, at));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 4; c++) {
        const values: number[] = [];
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++)
            values.push(data[4 * (inside(y + dy, height) * width + inside(x + dx, width)) + c]);
        out.data[4 * (y * width + x) + c] = of(values);
      }
  return out;
}

async function asJpeg(picture: ImageData, quality: number): Promise<ImageData> {
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.putImageData(picture, 0, 0);
  const bitmap = await createImageBitmap(await canvas.convertToBlob({ type: "image/jpeg", quality }));
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}
