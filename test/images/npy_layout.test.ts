import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeNpy, encodeNpy, InvalidArgumentError } from "../../src/images.js";

/** A .npy file as NumPy writes it. */
function npy(header: string, values: Uint8Array, version = 1): Uint8Array {
  const wide = version > 1;
  const prefix = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, "latin1");
  const length = Buffer.alloc(wide ? 4 : 2);
  if (wide) length.writeUInt32LE(header.length);
  else length.writeUInt16LE(header.length);
  return Buffer.concat([prefix, length, Buffer.from(header, "latin1"), values]);
}

const bytesOf = (array: Float32Array | Float64Array) => new Uint8Array(array.buffer);

describe(".npy files", () => {
  it("come back bitwise as they were written, NaN and -0 included", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
    const words = fc.uint32Array({ minLength: 625, maxLength: 625 });
    fc.assert(
      fc.property(shapes, words, (shape, bits) => {
        const size = shape.reduce((product, n) => product * n, 1);
        const data = new Float32Array(bits.slice(0, size).buffer);
        const back = decodeNpy(encodeNpy(data, shape));
        expect(back.shape).toEqual(shape);
        expect(back.data).toBeInstanceOf(Float32Array);
        expect(new Uint32Array(back.data.slice().buffer)).toEqual(bits.slice(0, size));
      }),
    );
  });

  it("have the layout that NumPy documents: magic, version 1.0, values from a multiple of 64", () => {
    const file = encodeNpy(Float32Array.of(1.5), [1]);
    expect([...file.subarray(0, 8)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
    expect((file.length - 4) % 64).toBe(0);
    const header = Buffer.from(file.subarray(10, file.length - 4)).toString("latin1");
    expect(header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(1,\), \} *\n$/);
    expect(new DataView(file.buffer, file.byteOffset).getFloat32(file.length - 4, true)).toBe(1.5);
  });

  it("are read in uint8, float64, and with the wide header of versions 2 and 3", () => {
    const eight = npy(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n",
      Uint8Array.of(1, 2, 3, 4, 5, 255),
    );
    expect(decodeNpy(eight)).toEqual({
      shape: [2, 3],
      type: "uint8",
      data: Uint8Array.of(1, 2, 3, 4, 5, 255),
    });
    for (const version of [1, 2, 3]) {
      const doubles = npy(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
        bytesOf(Float64Array.of(0.1, -3)),
        version,
      );
      expect(decodeNpy(doubles)).toEqual({
        shape: [2],
        type: "float64",
        data: Float64Array.of(0.1, -3),
      });
    }
  });

  it.each([
    ["other files", Buffer.from("PNG"), /not a \.npy file/],
    ["a header cut short", npy("{'descr': '<f4'", new Uint8Array()).subarray(0, 12), /cut short/],
    [
      "values cut short",
      encodeNpy(new Float32Array(4), [2, 2]).slice(0, -1),
      /15 bytes of values, expected 16/,
    ],
    [
      "values too many",
      npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(2)),
      /expected 1/,
    ],
    [
      "complex values",
      npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(8)),
      /<c8/,
    ],
    ["a header that is none", npy("import os", new Uint8Array()), /header/],
  ])("reject %s in one line", (_, file, message) => {
    expect(() => decodeNpy(file)).toThrow(InvalidArgumentError);
    expect(() => decodeNpy(file)).toThrow(message);
    expect(() => decodeNpy(file)).toThrow(/^decodeNpy: file [^\n]*$/);
  });
});
