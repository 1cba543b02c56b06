import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Log } from "./spec.js";

const f: WgslFunction = {
  name: "log",
  body: `
  return Result(logarithm(x), T(1) / x);`,
};

export const lowering = elementWise<Log>({ function: () => f });
