import { describe, expect, it } from "vitest";
import {
  type ImageSource,
  InvalidArgumentError,
  perturbationPicture,
  type ToImagesOptions,
  toImageData,
  toImages,
} from "../../src/images.js";

const RGB = [2, 2, 3];
const BYTES = Uint8Array.from({ length: 12 }, (_, i) => i * 20);

describe("toImages", () => {
  it("scales bytes to the engine's range, to a range given, to [0, 1] for a shape", async () => {
    const engine = { inputShape: RGB, range: [-1, 1] as const };
    expect(await toImages(BYTES, engine)).toEqual(Float32Array.from(BYTES, (v) => -1 + (v / 255) * 2));
    expect(await toImages(BYTES, RGB)).toEqual(Float32Array.from(BYTES, (v) => v / 255));
    expect(await toImages(BYTES, engine, { range: [0, 255] })).toEqual(Float32Array.from(BYTES));
  });

  it("takes bytes with 1, 3 and 4 channels, one picture or many, clamped or not", async () => {
    const two = new Uint8ClampedArray([...BYTES, ...BYTES]);
    expect(await toImages(two, RGB, { range: [0, 255] })).toEqual(Float32Array.from(two));
    const grey = Uint8Array.of(1, 2, 3, 4);
    const threefold = Float32Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4);
    expect(await toImages(grey, RGB, { channels: 1, range: [0, 255] })).toEqual(threefold);
    const alpha = Uint8Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 255 : 10 * i));
    const opaque = Float32Array.from([0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14], (i) => 10 * i);
    expect(await toImages(alpha, RGB, { channels: 4, range: [0, 255] })).toEqual(opaque);
    expect(await toImages([grey, grey], [2, 2], { range: [0, 255] })).toEqual(
      Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4),
    );
  });

  it("takes pixels with their size, one or a list, in order", async () => {
    const white = { data: new Uint8Array(5 * 7 * 3).fill(255), width: 5, height: 7 };
    const black = { data: new Uint8ClampedArray(1), width: 1, height: 1 };
    const one = await toImages(white, RGB);
    expect(one).toEqual(new Float32Array(12).fill(1));
    const both = await toImages(new Set<ImageSource>([black, white]), RGB);
    expect(both).toEqual(Float32Array.from({ length: 24 }, (_, i) => Number(i >= 12)));
    expect(await toImages([], RGB)).toEqual(new Float32Array(0));
  });

  it("lays what is transparent on the background: white, or the one given", async () => {
    const data = Uint8Array.of(10, 20, 30, 0, 10, 20, 30, 51, 10, 20, 30, 255, 0, 0, 0, 128);
    const source = { data, width: 2, height: 2 };
    const on = (background?: ToImagesOptions["background"]) =>
      toImages(source, RGB, { range: [0, 255], ...(background && { background }) });
    expect(await on()).toEqual(Float32Array.of(255, 255, 255, 206, 208, 210, 10, 20, 30, 127, 127, 127));
    expect(await on([0, 100, 0])).toEqual(Float32Array.of(0, 100, 0, 2, 84, 6, 10, 20, 30, 0, 50, 0));
  });

  it("makes luma of colour for a network of one channel", async () => {
    const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 200, 30);
    const grey = await toImages({ data, width: 2, height: 2 }, [2, 2, 1], { range: [0, 255] });
    expect(grey).toEqual(Float32Array.of(76, 150, 29, 124));
    const clear = { data: new Uint8Array(16), width: 2, height: 2 };
    const background = [255, 0, 0] as const;
    expect(await toImages(clear, [2, 2], { range: [0, 255], background })).toEqual(
      new Float32Array(4).fill(76),
    );
  });

  it("covers and crops, contains beside the background, or stretches", async () => {
    // Three columns, black, grey and white, 6x2.
    const data = Uint8Array.from({ length: 12 }, (_, i) => [0, 0, 128, 128, 255, 255][i % 6]);
    const fitted = (fit: ToImagesOptions["fit"]) =>
      toImages({ data, width: 6, height: 2 }, [2, 2, 1], { range: [0, 255], fit, background: [9, 9, 9] });
    expect(await fitted("cover")).toEqual(new Float32Array(4).fill(128));
    const stretched = await fitted("fill");
    expect(stretched[0]).toBeLessThan(64);
    expect(stretched[1]).toBeGreaterThan(192);
    const contained = await fitted("contain");
    expect(contained.slice(2)).toEqual(Float32Array.of(9, 9));
    expect(contained.slice(0, 2)).toEqual(stretched.slice(0, 2));
  });

  it("tells progress, and stops between pictures", async () => {
    const told: number[][] = [];
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = (done: number, total: number) => {
      told.push([done, total]);
      if (done === 2) controller.abort(new Error("enough"));
    };
    await expect(toImages([BYTES, BYTES, BYTES], RGB, { signal, onProgress })).rejects.toThrow("enough");
    expect(told).toEqual([
      [1, 3],
      [2, 3],
    ]);
  });

  const raw = (length: number) => ({ data: new Uint8Array(length), width: 2, height: 2 });
  it.each<[string, unknown, unknown, unknown, RegExp]>([
    ["bytes of another size", BYTES.subarray(1), RGB, {}, /sources has 11 bytes, expected a multiple of 12/],
    ["no bytes", BYTES.subarray(12), RGB, {}, /has 0 bytes/],
    ["two channels", [BYTES, raw(8)], RGB, {}, /source 1 has 8 bytes at 2x2, expected 1, 3 or 4 a pixel/],
    ["a network on vectors", BYTES, [12], {}, /takes 12, expected height x width x 1 or 3/],
    ["a network of two channels", BYTES, [2, 3, 2], {}, /takes 2x3x2/],
    ["no network", BYTES, undefined, {}, /net is undefined, expected an engine/],
    ["a text", "cat.png", RGB, {}, /sources is String, expected a picture or a list/],
    ["a number", 7, RGB, {}, /sources is Number, expected a picture or a list/],
    ["a list with a number", [BYTES, 7], RGB, {}, /source 1 is number/],
    ["a file in Node", new Blob(["x"]), RGB, {}, /readImages of unifool\/node/],
    ["another fit", BYTES, RGB, { fit: "crop" }, /fit is "crop", expected "cover" or "contain" or "fill"/],
    [
      "another colour",
      BYTES,
      RGB,
      { background: [0, 0] },
      /background is \[0, 0\], expected \[red, green, blue\]/,
    ],
    ["an empty range", BYTES, RGB, { range: [1, 1] }, /range is \[1, 1\]/],
    ["a misspelt option", BYTES, RGB, { backgroud: [0, 0, 0] }, /unknown option "backgroud"/],
    ["channels that none has", BYTES, RGB, { channels: 2 }, /channels is 2, expected 1 or 3 or 4/],
  ])("rejects %s in one line", async (_, sources, net, options, message) => {
    const call = toImages(sources as ImageSource, net as number[], options as ToImagesOptions);
    const error = await call.catch((error) => error);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^toImages: [^\n]+$/);
  });
});

describe("toImageData", () => {
  it("gives back the bytes that toImages took", async () => {
    const range = [-2, 3] as const;
    const bytes = Uint8Array.from({ length: 256 * 3 }, (_, i) => i % 256);
    const image = await toImages({ data: bytes, width: 16, height: 16 }, [16, 16, 3], { range });
    const { data, width, height } = toImageData(image, { inputShape: [16, 16, 3], range });
    expect([width, height, data.length]).toEqual([16, 16, 1024]);
    expect(Array.from(data).filter((_, i) => i % 4 !== 3)).toEqual([...bytes]);
    expect(Array.from(data).filter((_, i) => i % 4 === 3)).toEqual(new Array(256).fill(255));
  });

  it("draws one channel grey, clips, and takes an image of another size for an error", () => {
    expect([...toImageData(Float32Array.of(0.5, 7), [1, 2]).data]).toEqual([
      128, 128, 128, 255, 255, 255, 255, 255,
    ]);
    expect(() => toImageData(new Float32Array(3), [1, 2])).toThrow(
      /^toImageData: image has 3 values, expected a Float32Array of 2 \(1x2\)$/,
    );
  });
});

describe("perturbationPicture", () => {
  const v = Float32Array.of(0.1, -0.05, 0);

  it("amplifies as far as it goes, around middle grey, and says by how much", () => {
    const { imageData, scale } = perturbationPicture(v, [1, 1, 3]);
    expect(scale).toBe(5);
    expect([...imageData.data]).toEqual([255, 64, 128, 255]);
    expect(perturbationPicture(new Float32Array(3), [1, 1, 3]).scale).toBe(1);
  });

  it("by the scale given, in the engine's range", () => {
    const engine = { inputShape: [1, 1, 3], range: [0, 255] as const };
    const { imageData, scale } = perturbationPicture(Float32Array.of(10, -20, 0), engine, { scale: 2 });
    expect(scale).toBe(2);
    expect([...imageData.data]).toEqual([148, 88, 128, 255]);
    expect(() => perturbationPicture(v, [1, 1, 3], { scale: 0 })).toThrow(/scale is 0, expected a positive/);
  });
});
