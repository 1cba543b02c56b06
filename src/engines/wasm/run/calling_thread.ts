import { EngineError } from "../../../errors.js";
import type { Tell } from "../../../network/progress.js";
import { ownClasses, ownImages } from "../../backend.js";
import { createMemory, writingLater } from "../plan/layout.js";
import type { Planned, WasmBackend } from "../wasm_backend.js";
import { type KernelExports, openProgram, type Program } from "./program.js";
import { createSession } from "./session.js";

/** Computes on the thread that calls. */
export async function callingThread(
  { plan, segments, entries }: Planned,
  module: WebAssembly.Module,
  tell: Tell | undefined,
): Promise<WasmBackend> {
  const memory = createMemory(plan.pages, segments, false, tell);
  let writeLater: (() => void) | undefined = writingLater(memory, segments);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  let live: Program | undefined = openProgram(plan, memory, exports as unknown as KernelExports, 1);
  const programFor = (caller: string): Program => {
    if (!live) throw new EngineError(`${caller}: the engine was disposed, expected a live engine`);
    return live;
  };
  const session = createSession(programFor);
  return {
    name: "wasm",
    logits: (images, signal) => session.logits(ownImages(images, signal), signal),
    jacobian: (images, request) => session.jacobian(ownImages(images, request.signal), ownClasses(request)),
    gradient: (images, request) => {
      writeLater?.();
      return session.gradient(ownImages(images, request.signal), request);
    },
    // Lasts for several turns of the event loop.
    deepfool: (images, request) =>
      session.deepfool(images.slice(), { ...request, labels: request.labels?.slice() }),
    // Only benchmarks load it.
    profile: async (image, options) => {
      const { profile } = await import("./profile.js");
      writeLater?.();
      return profile(programFor("profile"), entries, image, options);
    },
    dispose: () => {
      live = undefined;
      writeLater = undefined;
    },
  };
}
