import { sizeOf } from "../../src/network/spec.js";
import type { AttackOp, Case, Result } from "../case.js";
import type { BenchNetwork } from "../networks.js";
import { Oracle } from "./oracle.js";
import { expectedTies, PROMISED, rootMeanSquare, tieAllowance } from "./tolerance.js";
import { universalCheck } from "./universal.js";
import { type Again, type Check, distance, verdict } from "./verdict.js";

/** Two correct runs of DeepFool differ by rounding: so much of ||r||; where it decides a tie more, on so many images. */
const [ROUNDING, TIED] = [1e-3, 0.05];
/** Images that are tried until one is found on which no unit ties. */
const TRIED = 8;

/** Checks results of one network against an oracle that is itself proved; see `oracle.ts`. All that is timed is looked at. */
export class Checker {
  private constructor(
    private readonly bench: BenchNetwork,
    private readonly oracle: Oracle,
  ) {}

  /** @param forward multiply-adds of a forward pass */
  static async open(bench: BenchNetwork, forward: number, say: (line: string) => void): Promise<Checker> {
    return new Checker(bench, await Oracle.open(bench, forward, say));
  }

  /** What the oracle itself was compared with. */
  get proof(): Check {
    const { against, logits, jacobian } = this.oracle.proof;
    if (!(logits <= PROMISED)) return verdict(against, logits, PROMISED, "of the logits' norm");
    const allowed = jacobian <= PROMISED ? PROMISED : tieAllowance(this.bench.network, logits);
    return verdict(against, jacobian, allowed, "of a row's norm");
  }

  async check(c: Case, result: Result, again: Again): Promise<Check> {
    if (!this.proof.passed) return this.proof;
    switch (result.op) {
      case "logits":
        return this.checkLogits(c, result.logits);
      case "jacobian":
      case "gradient":
        return this.checkJacobian(c, result, again);
      case "deepfool":
      case "deepfool_foolbox":
      case "deepfool_step":
        return this.checkAttack(c, result);
      case "uap_pass":
        return universalCheck(c, result, again, this.oracle, this.bench.network.classes);
    }
  }

  dispose(): void {
    this.oracle.dispose();
  }

  private async checkLogits({ batch, first = 0 }: Case, logits: Float32Array): Promise<Check> {
    const expected = await this.oracle.logits(this.oracle.images(first, batch));
    return verdict("plain WASM, all logits", distance(logits, expected), PROMISED, "of their norm");
  }

  private async checkJacobian(
    c: Case,
    result: Extract<Result, { op: "jacobian" | "gradient" }>,
    again: Again,
  ): Promise<Check> {
    const { network, images } = this.bench;
    const { first = 0, batch } = c;
    const own = await this.differences(first, batch, result);
    const allowed = tieAllowance(network, own.logits);
    const all = `plain WASM, all ${result.classes.length} rows`;
    const unit = "of a row's norm";
    // The largest of many rows says little where units turn at random; their mean square is what is reckoned.
    if (own.rows <= PROMISED || !(own.rms <= allowed)) return verdict(all, own.rows, PROMISED, unit);
    // A unit may have turned. Where few do, there is an image without, on which it must be as precise as promised.
    const ties = expectedTies(network, own.logits);
    if (ties >= 1)
      return verdict(
        `${all} (some of ${ties.toFixed(0)} ties an image expected)`,
        own.rms,
        allowed,
        "of a row's norm, root mean square",
      );
    let best = own.rows;
    for (let n = 1; best > PROMISED && n < Math.min(TRIED, images.count - first); n++) {
      const other = await again({ batch: 1, first: first + n });
      if (other?.op === result.op) best = Math.min(best, (await this.differences(first + n, 1, other)).rows);
    }
    return verdict(`${all} (${own.rows.toExponential(1)} with ties; an image without)`, best, PROMISED, unit);
  }

  /** The largest differences of logits and of rows, the rows' root mean square, and a NaN where a class is not one of the largest. */
  private async differences(
    first: number,
    batch: number,
    { values, classes, logits }: Extract<Result, { op: "jacobian" | "gradient" }>,
  ): Promise<{ rows: number; rms: number; logits: number }> {
    const size = sizeOf(this.bench.network.input.shape);
    const count = classes.length / batch;
    const worst = { rows: 0, logits: 0 };
    const errors: number[] = [];
    if (values.length !== batch * count * size) return { rows: Number.NaN, rms: Number.NaN, logits: 0 };
    for (let n = 0; n < batch; n++) {
      const chosen = classes.slice(n * count, (n + 1) * count);
      const right = await this.oracle.jacobian(first + n, chosen);
      // A peer may leave the logits out.
      if (logits.length > 0) {
        const own = logits.subarray(n * right.logits.length, (n + 1) * right.logits.length);
        worst.logits = Math.max(worst.logits, distance(own, right.logits));
      }
      if (!areLargest(right.logits, chosen)) worst.rows = Number.NaN;
      for (let k = 0; k < count; k++) {
        const row = (n * count + k) * size;
        const error = distance(
          values.subarray(row, row + size),
          right.values.subarray(k * size, (k + 1) * size),
        );
        worst.rows = Math.max(error, worst.rows);
        errors.push(error);
      }
    }
    // A NaN among the rows stays one.
    return { ...worst, rms: rootMeanSquare(errors) + 0 * worst.rows };
  }

  /** Labels and perturbations of every image. */
  private async checkAttack(
    { batch, classes, first = 0 }: Case,
    { op, perturbation, labels, newLabels }: Extract<Result, { op: AttackOp }>,
  ): Promise<Check> {
    const expected = await this.oracle.attack(
      op,
      first,
      batch,
      Math.min(classes, this.bench.network.classes),
    );
    const size = perturbation.length / batch;
    let wrong = 0;
    for (let n = 0; n < batch; n++) {
      const own = perturbation.subarray(n * size, (n + 1) * size);
      const right = expected.perturbation.subarray(n * size, (n + 1) * size);
      const same = labels[n] === expected.labels[n] && newLabels[n] === expected.newLabels[n];
      if (!(same && distance(own, right) <= ROUNDING)) wrong++;
    }
    const against = `plain WASM, r of every image to ${ROUNDING} of its norm`;
    // One image of few may tie.
    return verdict(against, wrong / batch, Math.max(TIED, 1.5 / batch), "of the images");
  }
}

/** Whether no logit outside is larger than the smallest of the chosen, but for rounding. */
function areLargest(logits: Float32Array, chosen: Int32Array): boolean {
  const inside = new Set(chosen);
  const largest = logits.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const least = Math.min(...Array.from(chosen, (c) => logits[c]));
  return (
    inside.size === chosen.length && logits.every((l, c) => inside.has(c) || l <= least + PROMISED * largest)
  );
}
