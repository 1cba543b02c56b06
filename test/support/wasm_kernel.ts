import { setFlagsFromString } from "node:v8";
import { kernelSources } from "../../src/kernels/wasm/module.js";
import { assembledModule } from "./assembled_module.js";

/** The two builds of the kernels, each of which every kernel test runs. */
export const variants = [
  { variant: "plain", relaxed: false },
  { variant: "relaxed", relaxed: true },
] as const;

/** A block of WASM memory between canaries. */
export interface Block<A extends Values = Float32Array> {
  /** Byte address, what a kernel's pointer field holds. */
  readonly at: number;
  /** A copy of the present values. */
  values(): A;
  /** For each 32-bit word whether the latest call changed it. */
  touched(): boolean[];
}

type Field = number | { readonly at: number };
type Values = Float32Array | Float64Array | Int32Array;
type KernelFunction = (args: number, begin: number, end: number) => void;

/** A module of kernels, which finds its memory where it is told. */
export interface KernelModule {
  readonly sources: readonly { readonly name: string; readonly fields: readonly string[] }[];
  /** Whether threads share its memory. */
  readonly shared: boolean;
  /** The kernels of an instance by the places of their sources. */
  open(memory: WebAssembly.Memory): (index: number) => KernelFunction;
}
/** `written`: a result, the same for every split of the tiles; `scratch`: written, with nothing to say of it afterwards. */
type Use = "read" | "written" | "scratch";

interface Range {
  readonly at: number;
  readonly bytes: number;
  readonly use: Use;
}

const PAGE = 65536;
/** What precedes the fields on a tape; the third word is the way to the next entry. */
const HEADER_BYTES = 16;
const CANARY_BYTES = 64;
/** NaN as a float, of either width: what is read outside of a block shows. */
const CANARY = 0xff;
/** A pointer of a kernel is 4-aligned, no more: blocks start off a 16-byte boundary. */
const MISALIGNMENT = 4;
/** Where the running thread's part of a scratch buffer begins. */
const SCRATCH_OFFSET = 192;
/** Two-part splits that a call is run again with, at most. */
const CUTS = 16;

/** The bits of a NaN that no kernel computes. */
export const POISON = 0x7fc5a5a5;

/** The 32 bits of a float32, for a kernel's float fields. */
export function floatBits(x: number): number {
  return new Int32Array(Float32Array.of(x).buffer)[0];
}

/** So many poisoned floats. */
export function poisoned(length: number): Float32Array {
  return new Float32Array(new Uint32Array(length).fill(POISON).buffer);
}

/** Throws if the latest call changed a word of a block that is none of its results. */
export function expectUntouched(block: Block, isResult: (i: number) => boolean): void {
  const wrong = block.touched().findIndex((touched, i) => touched && !isResult(i));
  if (wrong >= 0) throw new Error(`value ${wrong} is written, which is none of the results`);
}

/**
 * Memory and kernels of one instance of the module. `call` runs a kernel on all its tiles at once, then tile by tile in
 * reverse order, then in two parts for every cut (of many tiles, for some cuts), the second part first. It throws unless
 * all leave the same bits, and nothing is changed but what may be written.
 */
export class WasmKernels {
  private readonly memory: WebAssembly.Memory;
  private readonly module: KernelModule;
  private readonly kernel: (index: number) => KernelFunction;
  private readonly ranges: Range[] = [];
  /** All memory before the latest call. */
  private before = Buffer.alloc(0);
  private top = 1024;

  /** @param module a variant of the engine's kernels: whether multiply-adds are fused; or other kernels */
  constructor(module: boolean | KernelModule) {
    this.module = typeof module === "boolean" ? engineModule(module) : module;
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: this.module.shared });
    this.kernel = this.module.open(this.memory);
    this.bytes().fill(CANARY, 0, this.top);
  }

  /** Memory that a kernel may only read. */
  input<A extends Values>(values: A): Block<A> {
    return this.block(values, "read");
  }

  /** Memory that a kernel may write, with what it holds before. */
  inout<A extends Values>(values: A): Block<A> {
    return this.block(values, "written");
  }

  /** Memory that a kernel shall fill, poisoned with NaN. */
  output(length: number): Block {
    return this.block(poisoned(length), "written");
  }

  /** A thread's scratch, at the address that the field of a kernel with threads holds. */
  scratch(bytes: number): Block {
    const block = this.block(poisoned(bytes / 4), "scratch");
    return { ...block, at: block.at - SCRATCH_OFFSET };
  }

  /** Changes what a block holds before a call. */
  set(block: Block<Int32Array>, values: readonly number[]): void {
    new Int32Array(this.memory.buffer, block.at, values.length).set(values);
  }

  /**
   * `fields` must name all the kernel's fields, in any order, and no others.
   *
   * @returns where a kernel that jumps goes on
   */
  call(name: string, tiles: number, fields: Readonly<Record<string, Field>>): number {
    const { sources } = this.module;
    const index = sources.findIndex((source) => source.name === name);
    if (index < 0) throw new Error(`${name}: no such kernel`);
    const expected = sources[index].fields;
    const given = Object.keys(fields);
    const wrong = [
      ...expected.filter((f) => !given.includes(f)).map((f) => `${f} is missing`),
      ...given.filter((f) => !expected.includes(f)).map((f) => `${f} is unknown`),
    ];
    if (wrong.length > 0) throw new Error(`${name}: ${wrong.join(", ")}`);
    const entry = this.allocate(HEADER_BYTES + 4 * expected.length);
    const args = entry + HEADER_BYTES;
    const header = { at: entry, bytes: HEADER_BYTES, use: "written" } as const;
    new Int32Array(this.memory.buffer, args, expected.length).set(
      expected.map((field) => {
        const value = fields[field];
        return typeof value === "number" ? value : value.at;
      }),
    );

    const kernel = this.kernel(index);
    const ranges = [...this.ranges, header].sort((a, b) => a.at - b.at);
    this.before = Buffer.from(this.bytes());
    // Whatever else changes is an error, so that there is no more to restore.
    const changing = ranges.filter(({ use }) => use !== "read");
    const run = (...parts: readonly (readonly [number, number])[]): void => {
      for (const { at, bytes } of changing) this.before.copy(this.bytes(), at, at, at + bytes);
      for (const [begin, end] of parts) kernel(args, begin, end);
      this.expectIntact(name, ranges);
    };
    run([0, tiles]);
    const whole = Buffer.from(this.bytes());
    const splits =
      tiles > 1
        ? [
            ascending(tiles)
              .map((tile) => [tile, tile + 1] as const)
              .reverse(),
          ]
        : [];
    for (const cut of cutsOf(tiles))
      splits.push([
        [cut, tiles],
        [0, cut],
      ]);
    for (const split of splits) {
      run(...split);
      for (const range of changing)
        if (range.use === "written" && !sameBits(this.bytes(), whole, range))
          throw new Error(`${name}: result depends on the split into tiles, ${JSON.stringify(split)}`);
    }
    for (const { at, bytes } of changing) whole.copy(this.bytes(), at, at, at + bytes);
    return entry + new Int32Array(this.memory.buffer, entry, 3)[2];
  }

  /** Throws if something has changed that may only be read, or is nobody's. */
  private expectIntact(name: string, ranges: readonly Range[]): void {
    const now = this.bytes();
    let from = 0;
    const expectSame = (to: number): void => {
      if (now.subarray(from, to).equals(this.before.subarray(from, to))) return;
      const at = now.findIndex((byte, i) => i >= from && byte !== this.before[i]);
      const own = ranges.find((r) => r.at <= at && at < r.at + r.bytes);
      throw new Error(
        `${name}: wrote ${own ? `to an input of ${own.bytes} bytes` : `outside a block, at ${at}`}`,
      );
    };
    for (const { at, bytes, use } of ranges) {
      if (use === "read") continue;
      expectSame(at);
      from = at + bytes;
    }
    expectSame(now.length);
  }

  private bytes(): Buffer {
    return Buffer.from(this.memory.buffer as unknown as ArrayBuffer, 0, this.memory.buffer.byteLength);
  }

  private block<A extends Values>(values: A, use: Use): Block<A> {
    const bytes = values.byteLength;
    const start = this.allocate(bytes + 2 * CANARY_BYTES + MISALIGNMENT);
    const at = start + CANARY_BYTES + (values instanceof Float64Array ? 0 : MISALIGNMENT);
    this.bytes().set(new Uint8Array(values.buffer, values.byteOffset, bytes), at);
    this.ranges.push({ at, bytes, use });
    const type = values.constructor as new (bytes: ArrayBuffer) => A;
    const words = (memory: Buffer) => new Int32Array(Uint8Array.from(memory.subarray(at, at + bytes)).buffer);
    return {
      at,
      values: () => new type(Uint8Array.from(this.bytes().subarray(at, at + bytes)).buffer),
      touched: () => {
        const [now, before] = [words(this.bytes()), words(this.before)];
        return Array.from(now, (word, i) => word !== before[i]);
      },
    };
  }

  /** Room after everything else, full of canaries. */
  private allocate(bytes: number): number {
    const at = this.top;
    this.top = (at + bytes + 15) & ~15;
    const missing = this.top + CANARY_BYTES - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    this.bytes().fill(CANARY, at, this.top + CANARY_BYTES);
    return at;
  }
}

const ascending = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Where `tiles` are cut in two: everywhere, or of many near both ends and at odd distances between. */
function cutsOf(tiles: number): number[] {
  const all = ascending(tiles).slice(1);
  if (all.length <= CUTS) return all;
  return all.filter((cut, i) => i < 2 || i >= all.length - 2 || cut % Math.ceil(tiles / CUTS) === 1);
}

/**
 * Whether a range holds the same bits, all computed NaN alike: which payload a sum of NaN has depends on how far V8 has
 * optimised the code. What is still poisoned is not the same as a NaN.
 */
function sameBits(a: Buffer, b: Buffer, { at, bytes }: Range): boolean {
  const [mine, other] = [a, b].map((memory) => memory.subarray(at, at + bytes));
  if (mine.equals(other)) return true;
  const [words, others] = [mine, other].map((part) => new Uint32Array(Uint8Array.from(part).buffer));
  const isNaN32 = (word: number): boolean => (word & 0x7fffffff) > 0x7f800000 && word !== POISON;
  return words.every((word, i) => word === others[i] || (isNaN32(word) && isNaN32(others[i])));
}

/** The engine's kernels, of one variant. */
function engineModule(relaxed: boolean): KernelModule {
  return {
    sources: kernelSources,
    shared: true,
    open(memory) {
      const { exports } = new WebAssembly.Instance(compile(relaxed), { env: { memory } });
      (exports.scratch as WebAssembly.Global).value = SCRATCH_OFFSET;
      return (index) => (exports.kernels as WebAssembly.Table).get(index) as KernelFunction;
    },
  };
}

const compiled = new Map<boolean, WebAssembly.Module>();

function compile(relaxed: boolean): WebAssembly.Module {
  if (relaxed) setFlagsFromString("--experimental-wasm-relaxed-simd");
  const module = compiled.get(relaxed) ?? new WebAssembly.Module(assembledModule(relaxed));
  compiled.set(relaxed, module);
  return module;
}
