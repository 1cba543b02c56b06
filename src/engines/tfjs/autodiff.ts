import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { EngineError, InvalidArgumentError, UnifoolError } from "../../errors.js";
import { messageOf, type TfNamespace } from "../../kernels/tfjs/namespace.js";
import { type Shape, sizeOf } from "../../network/spec.js";
import { type Distrusted, findDistrusted } from "./gradient_probes.js";
import type { Formulation, Program } from "./program.js";

/** Logits `[N, C]` of network inputs `[N, ...shape]`, in tfjs operations that `tf.grad` can follow. */
export type DifferentiableFunction<T extends Tensor = Tensor> = (x: T) => Tensor;

/** A function with what the engine must know of it. */
export interface AutodiffSource {
  readonly call: DifferentiableFunction;
  readonly inputShape: Shape;
  readonly classes: number;
  /** What it is, for messages: `the function`, `layer "pool" (MaxPooling2D)`. */
  readonly blame: (kernel?: string) => string;
}

const WAY_OUT = "set another tfjs backend, or pass a network or a model that can be imported";

/**
 * A classifier that only tfjs's automatic differentiation can differentiate.
 *
 * `replicate` repeats every image K times and makes one forward and one backward pass. `loop` makes one forward
 * pass and K backward sweeps over its tape: gradients of a value computed once, inside an outer gradient.
 *
 * The function is first tried on one image and the gradients of the kernels it used are checked, so that what
 * this backend cannot differentiate, or differentiates wrongly, is refused before there is any result. One that does not
 * take two images, such as a graph whose batch is fixed to 1, gets them one by one.
 *
 * @throws EngineError where the function cannot be differentiated correctly on the current backend
 * @throws InvalidArgumentError where it does not map `[1, ...inputShape]` to `[1, classes]`
 */
export async function autodiffProgram(
  tf: TfNamespace,
  source: AutodiffSource,
  formulation: Formulation,
): Promise<Program> {
  const { inputShape, classes } = source;
  if (!tf.getGradient("Multiply"))
    throw new EngineError(
      'createTfjsEngine: tfjs has no gradients, expected import "@tensorflow/tfjs-core/dist/register_all_gradients" ' +
        "before, or { tf } from @tensorflow/tfjs",
    );
  const alone = (x: Tensor): Tensor2D => checkedLogits(source, x);
  await assertDifferentiable(tf, source, alone);
  const call = takesSeveral(tf, source, alone) ? alone : oneByOne(tf, alone);
  const backend = tf.getBackend();
  const guarded = <T>(compute: () => T): T => {
    if (tf.getBackend() !== backend)
      throw new EngineError(
        `tfjs engine: the backend is now ${tf.getBackend()}, expected ${backend}, on which the gradients were checked`,
      );
    return releasingTape(tf, compute);
  };
  return {
    inputShape,
    classes,
    // What the function keeps is unknown; these suit common networks.
    valuesPerImage: 50 * sizeOf(inputShape),
    largestValue: 25 * sizeOf(inputShape),
    logits: (x) => guarded(() => tf.tidy(() => call(x))),
    start(x) {
      const logits = tf.keep(guarded(() => tf.tidy(() => call(x))));
      const image = tf.keep(tf.clone(x));
      return {
        logits,
        gradients: (seeds) =>
          guarded(() =>
            tf.tidy(() =>
              formulation === "replicate"
                ? replicated(tf, call, image, seeds)
                : swept(tf, call, image, seeds),
            ),
          ),
        dispose: () => {
          tf.dispose([image, logits]);
        },
      };
    },
    dispose() {},
  };
}

function checkedLogits({ call, classes, blame }: AutodiffSource, x: Tensor): Tensor2D {
  const y: unknown = call(x);
  const shape = isTensor(y) ? y.shape : undefined;
  if (shape?.length !== 2 || shape[0] !== x.shape[0] || shape[1] !== classes)
    throw new InvalidArgumentError(
      `createTfjsEngine: ${blame()} returns ${shape ? `shape [${shape}]` : typeof y} for ${x.shape[0]} images, ` +
        `expected a tensor [${x.shape[0]},${classes}] of logits`,
    );
  return y as Tensor2D;
}

/** By its looks: a tensor of another copy of tfjs is no instance of this one's class. */
function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "shape" in value && "dataId" in value;
}

async function assertDifferentiable(tf: TfNamespace, source: AutodiffSource, call: DifferentiableFunction) {
  const x = tf.keep(tf.zeros([1, ...source.inputShape]));
  let distrusted: Distrusted | undefined;
  try {
    releasingTape(tf, () => tf.tidy(() => void call(x)));
    distrusted = await releasingTapeAsync(tf, () => findDistrusted(tf, call, x));
  } catch (error) {
    if (error instanceof UnifoolError) throw error;
    throw new EngineError(
      `createTfjsEngine: ${source.blame()} cannot be differentiated on tfjs backend "${tf.getBackend()}" ` +
        `(${messageOf(error)}); ${WAY_OUT}`,
    );
  } finally {
    x.dispose();
  }
  if (distrusted)
    throw new EngineError(
      `createTfjsEngine: ${source.blame(distrusted.kernel)} uses ${distrusted.kernel}, and ${distrusted.reason} ` +
        `on tfjs backend "${tf.getBackend()}"; ${WAY_OUT}`,
    );
}

/** Whether the function, which takes one image, takes two: a graph may have its batch fixed. */
function takesSeveral(
  tf: TfNamespace,
  { inputShape }: AutodiffSource,
  call: (x: Tensor) => Tensor2D,
): boolean {
  try {
    releasingTape(tf, () => tf.tidy(() => void call(tf.zeros([2, ...inputShape]))));
    return true;
  } catch {
    return false;
  }
}

/** The function for any number of images, each by itself. */
function oneByOne(tf: TfNamespace, call: (x: Tensor) => Tensor2D): (x: Tensor) => Tensor2D {
  return (x) => {
    const [count, ...shape] = x.shape;
    const rest = shape.map(() => 0);
    const images = Array.from({ length: count }, (_, n) => tf.slice(x, [n, ...rest], [1, ...shape]));
    return tf.concat(images.map(call), 0) as Tensor2D;
  };
}

/** `[N, K, ...shape]` from one pass over K copies of each image. */
function replicated(tf: TfNamespace, call: (x: Tensor) => Tensor, image: Tensor, seeds: Tensor3D): Tensor {
  const [images, count, classes] = seeds.shape;
  const shape = image.shape.slice(1);
  // As rows of pixels: tfjs-backend-webgpu tiles five dimensions on the CPU, and in Node not at all.
  const copies = tf.tile(tf.reshape(image, [images, 1, -1]), [1, count, 1]);
  const dx = tf.grad(call)(
    tf.reshape(copies, [images * count, ...shape]),
    tf.reshape(seeds, [images * count, classes]),
  );
  return tf.reshape(dx, [images, count, ...shape]);
}

/** `[N, K, ...shape]` from one forward pass and K backward sweeps. */
function swept(tf: TfNamespace, call: (x: Tensor) => Tensor, image: Tensor, seeds: Tensor3D): Tensor {
  const [images, count, classes] = seeds.shape;
  const rows: Tensor[] = [];
  try {
    // The outer gradient is that of a cheap sum; it only keeps the tape of `call` for the inner ones.
    tf.grad((x: Tensor) => {
      const y = call(x);
      for (let k = 0; k < count; k++) {
        const seed = tf.reshape(tf.slice(seeds, [0, k, 0], [images, 1, classes]), [images, classes]);
        rows.push(tf.keep(tf.grad(() => y)(x, seed)));
      }
      return tf.sum(x);
    })(image);
    return tf.stack(rows, 1);
  } finally {
    tf.dispose(rows);
  }
}

/** An error inside `tf.grad` leaves the tensors saved for the backward pass; this disposes of them. */
function releasingTape<T>(tf: TfNamespace, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    releaseTape(tf);
    throw error;
  }
}

async function releasingTapeAsync<T>(tf: TfNamespace, compute: () => Promise<T>): Promise<T> {
  try {
    return await compute();
  } catch (error) {
    releaseTape(tf);
    throw error;
  }
}

function releaseTape(tf: TfNamespace): void {
  const { state } = tf.engine();
  // Inside a gradient of the caller's the tape is theirs.
  if (state.gradientDepth > 0 || !state.activeTape) return;
  for (const { saved } of state.activeTape) if (saved) tf.dispose(saved);
  state.activeTape = [];
}
