import { readFileSync } from "node:fs";
import { sharedPath } from "./shared.js";

/** The first `count` images of a shared uint8 set, `[count][...shape]`, as pixels divided by 255. */
export function sharedImages(set: string, count: number): Float64Array {
  const { shape, dtype } = JSON.parse(readFileSync(sharedPath("images", set, "meta.json"), "utf8"));
  if (dtype !== "uint8") throw new Error(`image set ${set} has dtype ${dtype}, expected uint8`);
  const size = shape.slice(1).reduce((product: number, n: number) => product * n, 1);
  const bytes = readFileSync(sharedPath("images", set, "images.bin")).subarray(0, count * size);
  return Float64Array.from(bytes, (value) => value / 255);
}

/** A file of little-endian float32 values in the shared folder. */
export function sharedFloats(...parts: string[]): Float32Array {
  const bytes = readFileSync(sharedPath(...parts));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
