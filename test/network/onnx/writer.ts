/** Writes ONNX files: field numbers and types of onnx.proto, each message as its fields. */

import { PbfWriter } from "pbf";

/** TensorProto.DataType. */
export const TYPES = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

export type TypeName = keyof typeof TYPES;

export interface TensorFile {
  readonly name?: string;
  readonly type: number;
  readonly dims: readonly number[];
  /** Little-endian bytes. */
  readonly raw?: Uint8Array;
  /** Instead of `raw`, the field that the type has of its own. */
  readonly floats?: readonly number[];
  readonly int32s?: readonly number[];
  readonly int64s?: readonly number[];
  readonly doubles?: readonly number[];
  readonly external?: Readonly<Record<string, string>>;
}

/** An attribute: a plain number is an integer, a list of them integers; floats are wrapped. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorFile }
  | { readonly graph: GraphFile };

export interface NodeFile {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
  readonly name?: string;
}

export interface ValueFile {
  readonly name: string;
  readonly type?: number;
  /** A string is a name, undefined a length that is left open. */
  readonly dims?: readonly (number | string | undefined)[];
}

export interface GraphFile {
  readonly name?: string;
  readonly nodes: readonly NodeFile[];
  readonly initializers: readonly TensorFile[];
  readonly inputs: readonly ValueFile[];
  readonly outputs: readonly ValueFile[];
  /** Of values between nodes. */
  readonly described?: readonly ValueFile[];
}

export interface ModelFile extends GraphFile {
  readonly ir?: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of an ONNX file. */
export function writeModel(model: ModelFile): Uint8Array<ArrayBuffer> {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, model.ir ?? 8);
  pbf.writeStringField(2, "fixture");
  pbf.writeMessage(7, graph, model);
  for (const [domain, version] of Object.entries(model.opsets))
    pbf.writeMessage(
      8,
      (_, out) => {
        if (domain !== "") out.writeStringField(1, domain);
        out.writeVarintField(2, version);
      },
      undefined,
    );
  for (const entry of Object.entries(model.metadata ?? {})) pbf.writeMessage(14, pair, entry);
  return pbf.finish().slice() as Uint8Array<ArrayBuffer>;
}

function pair([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function graph(file: GraphFile, pbf: PbfWriter): void {
  const { name = "net", nodes, initializers, inputs, outputs, described = [] } = file;
  for (const one of nodes) pbf.writeMessage(1, node, one);
  pbf.writeStringField(2, name);
  for (const one of initializers) pbf.writeMessage(5, tensor, one);
  for (const one of inputs) pbf.writeMessage(11, value, one);
  for (const one of outputs) pbf.writeMessage(12, value, one);
  for (const one of described) pbf.writeMessage(13, value, one);
}

function node({ type, inputs, outputs, attributes = {}, domain, name }: NodeFile, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(1, input);
  for (const output of outputs) pbf.writeStringField(2, output);
  if (name !== undefined) pbf.writeStringField(3, name);
  pbf.writeStringField(4, type);
  for (const one of Object.entries(attributes)) pbf.writeMessage(5, attribute, one);
  if (domain !== undefined) pbf.writeStringField(7, domain);
}

/** AttributeProto.AttributeType. */
const KINDS = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;

function attribute([name, of]: readonly [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  const kind = (value: keyof typeof KINDS) => pbf.writeVarintField(20, KINDS[value]);
  if (typeof of === "number") {
    pbf.writeVarintField(3, of);
    kind("int");
  } else if (typeof of === "string") {
    pbf.writeStringField(4, of);
    kind("string");
  } else if ("float" in of) {
    pbf.writeFloatField(2, of.float);
    kind("float");
  } else if ("floats" in of) {
    pbf.writePackedFloat(7, [...of.floats]);
    kind("floats");
  } else if ("tensor" in of) {
    pbf.writeMessage(5, tensor, of.tensor);
    kind("tensor");
  } else if ("graph" in of) {
    pbf.writeMessage(6, graph, of.graph);
    kind("graph");
  } else if (of.some((one) => typeof one === "string")) {
    for (const text of of) pbf.writeStringField(9, String(text));
    kind("strings");
  } else {
    // Unpacked, as proto2 writes them.
    for (const n of of) pbf.writeVarintField(8, Number(n));
    kind("ints");
  }
}

function tensor(of: TensorFile, pbf: PbfWriter): void {
  for (const n of of.dims) pbf.writeVarintField(1, n);
  pbf.writeVarintField(2, of.type);
  if (of.floats) pbf.writePackedFloat(4, [...of.floats]);
  if (of.int32s) pbf.writePackedVarint(5, [...of.int32s]);
  if (of.int64s) pbf.writePackedVarint(7, [...of.int64s]);
  if (of.name !== undefined) pbf.writeStringField(8, of.name);
  if (of.raw) pbf.writeBytesField(9, of.raw);
  if (of.doubles) pbf.writePackedDouble(10, [...of.doubles]);
  if (of.external) {
    for (const entry of Object.entries(of.external)) pbf.writeMessage(13, pair, entry);
    pbf.writeVarintField(14, 1);
  }
}

function value({ name, type = TYPES.float, dims }: ValueFile, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, (_, out) => out.writeMessage(1, tensorType, { type, dims }), undefined);
}

function tensorType({ type, dims }: Pick<ValueFile, "type" | "dims">, pbf: PbfWriter): void {
  pbf.writeVarintField(1, type ?? 0);
  if (dims === undefined) return;
  pbf.writeMessage(
    2,
    (_, shape) => {
      for (const length of dims)
        shape.writeMessage(
          1,
          (_dimension, out) => {
            if (typeof length === "number") out.writeVarintField(1, length);
            else if (length !== undefined) out.writeStringField(2, length);
          },
          undefined,
        );
    },
    undefined,
  );
}
