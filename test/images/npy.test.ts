import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeNpy, encodeNpy, InvalidArgumentError, type NpyData } from "../../src/images.js";

/** A .npy file, version 1.0, of these bytes. */
function npy(descr: string, shape: readonly number[], values: Uint8Array, fortran = false): Uint8Array {
  const tuple = `(${shape.map((n) => `${n},`).join(" ")})`;
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${tuple}, }\n`;
  const length = Uint8Array.of(header.length & 255, header.length >> 8);
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\0", "latin1"), length, Buffer.from(header), values]);
}

/** The bytes of numbers in the given order. */
function bytes(count: number, width: number, write: (view: DataView, at: number, i: number) => void) {
  const view = new DataView(new ArrayBuffer(count * width));
  for (let i = 0; i < count; i++) write(view, i * width, i);
  return new Uint8Array(view.buffer);
}

const WHOLE = [0, 1, -1, 77, -128];

describe("decodeNpy reads", () => {
  it.each([
    ["<", true],
    [">", false],
    ["=", true],
  ] as const)("numbers of every width in byte order %s", (order, little) => {
    const read = (code: string, file: Uint8Array) => decodeNpy(npy(order + code, [5], file));
    expect(read("i1", Uint8Array.from(WHOLE)).data).toEqual(Int8Array.from(WHOLE));
    expect(
      read(
        "i2",
        bytes(5, 2, (v, at, i) => v.setInt16(at, WHOLE[i] * 200, little)),
      ),
    ).toEqual({ shape: [5], type: "int16", data: Int16Array.from(WHOLE, (v) => v * 200) });
    expect(
      read(
        "u2",
        bytes(5, 2, (v, at, i) => v.setUint16(at, 65535 - i, little)),
      ).data,
    ).toEqual(Uint16Array.of(65535, 65534, 65533, 65532, 65531));
    expect(
      read(
        "i4",
        bytes(5, 4, (v, at, i) => v.setInt32(at, WHOLE[i] * 1e6, little)),
      ).data,
    ).toEqual(Int32Array.from(WHOLE, (v) => v * 1e6));
    expect(
      read(
        "u4",
        bytes(5, 4, (v, at, i) => v.setUint32(at, 4e9 + i, little)),
      ).data,
    ).toEqual(Uint32Array.from([0, 1, 2, 3, 4], (i) => 4e9 + i));
    expect(
      read(
        "i8",
        bytes(5, 8, (v, at, i) => v.setBigInt64(at, -(2n ** 60n) + BigInt(i), little)),
      ).data,
    ).toEqual(BigInt64Array.from([0n, 1n, 2n, 3n, 4n], (i) => i - 2n ** 60n));
    expect(
      read(
        "u8",
        bytes(5, 8, (v, at, i) => v.setBigUint64(at, 2n ** 63n + BigInt(i), little)),
      ).data,
    ).toEqual(BigUint64Array.from([0n, 1n, 2n, 3n, 4n], (i) => i + 2n ** 63n));
    expect(
      read(
        "f4",
        bytes(5, 4, (v, at, i) => v.setFloat32(at, WHOLE[i] / 7, little)),
      ).data,
    ).toEqual(Float32Array.from(WHOLE, (v) => v / 7));
    expect(
      read(
        "f8",
        bytes(5, 8, (v, at, i) => v.setFloat64(at, WHOLE[i] / 7, little)),
      ).data,
    ).toEqual(Float64Array.from(WHOLE, (v) => v / 7));
  });

  it("float16: normal, subnormal, infinite and NaN, -0 too", () => {
    const halves = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3555];
    const values = [
      1,
      -2,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      -0,
      Infinity,
      -Infinity,
      NaN,
      0.333251953125,
    ];
    for (const little of [true, false]) {
      const file = bytes(halves.length, 2, (v, at, i) => v.setUint16(at, halves[i], little));
      const { type, data } = decodeNpy(npy(little ? "<f2" : ">f2", [halves.length], file));
      expect(type).toBe("float16");
      expect(data).toEqual(Float32Array.from(values));
      expect(Object.is(data[6], -0)).toBe(true);
    }
  });

  it("bool as 0 and 1, one number without axes, and shapes as Python 2 wrote them", () => {
    expect(decodeNpy(npy("|b1", [3], Uint8Array.of(0, 1, 2))).data).toEqual(Uint8Array.of(0, 1, 1));
    const file = Buffer.from(encodeNpy(Float64Array.of(2.5), [])).toString("latin1");
    expect(decodeNpy(Buffer.from(file, "latin1"))).toEqual({
      shape: [],
      type: "float64",
      data: Float64Array.of(2.5),
    });
    const old = Buffer.from(npy("|u1", [2, 3], new Uint8Array(6))).toString("latin1");
    const long = old.replace("(2, 3,)", "(2L,3L)");
    expect(decodeNpy(Buffer.from(long, "latin1")).shape).toEqual([2, 3]);
  });

  it("Fortran order into C order, for any shape", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }), (shape) => {
        const count = shape.reduce((product, n) => product * n, 1);
        const file = npy(
          "|u1",
          shape,
          Uint8Array.from({ length: count }, (_, i) => i),
          true,
        );
        const { data } = decodeNpy(file);
        // Element [i, j, k] lies at i + n0 (j + n1 k) in the file and at (i n1 + j) n2 + k here.
        for (let at = 0; at < count; at++) {
          let [rest, from, stride] = [at, 0, count];
          for (const n of [...shape].reverse()) {
            stride /= n;
            from += (rest % n) * stride;
            rest = Math.floor(rest / n);
          }
          expect(data[at]).toBe(from);
        }
      }),
    );
  });

  it("a buffer, and a view into one", () => {
    const file = encodeNpy(Float32Array.of(1, 2));
    expect(decodeNpy(file.buffer).data).toEqual(Float32Array.of(1, 2));
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(decodeNpy(shifted.subarray(3)).data).toEqual(Float32Array.of(1, 2));
  });

  it.each([
    ["complex numbers", npy("<c8", [1], new Uint8Array(8)), /type <c8, expected bool, integers/],
    ["strings", npy("<U3", [1], new Uint8Array(12)), /type <U3/],
    ["pickled objects", npy("|O", [1], new Uint8Array(8)), /type \|O/],
    [
      "records",
      Buffer.from(
        Buffer.from(npy("<f4", [1], new Uint8Array(4)))
          .toString("latin1")
          .replace("'<f4'", "[('x', '<f4')]"),
        "latin1",
      ),
      /records/,
    ],
    [
      "a version to come",
      Uint8Array.from(npy("<f4", [1], new Uint8Array(4)), (v, i) => (i === 6 ? 9 : v)),
      /version 9\.0/,
    ],
    ["too few values", npy("<f4", [2], new Uint8Array(4)), /4 bytes of values, expected 8 for 2 of <f4/],
    ["sizes without end", npy("<f4", [2 ** 40, 2 ** 40], new Uint8Array(4)), /4 bytes of values/],
    ["an empty file", new Uint8Array(), /not a \.npy file/],
    ["text", "x" as unknown as Uint8Array, /expected a Uint8Array/],
  ])("%s as an error of one line", (_, file, message) => {
    expect(() => decodeNpy(file)).toThrow(InvalidArgumentError);
    expect(() => decodeNpy(file)).toThrow(message);
    expect(() => decodeNpy(file)).toThrow(/^decodeNpy: file [^\n]*$/);
  });
});

describe("encodeNpy writes", () => {
  it("what decodeNpy reads, of every array", () => {
    const arrays: NpyData[] = [
      Uint8Array.of(0, 255),
      Int8Array.of(-128, 127),
      Uint16Array.of(0, 65535),
      Int16Array.of(-32768, 5),
      Uint32Array.of(0, 4e9),
      Int32Array.of(-2e9, 7),
      BigUint64Array.of(0n, 2n ** 64n - 1n),
      BigInt64Array.of(-(2n ** 63n), 1n),
      Float32Array.of(0.1, NaN),
      Float64Array.of(0.1, -0),
    ];
    for (const data of arrays) {
      const back = decodeNpy(encodeNpy(data, [1, 2]));
      expect(back.data).toEqual(data);
      expect(back.shape).toEqual([1, 2]);
    }
  });

  it("nothing that does not fit its shape, or is no array of numbers", () => {
    expect(() => encodeNpy(new Float32Array(3), [2])).toThrow(/data has 3 values, expected 2 for shape 2/);
    expect(() => encodeNpy(new Float32Array(3), [-3])).toThrow(/shape is \[-3\], expected a list of sizes/);
    expect(() => encodeNpy([1] as unknown as Float32Array)).toThrow(
      /data is \[1\], expected one of Uint8Array/,
    );
    expect(() => encodeNpy(new DataView(new ArrayBuffer(8)) as unknown as Float32Array)).toThrow(
      /data is DataView/,
    );
  });
});
