import { setFlagsFromString } from "node:v8";
import { assembleModule, kernelSources } from "../../src/kernels/wasm/module.js";

/** The two builds of the kernels, each of which every kernel test runs. */
export const variants = [
  { variant: "plain", relaxed: false },
  { variant: "relaxed", relaxed: true },
] as const;

/** A block of WASM memory between canaries. */
export interface Block<A extends Float32Array | Float64Array | Int32Array> {
  /** Byte address, what a kernel's pointer field holds. */
  readonly at: number;
  /** A copy of the present values. */
  values(): A;
}

type Field = number | { readonly at: number };
type Values = Float32Array | Float64Array | Int32Array;
type KernelFunction = (args: number, begin: number, end: number) => void;

const PAGE = 65536;
/** What precedes the fields on a tape; the third word is the way to the next entry. */
const HEADER_BYTES = 16;
const CANARY_BYTES = 64;
const CANARY = 0x5a;
/** A pointer of a kernel is 4-aligned, no more: blocks start off a 16-byte boundary. */
const MISALIGNMENT = 4;

/** The 32 bits of a float32, for a kernel's float fields. */
export function floatBits(x: number): number {
  return new Int32Array(Float32Array.of(x).buffer)[0];
}

/**
 * Memory and kernels of one instance of the module. `call` runs a kernel on all its tiles at once, then again tile
 * by tile in reverse order, and throws unless both leave the same bits, every canary and all inputs intact.
 */
export class WasmKernels {
  private readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  private readonly table: WebAssembly.Table;
  private readonly blocks: { at: number; bytes: number; initial: Uint8Array; written: boolean }[] = [];
  private top = 1024;

  constructor(relaxed: boolean) {
    const { exports } = new WebAssembly.Instance(compile(relaxed), { env: { memory: this.memory } });
    this.table = exports.kernels as WebAssembly.Table;
  }

  /** Memory that a kernel may only read. */
  input<A extends Values>(values: A): Block<A> {
    return this.block(values, false);
  }

  /** Memory that a kernel may write, with what it holds before. */
  inout<A extends Values>(values: A): Block<A> {
    return this.block(values, true);
  }

  /** Memory that a kernel shall fill, poisoned with NaN. */
  output(length: number): Block<Float32Array> {
    return this.block(new Float32Array(length).fill(Number.NaN), true);
  }

  /** Changes what a block holds before a call. */
  set(block: Block<Int32Array>, values: readonly number[]): void {
    new Int32Array(this.memory.buffer, block.at, values.length).set(values);
    const own = this.blocks.find((b) => b.at === block.at);
    if (own) own.initial = this.bytes(own).slice();
  }

  /**
   * `fields` must name all the kernel's fields, in any order, and no others.
   *
   * @returns where a kernel that jumps goes on
   */
  call(name: string, tiles: number, fields: Readonly<Record<string, Field>>): number {
    const index = kernelSources.findIndex((source) => source.name === name);
    if (index < 0) throw new Error(`${name}: no such kernel`);
    const expected = kernelSources[index].fields;
    const given = Object.keys(fields);
    const wrong = [
      ...expected.filter((f) => !given.includes(f)).map((f) => `${f} is missing`),
      ...given.filter((f) => !expected.includes(f)).map((f) => `${f} is unknown`),
    ];
    if (wrong.length > 0) throw new Error(`${name}: ${wrong.join(", ")}`);
    const entry = this.allocate(HEADER_BYTES + 4 * expected.length);
    const args = entry + HEADER_BYTES;
    const values = new Int32Array(this.memory.buffer, args, expected.length);
    expected.forEach((field, i) => {
      const value = fields[field];
      values[i] = typeof value === "number" ? value : value.at;
    });

    const kernel = this.table.get(index) as KernelFunction;
    kernel(args, 0, tiles);
    const whole = this.blocks.map((b) => this.bytes(b).slice());
    this.check(name);
    for (const b of this.blocks) this.bytes(b).set(b.initial);
    for (let tile = tiles - 1; tile >= 0; tile--) kernel(args, tile, tile + 1);
    this.blocks.forEach((b, i) => {
      const differs = this.bytes(b).findIndex((byte, j) => byte !== whole[i][j]);
      if (differs >= 0) throw new Error(`${name}: result depends on the split into tiles at byte ${differs}`);
      b.initial = whole[i];
    });
    return entry + new Int32Array(this.memory.buffer, entry, 3)[2];
  }

  private check(name: string): void {
    const memory = new Uint8Array(this.memory.buffer);
    for (const b of this.blocks) {
      const canaries = [memory.subarray(b.at - CANARY_BYTES, b.at), memory.subarray(b.at + b.bytes)];
      if (canaries.some((c) => c.subarray(0, CANARY_BYTES).some((byte) => byte !== CANARY)))
        throw new Error(`${name}: wrote outside a block of ${b.bytes} bytes`);
      if (!b.written && this.bytes(b).some((byte, i) => byte !== b.initial[i]))
        throw new Error(`${name}: wrote to an input of ${b.bytes} bytes`);
    }
  }

  private bytes({ at, bytes }: { at: number; bytes: number }): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, bytes);
  }

  private block<A extends Values>(values: A, written: boolean): Block<A> {
    const bytes = values.byteLength;
    const start = this.allocate(bytes + 2 * CANARY_BYTES + MISALIGNMENT);
    const at = start + CANARY_BYTES + (values instanceof Float64Array ? 0 : MISALIGNMENT);
    new Uint8Array(this.memory.buffer, start, bytes + 2 * CANARY_BYTES + MISALIGNMENT).fill(CANARY);
    const block = { at, bytes, initial: new Uint8Array(values.slice().buffer), written };
    this.bytes(block).set(block.initial);
    this.blocks.push(block);
    const type = values.constructor as new (bytes: ArrayBuffer) => A;
    return { at, values: () => new type(this.bytes(block).slice().buffer) };
  }

  private allocate(bytes: number): number {
    const at = this.top;
    this.top = (at + bytes + 15) & ~15;
    const missing = this.top + CANARY_BYTES - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return at;
  }
}

const compiled = new Map<boolean, WebAssembly.Module>();

function compile(relaxed: boolean): WebAssembly.Module {
  if (relaxed) setFlagsFromString("--experimental-wasm-relaxed-simd");
  const module = compiled.get(relaxed) ?? new WebAssembly.Module(assembleModule({ relaxed }) as BufferSource);
  compiled.set(relaxed, module);
  return module;
}
