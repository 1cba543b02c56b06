import { sizeOf } from "../index.js";
import { CommandError } from "./errors.js";

// NumPy's .npy format, the part that images and perturbations need: uint8, float32 and float64, little-endian,
// C order, read and written. The npm packages for it either only read (npyjs, numpy-parser) or are abandoned.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array | Float64Array;
}

const MAGIC = "\x93NUMPY";

const READERS: Readonly<Record<string, (bytes: ArrayBuffer) => NpyArray["data"]>> = {
  "|u1": (bytes) => new Uint8Array(bytes),
  "<u1": (bytes) => new Uint8Array(bytes),
  "<f4": (bytes) => new Float32Array(bytes),
  "<f8": (bytes) => new Float64Array(bytes),
};

/**
 * Decodes a .npy file.
 *
 * @param name what to call the file in errors
 * @throws CommandError if it is not a .npy file, is cut short, or holds another type or Fortran order
 */
export function decodeNpy(name: string, file: Uint8Array): NpyArray {
  const text = (start: number, end: number) => Buffer.from(file.subarray(start, end)).toString("latin1");
  if (file.length < 10 || text(0, 6) !== MAGIC) throw new CommandError(`${name} is not a .npy file`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const wide = file[6] >= 2; // version 1 counts the header in 16 bits, later ones in 32
  const start = wide ? 12 : 10;
  if (file.length < start) throw new CommandError(`${name} is cut short in its header`);
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > file.length) throw new CommandError(`${name} is cut short in its header`);

  const header = text(start, end);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const tuple = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || tuple === undefined)
    throw new CommandError(`${name} has a header that cannot be read as .npy: ${header.trim().slice(0, 80)}`);
  const read = READERS[descr];
  if (!read)
    throw new CommandError(`${name} holds values of type ${descr}, expected uint8, float32 or float64`);
  const shape = tuple.split(",").flatMap((n) => (n.trim() === "" ? [] : [Number(n)]));
  if (fortran === "True" && shape.filter((n) => n > 1).length > 1)
    throw new CommandError(`${name} is in Fortran order, expected C order (save numpy.ascontiguousarray(x))`);

  const bytes = sizeOf(shape) * Number(descr[2]);
  if (end + bytes !== file.length)
    throw new CommandError(
      `${name} has ${file.length - end} bytes of values, expected ${bytes} for ${shape.join("x")} of ${descr}`,
    );
  // A copy, because typed arrays need an aligned start.
  return { shape, data: read(new Uint8Array(file.subarray(end)).buffer) };
}

/** Encodes float32 values of the given shape as a .npy file, version 1.0. */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64; // values start at a multiple of 64
  const header = Buffer.alloc(length, " ", "latin1");
  header.write(MAGIC, 0, "latin1");
  header.writeUInt8(1, 6);
  header.writeUInt8(0, 7);
  header.writeUInt16LE(length - 10, 8);
  header.write(dictionary, 10, "latin1");
  header.write("\n", length - 1, "latin1");
  return Buffer.concat([header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}
