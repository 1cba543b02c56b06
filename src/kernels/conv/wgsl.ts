import { clampCode } from "../webgpu/not_a_number.js";
import { type Element, type Scalar, type Shader, type Share, shader, shareParts } from "../webgpu/shader.js";
import { type WeightStorage, weightParts } from "../webgpu/weights.js";

/**
 * Shape of a tile: `rows x columns` of the result a workgroup, `rowsEach x columnsEach` an invocation.
 * `columnsEach` is 4 or 8.
 */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly rowsEach: number;
  readonly columnsEach: number;
  /** Depth that lies in workgroup memory at a time, a multiple of 4. More hides latency where groups are few. */
  readonly depth: number;
}

/** Which kernel it is: structure that the code depends on. */
export interface ConvStructure {
  /** Forward: bias, residual (`added`) and clamp. Else a vjp, which ends in a {@link Share}. */
  readonly pass: "forward" | "vjp";
  readonly tile: Tile;
  /** The depth of a group is a multiple of four, so that four channels are read at once. */
  readonly vectorDepth: boolean;
  /** The columns of a group are a multiple of four, so that four are written at once. */
  readonly vectorColumns: boolean;
  readonly share: Share;
  readonly storage: WeightStorage;
}

/** Entries of `geometry` that describe one class of output pixels, before the taps. */
export const CLASS_ENTRIES = 2;

const params = {
  inHeight: "i32",
  inWidth: "i32",
  inChannels: "u32",
  depth: "u32",
  outHeight: "u32",
  outWidth: "u32",
  outChannels: "u32",
  columns: "u32",
  /** Input pixels from one output pixel of a class to the next, and output pixels. */
  inStepY: "i32",
  inStepX: "i32",
  outStepY: "u32",
  outStepX: "u32",
  classes: "u32",
  groups: "u32",
  /** Pixels of the largest class. */
  classRows: "u32",
  low: "f32",
  high: "f32",
} as const satisfies Record<string, Scalar>;

export type ConvParams = keyof typeof params | "weightScale";

/**
 * Convolution as an implicit matrix product: a row is a pixel of the result, a column a channel, the depth runs
 * over taps and channels of the input, in this order in every variant, so that all variants round alike and
 * the choice of a tile never shows.
 *
 *     y[n, i, j, c] = sum_t sum_d x[n, i' + dy_t, j' + dx_t, d] w[t, d, c]
 *
 * The pixels of the result fall into classes with taps of their own: one class in a forward pass, one for each
 * remainder by the stride in a vjp, which are then convolutions without gaps. A class is two entries of
 * `geometry`, `(first row, first column, rows, columns)` and `(first tap, taps, first weight, 0)`; a tap is one,
 * `(dy, dx, 0, 0)`. Row i of class k lies at `y = first + i * outStepY` and reads from `i * inStepY + dy`.
 *
 * `weights` is `[class][group][tap][depth][columns padded to 4]`, in float32 or in halves (`webgpu/half.ts`).
 */
export function convShader(structure: ConvStructure): Shader<ConvParams> {
  const { pass, tile, vectorDepth, vectorColumns, share, storage } = structure;
  const { rows, columns, rowsEach, columnsEach, depth: chunk } = tile;
  const element = vectorColumns ? "vec4f" : "f32";
  const parts = shareParts(pass === "vjp" ? share : { added: share.added, masked: false }, element);
  const stored = weightParts(storage);
  const rowThreads = rows / rowsEach;
  const columnThreads = columns / columnsEach;
  const invocations = rowThreads * columnThreads;
  const vectors = columnsEach / 4;
  const name = [
    `conv_${pass}_${rows}x${columns}x${chunk}_${rowsEach}x${columnsEach}`,
    vectorDepth ? "_d4" : "",
    vectorColumns ? "_c4" : "",
    stored.suffix,
    parts.suffix,
  ].join("");
  // What one invocation carries from memory to the tiles: one column of depth of several rows, and weights.
  const depthVectors = chunk / 4;
  const rowStride = invocations / depthVectors;
  const loads = rows / rowStride;
  const weightVectors = (chunk * columns) / 4;
  const weightLoads = Math.ceil(weightVectors / invocations);
  // A few rows more than needed, so that eight invocations, which store 128 bytes at once, meet eight groups of banks:
  // they are `depthVectors` neighbours in depth of `8 / depthVectors` rows.
  const pitch = rows + 8 / depthVectors;
  /** A condition for the last of the weights, where they are no multiple of the invocations. */
  const partial = (i: number) =>
    (i + 1) * invocations > weightVectors ? ` && lane + ${i * invocations}u < ${weightVectors}u` : "";
  const each = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join("\n");
  const reads: Record<string, Element> = {
    x: vectorDepth ? "vec4f" : "f32",
    weights: stored.element,
    geometry: "vec4i",
    ...(pass === "forward" && { bias: "vec4f" as const }),
    ...parts.reads,
  };
  return shader<ConvParams>({
    name,
    params: { ...params, ...stored.params },
    reads,
    writes: { y: element },
    extent: pass === "forward" ? "images" : "cotangents",
    invocations,
    groups: `p.classes * ((extent * p.classRows + ${rows - 1}u) / ${rows}u) * p.groups * ((p.columns + ${columns - 1}u) / ${columns}u)`,
    declarations: `
var<workgroup> xs: array<vec4f, ${depthVectors * pitch}>;
var<workgroup> ws: array<vec4f, ${weightVectors}>;
struct Row { start: i32, y: i32, x: i32 }
/** Where row r of a class reads; beyond the last row: outside of every image. */
fn row_of(r: u32, last: u32, size: vec2u) -> Row {
  if (r >= last) { return Row(0, -0x40000000, 0); }
  let n = r / (size.x * size.y);
  let i = (r / size.y) % size.x;
  let j = r % size.y;
  return Row(i32(n) * p.inHeight * p.inWidth, i32(i) * p.inStepY, i32(j) * p.inStepX);
}
${stored.code}
${placeCode}
${vectorDepth ? loadCode("vec4f", " / 4u") : loadCode("f32", "")}
${parts.code}
${storeCode(pass, vectorColumns, share.added)}`,
    body: `
  let column_tiles = (p.columns + ${columns - 1}u) / ${columns}u;
  let row_tiles = (extent * p.classRows + ${rows - 1}u) / ${rows}u;
  let column_tile = group % column_tiles;
  let rest = group / column_tiles;
  let block = rest % p.groups;
  let row_tile = (rest / p.groups) % row_tiles;
  let class_index = (rest / p.groups) / row_tiles;
  let pixels = geometry[${CLASS_ENTRIES}u * class_index];
  let taps = geometry[${CLASS_ENTRIES}u * class_index + 1u];
  let size = vec2u(pixels.zw);
  let last = extent * size.x * size.y;
  if (row_tile * ${rows}u >= last) { return; }
  let depth = u32(taps.y) * p.depth;
  let columns4 = (p.columns + 3u) / 4u;
  let first_weight = u32(taps.z) + block * depth * columns4;
  let first_channel = block * p.depth;

  let load_depth = 4u * (lane % ${depthVectors}u);
  let load_row = lane / ${depthVectors}u;
${each(loads, (i) => `  let row${i} = row_of(row_tile * ${rows}u + load_row + ${i * rowStride}u, last, size);`)}
${each(loads, (i) => `  var xn${i} = vec4f();`)}
${each(weightLoads, (i) => `  var wn${i} = vec4f();`)}
${each(rowsEach * vectors, (i) => `  var sum${i} = vec4f();`)}
  let row_thread = lane / ${columnThreads}u;
  let column_thread = lane % ${columnThreads}u;

  // Each turn reads one chunk from memory and works on the chunk before, which hides the time that reading takes.
  for (var first = 0u; first < depth + ${chunk}u; first += ${chunk}u) {
    if (first < depth) {
      let k = first + load_depth;
${vectorDepth ? "      let spot = place(k, depth, u32(taps.x), first_channel);" : [0, 1, 2, 3].map((e) => `      let spot${e} = place(k + ${e}u, depth, u32(taps.x), first_channel);`).join("\n")}
${each(loads, (i) => `      xn${i} = ${vectorDepth ? `load(row${i}, spot)` : `vec4f(${[0, 1, 2, 3].map((e) => `load(row${i}, spot${e})`).join(", ")})`};`)}
${each(
  weightLoads,
  (i) => `      {
        let at = lane + ${i * invocations}u;
        let c = column_tile * ${columns / 4}u + at % ${columns / 4}u;
        let d = first + at / ${columns / 4}u;
        wn${i} = vec4f();
        if (d < depth && c < columns4${partial(i)}) { wn${i} = weight(first_weight + d * columns4 + c); }
      }`,
)}
    }
    if (first > 0u) {
      // The last chunk may be short. A count that is known beforehand would be unrolled, without gain in speed and
      // for several times the time that software adapters take to compile.
      let steps = min(${depthVectors}u, (depth - first + ${chunk + 3}u) / 4u);
    for (var d = 0u; d < steps; d++) {
${each(4 * vectors, (i) => {
  const [d, v] = [Math.floor(i / vectors), i % vectors];
  return `      let w${d}_${v} = ws[(4u * d + ${d}u) * ${columns / 4}u + column_thread + ${v * columnThreads}u];`;
})}
${each(rowsEach, (r) =>
  [
    `      let x${r} = xs[d * ${pitch}u + row_thread + ${r * rowThreads}u];`,
    ...[0, 1, 2, 3].flatMap((d) =>
      Array.from({ length: vectors }, (_, v) => {
        const sum = `sum${r * vectors + v}`;
        return `      ${sum} = fma(vec4f(x${r}.${"xyzw"[d]}), w${d}_${v}, ${sum});`;
      }),
    ),
  ].join("\n"),
)}
    }
    }
    workgroupBarrier();
${each(loads, (i) => `    xs[(lane % ${depthVectors}u) * ${pitch}u + load_row + ${i * rowStride}u] = xn${i};`)}
${each(weightLoads, (i) => {
  const store = `ws[lane + ${i * invocations}u] = wn${i};`;
  return partial(i) ? `    if (lane + ${i * invocations}u < ${weightVectors}u) { ${store} }` : `    ${store}`;
})}
    workgroupBarrier();
  }

  var sums = array<vec4f, ${rowsEach * vectors}>(${Array.from({ length: rowsEach * vectors }, (_, i) => `sum${i}`).join(", ")});
  for (var i = 0u; i < ${rowsEach * vectors}u; i++) {
    let r = row_tile * ${rows}u + row_thread + i / ${vectors}u * ${rowThreads}u;
    let c4 = column_tile * ${columns / 4}u + column_thread + i % ${vectors}u * ${columnThreads}u;
    store(r, last, pixels, block, columns4, c4, sums[i]);
  }`,
  });
}

/** Where depth k reads, the same for all rows of a class. */
const placeCode = `
struct Place { dy: i32, dx: i32, channel: u32 }
/** Beyond the last depth: outside of every image. */
fn place(k: u32, depth: u32, first_tap: u32, first_channel: u32) -> Place {
  if (k >= depth) { return Place(-0x40000000, 0, 0u); }
  let tap = geometry[first_tap + k / p.depth];
  return Place(tap.x, tap.y, first_channel + k % p.depth);
}`;

/**
 * `fn load(row, spot)`: one value, or four channels; zero outside of the image. One branch, not one for each `||`: it is
 * inlined up to sixteen times, and SwiftShader compiled four branches each for minutes, in gigabytes.
 */
function loadCode(type: "f32" | "vec4f", divided: string): string {
  return `
fn load(row: Row, spot: Place) -> ${type} {
  let i = row.y + spot.dy;
  let j = row.x + spot.dx;
  // As unsigned numbers what is negative is large.
  if ((u32(i) >= u32(p.inHeight)) | (u32(j) >= u32(p.inWidth))) { return ${type}(); }
  return x[(u32(row.start + i * p.inWidth + j) * p.inChannels + spot.channel)${divided}];
}`;
}

/** `fn store(r, ...)`: what an invocation does with its sums for four columns of row r. */
function storeCode(pass: ConvStructure["pass"], vector: boolean, added: boolean): string {
  const type = vector ? "vec4f" : "f32";
  const result = (n: string, units: string, u: string, sum: string, bias: string) =>
    pass === "vjp"
      ? `share(${n}, ${units}, ${u}, ${sum})`
      : `clamped(${sum} + ${bias}${added ? ` + addend[${n} * ${units} + ${u}]` : ""})`;
  return `
${clampCode(type)}
fn store(r: u32, last: u32, pixels: vec4i, block: u32, columns4: u32, c4: u32, sum: vec4f) {
  if (r >= last || c4 >= columns4) { return; }
  let size = vec2u(pixels.zw);
  let n = r / (size.x * size.y);
  let i = u32(pixels.x) + ((r / size.y) % size.x) * p.outStepY;
  let j = u32(pixels.y) + (r % size.y) * p.outStepX;
  let units = p.outHeight * p.outWidth * p.outChannels;
  let u = (i * p.outWidth + j) * p.outChannels + block * p.columns + 4u * c4;
${
  vector
    ? `  y[(n * units + u) / 4u] = ${result("n", "(units / 4u)", "(u / 4u)", "sum", "bias[block * columns4 + c4]")};`
    : `  let biases = ${pass === "forward" ? "bias[block * columns4 + c4]" : "vec4f()"};
  for (var e = 0u; e < 4u && 4u * c4 + e < p.columns; e++) {
    y[n * units + u + e] = ${result("n", "units", "(u + e)", "sum[e]", "biases[e]")};
  }`
}
}`;
}
