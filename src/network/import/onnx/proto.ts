/**
 * The messages of an ONNX file, as far as an importer reads them: field numbers and wire types of onnx.proto. What is not
 * listed (documentation, stack traces, training, functions' bodies) is skipped without being decoded.
 *
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

import { PbfReader } from "pbf";

export interface ModelProto {
  irVersion: number;
  opsets: { domain: string; version: number }[];
  producer: string;
  metadata: { key: string; value: string }[];
  graph?: GraphProto;
  /** Names of functions that the model defines. */
  functions: string[];
}

export interface GraphProto {
  name: string;
  nodes: NodeProto[];
  initializers: TensorProto[];
  sparse: number;
  inputs: ValueProto[];
  outputs: ValueProto[];
  /** What the file says of values between nodes, each a ValueProto: decoded only where somebody asks. */
  described: Uint8Array[];
}

export interface NodeProto {
  name: string;
  type: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: AttributeProto[];
}

export interface AttributeProto {
  name: string;
  float?: number;
  int?: number;
  text?: string;
  tensor?: TensorProto;
  /** A GraphProto: decoded only where its node is run. */
  graph?: Uint8Array;
  floats: number[];
  ints: number[];
  texts: string[];
  /** Of a kind that is not read. */
  other?: true;
}

export interface TensorProto {
  name: string;
  /** TensorProto.DataType. */
  type: number;
  dims: number[];
  /** Little-endian bytes of all values. */
  raw?: Uint8Array;
  /** Little-endian float32. */
  floats: Uint8Array[];
  /** Of 32 bits and less, float16 as its bits. */
  int32s: number[];
  int64s: number[];
  doubles: Uint8Array[];
  external: { key: string; value: string }[];
  isExternal: boolean;
}

export interface ValueProto {
  name: string;
  /** TensorProto.DataType, or undefined for what is no tensor. */
  type?: number;
  /** Lengths; a name, or nothing, where the file leaves one open. */
  dims?: (number | string)[];
}

/** A file that is not well-formed protobuf. */
export class MalformedProto extends Error {}

/** Wire types. */
const [VARINT, LENGTH_DELIMITED, FIXED32] = [0, 2, 5];

/** A message of two bytes takes hundreds in memory, so there may not be any number of them. */
const MOST_MESSAGES = 2 ** 19;

class Reader extends PbfReader {
  #messages = 0;

  /** @throws MalformedProto where there are too many */
  count(): void {
    if (++this.#messages > MOST_MESSAGES) throw new MalformedProto("too many messages");
  }
}

type Fields<T> = (tag: number, message: T, reader: Reader) => void;

/** @throws MalformedProto for bytes that are no message, or end in the middle of one */
export function readModel(bytes: Uint8Array): ModelProto {
  const reader = new Reader(bytes);
  try {
    return fieldsTo(reader, reader.length, MODEL, {
      irVersion: 0,
      opsets: [],
      producer: "",
      metadata: [],
      functions: [],
    });
  } catch (error) {
    // The reader runs past the end of a truncated file; and what is no message asks for types that there are not.
    throw error instanceof MalformedProto ? error : new MalformedProto(String(error));
  }
}

/** A graph of an attribute. @throws MalformedProto */
export function readGraph(bytes: Uint8Array): GraphProto {
  const reader = new Reader(bytes);
  try {
    return fieldsTo(reader, reader.length, GRAPH, emptyGraph());
  } catch (error) {
    throw error instanceof MalformedProto ? error : new MalformedProto(String(error));
  }
}

/** One value as the graph describes it; undefined where the description is damaged. */
export function readValue(bytes: Uint8Array): ValueProto | undefined {
  const reader = new Reader(bytes);
  try {
    return fieldsTo(reader, reader.length, VALUE, { name: "" });
  } catch {
    return undefined;
  }
}

function fieldsTo<T>(reader: Reader, end: number, fields: Fields<T>, message: T): T {
  reader.readFields((tag, into) => fields(tag, into, reader), message, end);
  if (reader.pos !== end) throw new MalformedProto("a message runs past its end");
  return message;
}

/** Where the value that comes next ends. */
function endOf(reader: Reader): number {
  if (reader.type !== LENGTH_DELIMITED) throw new MalformedProto("a field of another type");
  const length = reader.readVarint();
  const end = reader.pos + length;
  if (!(length >= 0 && end <= reader.length)) throw new MalformedProto("a field runs past the end");
  return end;
}

function message<T>(reader: Reader, fields: Fields<T>, start: T): T {
  reader.count();
  return fieldsTo(reader, endOf(reader), fields, start);
}

function bytesOf(reader: Reader): Uint8Array {
  const end = endOf(reader);
  const bytes = reader.buf.subarray(reader.pos, end);
  reader.pos = end;
  return bytes;
}

const decoder = new TextDecoder();

function textOf(reader: Reader): string {
  return decoder.decode(bytesOf(reader));
}

function integer(reader: Reader): number {
  if (reader.type !== VARINT) throw new MalformedProto("a field of another type");
  return reader.readVarint(true);
}

function float(reader: Reader): number {
  if (reader.type !== FIXED32) throw new MalformedProto("a field of another type");
  return reader.readFloat();
}

/** A repeated number, packed or one by one. */
function numbers(reader: Reader, list: number[], read: () => number): void {
  const end = reader.type === LENGTH_DELIMITED ? endOf(reader) : reader.pos + 1;
  while (reader.pos < end) list.push(read());
}

/** Repeated numbers of a fixed width as their bytes. */
function fixed(reader: Reader, list: Uint8Array[], width: number): void {
  if (reader.type === LENGTH_DELIMITED) list.push(bytesOf(reader));
  else {
    reader.count();
    list.push(reader.buf.subarray(reader.pos, reader.pos + width));
    reader.pos += width;
  }
}

const MODEL: Fields<ModelProto> = (tag, model, reader) => {
  if (tag === 1) model.irVersion = integer(reader);
  else if (tag === 2) model.producer = textOf(reader);
  else if (tag === 7) model.graph = message(reader, GRAPH, model.graph ?? emptyGraph());
  else if (tag === 8) model.opsets.push(message(reader, OPSET, { domain: "", version: 0 }));
  else if (tag === 14) model.metadata.push(message(reader, ENTRY, { key: "", value: "" }));
  else if (tag === 25) model.functions.push(message(reader, FUNCTION, { name: "" }).name);
};

const OPSET: Fields<{ domain: string; version: number }> = (tag, opset, reader) => {
  if (tag === 1) opset.domain = textOf(reader);
  else if (tag === 2) opset.version = integer(reader);
};

const ENTRY: Fields<{ key: string; value: string }> = (tag, entry, reader) => {
  if (tag === 1) entry.key = textOf(reader);
  else if (tag === 2) entry.value = textOf(reader);
};

const FUNCTION: Fields<{ name: string }> = (tag, found, reader) => {
  if (tag === 1) found.name = textOf(reader);
};

function emptyGraph(): GraphProto {
  return { name: "", nodes: [], initializers: [], sparse: 0, inputs: [], outputs: [], described: [] };
}

const GRAPH: Fields<GraphProto> = (tag, graph, reader) => {
  if (tag === 1)
    graph.nodes.push(
      message(reader, NODE, { name: "", type: "", domain: "", inputs: [], outputs: [], attributes: [] }),
    );
  else if (tag === 2) graph.name = textOf(reader);
  else if (tag === 5) graph.initializers.push(message(reader, TENSOR, emptyTensor()));
  else if (tag === 11) graph.inputs.push(message(reader, VALUE, { name: "" }));
  else if (tag === 12) graph.outputs.push(message(reader, VALUE, { name: "" }));
  else if (tag === 13) {
    reader.count();
    graph.described.push(bytesOf(reader));
  } else if (tag === 15) graph.sparse++;
};

const NODE: Fields<NodeProto> = (tag, node, reader) => {
  if (tag === 1) node.inputs.push(textOf(reader));
  else if (tag === 2) node.outputs.push(textOf(reader));
  else if (tag === 3) node.name = textOf(reader);
  else if (tag === 4) node.type = textOf(reader);
  else if (tag === 5)
    node.attributes.push(message(reader, ATTRIBUTE, { name: "", floats: [], ints: [], texts: [] }));
  else if (tag === 7) node.domain = textOf(reader);
};

const ATTRIBUTE: Fields<AttributeProto> = (tag, attribute, reader) => {
  if (tag === 1) attribute.name = textOf(reader);
  else if (tag === 2) attribute.float = float(reader);
  else if (tag === 3) attribute.int = integer(reader);
  else if (tag === 4) attribute.text = textOf(reader);
  else if (tag === 5) attribute.tensor = message(reader, TENSOR, emptyTensor());
  else if (tag === 6) attribute.graph = bytesOf(reader);
  else if (tag === 7) numbers(reader, attribute.floats, () => reader.readFloat());
  else if (tag === 8) numbers(reader, attribute.ints, () => reader.readVarint(true));
  else if (tag === 9) attribute.texts.push(textOf(reader));
  else if (tag === 10 || tag === 11 || tag === 22 || tag === 23) attribute.other = true;
};

function emptyTensor(): TensorProto {
  return {
    name: "",
    type: 0,
    dims: [],
    floats: [],
    int32s: [],
    int64s: [],
    doubles: [],
    external: [],
    isExternal: false,
  };
}

const TENSOR: Fields<TensorProto> = (tag, tensor, reader) => {
  if (tag === 1) numbers(reader, tensor.dims, () => reader.readVarint(true));
  else if (tag === 2) tensor.type = integer(reader);
  else if (tag === 4) fixed(reader, tensor.floats, 4);
  else if (tag === 5) numbers(reader, tensor.int32s, () => reader.readVarint(true));
  else if (tag === 7 || tag === 11) numbers(reader, tensor.int64s, () => reader.readVarint(tag === 7));
  else if (tag === 8) tensor.name = textOf(reader);
  else if (tag === 9) tensor.raw = bytesOf(reader);
  else if (tag === 10) fixed(reader, tensor.doubles, 8);
  else if (tag === 13) tensor.external.push(message(reader, ENTRY, { key: "", value: "" }));
  else if (tag === 14) tensor.isExternal = integer(reader) === 1;
};

const VALUE: Fields<ValueProto> = (tag, value, reader) => {
  if (tag === 1) value.name = textOf(reader);
  else if (tag === 2) message(reader, TYPE, value);
};

const TYPE: Fields<ValueProto> = (tag, value, reader) => {
  if (tag === 1) message(reader, TENSOR_TYPE, value);
};

const TENSOR_TYPE: Fields<ValueProto> = (tag, value, reader) => {
  if (tag === 1) value.type = integer(reader);
  else if (tag === 2) value.dims = message<(number | string)[]>(reader, SHAPE, []);
};

const SHAPE: Fields<(number | string)[]> = (tag, dims, reader) => {
  if (tag === 1) dims.push(message<{ length: number | string }>(reader, DIMENSION, { length: "" }).length);
};

const DIMENSION: Fields<{ length: number | string }> = (tag, dimension, reader) => {
  if (tag === 1) dimension.length = integer(reader);
  else if (tag === 2) dimension.length = textOf(reader);
};
