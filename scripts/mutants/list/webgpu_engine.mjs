/** What networks become on the WebGPU engine. */
import { equivalence, kernels, webgpu } from "../suites.mjs";

const gpuPlan = (file) => webgpu("engines/webgpu", file, [equivalence("webgpu", "fusion", "graph")]);

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...gpuPlan("backward.ts"),
    name: "WebGPU backward: mask",
    what: "a single share that was passed on is not masked",
    from: "const whole = () => list.length === 1 && (list[0].masked || !masks.has(name));",
    to: "const whole = () => list.length === 1;",
  },
  {
    ...gpuPlan("arena.ts"),
    name: "WebGPU arena: lifetimes",
    what: "a buffer is free again before the dispatch that reads it last",
    from: "last.get(tensor) === i && !alone.has(tensor)",
    to: "(last.get(tensor) ?? 0) <= i + 1 && !alone.has(tensor)",
  },
  {
    ...webgpu("engines/webgpu", "program.ts", kernels("webgpu_calls")),
    name: "WebGPU groups: fold",
    what: "more workgroups than fit one dimension are not folded",
    from: "const height = Math.ceil(groups / MOST_GROUPS);",
    to: "const height = 1;",
  },
];
