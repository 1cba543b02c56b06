import type { Module } from "wasmati";

/** What there is of a wasmati module whatever it exports. */
type WasmModule = Pick<ReturnType<typeof Module>, "module" | "toBytes">;
/** A section: its id, and its bytes. */
type Section = readonly [id: number, content: Uint8Array];

/** Before the first section: magic number and version. */
const PREAMBLE = 8;
/** The sections that have an element for every function, and so many functions at a time. */
const [TYPES_OF_FUNCTIONS, CODE] = [3, 10];
const FUNCTIONS = 24;

/**
 * The bytes of a module of any size: wasmati passes those of a section as arguments of one call, which the stack bounds
 * at some 120 kB. So it gets some functions at a time, and the sections that list them are put together here.
 */
export function moduleBytes(module: WasmModule): Uint8Array {
  const { funcs } = module.module;
  const parts: Section[][] = [];
  for (let first = 0; first < funcs.length; first += FUNCTIONS) {
    parts.push(sectionsOf(module, funcs.slice(first, first + FUNCTIONS)));
  }
  const [head] = parts;
  const sections = head.map(([id, content]): Section => {
    if (id !== TYPES_OF_FUNCTIONS && id !== CODE) return [id, content];
    const elements = parts.map((part) => {
      const [, list] = part.find(([other]) => other === id) as Section;
      return list.subarray(readUnsigned(list, 0).end);
    });
    return [id, concatenated([unsigned(funcs.length), ...elements])];
  });
  const preamble = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  return concatenated([
    preamble,
    ...sections.flatMap(([id, content]) => [Uint8Array.of(id), unsigned(content.length), content]),
  ]);
}

/** The sections that wasmati makes of a module with some of its functions alone. */
function sectionsOf(module: WasmModule, funcs: WasmModule["module"]["funcs"]): Section[] {
  const whole = module.module;
  module.module = { ...whole, funcs };
  const bytes = module.toBytes();
  module.module = whole;
  const sections: Section[] = [];
  for (let at = PREAMBLE; at < bytes.length; ) {
    const { value: length, end } = readUnsigned(bytes, at + 1);
    sections.push([bytes[at], bytes.subarray(end, end + length)]);
    at = end + length;
  }
  return sections;
}

/** LEB128. */
function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest >>>= 7)
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  return Uint8Array.from(bytes);
}

function readUnsigned(bytes: Uint8Array, start: number): { value: number; end: number } {
  let [value, at] = [0, start];
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value, end: at };
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
