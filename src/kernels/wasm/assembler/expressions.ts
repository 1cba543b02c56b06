/** Values as expressions that know how to push themselves on the WASM stack: scalars and 128-bit vectors. */
import { f32, f32x4, f64, f64x2, i8x16, i32, i32x4, i64x2, v128 } from "wasmati";
import { currentAssembly } from "./constants.js";

/** Pushes a value on the WASM stack, or performs a statement. */
export type Emit = () => unknown;
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
  /** The larger and the smaller; NaN if either is. */
  max = (b: V128): V128 => this.two(b, () => f32x4.max());
  min = (b: V128): V128 => this.two(b, () => f32x4.min());
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
  /** Signed. */
  i32Gt = (b: V128): V128 => this.two(b, () => i32x4.gt_s());
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
  /** `this * b + c`, fused where the target has it. */
  f64Madd = (b: V128, c: V128): V128 =>
    new V128(() => {
      this.emit();
      b.emit();
      if (!currentAssembly().relaxed) f64x2.mul();
      c.emit();
      if (currentAssembly().relaxed) f64x2.relaxed_madd();
      else f64x2.add();
    });
  f64Neg = (): V128 => this.one(() => f64x2.neg());
  f64Gt = (b: V128): V128 => this.two(b, () => f64x2.gt());
  f64Ge = (b: V128): V128 => this.two(b, () => f64x2.ge());
  /** As `pmax` and `pmin`. */
  f64Pmax = (b: V128): V128 => this.two(b, () => f64x2.pmax());
  f64Pmin = (b: V128): V128 => this.two(b, () => f64x2.pmin());
  i64Add = (b: V128): V128 => this.two(b, () => i64x2.add());
  i64Sub = (b: V128): V128 => this.two(b, () => i64x2.sub());
  i64Shl = (bits: number): V128 =>
    new V128(() => {
      this.emit();
      i32.const(bits);
      i64x2.shl();
    });
  /** Keeps the sign. */
  i64ShrS = (bits: number): V128 =>
    new V128(() => {
      this.emit();
      i32.const(bits);
      i64x2.shr_s();
    });
  f64Abs = (): V128 => this.one(() => f64x2.abs());
  f64Sqrt = (): V128 => this.one(() => f64x2.sqrt());
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
/** Two equal float64 lanes; a constant that the kernel keeps, if it is one. */
export const f64Splat = (x: Double): V128 =>
  typeof x === "number"
    ? new V128(() => (currentAssembly().constants.of(x) ?? double(x).splat().emit)())
    : x.splat();
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
