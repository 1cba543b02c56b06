import { EngineError } from "../../errors.js";
import { rowKernels, rowModule } from "./row_module.generated.js";

type RowKernel = keyof typeof rowKernels;
type Fields<K extends RowKernel> = Readonly<Record<(typeof rowKernels)[K][number], number>>;
type Call = (args: number, begin: number, end: number) => void;

const PAGE = 65536;
/** Where a call's fields lie, and where the memory begins that is reserved: 0 means "none". */
const [FIELDS, FIRST] = [64, 128];

/**
 * An instance of the module of `row_module.ts` with a memory of its own, which grows as needed. The module is below the 4 KB
 * that older Chromium compiles on the main thread of a page, so nobody has to wait for it.
 */
export class RowInstance {
  private readonly memory: WebAssembly.Memory;
  private readonly functions: WebAssembly.Exports;
  private top = FIRST;

  /** @throws EngineError where there is no WebAssembly SIMD, or a page's policy forbids it */
  constructor(caller: string) {
    try {
      this.memory = new WebAssembly.Memory({ initial: 1 });
      const module = new WebAssembly.Module(Uint8Array.from(atob(rowModule), (c) => c.charCodeAt(0)));
      this.functions = new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports;
    } catch (cause) {
      throw new EngineError(
        `${caller}: this platform runs no WebAssembly SIMD (${(cause as Error).message}); the functions of the same names of unifool/kernels run anywhere`,
        { cause },
      );
    }
  }

  /** Forgets everything reserved. */
  reset(): void {
    this.top = FIRST;
  }

  /**
   * The address of memory until the next `reset`, 64-byte aligned; what it holds is undefined. Views are made after it,
   * because it may replace the buffer.
   *
   * @throws EngineError where the memory does not grow so far
   */
  reserve(bytes: number): number {
    const at = this.top;
    this.top = Math.ceil((at + bytes) / 64) * 64;
    const missing = this.top - this.memory.buffer.byteLength;
    if (missing <= 0) return at;
    try {
      this.memory.grow(Math.ceil(missing / PAGE));
    } catch (cause) {
      throw new EngineError(`kernels: could not allocate ${Math.ceil(this.top / 2 ** 20)} MiB`, { cause });
    }
    return at;
  }

  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }

  doubles(at: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, length);
  }

  integers(at: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, length);
  }

  /** Runs a kernel on all its tiles. */
  run<K extends RowKernel>(kernel: K, tiles: number, fields: Fields<K>): void {
    const names: readonly (keyof typeof fields)[] = rowKernels[kernel];
    const words = this.integers(FIELDS, names.length);
    for (let i = 0; i < names.length; i++) words[i] = fields[names[i]];
    (this.functions[kernel] as Call)(FIELDS, 0, tiles);
  }
}
