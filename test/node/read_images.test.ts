import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fits } from "../../src/images/picture_shape.js";
import { encodeNpy } from "../../src/images.js";
import { ImageError, type ReadImagesOptions, readImages, readPerturbation } from "../../src/node.js";
import { tinyImages, writeRawFolder } from "../cli/support/tiny_model.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-images-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RGB = { inputShape: [8, 8, 3], range: [0, 1] } as const;
const GREY = { inputShape: [8, 8, 1], range: [0, 1] } as const;

/** Images for a network of a shape and range. */
function loadImages(
  path: string,
  { limit, ...net }: { inputShape: readonly number[]; range: readonly [number, number]; limit?: number },
  options?: ReadImagesOptions,
) {
  return readImages(path, net, { ...(limit !== undefined && { limit }), ...options });
}

function subfolder(): string {
  return mkdtempSync(join(folder, "set-"));
}

/** A picture of two colours, left half and right half. */
function halves(width: number, height: number, left: number[], right: number[]): Sharp {
  const channels = left.length as 3 | 4;
  const pixels = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => (Math.floor(i / channels) % width < width / 2 ? left : right)[i % channels],
  );
  return sharp(pixels, { raw: { width, height, channels } });
}

describe("folders with images.bin", () => {
  it("scale bytes to the range and keep order, labels and names", async () => {
    const path = writeRawFolder(subfolder(), 5, 3);
    const { pixels, labels } = tinyImages(5, 3);
    const set = await loadImages(path, { ...RGB, range: [-1, 1], limit: 3 });
    expect(set.count).toBe(3);
    expect(set.images).toEqual(Float32Array.from(pixels.subarray(0, 3 * 192), (v) => -1 + (v / 255) * 2));
    expect(set.labels).toEqual(Int32Array.from(labels.subarray(0, 3)));
    expect(set.classNames?.[2]).toBe("south-west");
  });

  it("read labels of two bytes", async () => {
    const path = writeRawFolder(subfolder(), 2);
    writeFileSync(join(path, "labels.bin"), Uint8Array.of(1, 2, 0, 0));
    const meta = { shape: [2, 8, 8, 1], labelsDtype: "uint16 little-endian" };
    writeFileSync(join(path, "meta.json"), JSON.stringify(meta));
    expect((await loadImages(path, GREY)).labels).toEqual(Int32Array.of(513, 0));
  });

  it.each([
    ["images.bin cut short", "images.bin", new Uint8Array(127), /127 bytes, expected 128/],
    ["labels.bin cut short", "labels.bin", new Uint8Array(1), /1 bytes, expected 2/],
    ["meta.json cut short", "meta.json", Buffer.from('{"shape": [2'), /not JSON/],
    ["meta.json that is null", "meta.json", Buffer.from("null"), /shape is undefined/],
    ["another layout", "meta.json", Buffer.from('{"shape": [2, 8, 8, 1], "layout": "NCHW"}'), /NHWC/],
    ["another type", "meta.json", Buffer.from('{"shape": [2, 8, 8, 1], "dtype": "float32"}'), /uint8/],
    ["a negative size", "meta.json", Buffer.from('{"shape": [2, -8, -8, 1]}'), /shape is \[2,-8,-8,1\]/],
    ["another shape", "meta.json", Buffer.from('{"shape": [2, 16, 4, 1]}'), /model takes 8x8x1/],
  ])("reject %s", async (_, name, content, message) => {
    const path = writeRawFolder(subfolder(), 2);
    writeFileSync(join(path, name), content);
    await expect(loadImages(path, GREY)).rejects.toThrow(message);
  });
});

describe("folders of pictures", () => {
  it("are taken in order of their names, whatever the format", async () => {
    const path = subfolder();
    const flat = (v: number) => halves(8, 8, [v, v, v], [v, v, v]);
    await flat(10).png().toFile(join(path, "b.png"));
    await flat(200).webp({ lossless: true }).toFile(join(path, "a.webp"));
    await flat(100).jpeg({ quality: 100 }).toFile(join(path, "c.JPG"));
    writeFileSync(join(path, "notes.txt"), "not a picture");
    const { images, count } = await loadImages(path, RGB);
    expect(count).toBe(3);
    expect([images[0], images[192]]).toEqual([Math.fround(200 / 255), Math.fround(10 / 255)]);
    expect(Math.abs(images[384] * 255 - 100)).toBeLessThanOrEqual(1); // JPEG
    expect((await loadImages(path, { ...RGB, limit: 1 })).images).toEqual(images.slice(0, 192));
  });

  it("are resized by their short side and cropped to the middle", async () => {
    const path = subfolder();
    // 64x16: the left quarter, which the crop loses, is red; what stays is half green, half blue.
    const strip = Uint8Array.from({ length: 64 * 16 * 3 }, (_, i) => {
      const x = Math.floor(i / 3) % 64;
      return (x < 24 || x >= 40 ? [255, 0, 0] : x < 32 ? [0, 255, 0] : [0, 0, 255])[i % 3];
    });
    await sharp(strip, { raw: { width: 64, height: 16, channels: 3 } })
      .png()
      .toFile(join(path, "x.png"));
    const { images } = await loadImages(path, RGB);
    const pixel = (x: number) => [...images.subarray((3 * 8 + x) * 3, (3 * 8 + x) * 3 + 3)];
    expect([pixel(1), pixel(2), pixel(5), pixel(6)]).toEqual([
      [0, 1, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 1],
    ]);
  });

  it("of the model's size are taken pixel by pixel; what is transparent shows white", async () => {
    const path = subfolder();
    await halves(8, 8, [10, 20, 30], [40, 50, 60]).png().toFile(join(path, "x.png"));
    const { images } = await loadImages(path, RGB);
    expect(images.slice(0, 3)).toEqual(Float32Array.of(10 / 255, 20 / 255, 30 / 255));
    expect(images.slice(21, 24)).toEqual(Float32Array.of(40 / 255, 50 / 255, 60 / 255));

    await halves(8, 8, [10, 20, 30, 0], [40, 50, 60, 51]).png().toFile(join(path, "x.png"));
    const laid = await loadImages(path, RGB);
    expect(laid.images.slice(0, 3)).toEqual(Float32Array.of(1, 1, 1));
    // A fifth of the colour, four fifths of white.
    expect([...laid.images.slice(21, 24)].map((v) => Math.round(v * 255))).toEqual([212, 214, 216]);
  });

  it("become grey for a model of one channel, RGB for one of three, and 8 bits from 16", async () => {
    const path = subfolder();
    await halves(8, 8, [120, 120, 120], [30, 30, 30]).png().toFile(join(path, "a.png"));
    const grey = await loadImages(path, GREY);
    expect(grey.images.length).toBe(64);
    expect([grey.images[0] * 255, grey.images[7] * 255].map(Math.round)).toEqual([120, 30]);

    await halves(8, 8, [255, 0, 0], [10, 200, 30]).png().toFile(join(path, "a.png"));
    const luma = await loadImages(path, GREY);
    // Of BT.601, within a level.
    expect(Math.abs(luma.images[0] * 255 - 76.2)).toBeLessThanOrEqual(1);
    expect(Math.abs(luma.images[7] * 255 - 123.8)).toBeLessThanOrEqual(1);

    await halves(8, 8, [120, 120, 120], [30, 30, 30]).greyscale().png().toFile(join(path, "a.png"));
    const rgb = await loadImages(path, RGB);
    expect([...rgb.images.subarray(0, 3)].map((v) => Math.round(v * 255))).toEqual([120, 120, 120]);

    await halves(8, 8, [120, 120, 120], [30, 30, 30])
      .toColourspace("rgb16")
      .png()
      .toFile(join(path, "a.png"));
    expect((await sharp(join(path, "a.png")).metadata()).depth).toBe("ushort");
    expect((await loadImages(path, RGB)).images).toEqual(rgb.images);
  });

  it("are turned upright as their EXIF orientation says", async () => {
    const path = subfolder();
    const sideways = halves(8, 8, [255, 255, 255], [0, 0, 0]).withMetadata({ orientation: 6 });
    await sideways.png().toFile(join(path, "x.png"));
    const { images } = await loadImages(path, RGB);
    expect([images[0], images[8 * 3 * 7]]).toEqual([1, 0]); // white above, black below
  });

  it("reject a file that is cut short, or no picture, by its name", async () => {
    const path = subfolder();
    const png = await sharp(Buffer.from(tinyImages(64).pixels), {
      raw: { width: 64, height: 64, channels: 1 },
    })
      .png()
      .toBuffer();
    writeFileSync(join(path, "x.png"), png.subarray(0, png.length / 2));
    await expect(loadImages(path, RGB)).rejects.toThrow(/x\.png: cannot be decoded/);
    writeFileSync(join(path, "x.png"), "not a picture");
    await expect(loadImages(path, RGB)).rejects.toThrow(/x\.png: cannot be decoded/);
  });

  it("reject an empty folder and a model without a picture for its input", async () => {
    const path = subfolder();
    await expect(loadImages(path, RGB)).rejects.toThrow(/holds no images/);
    writeFileSync(join(path, "x.png"), "");
    await expect(loadImages(path, { ...RGB, inputShape: [8, 8, 5] })).rejects.toThrow(/8x8x5/);
  });
});

describe(".npy images", () => {
  it("say how to turn channels that come first", async () => {
    const path = join(subfolder(), "x.npy");
    writeFileSync(path, encodeNpy(new Float32Array(2 * 192), [2, 3, 8, 8]));
    await expect(loadImages(path, RGB)).rejects.toThrow(
      "has shape 2x3x8x8, expected Nx8x8x3 to fit the model (channels last: save numpy.ascontiguousarray(x.transpose(0, 2, 3, 1)))",
    );
    writeFileSync(path, encodeNpy(new Float32Array(2 * 192), [2, 8, 4, 6]));
    await expect(loadImages(path, RGB)).rejects.toThrow(/expected Nx8x8x3 to fit the model$/);
  });

  const float = (values: number[], shape: number[]) => {
    const path = join(subfolder(), "x.npy");
    writeFileSync(path, encodeNpy(Float32Array.from(values), shape));
    return path;
  };

  it("of floats are taken as they are, one image or many", async () => {
    const values = Array.from({ length: 128 }, (_, i) => i / 128);
    expect((await loadImages(float(values, [2, 8, 8, 1]), GREY)).images).toEqual(Float32Array.from(values));
    expect((await loadImages(float(values, [2, 8, 8]), GREY)).count).toBe(2);
    expect((await loadImages(float(values.slice(64), [8, 8, 1]), GREY)).count).toBe(1);
    expect((await loadImages(float(values, [2, 64]), { ...GREY, inputShape: [64] })).count).toBe(2);
  });

  it.each([
    ["NaN", [NaN], [8, 8, 1], /image 0 holds NaN/],
    ["values far outside the range", [255], [8, 8, 1], /far outside the range 0 to 1; set --range/],
    ["no images", [], [0, 8, 8, 1], /holds no images/],
    ["another shape", [], [1, 8, 4, 1], /shape 1x8x4x1, expected Nx8x8x1/],
  ])("reject %s", async (_, start, shape, message) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const values = [...start, ...new Array<number>(Math.max(0, size - start.length)).fill(0)];
    await expect(loadImages(float(values, shape), GREY)).rejects.toThrow(message);
  });

  it("serve as perturbations where they have the shape of one image", async () => {
    const values = Array.from({ length: 64 }, (_, i) => i / 1000);
    expect(await readPerturbation(float(values, [8, 8, 1]), [8, 8, 1])).toEqual(Float32Array.from(values));
    await expect(readPerturbation(float([...values, ...values], [2, 8, 8, 1]), [8, 8, 1])).rejects.toThrow(
      /2x8x8x1/,
    );
    await expect(readPerturbation(float([NaN, ...values.slice(1)], [8, 8, 1]), [8, 8, 1])).rejects.toThrow(
      /value 0 is NaN/,
    );
  });
});

it("an image fits an input of the same shape but for axes of length 1, or a vector of its size", () => {
  expect(fits([28, 28, 1], [28, 28])).toBe(true);
  expect(fits([28, 28, 1], [784])).toBe(true);
  expect(fits([28, 28], [28, 28, 1])).toBe(true);
  expect(fits([14, 56, 1], [28, 28, 1])).toBe(false);
  expect(fits([28, 28, 3], [28, 28, 1])).toBe(false);
});

describe("readImages", () => {
  it("names the files, fits pictures as asked, and lays them on a colour", async () => {
    const path = subfolder();
    await halves(16, 8, [255, 255, 255, 255], [0, 0, 0, 255]).png().toFile(join(path, "b.png"));
    await halves(8, 8, [0, 0, 0, 0], [0, 0, 0, 0]).png().toFile(join(path, "a.png"));
    const background = [0, 0, 255] as const;
    const set = await readImages(path, [8, 8, 3], { range: [0, 255], fit: "contain", background });
    expect(set.files).toEqual(["a.png", "b.png"]);
    expect(set.images.slice(0, 3)).toEqual(Float32Array.of(0, 0, 255));
    // Rows of the second: two of background, four of the picture, two of background.
    const pixel = (y: number, x: number) => [...set.images.subarray(192 + (y * 8 + x) * 3).subarray(0, 3)];
    expect([pixel(0, 0), pixel(3, 0), pixel(3, 7), pixel(7, 7)]).toEqual([
      [0, 0, 255],
      [255, 255, 255],
      [0, 0, 0],
      [0, 0, 255],
    ]);
    const stretched = await readImages(path, [8, 8, 3], { range: [0, 255], fit: "fill", background });
    expect([...stretched.images.slice(192, 195)]).toEqual([255, 255, 255]);
  });

  it("fails with typed errors of one line that name the path", async () => {
    const path = subfolder();
    const error = await readImages(path, [8, 8, 3]).catch((error) => error);
    expect(error).toBeInstanceOf(ImageError);
    expect(error.message).toMatch(/^readImages: [^\n]*set-[^\n]* holds no images[^\n]*$/);
    writeFileSync(join(path, "v.npy"), "text");
    const bad = await readPerturbation(join(path, "v.npy"), [8, 8, 3]).catch((error) => error);
    expect(bad).toBeInstanceOf(ImageError);
    expect(bad.message).toMatch(/^readPerturbation: [^\n]*v\.npy is not a \.npy file$/);
    await expect(readImages(join(path, "nowhere"), [8, 8, 3])).rejects.toThrow(/ENOENT.*nowhere/);
    await expect(readImages(path, [8, 8, 3], { limit: 0 })).rejects.toThrow(
      /limit is 0, expected an integer >= 1/,
    );
    await expect(readImages(path, [8, 8, 3], { fit: "crop" as "fill" })).rejects.toThrow(/fit is "crop"/);
  });
});
