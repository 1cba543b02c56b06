import { describe, expect, it } from "vitest";
import { own, ownIn } from "../../src/api/own.js";
import { compile, minimalPerturbation, universalPerturbation } from "../../src/index.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { randomImages } from "../support/random_network.js";

describe("what is read after pauses", () => {
  it("is copied where it is an array of numbers, and else is what it was", () => {
    const images = Float32Array.of(1, 2, 3);
    const copy = own(images);
    images.fill(9);
    expect([...copy]).toEqual([1, 2, 3]);
    for (const other of [undefined, null, 7, "images", [1], {}, new DataView(new ArrayBuffer(4))])
      expect(own(other)).toBe(other);
  });

  it("of options is copied by name, the rest of them stays, inherited or not", () => {
    class Defaults {
      get steps() {
        return 7;
      }
    }
    const options = Object.assign(new Defaults(), { initial: Float32Array.of(1), mine: true });
    const copied = ownIn(options, "initial") as typeof options;
    options.initial[0] = 2;
    expect([copied.initial[0], copied.steps, copied.mine]).toEqual([1, 7, true]);
    expect(Object.keys(copied)).toEqual(["initial", "mine"]);
    for (const other of [undefined, null, 7, { initial: [1] }]) expect(ownIn(other as never)).toBe(other);
  });

  it("may change once an attack has been called: the images, where to begin, the targets", async () => {
    const builder = new NetworkBuilder([6, 6, 2], 3);
    const conv = builder.relu(builder.conv(builder.input, { filters: 4 }));
    const spec = builder.build(builder.gemm(builder.flatten(conv), 4));
    using net = await compile(spec, { threads: 0 });
    const images = () => randomImages(spec, 6, 5);
    const size = images().length / 6;
    const arrays = () => ({ images: images(), initial: new Float32Array(size).fill(0.01) });
    const attacks = {
      universal: (given: ReturnType<typeof arrays>) =>
        universalPerturbation(net, given.images, { ...OPTIONS, initial: given.initial }),
      minimal: (given: ReturnType<typeof arrays>) => minimalPerturbation(net, given.images, { steps: 5 }),
    };
    for (const attack of Object.values(attacks)) {
      const [kept, spoilt] = [arrays(), arrays()];
      const expected = await attack(kept);
      const running = attack(spoilt);
      spoilt.images.fill(0.5);
      spoilt.initial.fill(-1);
      expect((await running).perturbation).toEqual(expected.perturbation);
      expect(expected.perturbation.some((x) => x !== 0)).toBe(true);
    }
  });
});

const OPTIONS = { method: "sgd", passes: 2, delta: 0, radius: 0.2 } as const;
