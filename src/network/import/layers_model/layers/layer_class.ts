import type { OpName } from "../../../spec.js";
import type { Activation } from "../../dataflow/activation.js";
import type { LayerCall } from "../layer_call.js";
import type { Writer } from "../topology.js";

export type Importer = (call: LayerCall) => Activation;

/** A class of layers, under all the names that Keras and TensorFlow.js have for it. */
export interface LayerClass {
  readonly names: readonly string[];
  readonly importer: Importer;
  /** What it may become, apart from the activation that it carries. */
  readonly operators: readonly OpName[];
}

/** The layers that a model is imported with. */
export interface Layers {
  /** Whether layers of a class can be imported; whether one of them can, its settings decide. */
  readonly has: (className: string, writer: Writer) => boolean;
  /**
   * Turns one call of a layer into operators.
   *
   * @returns the values that the call makes
   * @throws UnsupportedOperatorError for a class that is not listed, and for settings that there is no operator for
   */
  readonly importLayer: (call: LayerCall) => readonly Activation[];
}

/** Models with a layer of this class need the importer's `operations`. */
export const OPERATION_LAYER = "TensorFlowOpLayer";

export function layer(
  names: readonly string[],
  importer: Importer,
  operators: readonly OpName[],
): LayerClass {
  return { names, importer, operators };
}

export function byName(layers: readonly LayerClass[]): ReadonlyMap<string, LayerClass> {
  return new Map(layers.flatMap((entry) => entry.names.map((name) => [name, entry] as const)));
}

/** The call of a layer of a class that is known, or not. */
export function importAs(entry: LayerClass | undefined, call: LayerCall): readonly Activation[] {
  if (!entry) return call.unsupported("");
  const value = entry.importer(call);
  call.refuseUnread();
  return [value];
}

/** What does nothing at inference. */
export const skip: Importer = (call) => {
  requireInference(call);
  return identity(call);
};

export const identity: Importer = (call) => {
  call.settings.ignoreAll();
  return call.flow.map({ op: "Identity" }, call.input);
};

/** A layer that was called with `training: true` behaves as in training for ever. */
export function requireInference(call: LayerCall): void {
  if (call.given.kwargs.training === true) call.unsupported("called with training: true");
}
