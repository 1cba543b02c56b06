/** Values of a .npy file as they are held in memory. */
export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** Types of values that are read, by NumPy's names. */
export type NpyType =
  | "bool"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float16"
  | "float32"
  | "float64";

/** What `decodeNpy` reads. */
export interface NpyArray {
  /** Sizes of the axes; `[]` for a single number. */
  readonly shape: readonly number[];
  /** The type in the file. */
  readonly type: NpyType;
  /**
   * Values in C order, the last axis fastest, whatever their order in the file. Types without an array of their own: bool
   * becomes a `Uint8Array` of 0 and 1, float16 a `Float32Array`, int64 and uint64 arrays of `bigint`.
   */
  readonly data: NpyData;
}

/** NumPy's short name of each type, without the byte order. */
export const CODES = {
  b1: "bool",
  u1: "uint8",
  i1: "int8",
  u2: "uint16",
  i2: "int16",
  u4: "uint32",
  i4: "int32",
  u8: "uint64",
  i8: "int64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
} as const satisfies Readonly<Record<string, NpyType>>;

export const MAGIC = "\x93NUMPY";
