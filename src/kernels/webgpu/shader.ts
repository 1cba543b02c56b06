/**
 * How a WGSL kernel is written down: a function of a few structural parameters (vector or scalar, tile shape)
 * returns a {@link Shader}. Sizes are never baked in: they are fields of the uniform struct `p`, so that
 * networks share pipelines.
 *
 * Every kernel sees
 *
 * - `p`: its own parameters, one 4-byte scalar a field;
 * - `call`: what changes from call to call and lies on the device, see {@link CALL_FIELDS};
 * - its buffers, read-only ones first;
 * - `group`: the number of the workgroup, from a dispatch that is folded into two dimensions, and `lane`, the
 *   number of the invocation in it. Groups beyond the last have returned before the body starts.
 */

/** Scalar types that a uniform field may have. */
export type Scalar = "u32" | "i32" | "f32";
/** Element types of storage buffers. */
export type Element = Scalar | "vec4f" | "vec4i" | "vec4u" | "vec2f" | "vec2u" | "atomic<u32>";

/** What `call` holds, in this order, all u32. `first`: lanes that earlier passes over the same images computed. */
export const CALL_FIELDS = ["images", "running", "lanes", "first", "classes"] as const;

/**
 * What a dispatch grows with: `images`, the images of the forward pass; `running`, the images of the backward
 * pass; `cotangents`, `running * lanes`. In a backward pass `slots[i]` is the image of the forward pass that
 * the i-th running one was.
 */
export type Extent = "images" | "running" | "cotangents";

export interface Shader<P extends string = string> {
  /** Operation and structural parameters; with it the code is known, so it is the pipeline's cache key. */
  readonly name: string;
  readonly params: Readonly<Record<P, Scalar>>;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly extent: Extent;
  readonly writesCall: boolean;
  /** Whole WGSL module with one entry point, `main`. */
  readonly code: string;
}

export interface ShaderSource<P extends string> {
  readonly name: string;
  readonly params: Readonly<Record<P, Scalar>>;
  /** Element type of each read-only buffer, in binding order. */
  readonly reads: Readonly<Record<string, Element>>;
  readonly writes: Readonly<Record<string, Element>>;
  readonly extent: Extent;
  /** The kernel changes `call` itself. */
  readonly writesCall?: boolean;
  /** Invocations of a workgroup. */
  readonly invocations: number;
  /** Number of workgroups, a WGSL expression of `p`, `call` and `extent`. */
  readonly groups: string;
  /** Declarations at module scope: functions, workgroup memory. */
  readonly declarations?: string;
  /** Statements; `group` and `lane` (u32) are known. */
  readonly body: string;
}

/** The extent as a WGSL expression. */
const extents: Readonly<Record<Extent, string>> = {
  images: "call.images",
  running: "call.running",
  cotangents: "(call.running * call.lanes)",
};

/** Puts a kernel's module together. */
export function shader<P extends string>(source: ShaderSource<P>): Shader<P> {
  const {
    name,
    params,
    reads,
    writes,
    extent,
    writesCall = false,
    invocations,
    groups,
    declarations = "",
    body,
  } = source;
  // A struct must not be empty.
  const fields = Object.entries({
    ...params,
    ...(Object.keys(params).length === 0 && { unused: "u32" }),
  }).map(([field, type]) => `  ${field}: ${type},`);
  let binding = 2;
  const buffers = [
    ...Object.entries(reads).map(
      ([buffer, type]) => `@group(0) @binding(${binding++}) var<storage, read> ${buffer}: array<${type}>;`,
    ),
    ...Object.entries(writes).map(
      ([buffer, type]) =>
        `@group(0) @binding(${binding++}) var<storage, read_write> ${buffer}: array<${type}>;`,
    ),
  ];
  const code = `struct Params {
${fields.join("\n")}
}
struct Call {
${CALL_FIELDS.map((field) => `  ${field}: u32,`).join("\n")}
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, ${writesCall ? "read_write" : "read"}> call: Call;
${buffers.join("\n")}
${declarations.trim()}
@compute @workgroup_size(${invocations})
fn main(
  @builtin(workgroup_id) group_id: vec3u,
  @builtin(num_workgroups) group_count: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_id.x + group_id.y * group_count.x;
  let extent = ${extents[extent]};
  if (group >= ${groups}) { return; }
${body.trim()}
}
`;
  return { name, params, reads: Object.keys(reads), writes: Object.keys(writes), extent, writesCall, code };
}

export interface MapSource<P extends string>
  extends Omit<ShaderSource<P | "units">, "invocations" | "groups" | "params"> {
  readonly params: Readonly<Record<P, Scalar>>;
}

/** Invocations of a workgroup of element-wise kernels. */
export const MAP_INVOCATIONS = 64;

/**
 * A kernel with one invocation for each of `extent * units` results. The body knows `n`, the image or
 * cotangent, `u`, the result within it, and `at = n * units + u`. `units` joins the parameters.
 */
export function mapShader<P extends string>(source: MapSource<P>): Shader<P | "units"> {
  return shader<P | "units">({
    ...source,
    params: { units: "u32", ...source.params } as Record<P | "units", Scalar>,
    invocations: MAP_INVOCATIONS,
    groups: `(extent * p.units + ${MAP_INVOCATIONS - 1}u) / ${MAP_INVOCATIONS}u`,
    body: `
  let at = group * ${MAP_INVOCATIONS}u + lane;
  if (at >= extent * p.units) { return; }
  let n = at / p.units;
  let u = at % p.units;
${source.body}`,
  });
}

/** Results of a workgroup of {@link spanShader}. */
export const SPAN = 1024;

/** As {@link mapShader}, with four results for each of 256 invocations: for little work on each of many values. */
export function spanShader<P extends string>(source: MapSource<P>): Shader<P | "units"> {
  return shader<P | "units">({
    ...source,
    params: { units: "u32", ...source.params } as Record<P | "units", Scalar>,
    invocations: SPAN / 4,
    groups: `(extent * p.units + ${SPAN - 1}u) / ${SPAN}u`,
    body: `
  let end = min(extent * p.units, (group + 1u) * ${SPAN}u);
  for (var at = group * ${SPAN}u + lane; at < end; at += ${SPAN / 4}u) {
    let n = at / p.units;
    let u = at % p.units;
${source.body}
  }`,
  });
}

/** How a kernel of the backward pass ends: what it adds its share to, and which units are live. */
export interface Share {
  /** The cotangent so far, added to the result. */
  readonly added: boolean;
  /** Units of the value that are dead get 0; see {@link liveShare}. */
  readonly masked: boolean;
}

/** A result that nothing is added to and nothing masks. */
export const ALONE: Share = { added: false, masked: false };

/** Parameters, buffers and code that every kernel has which writes a cotangent. `units` is the value's size. */
export function shareParts({ added, masked }: Share, element: "f32" | "vec4f" = "f32") {
  const zero = element === "f32" ? "0.0" : "vec4f()";
  return {
    suffix: `${added ? "_added" : ""}${masked ? "_masked" : ""}`,
    params: (masked ? { low: "f32", high: "f32" } : {}) as Record<"low" | "high", Scalar>,
    reads: {
      ...(added && { addend: element }),
      ...(masked && { value: element, slots: "u32" as const }),
    } as Record<string, Element>,
    /**
     * `fn share(n, units, u, x)`: what to store at unit (or vector of units) `u` of cotangent `n`, for the kernel's
     * own sum `x`; `units` in the same vectors.
     */
    code: `
fn share(n: u32, units: u32, u: u32, x: ${element}) -> ${element} {
  var sum = x;
${added ? "  sum += addend[n * units + u];" : ""}
${
  masked
    ? `  let v = value[slots[n / call.lanes] * units + u];
  return select(${zero}, sum, ${element === "f32" ? "v > p.low && v < p.high" : "(v > vec4f(p.low)) & (v < vec4f(p.high))"});`
    : "  return sum;"
}
}
`,
  };
}
