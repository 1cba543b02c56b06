import { EngineError } from "../../errors.js";
import { argmax } from "../../kernels/top_classes/reference.js";
import type { WeightStorage } from "../../kernels/webgpu/weights.js";
import type { InputTransform } from "../../network/input.js";
import type { Network } from "../../network/spec.js";
import { countClasses, countImages, jacobianArguments } from "../arguments.js";
import type { Engine } from "../engine.js";
import { DeviceCrafting } from "./crafting.js";
import { runDeepfool } from "./deepfool.js";
import { type GpuOptions, openGpu } from "./device.js";
import { planNetwork } from "./plan.js";
import { type DispatchTime, profile } from "./profile.js";
import { Session } from "./session.js";
import { TUNING, type Tuning } from "./tuning.js";

export interface WebgpuEngineOptions extends GpuOptions {
  /** How the weights of convolutions and dense layers lie on the device; default "float32". */
  readonly weights?: WeightStorage;
}

export interface WebgpuEngine extends Engine {
  readonly backend: "webgpu";
  /** What the adapter calls itself. */
  readonly adapter: string;
  /** True where the adapter is no GPU but software. */
  readonly onProcessor: boolean;
  /** How the weights of convolutions and dense layers lie on the device. */
  readonly weights: WeightStorage;
  /**
   * Time and work of every dispatch of one Jacobian; for benchmarks.
   *
   * @throws EngineError where the device has no timestamps, or the images do not fit into one call
   */
  profile(
    images: Float32Array,
    options: { readonly classes: number; readonly repeats?: number },
  ): Promise<DispatchTime[]>;
}

/** Who the errors of a crafting state speak of. */
const CRAFTING = "universalPerturbation";

/**
 * The WebGPU engine: one forward pass of all images of a batch, then one backward pass of all their cotangents; a
 * DeepFool run stays on the device, and so do the images and v of a universal perturbation.
 *
 * Logits and Jacobians are float32; an image's result is bitwise the same in any batch and on any call.
 *
 * @throws EngineError where there is no WebGPU, no adapter, or too little memory on the device
 * @example
 * using engine = await createWebgpuEngine(buildNetwork(spec), resolveInput(undefined, 3));
 * const { values } = await engine.jacobian(images, { classes: 10 });
 */
export async function createWebgpuEngine(
  network: Network,
  input: InputTransform,
  options: WebgpuEngineOptions = {},
  tuning: Partial<Tuning> = {},
): Promise<WebgpuEngine> {
  const { weights = "float32" } = options;
  const plan = planNetwork(network, input, weights);
  const opened = await openGpu(options);
  let disposed = false;
  const assertLive = (caller: string): void => {
    if (disposed) throw new EngineError(`${caller}: the engine was disposed, expected a live engine`);
    opened.assertLive(caller);
  };
  const gpu = { ...opened, assertLive };
  const session = await Session.create(gpu, plan, { ...TUNING, ...tuning }).catch((error: unknown) => {
    gpu.dispose();
    throw error;
  });
  const { shape } = network.input;
  const { classes, classNames } = network;
  let pending = 0;
  let last: Promise<unknown> = Promise.resolve();
  const craftings = new Set<DeviceCrafting>();

  const release = (): void => {
    for (const crafting of craftings) crafting.dispose();
    session.dispose();
    gpu.dispose();
  };
  /** Calls share the buffers, so they wait for each other. The last one to end after a disposal takes the buffers along. */
  const inTurn = <T>(caller: string, work: () => Promise<T>): Promise<T> => {
    pending++;
    const result = last
      .then(() => {
        assertLive(caller);
        return work();
      })
      .finally(() => {
        pending--;
        if (disposed && pending === 0) release();
      });
    last = result.catch(() => {});
    return result;
  };
  const dispose = (): void => {
    if (disposed) return;
    disposed = true;
    if (pending === 0) release();
  };

  return {
    backend: "webgpu",
    adapter: gpu.adapterName,
    onProcessor: gpu.onProcessor,
    weights,
    inputShape: shape,
    classes,
    classNames,
    range: input.range,

    async logits(images) {
      assertLive("logits");
      const count = countImages("logits", images, shape);
      const given = new Float32Array(images);
      return inTurn("logits", async () => {
        const logits = await session.logits(given);
        const labels = Int32Array.from({ length: count }, (_, n) => argmax(logits, n * classes, classes));
        return { logits, labels };
      });
    },

    async jacobian(images, options) {
      assertLive("jacobian");
      const { rows, values } = jacobianArguments(images, options, shape, classes);
      const given = new Float32Array(images);
      const wanted = typeof options.classes === "number" ? options.classes : options.classes.slice();
      return inTurn("jacobian", async () => ({
        values,
        ...(await session.jacobian(given, wanted, rows, values)),
      }));
    },

    async deepfool(images, request) {
      assertLive("deepfool");
      countImages("deepfool", images, shape);
      const given = new Float32Array(images);
      return inTurn("deepfool", () => runDeepfool(session, given, request));
    },

    async craftingState(images, request) {
      assertLive(CRAFTING);
      countImages(CRAFTING, images, shape);
      const crafting = await inTurn(CRAFTING, async () => {
        const made = await DeviceCrafting.create(session, images, request);
        craftings.add(made);
        return made;
      });
      const call = <T>(work: () => Promise<T>): Promise<T> =>
        inTurn(CRAFTING, () => {
          if (craftings.has(crafting)) return work();
          throw new EngineError(`${CRAFTING}: the crafting state was disposed, expected a live one`);
        });
      return {
        parallel: crafting.parallel,
        predict: (indices, shifted) => call(() => crafting.predict(indices, shifted)),
        improve: (index, label, out) => call(() => crafting.improve(index, label, out)),
        read: (out) => call(() => crafting.read(out)),
        dispose: () => {
          if (!craftings.delete(crafting)) return;
          // What is under way may still work on it; what comes after it does not begin.
          if (pending === 0) crafting.dispose();
          else void last.then(() => crafting.dispose());
        },
      };
    },

    async profile(images, request) {
      assertLive("profile");
      const count = countImages("profile", images, shape);
      const rows = countClasses("profile", request.classes, count, classes);
      const given = new Float32Array(images);
      return inTurn("profile", () => profile(session, given, rows, request.repeats ?? 10));
    },

    dispose,
    [Symbol.dispose]: dispose,
  };
}
