import {
  type Compiled,
  type CompileProgress,
  compile,
  type InspectedModel,
  InvalidArgumentError,
  inspect,
  loadModel,
  type Network,
} from "unifool";
import type { ModelInfo, OpenRequest, Preprocessing } from "./protocol.js";
import type { Session } from "./session.js";

/** Opens a model and compiles it; the one before is given up. */
export async function openModel(
  session: Session,
  request: OpenRequest,
  onProgress: (progress: CompileProgress) => void,
): Promise<ModelInfo> {
  const { files } = request;
  session.close();
  const { net, found, preprocessing } = await compiled(request, onProgress);
  session.engine = net;
  const { classNames } = request;
  session.classNames = classNames?.length === net.classes ? classNames : (net.classNames ?? []);
  return {
    name: found.name || files[0].name,
    inputShape: net.inputShape,
    classes: net.classes,
    classNames: Array.from({ length: net.classes }, (_, label) => session.className(label)),
    parameters: found.parameters,
    multiplyAdds: found.multiplyAdds,
    engine: describe(net),
    choice: net.choice,
    preprocessing,
    warnings: [...net.warnings, ...namesWarning(request, net)],
    sha256: await hashOf(files),
  };
}

/** The engine of a model, and what it was found to be. */
export async function compiled(request: OpenRequest, onProgress?: (progress: CompileProgress) => void) {
  const { engine, deterministic } = request;
  const network = await load(request, onProgress);
  // It was read: whatever is unsupported has been reported by now.
  const found = (await inspect(network)) as InspectedModel;
  const preprocessing = request.preprocessing ?? suggested(found);
  const net = await compile(network, {
    backend: engine,
    input: { range: [0, 255], ...preprocessing },
    onProgress,
    ...(engine !== "webgpu" && { deterministic }),
    // This is a worker already: without shared memory it computes itself.
    ...(engine === "wasm" && { threads: globalThis.crossOriginIsolated ? "auto" : 0 }),
  });
  return { net, found, preprocessing };
}

/** Of a size that the model leaves open in colour, else in grey. */
async function load(
  { files, size, output }: OpenRequest,
  onProgress: ((progress: CompileProgress) => void) | undefined,
): Promise<Network> {
  const given = files.length === 1 ? files[0] : files;
  const named = { onProgress, ...(output && { output }) };
  if (!size) return loadModel(given, named);
  try {
    return await loadModel(given, { ...named, inputShape: [size, size, 3] });
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return loadModel(given, { ...named, inputShape: [size, size, 1] });
  }
}

/** A model that rescales pixels itself gets them as they are; others, as long as nothing else is known, 0 to 1. */
function suggested({ input }: InspectedModel): Preprocessing {
  return { mean: 0, std: input.range[1] === 255 ? 1 / 255 : 1 };
}

function describe({ backend, threads, adapter, variant }: Compiled): string {
  if (backend === "webgpu") return `WebGPU${adapter ? `, ${adapter}` : ""}`;
  const workers = (threads ?? 0) > 1 ? `${threads} threads` : "one thread";
  return `WebAssembly, ${workers}${variant === "relaxed" ? ", fused multiply-add" : ""}`;
}

function namesWarning({ classNames }: OpenRequest, { classes }: Compiled): string[] {
  if (!classNames || classNames.length === classes) return [];
  return [
    `The file of names has ${classNames.length} lines, but the model ${classes} classes; it was left out.`,
  ];
}

async function hashOf(files: readonly File[]): Promise<string | undefined> {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sha256(await new Blob(sorted).arrayBuffer());
}

/** Undefined on pages of plain http, which may not hash. */
export async function sha256(bytes: ArrayBuffer): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
