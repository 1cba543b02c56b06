import {
  type I32,
  type Locals,
  loadSplat,
  loadSplat64,
  loadV,
  madd,
  storeLane64,
  storeV,
  type Target,
  type V128,
  type Variable,
  zero,
} from "../wasm/assembler.js";

/** Vector registers that V8 hands out on x86. */
const REGISTERS = 15;
const NOWHERE = { cotangent: 0, weight: () => 0 };

/**
 * The registers of `conv_vjp`: cotangents of a few input units, `lanes` each, in memory `[unit][4 V lanes]`.
 *
 * Two lanes past the last full vector would cost each unit a whole vector. Instead those of two units share one:
 * with 10 lanes, two units take 5 vectors and not 6. Its weights are put together from the two splat weights
 * by a shuffle, which the multipliers do not notice. Lanes beyond `lanes` are not written.
 *
 * Sharing one vector among the single last lanes of four units (9 lanes) was slower than 10 lanes: it takes
 * three shuffles.
 */
export class UnitTile {
  /** Vectors of a unit in memory. */
  readonly vectors: number;
  private readonly sums: Variable<V128>[][];
  /** Lanes past the last full vector, of two units each; none if there are no such lanes. */
  private readonly shared: Variable<V128>[];
  private readonly cotangents: Variable<V128>[];
  private readonly restCotangent: Variable<V128>;
  private readonly weights: Variable<V128>[];
  private readonly restBytes: number;

  /** @param lanes a multiple of 4, or 2 more than one */
  constructor(
    locals: Locals,
    private readonly target: Target,
    lanes: number,
    units: number,
  ) {
    const full = Math.floor(lanes / 4);
    const vectors = (n: number) => Array.from({ length: n }, () => locals.v128());
    this.vectors = Math.ceil(lanes / 4);
    this.restBytes = 16 * full;
    this.sums = Array.from({ length: units }, () => vectors(full));
    this.shared = vectors(lanes % 4 === 0 ? 0 : Math.ceil(units / 2));
    this.cotangents = vectors(full);
    this.restCotangent = locals.v128();
    this.weights = vectors(units);
  }

  clear(units: number): void {
    for (let i = 0; i < units; i++) for (const sum of this.sums[i]) sum.set(zero());
    for (const { vector } of this.pairs(units)) vector.set(zero());
  }

  /** Starts from memory; lanes of unit i are kept where `live(i)` is set. */
  load(units: number, address: (i: number) => I32, live: ((i: number) => V128) | undefined): void {
    const masked = (v: V128, i: number): V128 => (live ? v.and(live(i)) : v);
    for (let i = 0; i < units; i++)
      this.sums[i].forEach((sum, v) => {
        sum.set(masked(loadV(address(i), 16 * v), i));
      });
    for (const { vector, members } of this.pairs(units)) {
      members.forEach((i, j) => {
        this.weights[j].set(masked(loadSplat64(address(i), this.restBytes), i));
      });
      vector.set(this.together(members.map((_, j) => j)));
    }
  }

  /**
   * `sum_i += weight_i * cotangent` for the cotangent at an address and the weights of the units.
   *
   * V8 loads all that a block of code needs before it multiplies. Where that is more than the registers hold,
   * `cut(n)` ends the block: a branch that is never taken, on a condition of its own for every n.
   *
   * @param offset bytes that are added to the address of the cotangent, and to that of the weight of unit i
   */
  multiply(
    units: number,
    cotangent: I32,
    weight: (i: number) => I32,
    cut: (n: number) => void,
    offset: { readonly cotangent: number; readonly weight: (i: number) => number } = NOWHERE,
  ): void {
    const cuts = this.registers(units) > REGISTERS;
    for (let i = 0; i < units; i++) this.weights[i].set(loadSplat(weight(i), offset.weight(i)));
    this.cotangents.forEach((g, v) => {
      if (cuts && v > 0) cut(v);
      g.set(loadV(cotangent, offset.cotangent + 16 * v));
      for (let i = 0; i < units; i++)
        this.sums[i][v].set(madd(this.target, this.weights[i], g, this.sums[i][v]));
    });
    if (this.shared.length === 0) return;
    if (cuts) cut(this.cotangents.length);
    this.restCotangent.set(loadSplat64(cotangent, offset.cotangent + this.restBytes));
    for (const { vector, members } of this.pairs(units))
      vector.set(madd(this.target, this.together(members), this.restCotangent, vector));
  }

  /** Multiplies all lanes of unit i by the scalar at an address. */
  scale(units: number, factor: (i: number) => I32): void {
    for (let i = 0; i < units; i++) {
      this.weights[i].set(loadSplat(factor(i)));
      for (const sum of this.sums[i]) sum.set(sum.mul(this.weights[i]));
    }
    for (const { vector, members } of this.pairs(units)) vector.set(vector.mul(this.together(members)));
  }

  store(units: number, address: (i: number) => I32): void {
    for (let i = 0; i < units; i++)
      this.sums[i].forEach((sum, v) => {
        storeV(address(i), sum, 16 * v);
      });
    for (const { vector, members } of this.pairs(units))
      members.forEach((i, j) => {
        storeLane64(address(i), vector, j as 0 | 1, this.restBytes);
      });
  }

  /** What a tile of `units` takes where all is loaded before the multiplications. */
  private registers(units: number): number {
    const sums = units * this.cotangents.length + this.pairs(units).length;
    return sums + this.vectors + units + (this.target.relaxed ? 0 : 1);
  }

  /** The shared vectors of a tile of `units`, and the one or two units in each. */
  private pairs(units: number): { vector: Variable<V128>; members: number[] }[] {
    if (this.shared.length === 0) return [];
    return Array.from({ length: Math.ceil(units / 2) }, (_, pair) => ({
      vector: this.shared[pair],
      members: 2 * pair + 1 < units ? [2 * pair, 2 * pair + 1] : [2 * pair],
    }));
  }

  /** The weights of one or two units, each in the lanes of its unit. */
  private together([a, b]: readonly number[]): V128 {
    return b === undefined ? this.weights[a] : this.weights[a].shuffle(this.weights[b], [0, 1, 4, 5]);
  }
}
