import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { UnsupportedOperatorError } from "../../errors.js";
import { isAbsent } from "../../kernels/absent.js";
import { tfjs } from "../../kernels/operators/tfjs.generated.js";
import type { TfNamespace } from "../../kernels/tfjs/namespace.js";
import type { MakeOperator, TfOperator } from "../../kernels/tfjs/operator.js";
import { type Network, type Shape, sizeOf } from "../../network/spec.js";
import type { Formulation, Program, Run } from "./program.js";

/** A network whose weights are on the tfjs backend. */
export interface TfNetwork {
  /** Logits `[N, C]` of network inputs `[N, ...shape]`; differentiable by `tf.grad` as far as the backend goes. */
  forward(x: Tensor): Tensor2D;
  dispose(): void;
}

interface Step {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly operator: TfOperator;
  /** Does the value depend on the image? */
  readonly active: boolean;
}

/**
 * Plays a network in tfjs operations as a function that `tf.grad` can differentiate: what a tfjs user's own code
 * does, with tfjs's own gradients. {@link networkProgram} is faster and right on every backend.
 *
 * @throws UnsupportedOperatorError for an operator that has no spelling here
 */
export function uploadNetwork(tf: TfNamespace, network: Network): TfNetwork {
  const { steps, dispose } = upload(tf, network);
  return {
    forward: (x) => tf.tidy(() => forwardPass(tf, network, steps, x).get(network.output) as Tensor2D),
    dispose,
  };
}

/**
 * Plays a network forward and backward without tfjs's automatic differentiation: one forward pass of N images,
 * whose values serve all K sweeps, and no gradient kernel of any backend (see `kernels/tfjs/operator.ts`).
 *
 * @throws UnsupportedOperatorError for an operator that has no spelling here
 */
export function networkProgram(tf: TfNamespace, network: Network, formulation: Formulation): Program {
  const { steps, dispose } = upload(tf, network);
  const sizes = [network.input.shape, ...network.nodes.map((node) => node.shape)].map(sizeOf);
  return {
    inputShape: network.input.shape,
    classes: network.classes,
    classNames: network.classNames,
    valuesPerImage: sizes.reduce((sum, n) => sum + n, 0),
    largestValue: Math.max(...sizes),
    logits: (x) => tf.tidy(() => forwardPass(tf, network, steps, x).get(network.output) as Tensor2D),
    start(x) {
      const names = [network.input.name, ...steps.map((step) => step.name)];
      // Kept, because an enclosing tidy of the caller ends before the logits have been read.
      const kept = tf.tidy(() => {
        const values = forwardPass(tf, network, steps, x);
        return names.map((name) => tf.keep(name === network.input.name ? tf.clone(x) : values.get(name)!));
      });
      const values = new Map(names.map((name, i) => [name, kept[i]]));
      return networkRun(tf, network, steps, values, formulation);
    },
    dispose,
  };
}

function upload(tf: TfNamespace, network: Network): { steps: Step[]; dispose: () => void } {
  const constants: Tensor[] = [];
  const constant = (values: Float32Array, shape: Shape) => {
    const tensor = tf.keep(tf.tensor(values, [...shape], "float32"));
    constants.push(tensor);
    return tensor;
  };
  const dispose = () => {
    tf.dispose(constants.splice(0));
  };
  const active = new Set([network.input.name]);
  try {
    const steps = network.nodes.map((node) => {
      const wanted = node.inputs.map((name) => active.has(name));
      if (wanted.includes(true)) active.add(node.name);
      const make = tfjs[node.op];
      if (isAbsent(make)) throw new UnsupportedOperatorError(node.name, node.op, make.absent);
      const operator = (make as MakeOperator)(node, { tf, constant, wanted });
      return { name: node.name, inputs: node.inputs, operator, active: active.has(node.name) };
    });
    return { steps, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function forwardPass(
  tf: TfNamespace,
  network: Network,
  steps: readonly Step[],
  x: Tensor,
): Map<string, Tensor> {
  const values = new Map<string, Tensor>([[network.input.name, x]]);
  for (const { name, inputs, operator } of steps) {
    const value = tf.tidy(() => operator.forward(inputs.map((input) => values.get(input)!)));
    values.set(name, value);
  }
  return values;
}

function networkRun(
  tf: TfNamespace,
  network: Network,
  steps: readonly Step[],
  values: Map<string, Tensor>,
  formulation: Formulation,
): Run {
  const logits = values.get(network.output) as Tensor2D;
  const images = logits.shape[0];
  return {
    logits,
    gradients: (seeds) =>
      tf.tidy(() => {
        const [, count, classes] = seeds.shape;
        const shape = [images, count, ...network.input.shape];
        if (formulation === "replicate")
          return tf.reshape(
            backwardPass(tf, network, steps, values, tf.reshape(seeds, [images * count, classes])),
            shape,
          );
        const rows = Array.from({ length: count }, (_, k) =>
          tf.tidy(() => {
            const seed = tf.reshape(tf.slice(seeds, [0, k, 0], [images, 1, classes]), [images, classes]);
            const dx = backwardPass(tf, network, steps, values, seed);
            return tf.reshape(dx, [images, 1, ...network.input.shape]);
          }),
        );
        return rows.length === 1 ? rows[0] : tf.concat(rows, 1);
      }),
    dispose: () => {
      tf.dispose([...values.values()]);
    },
  };
}

/** Cotangent of the network's input, `[N * K, ...shape]`, of a seed `[N * K, C]`; called inside `tf.tidy`. */
function backwardPass(
  tf: TfNamespace,
  network: Network,
  steps: readonly Step[],
  values: ReadonlyMap<string, Tensor>,
  seed: Tensor,
): Tensor {
  const cotangents = new Map<string, Tensor>([[network.output, tf.clone(seed)]]);
  for (const { name, inputs, operator, active } of steps.toReversed()) {
    const dy = cotangents.get(name);
    if (!active || dy === undefined) continue;
    cotangents.delete(name);
    const contributions = tf.tidy(
      () =>
        // A tidy returns an array of tensors only, so what is not wanted is left out here and skipped below.
        operator.vjp(
          inputs.map((input) => values.get(input)!),
          values.get(name)!,
          dy,
        ) as Tensor[],
    );
    dy.dispose();
    inputs.forEach((input, j) => {
      const contribution = contributions[j];
      if (!contribution) return;
      const before = cotangents.get(input);
      cotangents.set(input, before ? tf.add(before, contribution) : contribution);
      if (before) tf.dispose([before, contribution]);
    });
  }
  return cotangents.get(network.input.name) ?? tf.zeros([seed.shape[0], ...network.input.shape]);
}
