import { EngineError, UnsupportedOperatorError } from "../errors.js";
import { lossAndSeed } from "../kernels/losses/reference.js";
import { referenceOf } from "../kernels/operators/reference_of.js";
import type { ReferenceOperator } from "../kernels/reference_operator.js";
import { topClasses } from "../kernels/top_classes/reference.js";
import type { InputTransform } from "../network/input.js";
import { type Network, type Node, sizeOf } from "../network/spec.js";
import { factsOf, type GradientRequest, type JacobianRequest, ownClasses, ownImages } from "./backend.js";
import { inTurns } from "./checkpoint.js";
import { createEngine } from "./create_engine.js";
import type { GradientEngine } from "./engine.js";
import { GradientSink } from "./gradient_sink.js";
import { assertNumbers } from "./not_a_number.js";
import { shiftImage } from "./shift.js";

/**
 * The oracle: every operator in float64 by its definition in `kernels/<operator>/reference.ts`, one image and
 * one class at a time, rounded to float32 only at the boundary. Runs on the calling thread, anywhere.
 *
 * Labels and top classes are taken from the float32 logits that it returns, so that they agree with them.
 *
 * @throws UnsupportedOperatorError for an operator without a reference (a softmax that is not last)
 * @example
 * using engine = createReferenceEngine(buildNetwork(spec), resolveInput(undefined, 3));
 * const { labels } = await engine.logits(images);
 */
export function createReferenceEngine(network: Network, input: InputTransform): GradientEngine {
  for (const node of network.nodes) operatorOf(node);
  const { shape } = network.input;
  const { classes } = network;
  const size = sizeOf(shape);
  let live = true;
  const assertLive = (caller: string): void => {
    if (!live) throw new EngineError(`${caller}: the engine was disposed, expected a live engine`);
  };

  function* logitsOf(images: Float32Array): Generator<void, Float32Array> {
    const logits = new Float32Array((images.length / size) * classes);
    for (let n = 0; n * size < images.length; n++) {
      assertLive("logits");
      logits.set(logits64(network, input, imageAt(images, n, size)), n * classes);
      yield;
    }
    return logits;
  }

  function* jacobianOf(images: Float32Array, { classes: requested, rows, values }: JacobianRequest) {
    const count = images.length / size;
    const logits = new Float32Array(count * classes);
    const chosen = new Int32Array(count * rows);
    for (let n = 0; n < count; n++) {
      const run = forward64(network, input, imageAt(images, n, size));
      logits.set(valueNamed(run, network.output), n * classes);
      const wanted =
        typeof requested === "number"
          ? topClasses(logits, n * classes, classes, rows)
          : requested.subarray(n * rows, (n + 1) * rows);
      chosen.set(wanted, n * rows);
      for (let k = 0; k < rows; k++) {
        assertLive("jacobian");
        values.set(gradient64(network, input, run, chosen[n * rows + k]), (n * rows + k) * size);
        yield;
      }
    }
    return { classes: chosen, logits };
  }

  function* gradientOf(images: Float32Array, request: GradientRequest) {
    const count = images.length / size;
    const logits = new Float32Array(count * classes);
    const losses = new Float32Array(count);
    const seed = new Float32Array(classes);
    const point = new Float32Array(size);
    const sink = new GradientSink(request, size);
    for (let n = 0; n < count; n++) {
      assertLive("gradient");
      const image = images.subarray(n * size, (n + 1) * size);
      point.set(image);
      if (request.shift) shiftImage(image, request.shift, point);
      const run = forward64(network, input, Float64Array.from(point));
      const scores = logits.subarray(n * classes, (n + 1) * classes);
      scores.set(valueNamed(run, network.output));
      assertNumbers("gradient", scores, classes, () => ({ image: n }));
      losses[n] = lossAndSeed(request.loss, n, scores, seed);
      yield;
      if (seed.every((value) => value === 0)) continue;
      const gradient = vjp64(network, input, run, Float64Array.from(seed));
      sink.put(n, Float32Array.from(gradient), image);
      yield;
    }
    sink.finish();
    return { logits, losses };
  }

  return createEngine(factsOf(network, input), {
    name: "reference",
    logits: (images, signal) => inTurns(logitsOf(ownImages(images, signal)), signal),
    jacobian: (images, request) =>
      inTurns(jacobianOf(ownImages(images, request.signal), ownClasses(request)), request.signal),
    gradient: (images, request) =>
      inTurns(gradientOf(ownImages(images, request.signal), request), request.signal),
    dispose() {
      live = false;
    },
  });
}

/** Unrounded logits `[C]` of one image in pixel space. */
export function logits64(network: Network, input: InputTransform, image: Float64Array): Float64Array {
  return valueNamed(forward64(network, input, image), network.output);
}

/** Unrounded gradients `[K][H][W][C]` of the logits `classes` with respect to one image in pixel space. */
export function jacobian64(
  network: Network,
  input: InputTransform,
  image: Float64Array,
  classes: Int32Array,
): { logits: Float64Array; values: Float64Array } {
  const run = forward64(network, input, image);
  const values = new Float64Array(classes.length * image.length);
  classes.forEach((c, k) => {
    values.set(gradient64(network, input, run, c), k * image.length);
  });
  return { logits: valueNamed(run, network.output), values };
}

/** Every value of a forward pass of one image, by name; the network's input is the transformed image. */
export function forward64(
  network: Network,
  { scale, offset }: InputTransform,
  image: Float64Array,
): ReadonlyMap<string, Float64Array> {
  const values = new Map<string, Float64Array>();
  values.set(
    network.input.name,
    image.map((pixel, i) => pixel * scale[i % scale.length] + offset[i % offset.length]),
  );
  for (const node of network.nodes) {
    const inputs = node.inputs.map((name) => valueNamed(values, name));
    values.set(node.name, operatorOf(node).forward(node, inputs));
  }
  return values;
}

/** Gradient of logit `c` with respect to the image, from the values of its forward pass. */
function gradient64(
  network: Network,
  input: InputTransform,
  values: ReadonlyMap<string, Float64Array>,
  c: number,
): Float64Array {
  const seed = new Float64Array(network.classes);
  seed[c] = 1;
  return vjp64(network, input, values, seed);
}

/** Gradient of `sum_c seed[c] * logit c` with respect to the image, from the values of its forward pass. */
export function vjp64(
  network: Network,
  { scale }: InputTransform,
  values: ReadonlyMap<string, Float64Array>,
  seed: Float64Array,
): Float64Array {
  const cotangents = new Map<string, Float64Array>([[network.output, seed]]);
  for (const node of network.nodes.toReversed()) {
    const cotangent = cotangents.get(node.name);
    if (cotangent === undefined) continue;
    cotangents.delete(node.name);
    const inputs = node.inputs.map((name) => valueNamed(values, name));
    const contributions = operatorOf(node).vjp(node, inputs, valueNamed(values, node.name), cotangent);
    node.inputs.forEach((name, i) => {
      // A new array for a sum: operators may hand their argument through, so it can be shared.
      const before = cotangents.get(name);
      const contribution = contributions[i];
      cotangents.set(name, before ? before.map((value, at) => value + contribution[at]) : contribution);
    });
  }
  const atInput = cotangents.get(network.input.name) ?? new Float64Array(sizeOf(network.input.shape));
  return atInput.map((value, i) => value * scale[i % scale.length]);
}

function imageAt(images: Float32Array, n: number, size: number): Float64Array {
  return Float64Array.from(images.subarray(n * size, (n + 1) * size));
}

function valueNamed(values: ReadonlyMap<string, Float64Array>, name: string): Float64Array {
  const value = values.get(name);
  if (value === undefined)
    throw new EngineError(`reference engine: value "${name}" is read before it is made`);
  return value;
}

function operatorOf(node: Node): ReferenceOperator {
  const operator = referenceOf(node.op);
  if (operator === undefined) throw new UnsupportedOperatorError(node.name, node.op);
  return operator;
}
