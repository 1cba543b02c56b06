import { describe, expect, test } from "vitest";
import { type CraftingPlan, planCrafting } from "../../src/engines/webgpu/crafting_plan.js";
import { type DeepfoolPlan, planDeepfool } from "../../src/engines/webgpu/deepfool_plan.js";
import { type Plan, planNetwork } from "../../src/engines/webgpu/plan.js";
import { FINISHED, UNDONE } from "../../src/kernels/deepfool_step/wgsl_state.js";
import { project, roundDownToFloat32 } from "../../src/kernels/projection/reference.js";
import { insideOf } from "../../src/kernels/projection/wgsl.js";
import { argmax } from "../../src/kernels/top_classes/reference.js";
import { ACCEPTED, UNANSWERED } from "../../src/kernels/universal_step/wgsl_accept.js";
import { NO_LABEL } from "../../src/kernels/universal_step/wgsl_label.js";
import type { Dispatch, Tensor } from "../../src/kernels/webgpu/dispatch.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { expectGuarded } from "../support/guarded.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { randomValues } from "../support/random_values.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { runDispatches, type Values } from "../support/wgsl_kernel.js";
import { expectWithin } from "../support/within.js";

const gpu = await openGpu();
const U = 2 ** -24;
const FAR = 3.4028234663852886e38;
/** At, below and above a workgroup, a chunk of a sum, and what one invocation adds up of the chunks. */
const SIZES = [1, 63, 64, 65, 131, 1023, 1024, 1025, 4099, 257 * 1024 + 7];

interface Plans {
  readonly plan: Plan;
  readonly loop: DeepfoolPlan;
  readonly crafting: CraftingPlan;
}

/** The plans for a network on so many pixels. */
function plansFor(size: number, classes = 2): Plans {
  const builder = new NetworkBuilder([1, 1, size], 1);
  const network = buildNetwork(builder.build(builder.gemm(builder.flatten(builder.input), classes)));
  const plan = planNetwork(network, resolveInput(undefined, size));
  const loop = planDeepfool(plan);
  return { plan, loop, crafting: planCrafting(plan, loop) };
}

/** The dispatch as the engine runs it, with the parameters that a run sets. */
const set = (dispatch: Dispatch, params: Record<string, number> = {}): Dispatch => ({
  ...dispatch,
  params: { ...dispatch.params, ...params },
});

function normals(length: number, scale: number, seed: number): Float32Array {
  const random = randomValues(seed);
  return Float32Array.from({ length }, () => scale * random.uniform(-1, 1));
}

describe.skipIf(!gpu)("WGSL of the steps of a universal perturbation", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  const run = async (
    dispatches: readonly Dispatch[],
    values: readonly [Tensor, Values][],
    images: number,
    wanted: Tensor,
  ) => {
    const made = await runDispatches(device, dispatches, new Map(values), { images });
    return made.get(wanted) as Float32Array;
  };

  describe.each(SIZES.slice(0, -1))("D = %d", (size) => {
    const { plan, loop, crafting } = plansFor(size);
    const v = normals(size, 0.3, 1);

    test.each([1, 3])(
      "shift is fround(x + v), clipped, of %d images, and with factor 0 nothing",
      async (n) => {
        const x = normals(n * size, 1, 2);
        const given: [Tensor, Values][] = [
          [plan.pixels, x],
          [crafting.v, v],
        ];
        for (const [low, high] of [
          [-FAR, FAR],
          [-0.4, 0.6],
        ]) {
          const shifted = await run([set(crafting.shift, { factor: 1, low, high })], given, n, plan.pixels);
          const expected = x.map((p, i) => Math.min(Math.max(Math.fround(p + v[i % size]), low), high));
          expectWithin(shifted, expected, () => 0);
        }
        const same = await run(
          [set(crafting.shift, { factor: 0, low: -FAR, high: FAR })],
          given,
          n,
          plan.pixels,
        );
        expectWithin(same, x, () => 0);
      },
    );

    test.each([0, UNDONE])(
      "overshoot is fround(f r), of r before the last step where flags are %d",
      async (flags) => {
        const [r, before] = [normals(size, 1, 3), normals(size, 1, 4)];
        if (flags === UNDONE) r[0] = Number.NaN;
        const state = Uint32Array.of(3, 1, FINISHED | flags, 0);
        const factor = Math.fround(1.02);
        const made = await run(
          [set(crafting.overshoot, { factor })],
          [
            [loop.tensors.r, r],
            [loop.tensors.before, before],
            [loop.tensors.state, state],
          ],
          1,
          loop.tensors.r,
        );
        const from = flags === UNDONE ? before : r;
        expectWithin(
          made,
          from.map((x) => factor * x),
          () => 0,
        );
      },
    );

    test.each([0, ACCEPTED, UNANSWERED])(
      "update is fround(v + r) within the bound, where accepted is %d",
      async (accepted) => {
        const r = normals(size, 0.2, 5);
        for (const radius of [0.25, 1e300]) {
          const bound = roundDownToFloat32(radius);
          const made = await run(
            [set(crafting.update, { bound })],
            [
              [crafting.v, v],
              [loop.tensors.r, r],
              [crafting.accepted, Uint32Array.of(accepted)],
            ],
            1,
            crafting.v,
          );
          const sum = v.map((x, i) => x + r[i]);
          expectWithin(made, accepted === ACCEPTED ? project(sum, radius, Infinity) : v, () => 0);
        }
      },
    );
  });

  describe.each(SIZES)("projection onto a 2-ball, D = %d", (size) => {
    const { crafting } = plansFor(size);
    const projected = async (v: Float32Array, radius: number, accepted = 1) => {
      const dispatches = crafting.project.map((made) =>
        made === crafting.ballFactor ? set(made, { inside: insideOf(radius) }) : made,
      );
      const given: [Tensor, Values][] = [
        [crafting.v, v],
        [crafting.accepted, Uint32Array.of(accepted)],
      ];
      return run(dispatches, given, 1, crafting.v);
    };
    const length = (v: Float32Array) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));

    // At 257 chunks an invocation adds two of them: half a u more.
    test("||v|| <= radius (1 + 14 u), and within 30 u of the float64 projection", async () => {
      for (const scale of [1e-12, 0.3, 200, 1e8])
        for (const share of [1e-3, 0.5, 1 - 1e-5]) {
          const v = normals(size, scale, size);
          const radius = share * length(v);
          const made = await projected(v, radius);
          expect(length(made)).toBeLessThanOrEqual(radius * (1 + 14 * U));
          expectGuarded(made, project(v.slice(), radius, 2), (i) => 30 * U * Math.abs(made[i]), [1]);
        }
    });

    test("a v inside stays as it is, and so does one that is not accepted, and zero", async () => {
      const v = normals(size, 0.3, 6);
      expectWithin(await projected(v, 1.001 * length(v)), v, () => 0);
      expectWithin(await projected(v, 1e300), v, () => 0);
      for (const accepted of [0, UNANSWERED])
        expectWithin(await projected(v, 0.1 * length(v), accepted), v, () => 0);
      const zero = new Float32Array(size);
      expectWithin(await projected(zero, 0.5), zero, () => 0);
    });
  });

  test("label is argmax, or none where a logit is NaN", async () => {
    const CLASSES = 70;
    const { plan, crafting } = plansFor(3, CLASSES);
    const logits = normals(5 * CLASSES, 1, 9);
    logits[69] = 3;
    logits[2 * CLASSES + 64] = Number.NaN;
    logits[3 * CLASSES + 5] = Infinity;
    logits.fill(-Infinity, 4 * CLASSES);
    const made = await runDispatches(device, [crafting.label], new Map([[plan.logits, logits]]), {
      images: 5,
      lanes: CLASSES,
    });
    const labels = new Uint32Array((made.get(crafting.labels) as Float32Array).slice().buffer);
    expect([...labels]).toEqual([69, argmax(logits, CLASSES, CLASSES), NO_LABEL, 5, 0]);
  });

  describe("accept", () => {
    const CLASSES = 70;
    const { plan, loop, crafting } = plansFor(3, CLASSES);
    const accepted = async (logits: Float32Array, latest: number, leave: number) => {
      const given: [Tensor, Values][] = [
        [plan.logits, logits],
        [loop.tensors.state, Uint32Array.of(2, latest, FINISHED, leave)],
      ];
      const made = await runDispatches(device, [crafting.accept], new Map(given), {
        images: 1,
        lanes: CLASSES,
      });
      return new Uint32Array((made.get(crafting.accepted) as Float32Array).slice().buffer)[0];
    };

    test.each([
      [69, 3, 1],
      [3, 3, 0],
      [0, 0, 0],
      [64, 0, 1],
    ])("prediction %d, to leave %d: %d", async (best, leave, expected) => {
      const logits = normals(CLASSES, 1, 7);
      logits[best] = 2;
      expect(await accepted(logits, leave, leave)).toBe(expected);
    });

    test("of equal logits the first is the prediction", async () => {
      expect(await accepted(new Float32Array(CLASSES), 5, 0)).toBe(0);
      expect(await accepted(new Float32Array(CLASSES), 5, 1)).toBe(1);
    });

    test.each([Infinity, -Infinity])("with a logit of %d the run's own prediction counts", async (x) => {
      const logits = normals(CLASSES, 1, 8);
      logits[66] = x;
      expect(await accepted(logits, 4, 4)).toBe(0);
      expect(await accepted(logits, 5, 4)).toBe(1);
    });

    test("with a logit that is NaN there is no answer", async () => {
      const logits = normals(CLASSES, 1, 8);
      logits[3] = Infinity;
      logits[66] = Number.NaN;
      for (const latest of [4, 5]) expect(await accepted(logits, latest, 4)).toBe(UNANSWERED);
    });
  });
});
