/** Kernels: declared by name and fields, assembled to functions. */
import {
  Const,
  call,
  type Dependency,
  f32,
  f32x4,
  f64,
  func,
  global,
  i32,
  type Local,
  local,
  v128,
} from "wasmati";
import { assembling, Constants } from "./constants.js";
import { double, type F32, I32, type Int, int, V128 } from "./expressions.js";
import { type Kind, Locals, type Variable } from "./locals.js";
import { loadF32, loadI32, loadSplat, storeI32 } from "./memory.js";

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
  /** Runs the tape from one address to another on this thread. */
  readonly run: (begin: Int, end: Int) => void;
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

/**
 * Assembles one kernel to a wasmati function. Two passes: the first counts locals and collects constants.
 *
 * @param runner runs a tape on the calling thread
 */
export function assemble(source: KernelSource, target: Target, runner?: Dependency.Func): Dependency.Func {
  let counts: Record<Kind, number> = { i32: 240, f32: 24, f64: 40, v128: 96 };
  let constants: readonly number[] = [];
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
        const own = new Constants();
        for (const x of constants) own.keep(x, locals.v128(double(x).splat()).emit);
        assembling({ constants: own, relaxed: target.relaxed }, () =>
          source.emit({
            field: (name) => locals.i32(loadI32(base, at(name))),
            float: (name) => locals.f32(loadF32(base, at(name))),
            lanes: (name) => locals.v128(loadSplat(base, at(name))),
            begin: parameter(begin as Local),
            end: parameter(end as Local),
            locals,
            target,
            // The header lies before the fields; its third word is the way to the next entry.
            run: (begin, end) => {
              if (!runner) throw new Error(`${source.name}: a module without a runner`);
              int(begin).emit();
              int(end).emit();
              call(runner as never);
            },
            jump: (to) => storeI32(base.sub(8), int(to).sub(base.sub(16))),
          }),
        );
        constants = [...own.named];
        counts = { ...locals.used, v128: locals.used.v128 + (pass === 0 ? constants.length : 0) };
      },
    ) as unknown as Dependency.Func;
  }
  return result as Dependency.Func;
}
