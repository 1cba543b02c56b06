import { describe, expect, it } from "vitest";
import { jacobian64 } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import { simplifyAsNeeded } from "../../src/network/simplify_as_needed.js";
import type { Network, NetworkSpec, OpName } from "../../src/network/spec.js";
import { float32Error } from "../support/float32_error.js";
import { randomValues } from "../support/random_values.js";
import { GraphFile } from "./graph_model/fixtures.js";
import { Fixture } from "./onnx/fixture.js";

const PLAIN = resolveInput(undefined, 1);

/** All networks of this file, before and after. */
const spelled: { readonly network: Network; readonly joined: Network }[] = [];

/** The simplified network, which computes what the network does to within its float32 bound, gradients too. */
function expectKept(spec: NetworkSpec): Network {
  const network = buildNetwork(spec);
  const joined = simplify(network);
  spelled.push({ network, joined });
  const random = randomValues(5);
  const { shape } = network.input;
  const classes = Int32Array.from({ length: Math.min(3, network.classes) }, (_, c) => c);
  for (let n = 0; n < 8; n++) {
    const image = Float64Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform(-4, 4));
    const expected = jacobian64(network, PLAIN, image, classes);
    const actual = jacobian64(joined, PLAIN, image, classes);
    const bound = float32Error(network, PLAIN, image, classes);
    expected.logits.forEach((value, i) => {
      expect(Math.abs(actual.logits[i] - value)).toBeLessThanOrEqual(bound.logits[i]);
    });
    expected.values.forEach((value, i) => {
      const most = bound.ties.length > 0 ? bound.tiedValues[i] : bound.values[i];
      expect(Math.abs(actual.values[i] - value)).toBeLessThanOrEqual(most);
    });
  }
  return joined;
}

const operatorsOf = ({ nodes }: Network): OpName[] =>
  nodes.map(({ op }) => op).filter((op) => op !== "Constant");

type Spelling = (m: Fixture, x: string, s: (value: number) => string) => string;

/** ONNX nodes of two inputs, by name. */
const op =
  (type: string) =>
  (m: Fixture, ...inputs: string[]) =>
    m.node(type, inputs);
const [add, sub, mul, div] = ["Add", "Sub", "Mul", "Div"].map(op);
const [erf, tanh, sigmoid, exp, neg, pow] = ["Erf", "Tanh", "Sigmoid", "Exp", "Neg", "Pow"].map(op);

async function imported(spelling: Spelling): Promise<NetworkSpec> {
  const m = new Fixture({ input: ["N", 6], opset: 17 });
  const s = (value: number) => m.constant([], [value]);
  const dense = m.node("Gemm", [m.x, m.weights([6, 7]), m.weights([7])]);
  return openModel(m.bytes(m.head(spelling(m, dense, s), 7)));
}

const ROOT = Math.sqrt(2 / Math.PI);

const SPELLINGS: Record<string, readonly [becomes: OpName, Spelling]> = {
  "gelu, PyTorch": [
    "Gelu",
    (m, x, s) => mul(m, mul(m, x, add(m, erf(m, div(m, x, s(Math.SQRT2))), s(1))), s(0.5)),
  ],
  "gelu, PyTorch's dynamo": [
    "Gelu",
    (m, x, s) => mul(m, mul(m, s(0.5), x), add(m, s(1), erf(m, mul(m, x, s(Math.SQRT1_2))))),
  ],
  "gelu, tf2onnx": [
    "Gelu",
    (m, x, s) => mul(m, x, mul(m, add(m, erf(m, mul(m, s(Math.SQRT1_2), x)), s(1)), s(0.5))),
  ],
  "gelu, a half of each term": [
    "Gelu",
    (m, x, s) => mul(m, x, add(m, mul(m, s(0.5), erf(m, div(m, x, s(Math.SQRT2)))), s(0.5))),
  ],
  "gelu by tanh, PyTorch": [
    "Gelu",
    (m, x, s) => {
      const inner = mul(m, s(ROOT), add(m, x, mul(m, s(0.044715), pow(m, x, s(3)))));
      return mul(m, mul(m, s(0.5), x), add(m, s(1), tanh(m, inner)));
    },
  ],
  "gelu by tanh, products": [
    "Gelu",
    (m, x, s) => {
      const inner = mul(m, add(m, mul(m, mul(m, mul(m, x, x), x), s(0.044715)), x), s(ROOT));
      return mul(m, x, mul(m, add(m, tanh(m, inner), s(1)), s(0.5)));
    },
  ],
  "gelu by tanh, the variable outside": [
    "Gelu",
    (m, x, s) => {
      const square = add(m, mul(m, mul(m, x, s(0.044715)), x), s(1));
      return mul(m, mul(m, add(m, tanh(m, mul(m, mul(m, x, s(ROOT)), square)), s(1)), x), s(0.5));
    },
  ],
  swish: ["Swish", (m, x) => mul(m, sigmoid(m, x), x)],
  "swish by Exp": ["Swish", (m, x, s) => div(m, x, add(m, s(1), exp(m, neg(m, x))))],
  "hard swish by HardSigmoid": [
    "HardSwish",
    (m, x) => mul(m, x, m.node("HardSigmoid", [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })),
  ],
  "hard swish by Clip": [
    "HardSwish",
    (m, x, s) => div(m, mul(m, x, m.node("Clip", [add(m, x, s(3)), s(0), s(6)])), s(6)),
  ],
  "hard swish, a sixth of the clip": [
    "HardSwish",
    (m, x, s) => mul(m, mul(m, m.node("Clip", [add(m, s(3), x), s(0), s(6)]), s(1 / 6)), x),
  ],
  "hard swish by Relu and Min": [
    "HardSwish",
    (m, x, s) => mul(m, x, div(m, m.node("Min", [m.node("Relu", [add(m, x, s(3))]), s(6)]), s(6))),
  ],
  "mish by Softplus": ["Mish", (m, x) => mul(m, x, tanh(m, m.node("Softplus", [x])))],
  "mish by Log": ["Mish", (m, x, s) => mul(m, tanh(m, m.node("Log", [add(m, exp(m, x), s(1))])), x)],
};

describe("functions that are spelled out become their operator", () => {
  it.each(Object.entries(SPELLINGS))("%s", async (_, [becomes, spelling]) => {
    const joined = expectKept(await imported(spelling));
    expect(operatorsOf(joined)).toEqual(["Gemm", becomes, "Gemm"]);
    if (becomes === "Gelu")
      expect(joined.nodes).toContainEqual(
        expect.objectContaining({ approximate: _.includes("tanh") ? "tanh" : "none" }),
      );
  });

  it("of an image whose channels come first", async () => {
    const m = new Fixture({ input: ["N", 3, 4, 4], opset: 17 });
    const conv = m.node("Conv", [m.x, m.weights([5, 3, 1, 1])]);
    const y = mul(m, conv, sigmoid(m, conv));
    const joined = expectKept(await openModel(m.bytes(m.head(y, 80))));
    expect(operatorsOf(joined)).toContain("Swish");
    expect(operatorsOf(joined)).not.toContain("Sigmoid");
  });

  it("in a GraphModel, as TensorFlow writes them", async () => {
    const graph = new GraphFile();
    const x = graph.add("Square", [graph.input([-1, 5])]);
    const half = graph.add("Mul", [graph.floats(0.5), x]);
    const inner = graph.add("Erf", [graph.add("RealDiv", [x, graph.floats(Math.SQRT2)])]);
    const gelu = graph.add("Mul", [half, graph.add("AddV2", [graph.floats(1), inner])]);
    const six = graph.add("Relu6", [graph.add("AddV2", [gelu, graph.floats(3)])]);
    const hard = graph.add("Mul", [gelu, graph.add("Mul", [six, graph.floats(1 / 6)])]);
    graph.end(hard);
    const joined = expectKept(await openModel(graph.files()));
    expect(operatorsOf(joined).slice(1, 3)).toEqual(["Gelu", "HardSwish"]);
  });
});

const NEAR_MISSES: Record<string, Spelling> = {
  "gelu with another root": (m, x, s) =>
    mul(m, mul(m, x, add(m, erf(m, div(m, x, s(1.4143))), s(1))), s(0.5)),
  "gelu without its half": (m, x, s) => mul(m, x, add(m, erf(m, div(m, x, s(Math.SQRT2))), s(1))),
  "gelu of minus": (m, x, s) => mul(m, mul(m, x, sub(m, erf(m, div(m, x, s(Math.SQRT2))), s(1))), s(0.5)),
  "gelu by tanh with a rounded factor": (m, x, s) => {
    const inner = mul(m, s(ROOT), add(m, x, mul(m, s(0.0447), pow(m, x, s(3)))));
    return mul(m, mul(m, s(0.5), x), add(m, s(1), tanh(m, inner)));
  },
  "quick gelu": (m, x, s) => mul(m, x, sigmoid(m, mul(m, s(1.702), x))),
  "a sigmoid of something else": (m, x, s) => mul(m, x, sigmoid(m, add(m, x, s(0.5)))),
  "hard swish up to 5": (m, x, s) => div(m, mul(m, x, m.node("Clip", [add(m, x, s(3)), s(0), s(5)])), s(6)),
  "hard swish from 2": (m, x, s) => div(m, mul(m, x, m.node("Clip", [add(m, x, s(2)), s(0), s(6)])), s(6)),
  "hard swish of tf.keras's hard sigmoid": (m, x) =>
    mul(m, x, m.node("HardSigmoid", [x], { alpha: { float: 0.2 }, beta: { float: 0.5 } })),
  "mish of another softplus": (m, x, s) => mul(m, x, tanh(m, m.node("Log", [add(m, exp(m, x), s(2))]))),
  "a value in between that is read elsewhere": (m, x) => {
    const gate = sigmoid(m, x);
    return add(m, mul(m, x, gate), gate);
  },
  "factors that differ between units": (m, x) => {
    const halves = m.constant([7], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6]);
    return mul(
      m,
      mul(m, x, add(m, erf(m, div(m, x, m.constant([], [Math.SQRT2]))), m.constant([], [1]))),
      halves,
    );
  },
};

describe("what is nearly one stays as it is", () => {
  it.each(Object.entries(NEAR_MISSES))("%s", async (_, spelling) => {
    const operators = operatorsOf(expectKept(await imported(spelling)));
    for (const name of ["Gelu", "Swish", "HardSwish", "Mish"]) expect(operators).not.toContain(name);
  });
});

describe("layer normalisation that is spelled out becomes its operator", () => {
  const WIDTH = 6;
  type Normalisation = (m: Fixture, x: string, s: (value: number) => string) => string;

  async function normalised(spelling: Normalisation, rows: readonly number[] = [5]): Promise<NetworkSpec> {
    const m = new Fixture({ input: ["N", ...rows, WIDTH], opset: 17 });
    const s = (value: number) => m.constant([], [value]);
    const x = m.node("MatMul", [m.x, m.weights([WIDTH, WIDTH], 1)]);
    return openModel(
      m.bytes(
        m.head(
          spelling(m, x, s),
          rows.reduce((a, b) => a * b, WIDTH),
        ),
      ),
    );
  }
  const mean = (m: Fixture, x: string, axes = [-1]) => m.node("ReduceMean", [x], { axes });
  const root = (m: Fixture, variance: string, epsilon: string) => m.node("Sqrt", [add(m, variance, epsilon)]);
  const gain = (m: Fixture) => m.uniform([WIDTH], 0.5, 2);

  const spelled: Record<string, Normalisation> = {
    "PyTorch: Pow, Sqrt, Div, Mul, Add"(m, x, s) {
      const d = sub(m, x, mean(m, x));
      const y = div(m, d, root(m, mean(m, pow(m, d, s(2))), s(1e-5)));
      return add(m, mul(m, y, gain(m)), gain(m));
    },
    "a product for the square, without factors"(m, x, s) {
      const d = sub(m, x, mean(m, x));
      return div(m, d, root(m, mean(m, mul(m, d, d)), s(1e-3)));
    },
    "two differences, the inverse of the root"(m, x, s) {
      const square = pow(m, sub(m, x, mean(m, x)), s(2));
      const inverse = m.node("Reciprocal", [root(m, mean(m, square), s(1e-5))]);
      return mul(m, sub(m, x, mean(m, x)), inverse);
    },
    "tf2onnx of Keras: the mean in the offset"(m, x, s) {
      const centre = mean(m, x);
      const d = sub(m, x, centre);
      const variance = mean(m, mul(m, d, d));
      const inverse = mul(m, m.node("Reciprocal", [root(m, variance, s(1e-3))]), gain(m));
      return add(m, mul(m, x, inverse), sub(m, gain(m), mul(m, centre, inverse)));
    },
  };
  it.each(Object.entries(spelled))("%s", async (_, spelling) => {
    for (const rows of [[5], [2, 3], []]) {
      const joined = expectKept(await normalised(spelling, rows));
      const moves: OpName[] = ["Reshape", "Flatten", "Transpose"];
      expect(operatorsOf(joined).filter((name) => !moves.includes(name))).toEqual([
        "Gemm",
        "LayerNormalization",
        "Gemm",
      ]);
    }
  });

  it("of channels that come first, as ConvNeXt has it", async () => {
    const m = new Fixture({ input: ["N", 6, 4, 4], opset: 17 });
    const x = m.node("Conv", [m.x, m.weights([6, 6, 1, 1])]);
    const d = sub(m, x, mean(m, x, [1]));
    const y = div(m, d, root(m, mean(m, pow(m, d, m.constant([], [2])), [1]), m.constant([], [1e-6])));
    const scaled = add(m, mul(m, m.uniform([6, 1, 1], 0.5, 2), y), m.uniform([6, 1, 1], -1, 1));
    const joined = expectKept(await openModel(m.bytes(m.head(scaled, 96))));
    expect(operatorsOf(joined)).toContain("LayerNormalization");
    expect(operatorsOf(joined)).not.toContain("ReduceMean");
  });

  it("in a GraphModel, as Keras freezes it", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 4, 5]);
    const axes = graph.integers([2]);
    const keep = { keep_dims: { b: true } };
    const centre = graph.add("Mean", [x, axes], keep);
    const variance = graph.add("Mean", [graph.add("SquaredDifference", [x, centre]), axes], keep);
    const inverse = graph.add("Rsqrt", [graph.add("AddV2", [variance, graph.floats(1e-3)])]);
    const scaled = graph.add("Mul", [inverse, graph.random([5], 0.5, 2)]);
    const offset = graph.add("Sub", [graph.random([5]), graph.add("Mul", [centre, scaled])]);
    graph.end(graph.add("AddV2", [graph.add("Mul", [x, scaled]), offset]));
    const joined = expectKept(await openModel(graph.files()));
    expect(operatorsOf(joined)[0]).toBe("LayerNormalization");
    expect(operatorsOf(joined)).not.toContain("ReduceMean");
  });

  const misses: Record<string, Normalisation> = {
    "epsilon outside of the root"(m, x, s) {
      const d = sub(m, x, mean(m, x));
      return div(m, d, add(m, m.node("Sqrt", [mean(m, pow(m, d, s(2)))]), s(1e-5)));
    },
    "the mean of cubes"(m, x, s) {
      const d = sub(m, x, mean(m, x));
      const cubes = m.node("Abs", [mean(m, pow(m, d, s(3)))]);
      return div(m, d, root(m, cubes, s(1e-2)));
    },
    "the variance of something else"(m, x, s) {
      const other = sub(m, x, mean(m, m.x));
      return div(m, sub(m, x, mean(m, x)), root(m, mean(m, pow(m, other, s(2))), s(1e-5)));
    },
    "another axis"(m, x, s) {
      const d = sub(m, x, mean(m, x, [1]));
      return div(m, d, root(m, mean(m, pow(m, d, s(2)), [1]), s(1e-2)));
    },
    "no mean, which is a root mean square": (m, x, s) =>
      div(m, x, root(m, mean(m, pow(m, x, s(2))), s(1e-5))),
    "the variance is read elsewhere"(m, x, s) {
      const d = sub(m, x, mean(m, x));
      const variance = mean(m, pow(m, d, s(2)));
      return add(m, div(m, d, root(m, variance, s(1e-5))), variance);
    },
  };
  it.each(Object.entries(misses))("but not with %s", async (_, spelling) => {
    expect(operatorsOf(expectKept(await normalised(spelling)))).not.toContain("LayerNormalization");
  });
});

it("all these spellings are joined where only what is needed is loaded", async () => {
  expect(spelled.length).toBeGreaterThan(20);
  for (const { network, joined } of spelled) expect(await simplifyAsNeeded(network)).toEqual(joined);
});
