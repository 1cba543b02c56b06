import { scratchBytes } from "../../src/engines/wasm/plan/backward.js";
import { planForward } from "../../src/engines/wasm/plan/forward.js";
import { createMemory, Layout } from "../../src/engines/wasm/plan/layout.js";
import { livePatterns } from "../../src/engines/wasm/plan/live.js";
import { lower } from "../../src/engines/wasm/plan/lowerings.js";
import type { KernelExports } from "../../src/engines/wasm/run/program.js";
import { chooseVariant, moduleOf } from "../../src/engines/wasm/run/variant.js";
import { planForward as planOnGpu } from "../../src/engines/webgpu/forward.js";
import { encode, tapeBytes } from "../../src/kernels/wasm/tape.js";
import { fuse } from "../../src/network/fuse.js";
import type { InputTransform } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import { type Network, sizeOf } from "../../src/network/spec.js";
import { runDispatches } from "../support/wgsl_kernel.js";

/** Every value of one forward pass on the WASM kernels, as the engine plans it, by node. */
export async function wasmValues(
  network: Network,
  input: InputTransform,
  image: Float32Array,
  deterministic: boolean,
): Promise<Map<string, Float32Array>> {
  const layout = new Layout();
  const fused = lower(fuse(simplify(network)));
  const forward = planForward(
    fused,
    input,
    layout,
    layout.reserve(scratchBytes(fused)),
    layout.place(livePatterns()),
  );
  const at = layout.reserve(tapeBytes(forward.entries));
  layout.placeTemporaries([forward.entries]);
  const { bytes, tape } = encode(forward.entries, at.address);
  layout.initialise(at, bytes);
  const { pages, segments } = layout.finish();
  const memory = createMemory(pages, segments, false);
  const module = await WebAssembly.compile(await moduleOf(chooseVariant(deterministic), false));
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  new Float32Array(memory.buffer, forward.pixels.address, image.length).set(image);
  (exports as unknown as KernelExports).run(tape[0], tape[tape.length - 1]);
  const values = new Map<string, Float32Array>();
  for (const { name, shape } of network.nodes) {
    const buffer = forward.values.get(name);
    if (buffer) values.set(name, new Float32Array(memory.buffer, buffer.address, sizeOf(shape)));
  }
  return values;
}

/** The same on the WGSL kernels. */
export async function webgpuValues(
  device: GPUDevice,
  network: Network,
  input: InputTransform,
  image: Float32Array,
): Promise<Map<string, Float32Array>> {
  const { dispatches, pixels, values } = planOnGpu(fuse(simplify(network)), input, "float32");
  const written = await runDispatches(device, dispatches, new Map([[pixels, image]]), { images: 1 });
  const found = new Map<string, Float32Array>();
  for (const [name, tensor] of values) {
    const data = written.get(tensor);
    if (data) found.set(name, data);
  }
  return found;
}
