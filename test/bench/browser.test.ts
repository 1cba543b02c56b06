import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBenchPage, serveBenchPage } from "../../bench/browser/site.js";
import { defaultOptions } from "../../bench/choices.js";
import type { EngineName } from "../../bench/engine_names.js";
import { parseReport, type Report } from "../../bench/results.js";
import { findChromium, launchChromium } from "../browser/chromium.js";
import type { Site } from "../browser/site.js";

const chromium = findChromium();

describe.skipIf(!chromium)("the bench page", () => {
  let browser: Browser;
  let sites: readonly Site[];

  beforeAll(async () => {
    const folder = await buildBenchPage("test");
    sites = [await serveBenchPage(folder, true), await serveBenchPage(folder, false)];
    browser = await launchChromium(chromium as string);
  });

  afterAll(async () => {
    await browser?.close();
    for (const site of sites ?? []) site.close();
  });

  const open = async (site: Site): Promise<{ page: Page; errors: string[] }> => {
    const page = await browser.newPage();
    page.setDefaultTimeout(300_000);
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`${site.origin}/index.html`);
    await page.waitForFunction(() => "runBench" in window);
    return { page, errors };
  };

  /** One case of the tiny network. */
  const run = async (page: Page, engines?: readonly EngineName[], network = "tiny"): Promise<Report> => {
    const options = {
      ...defaultOptions("across"),
      seconds: 0.02,
      networks: [network],
      ops: ["logits"],
      batches: [1],
      engines,
    } as const;
    const report = await page.evaluate((request) => window.runBench(request), { options });
    return parseReport(JSON.stringify(report), "the page");
  };

  it("checks and times every engine that there is in a page, isolated", async () => {
    const { page, errors } = await open(sites[0]);
    const report = await run(page, [
      "reference",
      "wasm-simd",
      "wasm-relaxed",
      "webgpu",
      "tfjs-cpu",
      "tfjs-wasm",
      "tfjs-webgl",
      "tfjs-webgpu",
      "onnxruntime",
      "torch",
    ]);
    const timed = report.rows.map((row) => `${row.engine}/${row.variant.replace(/-?\d+\.[\d.]+/, "")}`);
    for (const name of ["reference/float64", "wasm/simd", "wasm/simd-2t", "wasm/relaxed", "webgpu/f32"])
      expect(timed).toContain(name);
    for (const name of ["tfjs/cpu", "tfjs/wasm", "tfjs/webgl", "tfjs/webgpu", "onnxruntime/"])
      expect(timed).toContain(name);
    for (const { name, check, time } of report.rows) {
      expect(check.passed, name).toBe(true);
      expect(time?.min, name).toBeGreaterThan(0);
    }
    expect(report.absent).toEqual([
      { engine: "torch", network: "tiny", reason: "runs in Python, beside Node" },
    ]);
    expect(report.machine.runtime).toMatchObject({ name: "Chromium", isolated: true, headless: true });
    expect(report.adapters).toMatchObject({ webgpu: { software: true }, webgl: { software: true } });
    expect(errors).toEqual([]);
    await page.close();
  });

  it("says what it lacks where it is not isolated", async () => {
    const { page, errors } = await open(sites[1]);
    const options = {
      ...defaultOptions("across"),
      seconds: 0.02,
      networks: ["demo"],
      ops: ["logits"],
      batches: [1],
      threads: [0, 2],
      engines: ["wasm-simd"],
    } as const;
    const report = await page.evaluate((request) => window.runBench(request), { options });
    const reason = (engine: string) => report.absent.find((a) => a.engine === engine)?.reason;
    expect(reason("wasm-simd")).toMatch(/^2 worker threads cannot be had here/);
    expect(report.rows.map((r) => r.variant)).toContain("simd");
    expect(report.machine.runtime.isolated).toBe(false);
    expect(errors).toEqual([]);
    await page.close();
  });

  it("runs at the press of a button, shows tables, and says what was wrong", async () => {
    const { page } = await open(sites[0]);
    await page.getByLabel("engines").fill("wasm-simd");
    await page.getByLabel("networks").fill("nothing");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("networks has nothing, expected").waitFor();
    await page.getByLabel("networks").fill("tiny");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("button", { name: "Save the JSON" }).isEnabled();
    await page.getByText("Done.").waitFor();
    expect(await page.locator("#result").textContent()).toContain("| jacobian/tiny/wasm/simd/1/10 ");
    const waiting = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the JSON" }).click();
    const chunks: Buffer[] = [];
    for await (const chunk of await (await waiting).createReadStream()) chunks.push(chunk as Buffer);
    const saved = parseReport(Buffer.concat(chunks).toString(), "what was saved");
    expect(saved.rows.every((row) => row.check.passed)).toBe(true);
    await page.close();
  });
});
