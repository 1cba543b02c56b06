import type * as tfjs from "@tensorflow/tfjs";
import { randomValues } from "../../support/random_values.js";
import { tf } from "../layers_model_fixtures.js";

/** One attribute of a node, as protobuf's JSON has it: integers and sizes are texts, bytes are base64. */
export type Attribute = Readonly<Record<string, unknown>>;

export const type = (name: string): Attribute => ({ type: name });
export const integer = (n: number): Attribute => ({ i: String(n) });
export const float = (x: number): Attribute => ({ f: x });
export const flag = (value: boolean): Attribute => ({ b: value });
export const text = (value: string): Attribute => ({ s: btoa(value) });
export const integers = (...list: number[]): Attribute => ({
  list: list.length > 0 ? { i: list.map(String) } : {},
});
export const texts = (...list: string[]): Attribute => ({
  list: { s: list.map((value) => btoa(value)) },
});
export const shape = (dims: readonly number[]): Attribute => ({
  shape: { dim: dims.map((size) => ({ size: String(size) })) },
});

interface NodeDef {
  name: string;
  op: string;
  input?: string[];
  attr: Record<string, Attribute>;
}

interface Weight extends tfjs.io.WeightsManifestEntry {
  readonly bytes: Uint8Array;
}

/** How a weight is stored: as it is, or quantised as the converter does. */
export type Storage = "float32" | "float16" | "uint8" | "uint16";

/** A GraphModel under construction: nodes, and the values of those that are constants. */
export class GraphFile {
  readonly nodes: NodeDef[] = [];
  readonly weights: Weight[] = [];
  /** Fields of `model.json` beside topology and manifest. */
  readonly extra: Record<string, unknown> = {};
  readonly #random;

  constructor(seed = 1) {
    this.#random = randomValues(seed);
  }

  /** The image; -1 for a length that is open. */
  input(dims: readonly number[], name = "x", dtype = "DT_FLOAT"): string {
    return this.add("Placeholder", [], { shape: shape(dims), dtype: type(dtype) }, name);
  }

  /** Random weights in [low, high). */
  random(dims: readonly number[], low = -1, high = 1, storage: Storage = "float32"): string {
    const size = dims.reduce((product, n) => product * n, 1);
    const values = Array.from({ length: size }, () => this.#random.uniform(low, high));
    return this.#constant(dims, "DT_FLOAT", stored(values, storage));
  }

  floats(values: number | readonly number[], dims?: readonly number[]): string {
    const list = typeof values === "number" ? [values] : [...values];
    return this.#constant(
      dims ?? (typeof values === "number" ? [] : [list.length]),
      "DT_FLOAT",
      stored(list, "float32"),
    );
  }

  integers(values: number | readonly number[], dims?: readonly number[]): string {
    const list = typeof values === "number" ? [values] : [...values];
    const bytes = new Uint8Array(Int32Array.from(list).buffer);
    return this.#constant(dims ?? (typeof values === "number" ? [] : [list.length]), "DT_INT32", {
      dtype: "int32",
      bytes,
    });
  }

  boolean(value: boolean): string {
    return this.#constant([], "DT_BOOL", { dtype: "bool", bytes: Uint8Array.of(Number(value)) });
  }

  add(
    op: string,
    inputs: readonly string[],
    attr: Record<string, Attribute> = {},
    name = `${op.toLowerCase()}_${this.nodes.length}`,
  ): string {
    this.nodes.push({ name, op, ...(inputs.length > 0 && { input: [...inputs] }), attr });
    return name;
  }

  /** `[N, ...]` to `[N, n]` as Keras's Flatten is frozen: Shape, StridedSlice, Pack, Reshape. */
  flat(x: string): string {
    const dims = this.add("Shape", [x], { T: type("DT_FLOAT"), out_type: type("DT_INT32") });
    const batch = this.add(
      "StridedSlice",
      [dims, this.integers([0]), this.integers([1]), this.integers([1])],
      {
        T: type("DT_INT32"),
        Index: type("DT_INT32"),
        begin_mask: integer(0),
        end_mask: integer(0),
        ellipsis_mask: integer(0),
        new_axis_mask: integer(0),
        shrink_axis_mask: integer(1),
      },
    );
    const target = this.add("Pack", [batch, this.integers(-1)], {
      N: integer(2),
      axis: integer(0),
      T: type("DT_INT32"),
    });
    return this.add("Reshape", [x, target], { T: type("DT_FLOAT"), Tshape: type("DT_INT32") });
  }

  /** Flattened, with something added: a sigmoid that ended the graph would be stripped. */
  end(x: string): string {
    return this.flat(this.add("AddV2", [x, this.floats(0.25)]));
  }

  /** Names the outputs in a signature, with keys of their own. */
  sign(...names: string[]): void {
    this.extra.signature = this.signature(...names);
  }

  signature(...names: string[]): object {
    return {
      inputs: Object.fromEntries(
        this.nodes
          .filter(({ op }) => op === "Placeholder")
          .map(({ name }) => [`input_${name}`, { name: `${name}:0`, dtype: "DT_FLOAT" }]),
      ),
      outputs: Object.fromEntries(
        names.map((name, i) => [
          `output_${i}`,
          { name: name.includes(":") ? name : `${name}:0`, dtype: "DT_FLOAT" },
        ]),
      ),
    };
  }

  /** `model.json` as an object, and its weights. */
  saved(): { readonly json: Record<string, unknown>; readonly bytes: Uint8Array<ArrayBuffer> } {
    const json = {
      format: "graph-model",
      generatedBy: "2.15.0",
      convertedBy: "TensorFlow.js Converter v4.22.0",
      modelTopology: { node: this.nodes, library: {}, versions: { producer: 1482 } },
      weightsManifest: [{ paths: ["group1-shard1of1.bin"], weights: this.#specs() }],
      ...this.extra,
    };
    // As text and back, as it reaches a file.
    return { json: JSON.parse(JSON.stringify(json)), bytes: this.#bytes() };
  }

  files(): File[] {
    const { json, bytes } = this.saved();
    return [new File([JSON.stringify(json)], "model.json"), new File([bytes], "group1-shard1of1.bin")];
  }

  /** As TensorFlow.js loads it. */
  live(): Promise<tfjs.GraphModel> {
    const { json, bytes } = this.saved();
    return tf.loadGraphModel(
      tf.io.fromMemory({
        modelTopology: json.modelTopology as object,
        format: "graph-model",
        weightSpecs: this.#specs(),
        weightData: bytes.buffer,
        signature: json.signature as object,
        userDefinedMetadata: json.userDefinedMetadata as Record<string, unknown>,
      }) as tfjs.io.IOHandler,
    );
  }

  #specs(): tfjs.io.WeightsManifestEntry[] {
    return this.weights.map(({ bytes: _, ...spec }) => spec);
  }

  #bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.weights.reduce((sum, weight) => sum + weight.bytes.length, 0));
    let offset = 0;
    for (const weight of this.weights) {
      bytes.set(weight.bytes, offset);
      offset += weight.bytes.length;
    }
    return bytes;
  }

  #constant(dims: readonly number[], dtype: string, weight: Omit<Weight, "name" | "shape">): string {
    // The converter moves values to the manifest and leaves the type.
    const value = { tensor: { dtype, tensorShape: { dim: dims.map((size) => ({ size: String(size) })) } } };
    const name = this.add("Const", [], { dtype: type(dtype), value });
    this.weights.push({ name, shape: [...dims], ...weight });
    return name;
  }
}

function stored(values: readonly number[], storage: Storage): Omit<Weight, "name" | "shape"> {
  if (storage === "float32")
    return { dtype: "float32", bytes: new Uint8Array(Float32Array.from(values).buffer) };
  if (storage === "float16") {
    // Halves of 1.0 to 2.0 with random digits, of either sign.
    const halves = Uint16Array.from(
      values,
      (x) => (x < 0 ? 0x8000 : 0) | (0x3800 + Math.round(Math.abs(x) * 1023)),
    );
    return {
      dtype: "float32",
      bytes: new Uint8Array(halves.buffer),
      quantization: { dtype: "float16", original_dtype: "float32" } as never,
    };
  }
  const levels = storage === "uint8" ? 255 : 65535;
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const scale = (max - min) / levels || 1;
  const codes = values.map((x) => Math.round((x - min) / scale));
  const bytes = storage === "uint8" ? Uint8Array.from(codes) : new Uint8Array(Uint16Array.from(codes).buffer);
  return { dtype: "float32", bytes, quantization: { dtype: storage, scale, min } };
}
