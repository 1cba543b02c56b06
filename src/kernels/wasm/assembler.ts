/**
 * A thin expression layer over wasmati, used at build time only: the one file that imports it. Expressions are
 * values that know how to push themselves on the WASM stack; statements emit at once. Loops and tiles are
 * unrolled by ordinary TypeScript.
 *
 * Every kernel has the signature `(args: i32, begin: i32, end: i32)`: `args` points at its 32-bit fields in
 * linear memory (declared by name, see `kernel`), `begin` and `end` bound the output tiles it shall compute.
 */
import {
  block,
  br_if,
  Const,
  type Dependency,
  f32,
  f32x4,
  f64,
  f64x2,
  func,
  global,
  i8x16,
  i32,
  i32x4,
  i64x2,
  if_,
  type Local,
  local,
  loop,
  select,
  v128,
} from "wasmati";

type Emit = () => unknown;
export type Int = I32 | number;
export type Float = F32 | number;
export type Double = F64 | number;

/** A 32-bit integer expression; pointers are byte addresses. No `gtS`: wasmati 0.2.4 encodes it as `gtU`. */
export class I32 {
  constructor(readonly emit: Emit) {}
  private two(b: Int, op: Emit): I32 {
    return new I32(() => {
      this.emit();
      int(b).emit();
      op();
    });
  }
  add = (b: Int): I32 => (b === 0 ? this : this.two(b, () => i32.add()));
  sub = (b: Int): I32 => this.two(b, () => i32.sub());
  mul = (b: Int): I32 => (b === 1 ? this : this.two(b, () => i32.mul()));
  divU = (b: Int): I32 => this.two(b, () => i32.div_u());
  remU = (b: Int): I32 => this.two(b, () => i32.rem_u());
  and = (b: Int): I32 => this.two(b, () => i32.and());
  or = (b: Int): I32 => this.two(b, () => i32.or());
  shl = (b: Int): I32 => this.two(b, () => i32.shl());
  shrU = (b: Int): I32 => this.two(b, () => i32.shr_u());
  eq = (b: Int): I32 => this.two(b, () => i32.eq());
  ne = (b: Int): I32 => this.two(b, () => i32.ne());
  ltU = (b: Int): I32 => this.two(b, () => i32.lt_u());
  ltS = (b: Int): I32 => this.two(b, () => i32.lt_s());
  leU = (b: Int): I32 => this.two(b, () => i32.le_u());
  leS = (b: Int): I32 => this.two(b, () => i32.le_s());
  gtU = (b: Int): I32 => this.two(b, () => i32.gt_u());
  geU = (b: Int): I32 => this.two(b, () => i32.ge_u());
  geS = (b: Int): I32 => this.two(b, () => i32.ge_s());
  popcnt = (): I32 => new I32(() => (this.emit(), i32.popcnt()));
  eqz = (): I32 => new I32(() => (this.emit(), i32.eqz()));
  toF64 = (): F64 => new F64(() => (this.emit(), f64.convert_i32_s()));
  toF32 = (): F32 => new F32(() => (this.emit(), f32.convert_i32_s()));
}

/** A float32 scalar expression. */
export class F32 {
  constructor(readonly emit: Emit) {}
  private two(b: Float, op: Emit): () => void {
    return () => {
      this.emit();
      float(b).emit();
      op();
    };
  }
  add = (b: Float): F32 => new F32(this.two(b, () => f32.add()));
  sub = (b: Float): F32 => new F32(this.two(b, () => f32.sub()));
  mul = (b: Float): F32 => new F32(this.two(b, () => f32.mul()));
  div = (b: Float): F32 => new F32(this.two(b, () => f32.div()));
  lt = (b: Float): I32 => new I32(this.two(b, () => f32.lt()));
  gt = (b: Float): I32 => new I32(this.two(b, () => f32.gt()));
  ge = (b: Float): I32 => new I32(this.two(b, () => f32.ge()));
  eq = (b: Float): I32 => new I32(this.two(b, () => f32.eq()));
  splat = (): V128 => new V128(() => (this.emit(), f32x4.splat()));
  toF64 = (): F64 => new F64(() => (this.emit(), f64.promote_f32()));
  bits = (): I32 => new I32(() => (this.emit(), i32.reinterpret_f32()));
}

/** A float64 scalar expression. */
export class F64 {
  constructor(readonly emit: Emit) {}
  private two(b: Double, op: Emit): () => void {
    return () => {
      this.emit();
      double(b).emit();
      op();
    };
  }
  add = (b: Double): F64 => new F64(this.two(b, () => f64.add()));
  sub = (b: Double): F64 => new F64(this.two(b, () => f64.sub()));
  mul = (b: Double): F64 => new F64(this.two(b, () => f64.mul()));
  div = (b: Double): F64 => new F64(this.two(b, () => f64.div()));
  min = (b: Double): F64 => new F64(this.two(b, () => f64.min()));
  max = (b: Double): F64 => new F64(this.two(b, () => f64.max()));
  lt = (b: Double): I32 => new I32(this.two(b, () => f64.lt()));
  gt = (b: Double): I32 => new I32(this.two(b, () => f64.gt()));
  ge = (b: Double): I32 => new I32(this.two(b, () => f64.ge()));
  le = (b: Double): I32 => new I32(this.two(b, () => f64.le()));
  eq = (b: Double): I32 => new I32(this.two(b, () => f64.eq()));
  sqrt = (): F64 => new F64(() => (this.emit(), f64.sqrt()));
  abs = (): F64 => new F64(() => (this.emit(), f64.abs()));
  neg = (): F64 => new F64(() => (this.emit(), f64.neg()));
  splat = (): V128 => new V128(() => (this.emit(), f64x2.splat()));
  toF32 = (): F32 => new F32(() => (this.emit(), f32.demote_f64()));
}

/** A 128-bit vector expression. Methods without a prefix act on four float32 lanes. */
export class V128 {
  constructor(readonly emit: Emit) {}
  private one(op: Emit): V128 {
    return new V128(() => (this.emit(), op()));
  }
  private two(b: V128, op: Emit): V128 {
    return new V128(() => {
      this.emit();
      b.emit();
      op();
    });
  }
  add = (b: V128): V128 => this.two(b, () => f32x4.add());
  sub = (b: V128): V128 => this.two(b, () => f32x4.sub());
  mul = (b: V128): V128 => this.two(b, () => f32x4.mul());
  div = (b: V128): V128 => this.two(b, () => f32x4.div());
  /** `this < b ? b : this`, one instruction; keeps a NaN of `this`. */
  pmax = (b: V128): V128 => this.two(b, () => f32x4.pmax());
  /** `b < this ? b : this`. */
  pmin = (b: V128): V128 => this.two(b, () => f32x4.pmin());
  lt = (b: V128): V128 => this.two(b, () => f32x4.lt());
  gt = (b: V128): V128 => this.two(b, () => f32x4.gt());
  ge = (b: V128): V128 => this.two(b, () => f32x4.ge());
  eq = (b: V128): V128 => this.two(b, () => f32x4.eq());
  abs = (): V128 => this.one(() => f32x4.abs());
  neg = (): V128 => this.one(() => f32x4.neg());
  and = (b: V128): V128 => this.two(b, () => v128.and());
  andnot = (b: V128): V128 => this.two(b, () => v128.andnot());
  or = (b: V128): V128 => this.two(b, () => v128.or());
  xor = (b: V128): V128 => this.two(b, () => v128.xor());
  /** Lanes of `this` where `mask` is set, of `b` elsewhere. */
  select = (b: V128, mask: V128): V128 =>
    new V128(() => {
      this.emit();
      b.emit();
      mask.emit();
      v128.bitselect();
    });
  i32Add = (b: V128): V128 => this.two(b, () => i32x4.add());
  i32Mul = (b: V128): V128 => this.two(b, () => i32x4.mul());
  i32Eq = (b: V128): V128 => this.two(b, () => i32x4.eq());
  i32Bitmask = (): I32 => new I32(() => (this.emit(), i32x4.bitmask()));
  swizzle = (b: V128): V128 => this.two(b, () => i8x16.swizzle());
  /** Two 4-lane vectors to one; lanes 0-3 are of `this`, 4-7 of `b`. */
  shuffle = (b: V128, [l0, l1, l2, l3]: readonly [number, number, number, number]): V128 => {
    const bytes = [l0, l1, l2, l3].flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]);
    return this.two(b, () => i8x16.shuffle(bytes as never));
  };
  withLane = (l: 0 | 1 | 2 | 3, x: Float): V128 =>
    new V128(() => {
      this.emit();
      float(x).emit();
      f32x4.replace_lane(l);
    });
  lane = (l: 0 | 1 | 2 | 3): F32 => new F32(() => (this.emit(), f32x4.extract_lane(l)));
  f64Add = (b: V128): V128 => this.two(b, () => f64x2.add());
  f64Sub = (b: V128): V128 => this.two(b, () => f64x2.sub());
  f64Mul = (b: V128): V128 => this.two(b, () => f64x2.mul());
  f64Neg = (): V128 => this.one(() => f64x2.neg());
  f64Gt = (b: V128): V128 => this.two(b, () => f64x2.gt());
  f64Ge = (b: V128): V128 => this.two(b, () => f64x2.ge());
  /** As `pmax` and `pmin`. */
  f64Pmax = (b: V128): V128 => this.two(b, () => f64x2.pmax());
  f64Pmin = (b: V128): V128 => this.two(b, () => f64x2.pmin());
  i64Add = (b: V128): V128 => this.two(b, () => i64x2.add());
  i64Shl = (bits: number): V128 =>
    new V128(() => {
      this.emit();
      i32.const(bits);
      i64x2.shl();
    });
  f64Abs = (): V128 => this.one(() => f64x2.abs());
  f64Div = (b: V128): V128 => this.two(b, () => f64x2.div());
  /** Lanes 0 and 1 as two float64. */
  f64Promote = (): V128 => this.one(() => f64x2.promote_low_f32x4());
  /** Two float64 to lanes 0 and 1, the others zero. */
  f64Demote = (): V128 => this.one(() => f32x4.demote_f64x2_zero());
  f64Lane = (l: 0 | 1): F64 => new F64(() => (this.emit(), f64x2.extract_lane(l)));
}

export const int = (x: Int): I32 => (typeof x === "number" ? new I32(() => i32.const(x | 0)) : x);
export const float = (x: Float): F32 => (typeof x === "number" ? new F32(() => f32.const(x)) : x);
export const double = (x: Double): F64 => (typeof x === "number" ? new F64(() => f64.const(x)) : x);
/** Four equal float32 lanes. */
export const splat = (x: Float): V128 => float(x).splat();
/** Two equal float64 lanes. */
export const f64Splat = (x: Double): V128 => double(x).splat();
export const i32x4Of = (a: Int, b: Int, c: Int, d: Int): V128 =>
  new V128(() => {
    int(a).emit();
    i32x4.splat();
    for (const [lane, x] of [b, c, d].entries()) {
      int(x).emit();
      i32x4.replace_lane(lane + 1);
    }
  });
export const i32Splat = (x: Int): V128 => new V128(() => (int(x).emit(), i32x4.splat()));
export const zero = (): V128 => new V128(() => v128.const("i32x4", [0, 0, 0, 0]));

// Memory. Addresses are byte addresses; `offset` is an immediate.
export const loadI32 = (p: I32, offset = 0): I32 => new I32(() => (p.emit(), i32.load({ offset })));
export const loadF32 = (p: I32, offset = 0): F32 => new F32(() => (p.emit(), f32.load({ offset })));
export const loadF64 = (p: I32, offset = 0): F64 => new F64(() => (p.emit(), f64.load({ offset })));
export const loadV = (p: I32, offset = 0): V128 =>
  new V128(() => (p.emit(), v128.load({ offset, align: 4 })));
/** One float32 to all lanes. */
export const loadSplat = (p: I32, offset = 0): V128 =>
  new V128(() => (p.emit(), v128.load32_splat({ offset })));
/** Two float32 to lanes 0 and 1 and again to 2 and 3. */
export const loadSplat64 = (p: I32, offset = 0): V128 =>
  new V128(() => (p.emit(), v128.load64_splat({ offset, align: 4 })));
/** Two float32 to lanes 0 and 1, the others zero. */
export const loadV64 = (p: I32, offset = 0): V128 =>
  new V128(() => (p.emit(), v128.load64_zero({ offset, align: 4 })));
export function storeI32(p: I32, x: Int, offset = 0): void {
  p.emit();
  int(x).emit();
  i32.store({ offset });
}
export function storeF32(p: I32, x: Float, offset = 0): void {
  p.emit();
  float(x).emit();
  f32.store({ offset });
}
export function storeF64(p: I32, x: Double, offset = 0): void {
  p.emit();
  double(x).emit();
  f64.store({ offset });
}
export function storeV(p: I32, x: V128, offset = 0): void {
  p.emit();
  x.emit();
  v128.store({ offset, align: 4 });
}
/** Stores one 32-bit lane. */
export function storeLane(p: I32, x: V128, lane: 0 | 1 | 2 | 3, offset = 0): void {
  p.emit();
  x.emit();
  v128.store32_lane({ offset }, lane);
}
/** Stores lanes 0 and 1. */
export function storeV64(p: I32, x: V128, offset = 0): void {
  p.emit();
  x.emit();
  v128.store64_lane({ offset, align: 4 }, 0);
}
/** Stores one half, lanes 0 and 1 or 2 and 3. */
export function storeLane64(p: I32, x: V128, half: 0 | 1, offset = 0): void {
  p.emit();
  x.emit();
  v128.store64_lane({ offset, align: 4 }, half);
}

/** `condition ? a : b`, both evaluated. */
export const selectI32 = (condition: I32, a: Int, b: Int): I32 =>
  new I32(() => {
    int(a).emit();
    int(b).emit();
    condition.emit();
    select();
  });

// Control flow.
export function ifThen(condition: I32, then: () => void, otherwise?: () => void): void {
  condition.emit();
  if (otherwise) if_(null, then, otherwise);
  else if_(null, then);
}
/** Tests before the first round and after each; `leaveIf` ends the loop in the middle of a round. */
export function whileDo(condition: () => I32, body: (leaveIf: (condition: I32) => void) => void): void {
  block(null, (exit) => {
    condition().emit();
    if_(null, () =>
      doWhile(
        () =>
          body((leave) => {
            leave.emit();
            br_if(exit);
          }),
        condition,
      ),
    );
  });
}
/** Runs the body, then repeats while the condition holds. */
export function doWhile(body: () => void, condition: () => I32): void {
  loop(null, (top) => {
    body();
    condition().emit();
    br_if(top);
  });
}

/** A local variable that is also an expression. */
export type Variable<E> = E & { set(value: E | number): void };
type Kind = "i32" | "f32" | "f64" | "v128";

/** Hands out locals while a kernel is emitted. */
export class Locals {
  readonly used: Record<Kind, number> = { i32: 0, f32: 0, f64: 0, v128: 0 };
  constructor(private readonly pool: Record<Kind, Local[]>) {}
  private next(kind: Kind): Local {
    const l = this.pool[kind][this.used[kind]++];
    if (!l) throw new Error(`assembler: out of ${kind} locals`);
    return l;
  }
  private variable<E>(
    kind: Kind,
    wrap: (emit: Emit) => E,
    lift: (x: E | number) => { emit: Emit },
  ): Variable<E> {
    const l = this.next(kind);
    const set = (value: E | number): void => {
      lift(value).emit();
      local.set(l);
    };
    return Object.assign(wrap(() => local.get(l)) as object, { set }) as Variable<E>;
  }
  i32(init?: Int): Variable<I32> {
    const v = this.variable<I32>("i32", (e) => new I32(e), int);
    if (init !== undefined) v.set(init);
    return v;
  }
  f32(init?: Float): Variable<F32> {
    const v = this.variable<F32>("f32", (e) => new F32(e), float);
    if (init !== undefined) v.set(init);
    return v;
  }
  f64(init?: Double): Variable<F64> {
    const v = this.variable<F64>("f64", (e) => new F64(e), double);
    if (init !== undefined) v.set(init);
    return v;
  }
  v128(init?: V128): Variable<V128> {
    const v = this.variable<V128>(
      "v128",
      (e) => new V128(e),
      (x) => x as V128,
    );
    if (init !== undefined) v.set(init);
    return v;
  }
}

/** Byte offset of the running thread's part of every scratch buffer. */
export const scratchOffset = global(Const.i32(0), { mutable: true });
export const threadScratch = (): I32 => new I32(() => global.get(scratchOffset));

/** What every kernel may depend on besides its own tuning. */
export interface Target {
  /** Fused multiply-add from relaxed SIMD, or a rounded product and a rounded sum. */
  readonly relaxed: boolean;
}

/** `a * b + c`, fused where the target has it. */
export function madd(target: Target, a: V128, b: V128, c: V128): V128 {
  if (!target.relaxed) return a.mul(b).add(c);
  return new V128(() => {
    a.emit();
    b.emit();
    c.emit();
    f32x4.relaxed_madd();
  });
}

/** What a kernel's body gets: its named fields, the bounds of its tiles, locals, and the target. */
export interface Frame<F extends string> {
  /** An integer field, read into a local. */
  readonly field: (name: F) => Variable<I32>;
  /** A float32 field, read into a local. */
  readonly float: (name: F) => Variable<F32>;
  /** A float32 field as four equal lanes, in a local. */
  readonly lanes: (name: F) => Variable<V128>;
  readonly begin: Variable<I32>;
  readonly end: Variable<I32>;
  readonly locals: Locals;
  readonly target: Target;
  /**
   * Makes the tape go on at another entry; the word stays until it is written again. For kernels of one tile. An
   * entry that jumps must not be the next that is run, nor the first of a tape: threads that are late still read it.
   */
  readonly jump: (to: Int) => void;
}

/** A jump that ends the tape: past every address of an entry. */
export const TAPE_END = -4;

/** A kernel before assembly: its export name, its argument fields in order, and its body. */
export interface KernelSource<F extends string = string> {
  readonly name: string;
  readonly fields: readonly F[];
  readonly emit: (frame: Frame<F>) => void;
}

/** Declares a kernel. The name states operation, direction, tile. */
export function kernel<const F extends string>(
  name: string,
  fields: readonly F[],
  emit: (frame: Frame<F>) => void,
): KernelSource<F> {
  return { name, fields, emit };
}

/** Assembles one kernel to a wasmati function. Two passes: the first counts locals. */
export function assemble(source: KernelSource, target: Target): Dependency.Func {
  let counts: Record<Kind, number> = { i32: 120, f32: 24, f64: 40, v128: 64 };
  let result: Dependency.Func | undefined;
  for (let pass = 0; pass < 2; pass++) {
    const kinds: Kind[] = ["i32", "f32", "f64", "v128"];
    const types = { i32, f32, f64, v128 };
    const declared = kinds.flatMap((k) => new Array(counts[k]).fill(types[k]));
    result = func(
      { in: [i32, i32, i32], locals: declared as never, out: [] },
      ([args, begin, end], given) => {
        const pool: Record<Kind, Local[]> = { i32: [], f32: [], f64: [], v128: [] };
        for (const l of given as unknown as Local[]) pool[l.type as Kind].push(l);
        const locals = new Locals(pool);
        const base = new I32(() => local.get(args));
        const at = (name: string): number => {
          const i = source.fields.indexOf(name);
          if (i < 0) throw new Error(`${source.name}: no field ${name}`);
          return 4 * i;
        };
        const parameter = (l: Local): Variable<I32> =>
          Object.assign(new I32(() => local.get(l)), {
            set: (value: Int): void => {
              int(value).emit();
              local.set(l);
            },
          });
        source.emit({
          field: (name) => locals.i32(loadI32(base, at(name))),
          float: (name) => locals.f32(loadF32(base, at(name))),
          lanes: (name) => locals.v128(loadSplat(base, at(name))),
          begin: parameter(begin as Local),
          end: parameter(end as Local),
          locals,
          target,
          // The header lies before the fields; its third word is the way to the next entry.
          jump: (to) => storeI32(base.sub(8), int(to).sub(base.sub(16))),
        });
        counts = { ...locals.used };
      },
    ) as unknown as Dependency.Func;
  }
  return result as Dependency.Func;
}
