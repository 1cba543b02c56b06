import { describe, expect, it } from "vitest";
import { compile, inspect, type LoadableModel } from "../../src/index.js";
import { GraphFile } from "./graph_model/fixtures.js";
import { savedModel, sequential, tf } from "./layers_model_fixtures.js";
import { Fixture } from "./onnx/fixture.js";

/** What `inspect` and `compile` warn of, the same but for who says it. */
async function warningsOf(model: LoadableModel): Promise<readonly string[]> {
  const found = await inspect(model);
  if (!found.supported) return expect.fail(found.message);
  const told: string[] = [];
  using engine = await compile(model, { backend: "reference", onWarning: (text) => told.push(text) });
  expect(engine.warnings).toEqual(told);
  const own = told.filter((text) => found.warnings.includes(text.replace(/^compile: /, "")));
  expect(own).toEqual(found.warnings.map((text) => `compile: ${text}`));
  for (const text of told) expect(text).not.toContain("\n");
  return found.warnings;
}

describe("what importers notice reaches compile and inspect", () => {
  it("a sign, whose gradient is 0, in an ONNX file and in a GraphModel", async () => {
    const model = new Fixture({ input: ["N", 6] });
    const y = model.node("Sign", [model.x]);
    const warning = "its gradient is 0 everywhere, so that nothing is found through it";
    expect(await warningsOf(model.bytes(model.head(y, 6)))).toEqual([`node "${y}" (Sign): ${warning}`]);
    const graph = new GraphFile();
    const sign = graph.add("Sign", [graph.input([-1, 6])]);
    graph.end(sign);
    expect(await warningsOf(graph.files())).toEqual([`node "${sign}" (Sign): ${warning}`]);
  });

  it("a window that is longer than the image", async () => {
    const model = new Fixture({ input: ["N", 2, 4, 4] });
    const y = model.node("AveragePool", [model.x], { kernel_shape: [9, 9], ceil_mode: 1 });
    expect(await warningsOf(model.bytes(model.head(y, 2)))).toEqual([
      `node "${y}" (AveragePool): its window is longer than the image: it is taken for the mean of the whole`,
    ]);
  });

  it("names that are not as many as classes", async () => {
    const model = new Fixture({ input: ["N", 6], metadata: { names: '["a", "b"]' } });
    expect(await warningsOf(model.bytes(model.head(model.x, 6)))).toEqual([
      "its metadata has 2 names for 5 classes: they are left out",
    ]);
  });

  it("a damaged metadata.json beside the model", async () => {
    const { json, bytes } = await savedModel(sequential([3], [tf.layers.dense({ units: 4 })]));
    const files = (metadata: string) => [
      new File([JSON.stringify(json)], "model.json"),
      new File([bytes as Uint8Array<ArrayBuffer>], "weights.bin"),
      new File([metadata], "metadata.json"),
    ];
    expect(await warningsOf(files("{ labels"))).toEqual([
      "metadata.json beside the model is left out: it is not JSON",
    ]);
    expect(await warningsOf(files('{"labels":["a","b","c"]}'))).toEqual([
      "its metadata has 3 names for 4 classes: they are left out",
    ]);
    expect(await warningsOf(files('{"labels":["a","b","c","d"]}'))).toEqual([]);
    expect(await warningsOf(files('{"author":"somebody"}'))).toEqual([]);
  });
});
