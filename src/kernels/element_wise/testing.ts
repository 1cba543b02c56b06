import type { AnyOperator, Shape } from "../node.js";
import type {
  CaseNetwork,
  ElementWiseTesting,
  Example,
  OperatorCase,
  OperatorTesting,
  Sample,
} from "../testing.js";

/** `[x, f(x), f'(x)]`. */
export type Point = readonly [x: number, value: number, slope: number];

interface Domain {
  /** Values that the cases and differences stay within, of a function that is not defined everywhere or grows fast. */
  readonly domain?: readonly [low: number, high: number];
}

const SHAPES: readonly Shape[] = [[3, 5, 7], [19], [1], [1, 2, 4]];

/**
 * What a function of each value by itself is tried with.
 *
 * @param operators the attributes to sweep; those with a value for each unit of an input come with its shape
 * @param points hand-worked, at and beside the kinks and far out
 */
export function elementWiseTesting<O extends AnyOperator>(
  operators: readonly (O | Sample<O>)[],
  points: readonly (readonly [O, readonly Point[]])[],
  {
    cancellation = 0,
    roundsInput = () => false,
    domain,
    ...rest
  }: Partial<ElementWiseTesting<O>> & Domain = {},
): OperatorTesting<O> {
  const flat = rest.flat ?? false;
  const samples = operators.map(
    (operator): Sample<O> => ("operator" in operator ? operator : { operator, shapes: [] }),
  );
  return {
    samples: samples.map(({ operator, shapes }) => ({
      operator,
      shapes: shapes.length > 0 ? shapes : [SHAPES[0]],
    })),
    examples: points.map(([operator, rows]) => exampleOf(operator, rows)),
    cases: SHAPES.flatMap((shape) =>
      samples
        .filter(({ shapes }) => shapes.length === 0 || shapes[0] === shape)
        .flatMap(({ operator }) => casesOf(operator, shape, { domain, flat })),
    ),
    ...(domain && { domain: () => domain }),
    elementWise: { cancellation, roundsInput, ...rest },
  };
}

/** The shape for samples with a value for each unit. */
export const UNIT_SHAPE = SHAPES[0];

function exampleOf<O extends AnyOperator>(operator: O, rows: readonly Point[]): Example<O> {
  const shape = [rows.length];
  return {
    name: textOf(operator),
    operator,
    shapes: [shape],
    inputs: [rows.map(([x]) => x)],
    shape,
    output: rows.map(([, value]) => value),
    cotangent: rows.map(() => 2),
    gradients: [rows.map(([, , slope]) => 2 * slope)],
  };
}

function casesOf<O extends AnyOperator>(
  operator: O,
  shape: Shape,
  { domain, flat }: Domain & { readonly flat: boolean },
): OperatorCase[] {
  if (domain) return boundedCases(operator, shape, domain);
  if (flat) return flatCases(operator, shape);
  const text = textOf(operator);
  const alone: OperatorCase = {
    name: `activation/${text} alone on ${shape.join("x")}`,
    shape,
    // The factor takes the values to -8 .. 8, over every kink and into saturation.
    grow(net, image) {
      const centred = net.add({ op: "Sub" }, image, scalar(net, 0.5));
      return net.add(operator, net.add({ op: "Mul" }, centred, scalar(net, 16)));
    },
  };
  if (shape[0] !== 3) return [alone];
  return [
    alone,
    {
      name: `activation/${text} after conv`,
      shape,
      grow: (net, image) =>
        net.add(operator, net.conv(net.add(operator, net.conv(image, { filters: 7 })), { filters: 7 })),
    },
  ];
}

/** Of a function with a domain: values are taken into it by a sigmoid. */
function boundedCases<O extends AnyOperator>(
  operator: O,
  shape: Shape,
  [low, high]: readonly [number, number],
): OperatorCase[] {
  const text = textOf(operator);
  const bounded = (net: CaseNetwork, from: string) => {
    const unit = net.add({ op: "Sigmoid" }, from);
    const spread = net.add({ op: "Mul" }, unit, scalar(net, high - low));
    return net.add(operator, net.add({ op: "Add" }, spread, scalar(net, low)));
  };
  const alone: OperatorCase = {
    name: `activation/${text} alone on ${shape.join("x")}`,
    shape,
    grow: bounded,
  };
  if (shape[0] !== 3) return [alone];
  const layer = (net: CaseNetwork, from: string) => bounded(net, net.conv(from, { filters: 7 }));
  return [
    alone,
    {
      name: `activation/${text} after conv`,
      shape,
      grow: (net, image) => layer(net, layer(net, image)),
    },
  ];
}

/** Of a function whose derivative is 0 wherever it has one: a factor, so that scores still depend on the image. */
function flatCases<O extends AnyOperator>(operator: O, shape: Shape): OperatorCase[] {
  const text = textOf(operator);
  return [
    {
      name: `activation/${text} as a factor on ${shape.join("x")}`,
      shape,
      grow(net, image) {
        // Between the multiples of 1/16 that pixels are.
        const shifted = net.add({ op: "Sub" }, image, scalar(net, 17 / 32));
        const scaled = net.add({ op: "Mul" }, shifted, scalar(net, 16));
        return net.add({ op: "Mul" }, net.add(operator, scaled), scaled);
      },
    },
  ];
}

function textOf({ op, ...parameters }: AnyOperator): string {
  const values = Object.values(parameters).map((value) =>
    value instanceof Float32Array ? value.length : value,
  );
  return [op, ...values].join(" ");
}

function scalar(net: CaseNetwork, value: number): string {
  return net.add({ op: "Constant", shape: [1], data: Float32Array.of(value) });
}
