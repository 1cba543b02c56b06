import { InvalidArgumentError } from "../../errors.js";
import { halfValue } from "../../kernels/half_value.js";
import { CODES, MAGIC, type NpyArray, type NpyData, type NpyType } from "./types.js";

/**
 * Reads a .npy file, as `numpy.save` writes it: bool, integers of 8 to 64 bits, float16, float32 and float64, in either byte
 * order, in C or Fortran order.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @param file its bytes, such as `await blob.arrayBuffer()`
 * @throws InvalidArgumentError if it is not a .npy file, is cut short, or holds values of another type
 *
 * @example
 * const { shape, data } = decodeNpy(await (await fetch("perturbation.npy")).arrayBuffer());
 */
export function decodeNpy(file: Uint8Array | ArrayBuffer): NpyArray {
  const bytes = file instanceof ArrayBuffer ? new Uint8Array(file) : file;
  if (!(bytes instanceof Uint8Array)) reject("file is no bytes, expected a Uint8Array or an ArrayBuffer");
  const { header, end } = headerOf(bytes);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const tuple = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  const described = /'descr'\s*:\s*\[/.test(header);
  if (descr === undefined && described) reject("file holds records of several fields, expected numbers");
  if (descr === undefined || fortran === undefined || tuple === undefined)
    reject(`file has a header that cannot be read as .npy: ${header.trim().slice(0, 80)}`);
  const [order, code] = [/^[<>|=]?/.exec(descr)?.[0] ?? "", descr.replace(/^[<>|=]/, "")];
  if (!isCode(code))
    reject(`file holds values of type ${descr}, expected bool, integers, float16, float32 or float64`);
  const shape = tuple.split(",").flatMap((n) => (n.trim() === "" ? [] : [Number.parseInt(n, 10)]));
  const count = shape.reduce((product, n) => product * n, 1);
  const width = Number(code[1]);
  if (end + count * width !== bytes.length)
    reject(
      `file has ${bytes.length - end} bytes of values, expected ${count * width} for ${shape.join("x")} of ${descr}`,
    );
  // A copy, because typed arrays need an aligned start.
  const values = new Uint8Array(bytes.subarray(end));
  if (order === ">") swapBytes(values, width);
  const data = arrayOf(CODES[code], values.buffer);
  const strided = fortran === "True" && shape.filter((n) => n > 1).length > 1;
  return { shape, type: CODES[code], data: strided ? fromFortranOrder(data, shape) : data };
}

function headerOf(bytes: Uint8Array): { readonly header: string; readonly end: number } {
  const text = (start: number, end: number) => String.fromCharCode(...bytes.subarray(start, end));
  if (bytes.length < 10 || text(0, 6) !== MAGIC) reject("file is not a .npy file");
  const [major, minor] = [bytes[6], bytes[7]];
  if (major < 1 || major > 3) reject(`file is .npy of version ${major}.${minor}, expected 1.0 to 3.0`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = major >= 2 ? 12 : 10; // version 1 counts the header in 16 bits, later ones in 32
  if (bytes.length < start) reject("file is cut short in its header");
  const end = start + (major >= 2 ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) reject("file is cut short in its header");
  // Numbers need a short header; NumPy itself takes no longer one unasked.
  if (end - start > 10_000) reject(`file has a header of ${end - start} bytes, expected at most 10000`);
  return { header: text(start, end), end };
}

function isCode(code: string): code is keyof typeof CODES {
  return Object.hasOwn(CODES, code);
}

/** In place; the values that arrays of this machine read are little-endian, as WebAssembly's are. */
function swapBytes(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

function arrayOf(type: NpyType, buffer: ArrayBufferLike): NpyData {
  switch (type) {
    case "bool":
      return new Uint8Array(buffer).map((v) => Number(v !== 0));
    case "uint8":
      return new Uint8Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint64":
      return new BigUint64Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "float16":
      return Float32Array.from(new Uint16Array(buffer), halfValue);
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
  }
}

/** The same values with the last axis fastest, where the first one was. */
function fromFortranOrder(data: NpyData, shape: readonly number[]): NpyData {
  const out = data.slice();
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, n) => product * n, 1));
  const index = shape.map(() => 0);
  for (let i = 0, from = 0; i < out.length; i++) {
    out[i] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

function reject(problem: string): never {
  throw new InvalidArgumentError(`decodeNpy: ${problem}`);
}
