import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { namesIn } from "../../src/cli/class_names_file.js";
import { UsageError } from "../../src/cli/errors.js";
import { ballText, duration, percent, pixelSize } from "../../src/cli/format.js";
import {
  parseInteger,
  parseList,
  parseNorm,
  parseNumber,
  parsePositive,
  parseRange,
  parseShape,
  parseShare,
} from "../../src/cli/values.js";
import { amplification } from "../../src/images/draw.js";

describe("numbers on the command line", () => {
  it("reads quotients as what they divide to", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1e6 }), (a, b) => {
        expect(parseNumber("--x", `${a}/${b}`)).toBe(a / b);
      }),
    );
  });

  it("reads every finite double as JavaScript prints it", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(parseNumber("--x", String(x))).toBe(x + 0); // -0 is printed as 0
      }),
    );
  });

  it.each(["", "abc", "1/0", "1/2/3", "0x10", "1e999", "NaN", "Infinity", "1 2", "--"])(
    "rejects %j",
    (text) => {
      expect(() => parseNumber("--x", text)).toThrow(UsageError);
      expect(() => parseNumber("--x", text)).toThrow(/^--x is /);
    },
  );

  it("keeps to the bounds of each kind", () => {
    expect(parsePositive("--x", "10/255")).toBe(10 / 255);
    expect(() => parsePositive("--x", "0")).toThrow(UsageError);
    expect(() => parsePositive("--x", "-1/255")).toThrow(UsageError);
    expect(parseShare("--x", "1/5")).toBe(0.2);
    expect(() => parseShare("--x", "1")).toThrow(UsageError);
    expect(parseInteger("--x", "3", 1)).toBe(3);
    expect(() => parseInteger("--x", "2.5", 1)).toThrow(UsageError);
    expect(() => parseInteger("--x", "0", 1)).toThrow(UsageError);
  });

  it("reads lists and ranges", () => {
    expect(parseList("--mean", "0.485,0.456,0.406")).toEqual([0.485, 0.456, 0.406]);
    expect(parseList("--mean", "[ 1/2, 1/4 ]")).toEqual([0.5, 0.25]);
    expect(parseRange("--range", "0..255")).toEqual([0, 255]);
    expect(parseRange("--range", "-1,1")).toEqual([-1, 1]);
    for (const text of ["1,0", "0", "0,1,2", "0,,1", ""])
      expect(() => parseRange("--range", text)).toThrow(UsageError);
  });

  it("reads norms", () => {
    expect([parseNorm("--norm", "2"), parseNorm("--norm", "l2")]).toEqual([2, 2]);
    expect(["inf", "Infinity", "linf", "l_inf"].map((text) => parseNorm("--norm", text))).toEqual([
      Infinity,
      Infinity,
      Infinity,
      Infinity,
    ]);
    for (const text of ["1", "3", "", "max"]) expect(() => parseNorm("--norm", text)).toThrow(UsageError);
  });
});

describe("numbers for people", () => {
  it("writes pixel sizes as 255ths of the range where they are", () => {
    expect(pixelSize(10 / 255, [0, 1])).toBe("10/255");
    expect(pixelSize(Math.fround(10 / 255), [0, 1])).toBe("10/255");
    expect(pixelSize(0.3, [0, 1])).toBe("0.3");
    expect(pixelSize(10, [0, 255])).toBe("10");
    expect(ballText(Infinity, 10 / 255, [0, 1])).toBe("linf 10/255");
    expect(ballText(2, 5, [0, 1])).toBe("l2 5"); // not 1275/255
    expect(percent(0.8432)).toBe("84.3 %");
    expect(duration(200)).toBe("3 min 20 s");
  });

  it("amplifies a perturbation until its largest value reaches the end of the range, and no further", () => {
    expect(amplification(Float32Array.of(10 / 255, -5 / 255), [0, 1])).toBe(12.7);
    expect(amplification(Float32Array.of(2, -4), [0, 255])).toBe(31.8);
    expect(amplification(new Float32Array(3), [0, 1])).toBe(1);
    fc.assert(
      fc.property(fc.float({ min: Math.fround(1e-4), max: 1, noNaN: true }), (largest) => {
        const factor = amplification(Float32Array.of(largest, -largest), [0, 1]);
        // Rounded down to a tenth, with an allowance of 1e-5 for radii that float32 rounded up: 2^-15 of at least 0.5.
        expect(factor * largest).toBeLessThanOrEqual(0.5 * (1 + 2 ** -12));
        expect((factor + 0.1) * largest).toBeGreaterThan(0.5 * (1 - 2 ** -12));
      }),
    );
  });
});

describe("names of classes in a file", () => {
  it.each([
    ["cat\ndog\n", ["cat", "dog"]],
    ["\uFEFFcat\r\n dog \r\n", ["cat", "dog"]],
    ['["cat", "dog"]', ["cat", "dog"]],
    ['{"0": "cat", "1": "dog"}', ["cat", "dog"]],
    ['{"0": ["n02123045", "tabby"], "1": ["n02099601", "golden retriever"]}', ["tabby", "golden retriever"]],
    ['{"labels": ["cat", "dog"], "tfjsVersion": "1.3.1"}', ["cat", "dog"]],
  ])("%j", (text, names) => {
    expect(namesIn(text)).toEqual(names);
  });
  it.each(["", "[1, 2]", "{", '{"1": "dog"}', "[]"])("holds none: %j", (text) => {
    expect(namesIn(text)).toBeUndefined();
  });
});

describe("shapes", () => {
  it("are sizes with commas or crosses between", () => {
    expect(parseShape("--input-shape", "224,224,3")).toEqual([224, 224, 3]);
    expect(parseShape("--input-shape", "28x28x1")).toEqual([28, 28, 1]);
  });
  it.each(["0,1", "2.5", "a", ""])("%j is none", (text) => {
    expect(() => parseShape("--input-shape", text)).toThrow(UsageError);
  });
});
