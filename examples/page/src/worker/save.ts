import { zipSync } from "fflate";
import { encodeNpy, perturbationPicture, toImageData, toImages } from "unifool/images";
import { countChanged, judge } from "./judge.js";
import type { Part, Saved } from "./protocol.js";
import { imageOf, type Session, shifted } from "./session.js";

/** v itself, for NumPy and the command line. */
export function saveNpy(session: Session): Saved {
  const { perturbation, net } = session;
  const bytes = encodeNpy(perturbation, net.inputShape);
  const blob = new Blob([bytes]);
  return { name: "perturbation.npy", blob, note: "v as float32, in levels of 0 to 255." };
}

/** v to be looked at. */
export async function savePicture(session: Session): Promise<Saved> {
  const range = [0, 255] as const;
  const { imageData, scale } = perturbationPicture(session.perturbation, session.net.inputShape, { range });
  const name = "perturbation.png";
  return { name, blob: await encodePng(imageData), note: `v amplified ${scale} times, around grey.` };
}

/** Images + v as PNG files; 8 bits round v, so what they are taken for is judged again. */
export async function saveAdversarial(session: Session, part: Part, strength: number): Promise<Saved> {
  const { net, perturbation } = session;
  const { images, labels, count } = session.part(part);
  const size = images.length / count;
  const all = shifted(images, perturbation, strength, true);
  const pictures = Array.from({ length: count }, (_, n) =>
    toImageData(imageOf(all, size, n), net.inputShape, { range: [0, 255] }),
  );
  const found = await judge(net, await toImages(pictures, net.inputShape, { range: [0, 255] }));
  const files: Record<string, Uint8Array> = {};
  for (const [n, picture] of pictures.entries()) {
    const [was, is] = [labels[n], found.labels[n]].map((label) => fileName(session.className(label)));
    const name = `${String(n).padStart(4, "0")}-${was === is ? `${was}-held` : `${was}-to-${is}`}.png`;
    files[name] = new Uint8Array(await (await encodePng(picture)).arrayBuffer());
  }
  const blob = new Blob([zipSync(files, { level: 0 }) as Uint8Array<ArrayBuffer>]);
  const fooled = countChanged(labels, found.labels);
  return { name: "adversarial.zip", blob, note: `${fooled} of ${count} still fool the model as 8-bit PNG.` };
}

async function encodePng(picture: ImageData): Promise<Blob> {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  (canvas.getContext("2d") as OffscreenCanvasRenderingContext2D).putImageData(picture, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

function fileName(text: string): string {
  return text.replace(/[^\p{Letter}\p{Number}]+/gu, "_").slice(0, 40);
}
