import { PbfWriter } from "pbf";
import { randomValues } from "../support/random_values.js";

const FLOAT = 1;

/** Fields of messages of onnx.proto, by number. */
type Message = (writer: PbfWriter) => void;

function tensor(name: string, dims: readonly number[], values: Float32Array): Message {
  return (writer) => {
    for (const length of dims) writer.writeVarintField(1, length);
    writer.writeVarintField(2, FLOAT);
    writer.writeStringField(8, name);
    writer.writeBytesField(9, new Uint8Array(values.buffer));
  };
}

function node(type: string, inputs: readonly string[], output: string): Message {
  return (writer) => {
    for (const name of inputs) writer.writeStringField(1, name);
    writer.writeStringField(2, output);
    writer.writeStringField(3, output);
    writer.writeStringField(4, type);
  };
}

function value(name: string, dims: readonly number[]): Message {
  const shape: Message = (writer) => {
    for (const length of dims)
      writer.writeMessage(1, (_: unknown, inner: PbfWriter) => inner.writeVarintField(1, length), undefined);
  };
  const tensorType: Message = (writer) => {
    writer.writeVarintField(1, FLOAT);
    writer.writeMessage(2, (_: unknown, inner: PbfWriter) => shape(inner), undefined);
  };
  const type: Message = (writer) =>
    writer.writeMessage(1, (_: unknown, inner: PbfWriter) => tensorType(inner), undefined);
  return (writer) => {
    writer.writeStringField(1, name);
    writer.writeMessage(2, (_: unknown, inner: PbfWriter) => type(inner), undefined);
  };
}

/** An ONNX file as PyTorch exports a small classifier: convolution, relu, flatten, a dense layer. */
export function onnxModel(size: number, filters: number, classes: number): Uint8Array {
  const random = randomValues(size);
  const values = (count: number, range: number) =>
    Float32Array.from({ length: count }, () => random.uniform(-range, range));
  const inner = size - 2;
  const flat = filters * inner * inner;
  const graph: Message = (writer) => {
    const each = (field: number, messages: readonly Message[]) => {
      for (const message of messages)
        writer.writeMessage(field, (_: unknown, to: PbfWriter) => message(to), undefined);
    };
    each(1, [
      node("Conv", ["image", "kernel"], "conv"),
      node("Relu", ["conv"], "relu"),
      node("Flatten", ["relu"], "flat"),
      node("Gemm", ["flat", "weights"], "scores"),
    ]);
    writer.writeStringField(2, "tiny");
    each(5, [
      tensor("kernel", [filters, 3, 3, 3], values(filters * 27, 0.5)),
      tensor("weights", [flat, classes], values(flat * classes, 0.3)),
    ]);
    each(11, [value("image", [1, 3, size, size])]);
    each(12, [value("scores", [1, classes])]);
  };
  const writer = new PbfWriter();
  writer.writeVarintField(1, 8);
  writer.writeStringField(2, "pytorch");
  writer.writeMessage(7, (_: unknown, to: PbfWriter) => graph(to), undefined);
  writer.writeMessage(8, (_: unknown, to: PbfWriter) => to.writeVarintField(2, 17), undefined);
  return writer.finish();
}
