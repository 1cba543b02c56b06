import type { Tensor } from "../dataflow/tensor.js";
import { isRecord, quoted, valueText } from "../failure.js";

/** Ends in a one-line error that names the node. */
type Reject = (problem: string) => never;

/** Attributes of types, names and hints that change no result. */
const HARMLESS = new Set([
  // Types of values, which the values have themselves.
  ...[
    "T",
    "U",
    "DstT",
    "SrcT",
    "dtype",
    "element_dtype",
    "index_type",
    "out_type",
    "output_type",
    "shape_type",
  ],
  ...["Index", "TArgs", "Taxis", "Tblock_shape", "Tcond", "Tcrops", "Tdim", "Tdims", "Tidx", "Tindices"],
  ...[
    "Tlen",
    "Tmultiples",
    "Toutput_types",
    "Tparams",
    "Tpaddings",
    "Tperm",
    "Tshape",
    "Tsplits",
    "TI",
    "Ta",
    "Tb",
    "Tout",
  ],
  // Numbers of inputs and outputs, which the node has.
  ...["N", "num", "num_args", "num_host_args", "num_split"],
  // Training, checks and choices of kernels.
  ...["Truncate", "exponential_avg_factor", "grad_a", "grad_b", "grad_x", "grad_y", "host_args"],
  ...["parallel_iterations", "use_cudnn_on_gpu", "validate_indices"],
]);

/** TensorFlow keeps names that begin with an underscore for hints of its own. */
export function isHarmless(name: string): boolean {
  return HARMLESS.has(name) || name.startsWith("_");
}

/** Numbers of types in protobuf's enumeration, as few writers leave them. */
const TYPES: Readonly<Record<number, string>> = {
  1: "DT_FLOAT",
  2: "DT_DOUBLE",
  3: "DT_INT32",
  4: "DT_UINT8",
  6: "DT_INT8",
  9: "DT_INT64",
  10: "DT_BOOL",
  14: "DT_BFLOAT16",
  19: "DT_HALF",
};

/** What the tensors of a type hold, or undefined where they hold no real numbers. */
export function kindOfType(type: string): Tensor["type"] | undefined {
  switch (type) {
    case "DT_FLOAT":
    case "DT_DOUBLE":
    case "DT_HALF":
    case "DT_BFLOAT16":
      return "float";
    case "DT_INT32":
    case "DT_INT64":
    case "DT_UINT8":
    case "DT_INT8":
      return "integer";
    case "DT_BOOL":
      return "boolean";
    default:
      return undefined;
  }
}

/**
 * The field of an attribute that holds its value, `{"i": "1"}`; undefined for one that is absent or empty, which stands for the
 * operator's default.
 *
 * @param fields those that may hold it
 */
export function fieldOf(value: unknown, fields: readonly string[], name: string, reject: Reject): unknown {
  if (value === undefined) return undefined;
  const expected = () =>
    reject(`attribute ${quoted(name)} is ${valueText(value)}, expected ${fields.join(" or ")}`);
  if (!isRecord(value)) return expected();
  const found = fields.find((field) => value[field] !== undefined && value[field] !== null);
  if (found === undefined) return Object.keys(value).length === 0 ? undefined : expected();
  return value[found];
}

/** 64 bits, which JSON has as text. */
export function integerFrom(value: unknown, name: string, reject: Reject): number {
  const number = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  return Number.isInteger(number) && value !== ""
    ? number
    : reject(`attribute ${quoted(name)} has ${valueText(value)}, expected an integer`);
}

/** Bytes, which JSON has in base64, and some writers as a list of codes. */
export function textFrom(value: unknown, name: string, reject: Reject): string {
  const expected = () => reject(`attribute ${quoted(name)} has ${valueText(value)}, expected text in base64`);
  if (Array.isArray(value))
    return value.length < 256 && value.every((code) => Number.isInteger(code) && code >= 0 && code < 256)
      ? String.fromCharCode(...value)
      : expected();
  if (typeof value !== "string") return expected();
  try {
    return atob(value);
  } catch {
    return expected();
  }
}

/** One list of `{"list": {"i": [...]}}`; a list of another kind is an error, none at all is empty. */
export function listFrom(value: unknown, field: "i" | "s", name: string, reject: Reject): readonly unknown[] {
  if (value === undefined) return [];
  const expected = () => reject(`attribute ${quoted(name)} has ${valueText(value)}, expected a list`);
  if (!isRecord(value)) return expected();
  const list = value[field] ?? [];
  const others = Object.entries(value).some(
    ([other, entries]) => other !== field && Array.isArray(entries) && entries.length > 0,
  );
  return Array.isArray(list) && !others ? list : expected();
}

/** A type by its name, `DT_FLOAT`. */
export function typeFrom(value: unknown): string {
  return typeof value === "number" ? (TYPES[value] ?? String(value)) : typeof value === "string" ? value : "";
}

/** Lengths of a shape; -1 where the graph leaves one open. Undefined for an unknown rank. */
export function shapeFrom(value: unknown, name: string, reject: Reject): number[] | undefined {
  if (!isRecord(value) || value.unknownRank === true) return undefined;
  const dim = value.dim ?? [];
  if (!Array.isArray(dim))
    return reject(`attribute ${quoted(name)} has ${valueText(value)}, expected a shape`);
  return dim.map((one) => (isRecord(one) ? integerFrom(one.size ?? -1, name, reject) : -1));
}
