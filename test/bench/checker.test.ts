import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AttackOp, Case, Result } from "../../bench/case.js";
import { Checker } from "../../bench/checks/checker.js";
import { rootMeanSquare, tieAllowance } from "../../bench/checks/tolerance.js";
import { engineCall } from "../../bench/contenders/engine.js";
import { HeNetwork } from "../../bench/he_network.js";
import { drawImages } from "../../bench/images.js";
import type { BenchNetwork, KnownResults } from "../../bench/networks.js";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";

const net = new HeNetwork("tiny", 1, 8);
net.convRelu(6, { pad: 1 });
net.convRelu(8, { stride: 2 });
net.globalAverage();
net.dense(10);
const network = buildNetwork(net.spec());
const bench: BenchNetwork = {
  name: "tiny",
  network,
  input: resolveInput(undefined, 3),
  images: drawImages([8, 8, 3], 24, 1),
  source: "test",
};
const SIZE = 8 * 8 * 3;
const reference = createReferenceEngine(network, bench.input);

/** What a correct contender gives: the float64 reference. */
const right = (c: Case): Promise<Result> => engineCall(reference, bench.images, c)();

/** The checker's verdict on a contender that answers so. */
async function verdictOn(checker: Checker, c: Case, answer: (c: Case) => Promise<Result>): Promise<boolean> {
  const again = (variation: Pick<Case, "batch" | "first">) => answer({ ...c, ...variation });
  return (await checker.check(c, await answer(c), again)).passed;
}

let checker: Checker;
beforeAll(async () => {
  checker = await Checker.open(bench, 1e5, () => {});
});
afterAll(() => checker.dispose());

const base = { network: "tiny", batch: 3, classes: 4 } as const;

describe("Checker", () => {
  it("is proved by float64", () => {
    expect(checker.proof).toMatchObject({ passed: true, unit: "of a row's norm" });
    expect(checker.proof.against).toContain("float64, all rows of image");
  });

  const wrongs: Record<string, [Case, Record<string, (r: never) => Result>]> = {
    logits: [
      { ...base, op: "logits", classes: 0 },
      {
        zeros: (r: Of<"logits">) => ({ ...r, logits: new Float32Array(r.logits.length) }),
        nothing: (r: Of<"logits">) => ({ ...r, logits: new Float32Array(0) }),
        "off by a thousandth": (r: Of<"logits">) => ({ ...r, logits: r.logits.map((x) => 1.001 * x) }),
        "a NaN": (r: Of<"logits">) => ({ ...r, logits: r.logits.with(5, Number.NaN) }),
        "images in another order": (r: Of<"logits">) => ({ ...r, logits: turned(r.logits, 10) }),
      },
    ],
    jacobian: [
      { ...base, op: "jacobian" },
      {
        zeros: (r: Of<"jacobian">) => ({ ...r, values: new Float32Array(r.values.length) }),
        "one row of twelve": (r: Of<"jacobian">) => ({
          ...r,
          values: r.values.map((x, i) => (Math.floor(i / SIZE) === 7 ? -x : x)),
        }),
        "rows of other classes": (r: Of<"jacobian">) => ({ ...r, values: turned(r.values, SIZE) }),
        "not the largest classes": (r: Of<"jacobian">) => ({ ...r, ...smallest(r) }),
        "fewer rows": (r: Of<"jacobian">) => ({ ...r, values: r.values.subarray(SIZE) }),
      },
    ],
    deepfool: [
      { ...base, op: "deepfool" },
      {
        zeros: (r: Attack) => ({ ...r, perturbation: new Float32Array(r.perturbation.length) }),
        "longer by a hundredth": (r: Attack) => ({
          ...r,
          perturbation: r.perturbation.map((x) => 1.01 * x),
        }),
        "images in another order": (r: Attack) => ({
          ...r,
          perturbation: turned(r.perturbation, SIZE),
        }),
        "other labels": (r: Attack) => ({ ...r, newLabels: r.newLabels.map((l) => (l + 1) % 10) }),
      },
    ],
    uap_pass: [
      { ...base, op: "uap_pass", batch: 24, classes: 10 },
      {
        "no perturbation": (r: Of<"uap_pass">) => ({ ...r, perturbation: new Float32Array(SIZE) }),
        "a longer one": (r: Of<"uap_pass">) => ({ ...r, perturbation: r.perturbation.map((x) => 1.01 * x) }),
        "another rate": (r: Of<"uap_pass">) => ({ ...r, rate: r.rate > 0.5 ? r.rate - 0.2 : r.rate + 0.2 }),
        "another direction": (r: Of<"uap_pass">) => ({ ...r, perturbation: turned(r.perturbation, 3) }),
      },
    ],
  };
  for (const [op, [c, kinds]] of Object.entries(wrongs)) {
    it(`passes right results: ${op}`, async () => {
      expect(await verdictOn(checker, c, right)).toBe(true);
    });
    it.each(Object.entries(kinds))(`fails ${op}, %s`, async (_, spoil) => {
      expect(await verdictOn(checker, c, async (other) => spoil((await right(other)) as never))).toBe(false);
    });
  }

  it("passes nothing where the oracle is not what was stored", async () => {
    const classes = Int32Array.from({ length: 10 }, (_, k) => k);
    const { values, logits } = await reference.jacobian(bench.images.values.subarray(0, SIZE), { classes });
    const withKnown = async (known: KnownResults): Promise<[boolean, boolean]> => {
      const own = await Checker.open({ ...bench, known }, 1e5, () => {});
      const passed = await verdictOn(own, { ...base, op: "logits", classes: 0 }, right);
      own.dispose();
      return [own.proof.passed, passed];
    };
    expect(await withKnown({ logits, jacobian: { values, classes } })).toEqual([true, true]);
    const other = values.map((x, i) => (i < SIZE ? 2 * x : x));
    expect(await withKnown({ logits, jacobian: { values: other, classes } })).toEqual([false, false]);
    expect(await withKnown({ logits: turned(logits, 1), jacobian: { values, classes } })).toEqual([
      false,
      false,
    ]);
  });
});

describe("many rows", () => {
  const relus = new HeNetwork("deep", 1, 8);
  for (let layer = 0; layer < 26; layer++) relus.convRelu(4, { pad: 1 });
  relus.globalAverage();
  relus.dense(10);
  const allowed = tieAllowance(buildNetwork(relus.spec()), 3e-7);
  const rows = (tied: number, error: number) =>
    Array.from({ length: 640 }, (_, i) => (i < tied ? error : 1e-6));

  it("may be off where a third of the images tie, some by much", () => {
    // As measured between our own two modules on SqueezeNet, and the worst of all on a GPU.
    expect(rootMeanSquare([...rows(213, 3e-3), 0.033])).toBeLessThan(allowed);
  });

  it("may not if one of them is another row, or all are off by a hundredth", () => {
    expect(rootMeanSquare([...rows(213, 3e-3), 1])).toBeGreaterThan(allowed);
    expect(rootMeanSquare(rows(640, 0.01))).toBeGreaterThan(allowed);
  });
});

type Attack = Extract<Result, { op: AttackOp }>;
type Of<O extends Result["op"]> = Extract<Result, { op: O }>;

/** Parts of `size`, each in the place of the next. */
function turned(values: Float32Array, size: number): Float32Array {
  return values.map((_, i) => values[(i + size) % values.length]);
}

/** The rows of one class more than was asked for, the largest left out. */
function smallest({ values, classes, logits }: Of<"jacobian">): Partial<Of<"jacobian">> {
  const other = Array.from({ length: 10 }, (_, k) => k).find((k) => !classes.subarray(0, 4).includes(k))!;
  return { values, logits, classes: classes.with(0, other) };
}
