/** Loads and stores. Addresses are byte addresses; `offset` is an immediate. */
import { f32, f64, i32, v128 } from "wasmati";
import { type Double, double, F32, F64, type Float, float, I32, type Int, int, V128 } from "./expressions.js";

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
