import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchChromium } from "./chromium.js";
import { buildPackage } from "./package_build.js";
import { openPage, openSites, runCase, SMALL } from "./pages.js";
import type { Policy, Site } from "./site.js";

const chromium = findChromium();

/** What an engine without a device says. */
const LOST = /^(webgpu|logits|jacobian): the GPU device was lost \(destroyed.*compile again/;

// What it computes is for the suites of every engine (`test/engines/chromium_engines.ts`).
describe.skipIf(!chromium)("WebGPU in Chromium", () => {
  let sites: Record<Policy, Site>;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    sites = await openSites(await buildPackage());
    browser = await launchChromium(chromium as string);
    page = await openPage(browser, sites.isolated);
  });

  afterAll(async () => {
    await browser?.close();
    for (const site of Object.values(sites ?? {})) site.close();
  });

  it("has an adapter that gives a device", async () => {
    const found = await page.evaluate(async () => {
      const adapter = await navigator.gpu.requestAdapter();
      if (!adapter) return undefined;
      const device = await adapter.requestDevice();
      const { vendor, architecture } = adapter.info;
      const { maxComputeInvocationsPerWorkgroup: invocations } = device.limits;
      device.destroy();
      return { vendor, architecture, invocations };
    });
    console.log(`WebGPU in Chromium ${browser.version()} on ${found?.vendor} ${found?.architecture}`);
    expect(found?.invocations).toBe(256);
  });

  it("computes on the page's device, frees all that it took of it, and leaves it alive", async () => {
    const { buffers, left, later, first, again } = await runCase(page, "passDevice", SMALL);
    expect(buffers).toBeGreaterThan(0);
    expect(left).toBe(0);
    expect(later).toEqual({
      name: "EngineError",
      message: expect.stringMatching(/^logits: the engine was disposed/),
    });
    expect(first.some((value) => value !== 0)).toBe(true);
    expect(again).toEqual(first);
  });

  it("has the same bits on a device that needs several calls", async () => {
    const { whole, pieces } = await runCase(page, "limitDevice", SMALL, 2 ** 15);
    expect(whole.largest).toBeGreaterThan(2 ** 15);
    expect(pieces.largest).toBeLessThanOrEqual(2 ** 15);
    expect(pieces.submissions).toBeGreaterThan(whole.submissions);
    expect(pieces.values).toEqual(whole.values);
  });

  it("fails with a typed error when the device is lost, and works on a new one", async () => {
    const { failed, before, after } = await runCase(page, "loseDevice", SMALL);
    for (const { name, message } of failed) {
      expect(name).toBe("EngineError");
      expect(message).toMatch(LOST);
    }
    expect(failed.length).toBe(3);
    expect(after).toEqual(before);
  });

  it("ends DeepFool with what the progress callback throws, and goes on", async () => {
    const { name, message, results } = await runCase(page, "throwOnProgress", SMALL);
    expect({ name, message }).toEqual({ name: "RangeError", message: "no more" });
    expect(results.some((value) => value !== 0)).toBe(true);
  });

  it("computes the same in a worker", async () => {
    const found = await runCase(page, "inWorker", SMALL);
    expect(found.page.some((value) => value !== 0)).toBe(true);
    expect(found.worker).toEqual(found.page);
  });

  it("runs the example", async () => {
    const example = await browser.newPage();
    const errors: string[] = [];
    example.on("pageerror", ({ message }) => errors.push(message));
    await example.goto(`${sites.isolated.origin}/examples/browser/index.html?backend=webgpu`);
    await example.waitForFunction(() => /image 7|Error/.test(document.body.textContent ?? ""), undefined, {
      timeout: 110_000,
    });
    const text = (await example.textContent("#output")) ?? "";
    await example.close();
    expect(errors).toEqual([]);
    expect(text).toMatch(/^webgpu, \S.*; isolated: true/);
    expect([...text.matchAll(/^image \d: class (\d) -> (\d), l2 norm [\d.]+$/gm)].length).toBe(8);
  });

  describe("a page without it says so, and the way out", () => {
    it("where navigator.gpu is missing", async () => {
      const without = await browser.newPage();
      await without.addInitScript(() =>
        Object.defineProperty(Navigator.prototype, "gpu", { value: undefined }),
      );
      await without.goto(`${sites.isolated.origin}/pages/index.html`);
      await without.waitForFunction(() => "cases" in window);
      const { name, message } = await runCase(without, "compileFailure", SMALL, { backend: "webgpu" });
      await without.close();
      expect({ name, message }).toEqual({
        name: "EngineError",
        message: 'compile: navigator.gpu is missing, expected WebGPU; use { backend: "wasm" }',
      });
    });

    it("where there is no adapter", async () => {
      const ordinary = await launchChromium(chromium as string, { webgpu: false });
      const without = await openPage(ordinary, sites.isolated);
      const { name, message } = await runCase(without, "compileFailure", SMALL, { backend: "webgpu" });
      await ordinary.close();
      expect({ name, message }).toEqual({
        name: "EngineError",
        message: 'compile: no WebGPU adapter, expected a GPU; { backend: "wasm" } needs none',
      });
    });
  });
});
