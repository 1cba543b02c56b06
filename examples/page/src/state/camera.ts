import { words } from "./words.js";

/** Milliseconds between two frames that are kept, so that they differ. */
const EVERY = 100;

/**
 * Opens the camera. Whoever opened it stops its tracks.
 *
 * @throws whatever the browser has against it; see `cameraWords`
 */
export async function openCamera(): Promise<{ readonly video: HTMLVideoElement; readonly stop: () => void }> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640 } });
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  const video = Object.assign(document.createElement("video"), { muted: true, srcObject: stream });
  try {
    await video.play();
  } catch (error) {
    stop();
    throw error;
  }
  return { video, stop };
}

/** So many frames as pictures. */
export async function takeFrames(count: number, onFrame: (taken: number) => void): Promise<File[]> {
  const { video, stop } = await openCamera();
  try {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
    const frames: File[] = [];
    while (frames.length < count) {
      context.drawImage(video, 0, 0);
      const blob = await canvas.convertToBlob({ type: "image/png" });
      frames.push(
        new File([blob], `frame ${String(frames.length).padStart(3, "0")}.png`, { type: blob.type }),
      );
      onFrame(frames.length);
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
    return frames;
  } finally {
    stop();
  }
}

/** Why there is no camera, and the way out. */
export function cameraWords(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError")
    return "The camera was not allowed: allow it beside the address, and try again.";
  if (name === "NotFoundError") return "There is no camera here.";
  return navigator.mediaDevices ? words(error) : "Cameras need https.";
}
