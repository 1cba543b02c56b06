import { EngineError } from "../../errors.js";
import type { WeightStorage } from "../../kernels/webgpu/weights.js";
import type { InputTransform } from "../../network/input.js";
import type { Tell } from "../../network/progress.js";
import type { Network } from "../../network/spec.js";
import { countClasses, countImages } from "../arguments.js";
import { factsOf } from "../backend.js";
import { createEngine } from "../create_engine.js";
import type { GradientEngine } from "../engine.js";
import { DeviceCrafting } from "./crafting.js";
import { runDeepfool } from "./deepfool.js";
import { type GpuOptions, openGpu } from "./device.js";
import { needsImages, runGradient } from "./gradient.js";
import { planNetwork } from "./plan.js";
import { type DispatchTime, profile } from "./profile.js";
import { Session } from "./session.js";
import { TUNING, type Tuning } from "./tuning.js";
import { Turns } from "./turns.js";

export interface WebgpuEngineOptions extends GpuOptions {
  /** How the weights of convolutions and dense layers lie on the device; default "float32". */
  readonly weights?: WeightStorage;
  /** Told of "plan", "weights" and "shaders". */
  readonly tell?: Tell;
}

export interface WebgpuEngine extends GradientEngine {
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
  const { weights = "float32", tell } = options;
  tell?.("plan", 0, 1);
  const plan = planNetwork(network, input, weights);
  const opened = await openGpu(options);
  let disposed = false;
  const gpu = {
    ...opened,
    assertLive(caller: string): void {
      if (disposed) throw new EngineError(`${caller}: the engine was disposed, expected a live engine`);
      opened.assertLive(caller);
    },
  };
  const begin = async (): Promise<Session> => {
    tell?.("plan", 1, 1);
    return Session.create(gpu, plan, { ...TUNING, ...tuning }, tell);
  };
  const session = await begin().catch((error: unknown) => {
    gpu.dispose();
    throw error;
  });
  const craftings = new Set<DeviceCrafting>();
  const turns = new Turns(gpu.assertLive, () => {
    for (const crafting of craftings) crafting.dispose();
    session.dispose();
    gpu.dispose();
  });

  const engine = createEngine(factsOf(network, input), {
    name: "webgpu",
    assertLive: gpu.assertLive,

    logits(images, signal) {
      const given = session.stage(images);
      return turns.take("logits", () => session.logits(given, signal)).finally(given.release);
    },

    jacobian(images, { classes, ...request }) {
      const given = session.stage(images);
      const wanted = typeof classes === "number" ? classes : classes.slice();
      const work = () => session.jacobian(given, { ...request, classes: wanted });
      return turns.take("jacobian", work).finally(given.release);
    },

    gradient(images, request) {
      const given = needsImages(request) ? session.copyOf(images) : session.stage(images);
      return turns.take("gradient", () => runGradient(session, given, request)).finally(given.release);
    },

    deepfool(images, request) {
      const given = new Float32Array(images);
      const labels = request.labels?.slice();
      return turns.take("deepfool", () => runDeepfool(session, given, { ...request, labels }));
    },

    async craftingState(images, request) {
      const crafting = await turns.take(CRAFTING, async () => {
        const made = await DeviceCrafting.create(session, images, request);
        craftings.add(made);
        return made;
      });
      const call = <T>(work: () => Promise<T>): Promise<T> =>
        turns.take(CRAFTING, () => {
          if (craftings.has(crafting)) return work();
          throw new EngineError(`${CRAFTING}: the crafting state was disposed, expected a live one`);
        });
      return {
        parallel: crafting.parallel,
        predict: (indices, shifted) => call(() => crafting.predict(indices, shifted)),
        improve: (index, label, out) => call(() => crafting.improve(index, label, out)),
        read: (out) => call(() => crafting.read(out)),
        dispose: () => {
          // What is under way may still work on it; what comes after it does not begin.
          if (craftings.delete(crafting)) turns.whenIdle(() => crafting.dispose());
        },
      };
    },

    dispose() {
      disposed = true;
      turns.end();
    },
  });

  return Object.assign(engine, {
    adapter: gpu.adapterName,
    onProcessor: gpu.onProcessor,
    weights,

    async profile(images: Float32Array, request: Parameters<WebgpuEngine["profile"]>[1]) {
      gpu.assertLive("profile");
      const count = countImages("profile", images, engine.inputShape);
      const rows = countClasses("profile", request.classes, count, engine.classes);
      const given = new Float32Array(images);
      return turns.take("profile", () => profile(session, given, rows, request.repeats ?? 10));
    },
  });
}
