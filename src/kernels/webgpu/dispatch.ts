import { type Extent, MAP_INVOCATIONS, type Shader } from "./shader.js";

/** What a tensor grows with: a call's images or cotangents, or nothing. */
export type TensorExtent = Exclude<Extent, "running"> | "constant";

/**
 * An array on the device. Buffers are found for it later: `values` and what the forward pass keeps have their
 * own; cotangents share buffers as soon as nothing reads them any more.
 */
export class Tensor {
  constructor(
    /** 4-byte values for each image or cotangent, or in all. */
    readonly units: number,
    readonly extent: TensorExtent,
    readonly label: string,
    /** What a constant holds from the start, null once it lies on the device. Without it, it is written there. */
    public data?: Float32Array | Int32Array | Uint32Array | null,
  ) {}
}

/** How many workgroups a dispatch needs: `times * ceil(extent * rows / tile)`. */
export interface Groups {
  readonly rows: number;
  readonly tile: number;
  readonly times: number;
}

/** One invocation for each of `units` results. */
export function perUnit(units: number): Groups {
  return { rows: units, tile: MAP_INVOCATIONS, times: 1 };
}

/** One kernel with its parameters and tensors. */
export interface Dispatch {
  /** The layer it belongs to. */
  readonly label: string;
  readonly shader: Shader;
  readonly params: Readonly<Record<string, number>>;
  /** In the shader's binding order. */
  readonly reads: readonly Tensor[];
  readonly writes: readonly Tensor[];
  readonly groups: Groups;
  /** Multiply-adds for each image or cotangent, of products of matrices; for profiles. */
  readonly macs?: number;
  /** The same work in smaller tiles, for calls too small to fill the device with the larger ones. */
  readonly small?: Omit<Dispatch, "small">;
  /** What takes its place where no backward pass follows: the same without what is kept for one; null: nothing. */
  readonly scores?: Dispatch | null;
}

/** A forward pass that no backward pass follows. */
export function forScores(forward: readonly Dispatch[]): Dispatch[] {
  return forward.flatMap((dispatch) => (dispatch.scores === undefined ? dispatch : (dispatch.scores ?? [])));
}

/**
 * Binds tensors to a shader by name.
 *
 * @throws Error if the shader wants a parameter or tensor that is not given; a mistake of the planner's
 */
export function dispatch<P extends string>(
  label: string,
  shader: Shader<P>,
  params: Readonly<Record<NoInfer<P>, number>>,
  tensors: Readonly<Record<string, Tensor | undefined>>,
  groups: Groups,
): Dispatch {
  const bind = (name: string): Tensor => {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`webgpu: ${shader.name} of ${label} lacks ${name}`);
    return tensor;
  };
  for (const name of Object.keys(shader.params))
    if (params[name as P] === undefined) throw new Error(`webgpu: ${shader.name} of ${label} lacks ${name}`);
  return { label, shader, params, reads: shader.reads.map(bind), writes: shader.writes.map(bind), groups };
}

/** Bytes of one dispatch's parameters in the order of the shader's fields. */
export function packParams({ shader, params }: Dispatch): ArrayBuffer {
  const fields = Object.entries(shader.params);
  const bytes = new ArrayBuffer(Math.max(16, Math.ceil(fields.length / 4) * 16));
  const view = new DataView(bytes);
  fields.forEach(([name, type], i) => {
    const value = params[name];
    if (type === "f32") view.setFloat32(4 * i, value, true);
    else if (type === "i32") view.setInt32(4 * i, value, true);
    else view.setUint32(4 * i, value, true);
  });
  return bytes;
}
