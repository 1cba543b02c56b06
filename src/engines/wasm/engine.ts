import { EngineError } from "../../api/errors.js";
import type { InputTransform } from "../../network/input.js";
import { type Network, sizeOf } from "../../network/spec.js";
import { checkOut, countClasses, countImages } from "../arguments.js";
import type { Engine } from "../engine.js";
import { argmax, topClasses } from "../top_classes.js";
import { runDeepfool } from "./deepfool.js";
import { laneChunks, runBackward, runForward } from "./passes.js";
import { type LayerTime, profile } from "./profile.js";
import { createProgram, MAX_LANES, type Program, tapesFor } from "./program.js";

export interface WasmEngineOptions {
  /** No fused multiply-add, so that results are the same on every machine. Default false. */
  readonly deterministic?: boolean;
}

export interface WasmEngine extends Engine {
  readonly backend: "wasm";
  /** "relaxed" with fused multiply-add, else "simd". */
  readonly variant: "simd" | "relaxed";
  /** Bytes of linear memory. */
  readonly memoryBytes: number;
  /** Time, live work and rate of every kernel call of one Jacobian of the first image; for benchmarks. */
  profile(image: Float32Array, options: { readonly classes: number; readonly repeats?: number }): LayerTime[];
}

/**
 * The WASM SIMD engine. Each image runs by itself through the program: one forward pass, then a backward pass
 * for every 12 cotangents, which sit in the lanes and share the forward's masks. Runs on the calling thread.
 *
 * Logits and Jacobians are float32; an image's result is bitwise the same in any batch and on any call.
 *
 * @throws EngineError where WebAssembly SIMD is missing or memory does not suffice
 * @example
 * using engine = await createWasmEngine(buildNetwork(spec), resolveInput(undefined, 3));
 * const { values } = await engine.jacobian(images, { classes: 10 });
 */
export async function createWasmEngine(
  network: Network,
  input: InputTransform,
  options: WasmEngineOptions = {},
): Promise<WasmEngine> {
  const { shape } = network.input;
  const { classes, classNames } = network;
  const size = sizeOf(shape);
  let live: Program | undefined = await createProgram(network, input, {
    deterministic: options.deterministic ?? false,
  });
  const { relaxed } = live;
  const memoryBytes = live.memory.buffer.byteLength;
  const programFor = (caller: string): Program => {
    if (!live) throw new EngineError(`${caller}: the engine was disposed, expected a live engine`);
    return live;
  };
  const dispose = (): void => {
    live = undefined;
  };

  return {
    backend: "wasm",
    variant: relaxed ? "relaxed" : "simd",
    memoryBytes,
    inputShape: shape,
    classes,
    classNames,
    range: input.range,

    async logits(images) {
      const program = programFor("logits");
      const count = countImages("logits", images, shape);
      const logits = new Float32Array(count * classes);
      const labels = new Int32Array(count);
      for (let n = 0; n < count; n++) {
        runForward(program, images.subarray(n * size, (n + 1) * size));
        logits.set(program.logits, n * classes);
        labels[n] = argmax(program.logits);
      }
      return { logits, labels };
    },

    async jacobian(images, { classes: requested, out }) {
      const program = programFor("jacobian");
      const count = countImages("jacobian", images, shape);
      const rows = countClasses("jacobian", requested, count, classes);
      const values = checkOut("jacobian", out, count * rows * size).subarray(0, count * rows * size);
      const logits = new Float32Array(count * classes);
      const chosen = new Int32Array(count * rows);
      for (let n = 0; n < count; n++) {
        runForward(program, images.subarray(n * size, (n + 1) * size));
        logits.set(program.logits, n * classes);
        const wanted =
          typeof requested === "number"
            ? topClasses(program.logits, 0, classes, rows)
            : requested.subarray(n * rows, (n + 1) * rows);
        chosen.set(wanted, n * rows);
        for (const { first, count: lanes, vectors } of laneChunks(rows)) {
          runBackward(program, wanted.subarray(first, first + lanes), undefined, vectors);
          program.run(tapesFor(program, vectors).rows);
          values.set(program.rows.subarray(0, lanes * size), (n * rows + first) * size);
        }
      }
      return { values, classes: chosen, logits };
    },

    async deepfool(images, request) {
      programFor("deepfool");
      countImages("deepfool", images, shape);
      return runDeepfool(images, size, request, () => programFor("deepfool"));
    },

    profile(image, { classes: count, repeats }) {
      const program = programFor("profile");
      countImages("profile", image, shape);
      countClasses("profile", count, 1, classes);
      runForward(program, image.subarray(0, size));
      const [chunk] = laneChunks(Math.min(count, MAX_LANES));
      const wanted = topClasses(program.logits, 0, classes, chunk.count);
      runBackward(program, wanted, undefined, chunk.vectors);
      return profile(program, chunk.vectors, repeats ?? 10);
    },

    dispose,
    [Symbol.dispose]: dispose,
  };
}
