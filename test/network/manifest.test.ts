import { expect, test } from "vitest";
import { decodeGroup, parseManifest } from "../../src/network/import/manifest.js";

interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "float16";
  readonly group?: "optimizer";
}

/** A group of these weights, of bytes that say 1.5 wherever a value in float32 or float16 lies. */
function decoded(...weights: readonly Stored[]) {
  const [group] = parseManifest([{ paths: ["w.bin"], weights }], "model.json");
  const bytes = new Uint8Array(group.bytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { shape, dtype } of weights)
    for (let i = 0; i < shape[0]; i++) {
      if (dtype === "float16") view.setUint16(at, 0x3e00, true);
      else view.setFloat32(at, 1.5, true);
      at += dtype === "float16" ? 2 : 4;
    }
  const found = decodeGroup(group, bytes, "model.json");
  for (const { data } of found) expect(data.every((value) => value === 1.5)).toBe(true);
  return found.map(({ data }) => ({ length: data.length, stays: data.buffer === bytes.buffer }));
}

const weight = (length: number, rest: Partial<Stored> = {}): Stored => ({
  name: `${length}`,
  shape: [length],
  dtype: "float32",
  ...rest,
});

test("weights in float32 stay where they were read, but for those at an odd place", () => {
  expect(decoded(weight(3), weight(40))).toEqual([
    { length: 3, stays: true },
    { length: 40, stays: true },
  ]);
  expect(decoded(weight(50), weight(1, { dtype: "float16" }), weight(40))).toEqual([
    { length: 50, stays: true },
    { length: 1, stays: false },
    { length: 40, stays: false },
  ]);
});

test("where much lies beside them that nobody needs afterwards, they are copied", () => {
  expect(decoded(weight(40), weight(80, { group: "optimizer" }))).toEqual([{ length: 40, stays: false }]);
  expect(decoded(weight(4), weight(200, { dtype: "float16" }))).toEqual([
    { length: 4, stays: false },
    { length: 200, stays: false },
  ]);
});
