import { type Shader, shader } from "./shader.js";

const INVOCATIONS = 64;
/** Values of a `table` row: extent (0 images, 1 running, 2 cotangents), rows, tile, times. */
export const SCHEDULE_FIELDS = 4;

/**
 * Sizes of indirect dispatches for as many images as are still running, which is also how many the next forward pass
 * will have. One invocation a dispatch; more groups than fit into one dimension are folded into two.
 */
export const scheduleShader: Shader<"dispatches"> = shader<"dispatches">({
  name: "schedule",
  params: { dispatches: "u32" },
  reads: { table: "vec4u" },
  writes: { sizes: "u32" },
  extent: "running",
  invocations: INVOCATIONS,
  groups: `(p.dispatches + ${INVOCATIONS - 1}u) / ${INVOCATIONS}u`,
  body: `
  let i = group * ${INVOCATIONS}u + lane;
  if (i >= p.dispatches) { return; }
  let row = table[i];
  let n = select(extent, extent * call.lanes, row.x == 2u);
  let groups = row.w * ((n * row.y + row.z - 1u) / row.z);
  let height = max(1u, (groups + 65534u) / 65535u);
  sizes[3u * i] = (groups + height - 1u) / height;
  sizes[3u * i + 1u] = height;
  sizes[3u * i + 2u] = 1u;`,
});
