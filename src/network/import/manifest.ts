import { shapeText } from "../../kernels/checks.js";
import { firstNotFinite } from "../../kernels/finite.js";
import { halfValue } from "../../kernels/half_value.js";
import type { Shape } from "../spec.js";
import { isRecord, quoted, rejectModel, valueText } from "./failure.js";
import { manifestSegments } from "./manifest_path.js";

/** A weight of the model, row-major. */
export interface Weight {
  readonly name: string;
  readonly shape: Shape;
  readonly type: "float" | "integer" | "boolean";
  /** Integers are float64, which holds all of 32 bits. */
  readonly data: Float32Array | Float64Array;
}

/** The values as layers take them. */
export function float32Of({ data }: Weight): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** One entry of `weightsManifest[].weights`: how `count` values lie in the file. */
interface Entry {
  readonly name: string;
  readonly shape: Shape;
  readonly count: number;
  readonly type: Weight["type"];
  /** Type in the file, and how a stored value becomes a weight. */
  readonly stored: StoredType;
  readonly affine?: { readonly scale: number; readonly min: number; readonly round: boolean };
  /** State of the optimizer: it takes up room in the file and is not loaded. */
  readonly optimizer: boolean;
}

/** A group of weights whose values lie back to back in its files, the files joined in order. */
export interface ManifestGroup {
  readonly files: readonly (readonly string[])[];
  readonly entries: readonly Entry[];
  readonly bytes: number;
}

const STORED_BYTES = { float32: 4, int32: 4, uint16: 2, float16: 2, uint8: 1, bool: 1 } as const;
type StoredType = keyof typeof STORED_BYTES;

/** More than any classifier and all that a 32-bit memory can hold: 4 GiB. */
const LARGEST_GROUP = 2 ** 32;

/**
 * Validates a `weightsManifest`. Nothing is allocated: sizes are compared with the files before that.
 *
 * @param where name of the file for messages
 * @throws ModelError for a malformed entry or a path that leaves the folder
 */
export function parseManifest(manifest: unknown, where: string): ManifestGroup[] {
  if (!Array.isArray(manifest)) rejectModel(where, "weightsManifest is not a list");
  const seen = new Set<string>();
  return manifest.map((group) => {
    if (!isRecord(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights))
      rejectModel(where, "a group of weightsManifest has no paths or no weights");
    const files = group.paths.map((path) => {
      const segments = manifestSegments(path, where);
      const file = segments.join("/");
      if (seen.has(file)) rejectModel(where, `weightsManifest lists the file ${quoted(file)} twice`);
      seen.add(file);
      return segments;
    });
    const entries = group.weights.map((entry) => parseEntry(entry, where));
    const bytes = entries.reduce((sum, entry) => sum + entry.count * STORED_BYTES[entry.stored], 0);
    if (bytes > LARGEST_GROUP)
      rejectModel(
        where,
        `weightsManifest declares ${bytes} bytes in one group, expected at most ${LARGEST_GROUP}`,
      );
    return { files, entries, bytes };
  });
}

function parseEntry(entry: unknown, where: string): Entry {
  if (!isRecord(entry) || typeof entry.name !== "string")
    rejectModel(where, `an entry of weightsManifest has no name: ${valueText(entry)}`);
  const { name, shape, dtype } = entry;
  const reject = (problem: string) => rejectModel(where, `weight ${quoted(name)}: ${problem}`);
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    return reject(`shape is ${valueText(shape)}, expected a list of sizes`);
  const count = shape.reduce((product: number, n: number) => product * n, 1);
  const type = dtype === "int32" ? "integer" : dtype === "bool" ? "boolean" : "float";
  const common = { name, shape, count, type, optimizer: entry.group === "optimizer" } as const;
  if (isRecord(entry.quantization))
    return { ...common, ...parseQuantization(entry.quantization, dtype, reject) };
  if (!isStoredType(dtype))
    return reject(`dtype is ${valueText(dtype)}, expected ${Object.keys(STORED_BYTES).join(", ")}`);
  return { ...common, stored: dtype };
}

function parseQuantization(
  quantization: Readonly<Record<string, unknown>>,
  entryType: unknown,
  reject: (problem: string) => never,
): Pick<Entry, "stored" | "affine"> {
  const { dtype: stored, scale, min } = quantization;
  const original = quantization.original_dtype ?? entryType;
  if (original !== "float32" && original !== "int32")
    reject(`quantised dtype is ${valueText(original)}, expected float32 or int32`);
  if (stored === "float16") return { stored };
  if (stored !== "uint8" && stored !== "uint16")
    return reject(`quantization.dtype is ${valueText(stored)}, expected uint8, uint16 or float16`);
  if (typeof scale !== "number" || typeof min !== "number")
    return reject(`quantization to ${stored} has no scale or no min`);
  return { stored, affine: { scale, min, round: original === "int32" } };
}

function isStoredType(dtype: unknown): dtype is StoredType {
  return typeof dtype === "string" && Object.hasOwn(STORED_BYTES, dtype);
}

/**
 * Weights of one group from its bytes, optimizer state left out.
 *
 * @param bytes exactly `group.bytes` of them, which are nobody else's: weights in float32 stay there
 * @throws ModelError for a weight that is not finite
 */
export function decodeGroup(group: ManifestGroup, bytes: Uint8Array<ArrayBuffer>, where: string): Weight[] {
  const weights: Weight[] = [];
  // Weights may lie where they were read, unless much lies there that nobody needs afterwards.
  const stays = group.entries.filter(({ stored, optimizer }) => stored === "float32" && !optimizer);
  const mayStay = stays.reduce((sum, { count }) => sum + 4 * count, 0) > 0.9 * group.bytes;
  let start = 0;
  for (const entry of group.entries) {
    const end = start + entry.count * STORED_BYTES[entry.stored];
    if (!entry.optimizer) {
      const data = decode(entry, bytes.subarray(start, end), mayStay);
      checkFinite(entry, data, where);
      weights.push({ name: entry.name, shape: entry.shape, type: entry.type, data });
    }
    start = end;
  }
  return weights;
}

function decode({ stored, affine }: Entry, bytes: Uint8Array<ArrayBuffer>, mayStay: boolean): Weight["data"] {
  if (mayStay && stored === "float32" && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  // A copy, because a weight may start at any byte and a typed array may not.
  const { buffer } = bytes.slice();
  if (stored === "float32") return new Float32Array(buffer);
  if (stored === "int32") return Float64Array.from(new Int32Array(buffer));
  const values =
    stored === "uint16" || stored === "float16" ? new Uint16Array(buffer) : new Uint8Array(buffer);
  if (stored === "float16") return Float32Array.from(values, halfValue);
  if (!affine) return Float32Array.from(values);
  const { scale, min, round } = affine;
  return round
    ? Float64Array.from(values, (v) => Math.round(v * scale + min))
    : Float32Array.from(values, (v) => v * scale + min);
}

function checkFinite(entry: Entry, data: Weight["data"], where: string): void {
  const i = firstNotFinite(data);
  if (i >= 0)
    rejectModel(
      where,
      `weight ${quoted(entry.name)} (${shapeText(entry.shape)}) is ${data[i]} at ${i}, expected finite values`,
    );
}
