import { afterEach, describe, expect, it, vi } from "vitest";
import { chooseVariant, moduleOf } from "../../src/engines/wasm/run/variant.js";

afterEach(() => vi.unstubAllGlobals());

describe("the two variants of the kernels' module", () => {
  it("are taken where they are chosen: the probe says what the module says", async () => {
    expect(WebAssembly.validate(await moduleOf(chooseVariant(true), false))).toBe(true);
    const relaxed = WebAssembly.validate(await moduleOf("relaxed", false));
    expect(chooseVariant(false)).toBe(relaxed ? "relaxed" : "simd");
    expect(chooseVariant(true)).toBe("simd");
  });

  it.each(["simd", "relaxed"] as const)(
    "%s: unpacks to the same bytes without DecompressionStream",
    async (variant) => {
      const bytes = await moduleOf(variant, true);
      expect(bytes.length).toBeGreaterThan(100_000);
      vi.stubGlobal("DecompressionStream", undefined);
      expect(Buffer.compare(await moduleOf(variant, true), bytes)).toBe(0);
    },
  );

  it("take a shared memory or a private one by one byte", async () => {
    const [shared, own] = [await moduleOf("simd", true), await moduleOf("simd", false)];
    const different = [...shared.keys()].filter((i) => shared[i] !== own[i]);
    expect(different.map((i) => [shared[i], own[i]])).toEqual([[3, 1]]);
  });
});
