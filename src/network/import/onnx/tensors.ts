import { halfValue } from "../../../kernels/half_value.js";
import { sizeOf } from "../../spec.js";
import type { Tensor } from "../dataflow/tensor.js";
import { quoted, rejectModel, valueText } from "../failure.js";
import { manifestSegments } from "../manifest_path.js";
import type { ModelSource } from "../source/model_source.js";
import type { Reading } from "../source/reading.js";
import type { TensorProto } from "./proto.js";

/** How values of one TensorProto.DataType lie in a file. */
interface DataType {
  readonly name: string;
  readonly kind: Tensor["type"];
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

/** Types that a network of numbers has; strings, complex numbers and types of four and eight bits are refused by name. */
const DATA_TYPES: Readonly<Record<number, DataType>> = {
  1: { name: "FLOAT", kind: "float", bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  2: { name: "UINT8", kind: "integer", bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { name: "INT8", kind: "integer", bytes: 1, read: (view, at) => view.getInt8(at) },
  4: { name: "UINT16", kind: "integer", bytes: 2, read: (view, at) => view.getUint16(at, true) },
  5: { name: "INT16", kind: "integer", bytes: 2, read: (view, at) => view.getInt16(at, true) },
  6: { name: "INT32", kind: "integer", bytes: 4, read: (view, at) => view.getInt32(at, true) },
  7: { name: "INT64", kind: "integer", bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  9: { name: "BOOL", kind: "boolean", bytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
  10: { name: "FLOAT16", kind: "float", bytes: 2, read: (view, at) => halfValue(view.getUint16(at, true)) },
  11: { name: "DOUBLE", kind: "float", bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  12: { name: "UINT32", kind: "integer", bytes: 4, read: (view, at) => view.getUint32(at, true) },
  13: { name: "UINT64", kind: "integer", bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  16: { name: "BFLOAT16", kind: "float", bytes: 2, read: (view, at) => bfloat16(view.getUint16(at, true)) },
};

const OTHER_TYPES: Readonly<Record<number, string>> = {
  8: "STRING",
  14: "COMPLEX64",
  15: "COMPLEX128",
  17: "FLOAT8E4M3FN",
  18: "FLOAT8E4M3FNUZ",
  19: "FLOAT8E5M2",
  20: "FLOAT8E5M2FNUZ",
  21: "UINT4",
  22: "INT4",
  23: "FLOAT4E2M1",
};

/** What a cast to a type makes of values, or undefined for a type that there is no arithmetic for. */
export function kindOfType(type: number): Tensor["type"] | undefined {
  return DATA_TYPES[type]?.kind;
}

export function nameOfType(type: number): string {
  return DATA_TYPES[type]?.name ?? OTHER_TYPES[type] ?? `type ${type}`;
}

/** More than any network has. */
export const MOST_AXES = 32;

/** Largest file beside the model that is read whole. */
const LARGEST_FILE = 2 ** 31 - 1;

/** Reads tensors, those in files beside the model among them; each file once. */
export class TensorReader {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();

  #read = 0;
  #bytes: number;

  /** @param bytes of the model without the files beside it */
  constructor(
    private readonly source: ModelSource,
    bytes: number,
  ) {
    this.#bytes = bytes;
  }

  /** Of all files that have been read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Loads the files that tensors lie in. @throws ModelError for one that is missing or outside the folder */
  async load(protos: readonly TensorProto[], reading: Reading): Promise<void> {
    for (const proto of protos) {
      if (!proto.isExternal) continue;
      const location = this.#entry(proto, "location");
      if (this.#files.has(location)) continue;
      const file = await this.source.readBeside(
        manifestSegments(location, this.#where, "external data"),
        LARGEST_FILE,
        reading,
      );
      if (!file)
        rejectModel(
          this.#where,
          `weights file ${quoted(location)} is missing: it belongs beside the model, and with Files it is passed along with it`,
        );
      else {
        this.#files.set(location, file);
        this.#bytes += file.length;
      }
    }
  }

  get #where(): string {
    return this.source.label;
  }

  #entry(proto: TensorProto, key: string): string {
    return proto.external.find((entry) => entry.key === key)?.value ?? "";
  }

  /** @throws ModelError for a type that there is no arithmetic for, or another number of values than its shape says */
  read(proto: TensorProto): Tensor {
    const { dims, type } = proto;
    const what = `tensor ${quoted(proto.name)}`;
    if (!dims.every((n) => Number.isSafeInteger(n) && n >= 0) || dims.length > MOST_AXES)
      rejectModel(this.#where, `${what} has shape ${valueText(dims)}, expected whole numbers`);
    const found = DATA_TYPES[type];
    if (!found) return rejectModel(this.#where, `${what} holds ${nameOfType(type)}, expected numbers`);
    const size = sizeOf(dims);
    this.#count(size, what);
    const values = this.#values(proto, found, size, what);
    if (values.length !== size)
      rejectModel(
        this.#where,
        `${what} has ${values.length} values, its shape ${valueText(dims)} has ${size}`,
      );
    return { kind: "tensor", type: found.kind, dims, data: values };
  }

  /** Tensors may name the same bytes of a file beside the model: not so often that they fill memory. */
  #count(size: number, what: string): void {
    this.#read += size;
    if (!(this.#read <= this.#bytes))
      rejectModel(
        this.#where,
        `${what} and those before it have ${this.#read} values, more than its files have bytes`,
      );
  }

  #values(proto: TensorProto, type: DataType, size: number, what: string): Float32Array | Float64Array {
    if (proto.isExternal) return decoded(this.#external(proto, size * type.bytes, what), type);
    if (proto.raw) return decoded(this.#whole(proto.raw, type, what), type);
    if (type.name === "FLOAT" && proto.floats.length > 0)
      return decoded(joined(proto.floats.map((part) => this.#whole(part, type, what))), type);
    if (type.name === "DOUBLE" && proto.doubles.length > 0)
      return decoded(joined(proto.doubles.map((part) => this.#whole(part, type, what))), type);
    const stored = type.bytes === 8 || type.name === "UINT32" ? proto.int64s : proto.int32s;
    if (type.name === "FLOAT16") return Float32Array.from(stored, halfValue);
    if (type.name === "BFLOAT16") return Float32Array.from(stored, bfloat16);
    return type.kind === "float" ? Float32Array.from(stored) : Float64Array.from(stored);
  }

  #whole(bytes: Uint8Array, type: DataType, what: string): Uint8Array {
    return bytes.length % type.bytes === 0
      ? bytes
      : rejectModel(this.#where, `${what} has ${bytes.length} bytes, expected whole values of ${type.bytes}`);
  }

  #external(proto: TensorProto, bytes: number, what: string): Uint8Array {
    const location = this.#entry(proto, "location");
    const file = this.#files.get(location)!;
    const offset = Number(this.#entry(proto, "offset") || 0);
    const length = Number(this.#entry(proto, "length") || bytes);
    const end = offset + length;
    if (!Number.isSafeInteger(offset) || offset < 0 || length !== bytes || end > file.length)
      rejectModel(
        this.#where,
        `${what} lies at ${offset} with ${length} bytes in ${quoted(location)}, which holds ${file.length}; its shape needs ${bytes}`,
      );
    return file.subarray(offset, end);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** On the file's memory where float32 values lie on their boundary: a copy of all weights would double it. */
function decoded(
  bytes: Uint8Array,
  { name, kind, bytes: width, read }: DataType,
): Float32Array | Float64Array {
  const count = bytes.length / width;
  if (name === "FLOAT" && LITTLE_ENDIAN) {
    if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, count);
    return new Float32Array(bytes.slice().buffer);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = kind === "float" ? new Float32Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i * width);
  return values;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Value of a bfloat16 bit pattern: the upper half of a float32. */
function bfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

const scratch = new DataView(new ArrayBuffer(4));
