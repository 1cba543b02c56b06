import { show } from "../../engines/arguments.js";
import { InvalidArgumentError } from "../../errors.js";
import { MAGIC, type NpyData } from "./types.js";

/** Bytes that a `Blob` takes, in the words of any TypeScript: from 5.7 on `Uint8Array<ArrayBuffer>`. */
type Bytes = ReturnType<Uint8ArrayConstructor["of"]>;

/** The type of each array, as NumPy writes it: little-endian. */
const DESCRIPTIONS = {
  Uint8Array: "|u1",
  Int8Array: "|i1",
  Uint16Array: "<u2",
  Int16Array: "<i2",
  Uint32Array: "<u4",
  Int32Array: "<i4",
  BigUint64Array: "<u8",
  BigInt64Array: "<i8",
  Float32Array: "<f4",
  Float64Array: "<f8",
} as const;

/**
 * Writes a .npy file, version 1.0, C order, that `numpy.load` reads: of a `Float32Array` one of float32, and so on.
 *
 * @param data values, the last axis fastest
 * @param shape sizes of the axes; default: one axis of all values
 * @returns the file's bytes
 * @throws InvalidArgumentError for another kind of array, or a shape of another number of values
 *
 * @example
 * const file = new Blob([encodeNpy(uap.perturbation, net.inputShape)], { type: "application/octet-stream" });
 */
export function encodeNpy(data: NpyData, shape: readonly number[] = [data.length]): Bytes {
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const descr = Object.entries(DESCRIPTIONS).find(([name]) => name === kind)?.[1];
  if (descr === undefined)
    throw new InvalidArgumentError(
      `encodeNpy: data is ${show(data)}, expected one of ${Object.keys(DESCRIPTIONS).join(", ")}`,
    );
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n >= 0))
    throw new InvalidArgumentError(`encodeNpy: shape is ${show(shape)}, expected a list of sizes`);
  const count = shape.reduce((product, n) => product * n, 1);
  if (count !== data.length)
    throw new InvalidArgumentError(
      `encodeNpy: data has ${data.length} values, expected ${count} for shape ${shape.join("x") || "()"}`,
    );
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const start = Math.ceil((10 + dictionary.length + 1) / 64) * 64; // values start at a multiple of 64
  const file = new Uint8Array(start + data.byteLength);
  const header = `${MAGIC}\x01\x00  ${dictionary.padEnd(start - 11)}\n`;
  for (let i = 0; i < start; i++) file[i] = header.charCodeAt(i);
  new DataView(file.buffer).setUint16(8, start - 10, true);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}
