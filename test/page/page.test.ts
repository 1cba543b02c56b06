import { unzipSync, zipSync } from "fflate";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { decodeNpy } from "../../src/images.js";
import { findChromium, launchChromium } from "../browser/chromium.js";
import { randomModel } from "../browser/model.js";
import type { Site } from "../browser/site.js";
import { onnxModel } from "./onnx_model.js";
import { noteFacts, servePage, Visit, type VisitOptions } from "./visit.js";

const chromium = findChromium();

/** Enough to see that it works. */
const SHORT = "count=40&passes=1&radius=16";

const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 120_000 });

describe.skipIf(!chromium)("the page", () => {
  let browser: Browser;
  let site: Site;
  let visits: Visit[] = [];

  beforeAll(async () => {
    site = await servePage();
    browser = await launchChromium(chromium as string);
  });

  afterEach(async () => {
    const errors = visits.flatMap((visit) => visit.errors);
    for (const visit of visits) await visit.close();
    visits = [];
    expect(errors).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  async function open(hash: string, options: VisitOptions = {}): Promise<Visit> {
    const visit = await Visit.open(browser, site, { hash, ...options });
    visits.push(visit);
    return visit;
  }

  it("crafts on the bundled model with threads from a host without headers, shows and saves what came of it", async () => {
    const visit = await open(SHORT, { permissions: ["clipboard-read", "clipboard-write"] });
    expect(await visit.page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await visit.craft()).toMatch(/^It fools \d+ % of the images it was crafted on, after /);
    const verdict = visit.page.locator(".verdict");
    expect(await visit.page.locator(".cards > li").count()).toBe(12);
    const fooled = Number((await verdict.textContent())?.match(/\((\d+) of 200\)/)?.[1]);
    expect(fooled).toBeGreaterThan(20);
    expect(await visit.violations()).toEqual([]);

    const npy = await visit.save("v as .npy");
    const { data, shape } = decodeNpy(npy.bytes);
    expect(shape).toEqual([32, 32, 3]);
    const largest = Math.max(...Array.from(data as Float32Array, Math.abs));
    expect(largest).toBeGreaterThan(4);
    expect(largest).toBeLessThanOrEqual(16);
    expect((await sharp((await visit.save("v as PNG")).bytes).metadata()).width).toBe(32);
    const strip = await visit.save("v growing");
    const moments = await visit.page
      .getByRole("list", { name: "v as it grew" })
      .getByRole("listitem")
      .count();
    const { width = 0, height } = await sharp(strip.bytes).metadata();
    expect(height).toBe(128);
    // Those on the page, which shows none where there is but one, and the end.
    expect((width + 8) % 136).toBe(0);
    expect((width + 8) / 136).toBeGreaterThanOrEqual(moments + 1);
    const files = unzipSync((await visit.save("Images + v")).bytes);
    expect(Object.keys(files)).toHaveLength(200);
    // Rounded to 8 bits nearly all fool as before.
    const changed = Object.keys(files).filter((name) => name.includes("-to-")).length;
    expect(Math.abs(changed - fooled)).toBeLessThanOrEqual(5);
    const report = JSON.parse(Buffer.from((await visit.save("Report")).bytes).toString());
    expect(report).toMatchObject({ shown: { fooled }, options: { radius: 16 }, images: { crafting: 40 } });
    expect(report.result.hash).toMatch(/^[0-9a-f]{16}$/);

    const slider = visit.page.getByLabel("Strength of v");
    await slider.fill("0");
    await eventually(() => verdict.textContent()).toBe("0 % fooled (0 of 200)");
    await visit.button("Try").click();
    await eventually(() => visit.page.getByRole("meter").count()).toBe(5);

    await visit.button("Copy link to this run").click();
    await visit.page.getByText("The link is on the clipboard").waitFor();
    const again = await open(new URL(report.link).hash.slice(1));
    await again.done();
    const repeated = JSON.parse(Buffer.from((await again.save("Report")).bytes).toString());
    expect(repeated.result.hash).toBe(report.result.hash);
  });

  it("takes the engine that suits, says which and why, and how far the model is", async () => {
    const visit = await open(SHORT, { before: noteFacts });
    const card = visit.page.getByRole("region", { name: "Model", exact: true });
    expect(await card.getByRole("radio", { name: "Auto" }).isChecked()).toBe(true);
    await visit.ready();
    // The adapter that Chromium has here is software, and the bundled model is worth a GPU.
    await card.getByText(/^Chosen since the WebGPU adapter \(".+"\) computes on the processor\.$/).waitFor();
    expect(await card.textContent()).toContain("WebAssembly, 2 threads");
    expect(await visit.crowded()).toEqual([]);
    const told = await visit.told();
    expect(told).toContainEqual(expect.stringMatching(/^Reading the model, 0\.\d of 0\.\d MB…$/));
    expect(told).toContain("Starting threads, 2 of 2…");
    expect(told).toContain("Trying an image…");
    await visit.page.getByText("More", { exact: true }).click();
    await visit.page.getByLabel("The same result on every machine").check();
    await card.getByText("Chosen since the result shall be the same on every machine.").waitFor();
    expect(await card.textContent()).not.toContain("fused multiply-add");
    await visit.ready();
    await card.getByRole("radio", { name: "WebAssembly" }).check();
    await visit.ready();
    await eventually(() => card.getByText(/^Chosen since/).count()).toBe(0);
  });

  it("unpacks a zip, asks for a size that a model leaves open, and for WebGPU's sake takes WebAssembly", async () => {
    const visit = await open(`${SHORT}&engine=webgpu`, {
      before: () => Object.defineProperty(Navigator.prototype, "gpu", { value: undefined }),
    });
    await visit.page.getByText("No WebGPU here").waitFor();
    const files = randomModel([8, 8, 3], [4, 4], 3);
    const metadata = JSON.stringify({ labels: ["one", "two", "three"] });
    const zipped = zipSync({
      "model.json": Buffer.from(files["model.json"].replace("[null,8,8,3]", "[null,null,null,3]")),
      "weights.bin": files["weights.bin"],
      "metadata.json": Buffer.from(metadata),
    });
    await visit.give("Files of your model", { "converted_tfjs.zip": zipped });
    const size = visit.page.getByLabel("Image size");
    await size.fill("8");
    await size.press("Enter");
    await visit.page.getByText("8 × 8 × 3, 3 classes").waitFor();
    expect(await visit.page.getByRole("region", { name: "Model", exact: true }).textContent()).toContain(
      "WebAssembly, 2",
    );
    await visit.ready();
    await eventually(() => visit.page.locator(".prediction").first().textContent()).toMatch(/one|two|three/);
  });

  it("takes an ONNX file and pictures of one's own, and leaves out what is no picture", async () => {
    const visit = await open("passes=1&radius=30&method=deepfool");
    const colour = (n: number) => ({ r: 20 * n, g: 255 - 20 * n, b: (57 * n) % 256 });
    const pictures: Record<string, Uint8Array> = { "broken.png": Buffer.from("no picture") };
    for (let n = 0; n < 10; n++)
      pictures[`${n}.png`] = await sharp({
        create: { width: 20 + n, height: 24, channels: 3, background: colour(n) },
      })
        .png()
        .toBuffer();
    await visit.give("Pictures", pictures);
    await visit.give("Files of your model", { "tiny.onnx": onnxModel(8, 5, 4) });
    await visit.page.getByText("8 × 8 × 3, 4 classes").waitFor();
    await visit.page.getByText("Left out, as no picture: broken.png").waitFor();
    expect(await visit.craft()).toMatch(/^It fools/);
  });

  it("says what a file is that is no model, and goes on with another", async () => {
    const visit = await open(SHORT);
    const trouble = visit.page.getByRole("alert");
    const model = randomModel([9, 7, 3], [8, 13], 6);
    for (const [files, words] of [
      [{ "weights.h5": "\u0089HDF\r\n" }, /it is a Keras file, which tensorflowjs_converter/],
      [{ "page.json": "<!doctype html>" }, /it is a web page, not a model/],
      [{ "model.json": model["model.json"] }, /weights file "weights.bin" is missing/],
      [{ "cat.png": "PNG" }, /cat.png is a picture: drop it under Images/],
      [{ "a.zip": "PK" }, /a.zip cannot be unpacked/],
    ] as const) {
      await visit.give("Files of your model", files);
      await eventually(() => trouble.allTextContents().then(String)).toMatch(words);
    }
    await visit.give("Files of your model", { ...model });
    await visit.ready();
    expect(await trouble.count()).toBe(0);
  });

  it("fits a phone and screen readers", async () => {
    const visit = await open(SHORT, {
      viewport: { width: 390, height: 844 },
      colorScheme: "light",
      reducedMotion: "reduce",
    });
    await visit.ready();
    await visit.page.locator(".cards").waitFor();
    expect(await visit.violations()).toEqual([]);
    await visit.craft();
    await visit.page.getByText("More", { exact: true }).click();
    expect(await visit.overflow()).toBe(0);
    expect(await visit.crowded()).toEqual([]);
    expect(await visit.violations()).toEqual([]);
  });
});
