import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchChromium } from "./chromium.js";
import { type Site, serve } from "./site.js";

const chromium = findChromium();

describe.skipIf(!chromium)("WebGPU in Chromium", () => {
  let site: Site;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    site = await serve("isolated", {}, { "/index.html": "<!doctype html><title>WebGPU</title>" });
    browser = await launchChromium(chromium as string);
    page = await browser.newPage();
    await page.goto(`${site.origin}/index.html`);
  });

  afterAll(async () => {
    await browser?.close();
    site?.close();
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

  it("has one in a worker too", async () => {
    const vendor = await page.evaluate(() => {
      const source = "navigator.gpu.requestAdapter().then((adapter) => postMessage(adapter?.info.vendor))";
      const worker = new Worker(URL.createObjectURL(new Blob([source])));
      return new Promise<string | undefined>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    });
    expect(vendor).toEqual(expect.any(String));
  });
});
