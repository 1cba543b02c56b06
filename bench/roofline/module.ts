import { importMemory, Module } from "wasmati";
import { assemble, type KernelSource, type Target } from "../../src/kernels/wasm/assembler.js";

/** `(args, begin, end)`: the address of the fields, and the tiles to do. */
export type KernelFunction = (args: number, begin: number, end: number) => void;

/** A module with any kernels, exported under their names; imports its memory as `env.memory`. */
export function assembleKernels(
  kernels: readonly KernelSource[],
  target: Target,
  pages = 1,
): Uint8Array<ArrayBuffer> {
  const exports = Object.fromEntries(kernels.map((k) => [k.name, assemble(k, target)]));
  const memory = Object.assign(importMemory({ min: pages }), { module: "env", string: "memory" });
  return new Uint8Array(Module({ exports: exports as never, memory }).toBytes());
}

/** Kernels of one module with a private memory, and a bump allocator on it. */
export class Instance {
  readonly memory: WebAssembly.Memory;
  private readonly functions: WebAssembly.Exports;
  private top = 1024;

  constructor(bytes: Uint8Array<ArrayBuffer>, megabytes: number) {
    this.memory = new WebAssembly.Memory({ initial: 16 * megabytes });
    const module = new WebAssembly.Module(bytes);
    this.functions = new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports;
  }

  kernel(name: string): KernelFunction {
    const found = this.functions[name];
    if (typeof found !== "function") throw new Error(`no kernel ${name}`);
    return found as KernelFunction;
  }

  /** The address of fresh memory, 64-byte aligned. */
  reserve(bytes: number): number {
    const at = this.top;
    this.top = (at + bytes + 63) & ~63;
    if (this.top > this.memory.buffer.byteLength)
      throw new Error(`${bytes} bytes do not fit ${this.memory.buffer.byteLength}`);
    return at;
  }

  /** Forgets everything reserved. */
  reset(): void {
    this.top = 1024;
  }

  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }

  integers(at: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, length);
  }

  /** Writes a kernel's fields, all by name, and returns their address. */
  fields(source: KernelSource, values: Readonly<Record<string, number>>): number {
    const at = this.reserve(4 * source.fields.length);
    const unknown = Object.keys(values).find((name) => !source.fields.includes(name));
    if (unknown !== undefined) throw new Error(`${source.name} has no field ${unknown}`);
    const words = source.fields.map((name) => {
      if (!(name in values)) throw new Error(`${source.name}: field ${name} is missing`);
      return values[name];
    });
    this.integers(at, words.length).set(words);
    return at;
  }
}

/** The bits of a float32, for a field that holds one. */
export function floatBits(x: number): number {
  return new Int32Array(Float32Array.of(x).buffer)[0];
}
