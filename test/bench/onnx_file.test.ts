import { describe, expect, it } from "vitest";
import { convnext } from "../../bench/convnext.js";
import { efficientnet } from "../../bench/efficientnet.js";
import { HeNetwork } from "../../bench/he_network.js";
import { onnxFile } from "../../bench/peers/onnx_file.js";
import { tiny } from "../../bench/small_networks.js";
import { vit } from "../../bench/vit.js";
import { forward64 } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import type { Network, NetworkSpec } from "../../src/network/spec.js";

/** Shapes and operators of its own: a stride, a pool, a concatenation, a depthwise layer, clips, no padding. */
function many(): NetworkSpec {
  const net = new HeNetwork("many", 3, 13);
  const first = net.convRelu(6, { stride: 2 });
  const second = net.conv(4, { from: first, kernel: 1 });
  const third = net.conv(5, { from: first, pad: 1 });
  net.concat(second, third);
  net.maxPool(3);
  net.globalAverage();
  net.dense(7);
  const spec = net.spec();
  const nodes = spec.nodes.map((node) =>
    node.op === "Relu"
      ? { op: "Clip" as const, name: node.name, inputs: node.inputs, min: 0, max: 1.5 }
      : node,
  );
  return { ...spec, nodes };
}

describe("onnxFile", () => {
  it.each<[string, NetworkSpec]>([
    ["tiny", tiny(7)],
    ["many", many()],
    ["a vision transformer", vit(2, { image: 16, patch: 8, width: 12, blocks: 2, heads: 3, classes: 7 })],
    ["an EfficientNet", efficientnet(3, 32, 7)],
    ["a ConvNeXt", convnext(4, 32, 7)],
  ])("writes what reads as the same network: %s", async (_, spec) => {
    const network = buildNetwork(spec);
    const read = buildNetwork(await openModel(onnxFile(network)));
    const input = resolveInput(undefined, 3);
    const [height, width, channels] = network.input.shape;
    const pixels = Float64Array.from({ length: height * width * channels }, (_, i) => ((i * 37) % 101) / 100);
    const logits = (of: Network) => forward64(of, input, pixels).get(of.output)!;
    const [own, again] = [logits(network), logits(read)];
    expect(Math.max(...own)).not.toBe(Math.min(...own));
    again.forEach((value, i) => {
      expect(value).toBeCloseTo(own[i], 5);
    });
  });

  it("names what it has no spelling for", () => {
    const net = new HeNetwork("odd", 1, 8);
    net.conv(4);
    net.globalAverage();
    const spec = net.spec();
    const nodes = [...spec.nodes, { op: "Tanh" as const, name: "odd", inputs: [spec.output] }];
    expect(() => onnxFile(buildNetwork({ ...spec, nodes, output: "odd" }))).toThrow(
      "odd (Tanh) has no spelling",
    );
  });
});
