import { sizeOf } from "../../spec.js";
import { integers, scalar, type Tensor } from "../dataflow/tensor.js";

/** A number, or numbers in nested lists of equal lengths, as a tensor; undefined for anything else. */
export function constantOf(argument: unknown): Tensor | undefined {
  if (typeof argument === "number") return scalar(argument);
  const dims: number[] = [];
  let inner = argument;
  while (Array.isArray(inner)) {
    dims.push(inner.length);
    inner = inner[0];
  }
  if (dims.length === 0 || !Array.isArray(argument)) return undefined;
  const values: unknown[] = argument.flat(MOST_AXES);
  const fits = values.length === sizeOf(dims) && values.every((x) => typeof x === "number");
  if (!fits || !agrees(argument, dims)) return undefined;
  return {
    ...integers(values as number[], dims),
    type: "float",
    data: Float32Array.from(values as number[]),
  };
}

const MOST_AXES = 8;

function agrees(list: unknown, [length, ...rest]: readonly number[]): boolean {
  if (length === undefined) return !Array.isArray(list);
  return Array.isArray(list) && list.length === length && list.every((item) => agrees(item, rest));
}
