/** What the test of `unifool/images` does inside a page, with the built package. */
import { type ImageSource, perturbationPicture, toImageData, toImages } from "../../src/images.js";

const SHAPE = [32, 32, 3];
const OPTIONS = { range: [0, 255] } as const;

async function imageElement(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  return image;
}

async function drawn(url: string, canvas: HTMLCanvasElement | OffscreenCanvas) {
  const image = await imageElement(url);
  await image.decode();
  Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.drawImage(image, 0, 0);
  return context;
}

async function blobOf(url: string): Promise<Blob> {
  return (await fetch(url)).blob();
}

/** A still as a video. */
async function videoOf(url: string): Promise<HTMLVideoElement> {
  const canvas = document.createElement("canvas");
  const context = await drawn(url, canvas);
  const image = await imageElement(url);
  await image.decode();
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = canvas.captureStream();
  // A stream has frames only of what changes.
  const timer = setInterval(() => context.drawImage(image, 0, 0), 20);
  await video.play();
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  clearInterval(timer);
  return video;
}

/** One picture from every kind of source that a browser has. */
export const SOURCES: Readonly<Record<string, (url: string) => Promise<ImageSource>>> = {
  Blob: blobOf,
  File: async (url) => new File([await blobOf(url)], "a.png"),
  HTMLImageElement: imageElement,
  ImageBitmap: async (url) => createImageBitmap(await blobOf(url)),
  HTMLCanvasElement: async (url) => (await drawn(url, document.createElement("canvas"))).canvas,
  OffscreenCanvas: async (url) => (await drawn(url, new OffscreenCanvas(1, 1))).canvas,
  ImageData: async (url) => {
    const context = await drawn(url, new OffscreenCanvas(1, 1));
    return context.getImageData(0, 0, context.canvas.width, context.canvas.height);
  },
  HTMLVideoElement: videoOf,
};

async function values(name: string, url: string, options?: object): Promise<number[]> {
  return [...(await toImages(await SOURCES[name](url), SHAPE, { ...OPTIONS, ...options }))];
}

async function failure(name: string, url: string) {
  const call = async () => toImages([await SOURCES[name](url)], SHAPE);
  return call().then(
    () => ({ name: "none", message: "it succeeded" }),
    ({ name, message }: Error) => ({ name, message }),
  );
}

/** Draws images on a canvas and takes them from there. */
async function roundTrip(pixels: number[]) {
  const image = Float32Array.from(pixels);
  const imageData = toImageData(image, SHAPE, OPTIONS);
  const canvas = new OffscreenCanvas(32, 32);
  (canvas.getContext("2d") as OffscreenCanvasRenderingContext2D).putImageData(imageData, 0, 0);
  const v = perturbationPicture(
    Float32Array.from(pixels, (p) => p / 1000),
    SHAPE,
  );
  return {
    isImageData: imageData instanceof ImageData && v.imageData instanceof ImageData,
    back: [...(await toImages(canvas, SHAPE, OPTIONS))],
    scale: v.scale,
  };
}

export const imageCases = { values, failure, roundTrip };

declare global {
  interface Window {
    imageCases: typeof imageCases;
  }
}

if (typeof window === "object") window.imageCases = imageCases;
