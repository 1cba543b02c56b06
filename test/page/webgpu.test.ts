import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchChromium } from "../browser/chromium.js";
import type { Site } from "../browser/site.js";
import { onnxModel } from "./onnx_model.js";
import { noteFacts, servePage, Visit } from "./visit.js";

const chromium = findChromium();

describe.skipIf(!chromium)("the page on WebGPU", () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    site = await servePage();
    browser = await launchChromium(chromium as string);
  });

  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  it("crafts on a model of one's own, in the worker", async () => {
    const hash = "engine=webgpu&model=own&count=20&passes=1&radius=40&target=50";
    const visit = await Visit.open(browser, site, { hash, before: noteFacts });
    await visit.give("Files of your model", { "tiny.onnx": onnxModel(6, 4, 3) });
    // A software adapter compiles for seconds.
    await visit.page.getByText(/WebGPU, \S/).waitFor();
    const told = await visit.told();
    expect(told).toContainEqual(expect.stringMatching(/^Packing the weights, 0\.0 of 0\.\d MB…$/));
    const shaders = told.flatMap(
      (text) => text.match(/^Compiling shaders, (\d+) of (\d+)…$/)?.slice(1) ?? [],
    );
    expect(new Set(shaders).size).toBeGreaterThan(2);
    expect(await visit.craft()).toMatch(/^It fools [1-9]\d* %/);
    expect(visit.errors).toEqual([]);
    await visit.close();
  });
});
