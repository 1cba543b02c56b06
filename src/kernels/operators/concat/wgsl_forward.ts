import { mapShader, type Shader } from "../../webgpu/shader.js";

/** Inputs that one dispatch takes: with `call` and the output, within eight buffers. */
export const MOST_INPUTS = 4;
const ENDS = ["end0", "end1", "end2", "end3"] as const;

export type ConcatParams = "run" | "total" | "offset" | (typeof ENDS)[number];

export interface ConcatStructure {
  /** 1 to {@link MOST_INPUTS}. */
  readonly inputs: number;
  /** All runs and offsets are multiples of four: an element is four units. */
  readonly vector: boolean;
}

/**
 * Rows of up to four inputs side by side, from element `offset` of the `total` of an output row. Input k fills the
 * elements `end(k - 1) .. end(k) - 1` of the `run` that they fill together. `units` are rows times `run`.
 */
export function concatForwardShader({ inputs, vector }: ConcatStructure): Shader<"units" | ConcatParams> {
  const type = vector ? "vec4f" : "f32";
  const parts = Array.from({ length: inputs }, (_, k) => k);
  const take = (k: number) => {
    const start = k === 0 ? "0u" : `p.end${k - 1}`;
    return `{ value = x${k}[row * (p.end${k} - ${start}) + e - ${start}]; }`;
  };
  return mapShader<ConcatParams>({
    name: `concat_${inputs}${vector ? "_c4" : ""}`,
    params: {
      run: "u32",
      total: "u32",
      offset: "u32",
      ...(Object.fromEntries(ENDS.map((end) => [end, "u32"])) as Record<(typeof ENDS)[number], "u32">),
    },
    reads: Object.fromEntries(parts.map((k) => [`x${k}`, type])),
    writes: { y: type },
    extent: "images",
    body: `
  let row = at / p.run;
  let e = at % p.run;
  var value = ${type}();
  ${parts.map((k) => (k < inputs - 1 ? `if (e < p.end${k}) ${take(k)}` : take(k))).join("\n  else ")}
  y[row * p.total + p.offset + e] = value;`,
  });
}
