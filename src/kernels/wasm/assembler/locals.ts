import { type Local, local } from "wasmati";
import {
  type Double,
  double,
  type Emit,
  F32,
  F64,
  type Float,
  float,
  I32,
  type Int,
  int,
  V128,
} from "./expressions.js";

/** A local variable that is also an expression. */
export type Variable<E> = E & { set(value: E | number): void };
/** Types of locals. */
export type Kind = "i32" | "f32" | "f64" | "v128";

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
