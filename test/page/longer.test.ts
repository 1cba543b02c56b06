import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { decodeNpy } from "../../src/images.js";
import { findChromium, launchChromium } from "../browser/chromium.js";
import { randomModel } from "../browser/model.js";
import type { Site } from "../browser/site.js";
import { onnxModel } from "./onnx_model.js";
import { filesOf, servePage, Visit, type VisitOptions } from "./visit.js";

const chromium = findChromium();

/** Enough to see that it works. */
const SHORT = "count=40&passes=1&radius=16";

const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 120_000 });

describe.skipIf(!chromium)("the page, longer runs", () => {
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

  it("pauses, goes on, and keeps the best perturbation when cancelled", async () => {
    const visit = await open("passes=1000&target=100");
    await visit.ready();
    await visit.button("Craft").click();
    const picture = visit.page.getByLabel(/^The perturbation v, amplified/);
    await picture.waitFor();
    await visit.button("Pause").click();
    await visit.page.getByRole("heading", { name: "Paused" }).waitFor();
    const drawn = () => picture.evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    // What was on its way when the button was pressed.
    await visit.page.waitForTimeout(500);
    const before = await drawn();
    await visit.page.waitForTimeout(500);
    expect(await drawn()).toBe(before);
    await visit.button("Go on").click();
    await eventually(drawn).not.toBe(before);
    await visit.button("Cancel").click();
    expect(await visit.done()).toMatch(/^The best so far fools \d+ %/);
  });

  it("does not wait for a service worker that never comes", async () => {
    const visit = await open(SHORT, {
      before: () => {
        ServiceWorkerContainer.prototype.register = () => new Promise(() => {});
      },
    });
    expect(await visit.page.evaluate(() => crossOriginIsolated)).toBe(false);
    await visit.ready();
  });

  it("takes a LayersModel of one's own on one thread where service workers are forbidden", async () => {
    const visit = await open(SHORT, { serviceWorkers: "block", permissions: ["camera"] });
    expect(await visit.page.evaluate(() => crossOriginIsolated)).toBe(false);
    const model = { ...randomModel([9, 7, 3], [8, 13], 6) };
    await visit.give("Files of your model", {
      ...model,
      "names.txt": "ant\nbee\ncow\ndog\neel\nfox\n",
    });
    const card = visit.page.getByRole("region", { name: "Model", exact: true });
    await card.getByText("9 × 7 × 3, 6 classes").waitFor();
    expect(await card.textContent()).toContain("WebAssembly, one thread");
    expect(await visit.craft()).toMatch(/^It fools/);
    expect(await visit.page.locator(".prediction").first().textContent()).toMatch(/ant|bee|cow|dog|eel|fox/);

    // On the same model again it is the same rate; on one of another size there is none.
    const other = visit.page.getByRole("region", { name: "Does it fool another model?" });
    await other.getByLabel("Files of another model", { exact: true }).setInputFiles(filesOf(model));
    const rate = (await visit.page.locator(".verdict").textContent())?.match(/(\d+) of 200/)?.[0];
    await other.getByText(`(${rate})`).waitFor();
    const larger = filesOf({ "a.onnx": onnxModel(8, 5, 4) });
    await other.getByLabel("Files of another model", { exact: true }).setInputFiles(larger);
    await other.getByText("This model takes 8 × 8 × 3, but v is 9 × 7 × 3").waitFor();

    const camera = visit.page.getByRole("region", { name: "On your camera" });
    await camera.getByRole("button", { name: "Start" }).click();
    await camera.getByLabel("The frame with v").waitFor();
    await camera.getByRole("button", { name: "Stop" }).click();
    const images = visit.page.getByRole("region", { name: "Images", exact: true });
    await images.getByRole("radio", { name: "Your own" }).check();
    await images.getByRole("button", { name: "Take 50 with the camera" }).click();
    await images.getByText("of 50", { exact: true }).waitFor();
    await visit.ready();
  });

  it("aims at a class, repeats a patch, or does without data, and says what excludes what", async () => {
    const visit = await open("count=40&passes=4&radius=24");
    await visit.ready();
    await visit.page.getByText("More", { exact: true }).click();
    const target = visit.page.getByLabel("Images shall be taken for");
    const without = visit.page.getByLabel("Without data");
    const stop = visit.page.getByLabel(/^Stop when/);
    await target.selectOption({ label: "cat" });
    await visit.page.getByLabel("v repeats a patch").selectOption({ label: "4 × 4 times, of 8 × 8 pixels" });
    expect(await without.isDisabled()).toBe(true);
    await visit.page.getByText("choose any other class first").waitFor();
    expect(await visit.craft()).toMatch(
      /^It has \d+ % of the images it was crafted on taken for cat, after /,
    );
    const [, reached, of] =
      (await visit.page.locator(".verdict").textContent())?.match(/taken for cat \((\d+) of (\d+)\)/) ?? [];
    expect(Number(reached)).toBeGreaterThan(0);
    expect(Number(of)).toBeLessThan(200);
    const { data } = decodeNpy((await visit.save("v as .npy")).bytes);
    const value = (y: number, x: number) => data[(32 * y + x) * 3];
    for (let y = 0; y < 24; y++)
      for (let x = 0; x < 24; x++)
        expect([value(y + 8, x), value(y, x + 8)]).toEqual([value(y, x), value(y, x)]);
    expect(await visit.violations()).toEqual([]);

    // Whatever is chosen since, it is the run that is reported.
    const method = visit.page.getByLabel("Method");
    await method.selectOption("deepfool");
    expect(await target.or(without).count()).toBe(0);
    const reportOf = async (of: Visit) => JSON.parse(Buffer.from((await of.save("Report")).bytes).toString());
    const report = await reportOf(visit);
    expect(report).toMatchObject({
      options: { method: "momentum", target: 3, tile: 4 },
      targetName: "cat",
      shown: { reached: { images: Number(reached), of: Number(of) } },
    });
    expect(report.link).toMatch(/targetClass=3&tile=4/);

    await method.selectOption("sga");
    await target.selectOption({ label: "any other class" });
    await without.check();
    for (const excluded of [target, stop]) expect(await excluded.isDisabled()).toBe(true);
    await visit.page.getByText("Without data all passes are made.").waitFor();
    await visit.button("Craft again").click();
    await visit.page.getByText(/^It fools \d+ % of the images it was measured on/).waitFor();
    await visit.done();
    const second = await reportOf(visit);
    expect(second.options).toMatchObject({ method: "sga", dataFree: true, tile: 4 });
    expect(second.options).not.toHaveProperty("target");
    expect(second.options).not.toHaveProperty("delta");
    expect(await visit.violations()).toEqual([]);

    const again = await open(new URL(report.link).hash.slice(1));
    await again.done();
    expect((await reportOf(again)).result.hash).toBe(report.result.hash);
  });

  it("fits a phone and screen readers, dark", async () => {
    const visit = await open(SHORT, {
      viewport: { width: 390, height: 844 },
      colorScheme: "dark",
      reducedMotion: "reduce",
    });
    await visit.ready();
    await visit.page.locator(".cards").waitFor();
    expect(await visit.violations()).toEqual([]);
    await visit.craft();
    await visit.page.getByText("More", { exact: true }).click();
    expect(await visit.overflow()).toBe(0);
    expect(await visit.violations()).toEqual([]);
  });
});
