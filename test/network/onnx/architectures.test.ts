import { describe, expect, it } from "vitest";
import { jacobian64, logits64 } from "../../../src/engines/reference.js";
import { sizeOf } from "../../../src/network/spec.js";
import { randomValues } from "../../support/random_values.js";
import { expectAgreement } from "./agree.js";
import { ARCHITECTURES } from "./architectures.js";
import { Fixture } from "./fixture.js";

const INPUT = ["batch", 3, 16, 16] as const;

/** With opset 17 as TorchScript's exporter writes them, with 20 as the newer one. */
describe.each([17, 20])("opset %d", (opset) => {
  it.each(Object.keys(ARCHITECTURES))("%s", async (name) => {
    const model = new Fixture({ input: INPUT, opset, seed: 5 });
    const scores = ARCHITECTURES[name](model);
    const network = await expectAgreement(model.bytes(scores), INPUT, {
      engines: ["reference", "wasm"],
      range: [0, 1],
    });
    expect(network.classes).toBe(5);
    if (opset === 20) expectGradients(network);
  });
});

/** The reference engine's gradients are the differences of its own logits, at a few pixels. */
function expectGradients(network: Parameters<typeof logits64>[0]): void {
  const random = randomValues(11);
  const channels = network.input.shape[2];
  const transform = {
    range: [0, 1] as const,
    scale: new Array<number>(channels).fill(1),
    offset: new Array<number>(channels).fill(0),
  };
  const classes = [0, 1, 2, 3, 4];
  const image = Float64Array.from({ length: sizeOf(network.input.shape) }, () => random.uniform(0, 1));
  const { values } = jacobian64(network, transform, image, Int32Array.from(classes));
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expect(largest).toBeGreaterThan(0);
  const h = 2 ** -22;
  for (let trial = 0; trial < 6; trial++) {
    const at = random.integer(0, image.length - 1);
    const [above, below] = [h, -h].map((step) =>
      logits64(network, transform, image.with(at, image[at] + step)),
    );
    classes.forEach((c, k) => {
      const slope = (above[c] - below[c]) / (2 * h);
      expect(Math.abs(slope - values[k * image.length + at]) / largest).toBeLessThan(1e-6);
    });
  }
}
