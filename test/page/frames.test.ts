import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchChromium } from "../browser/chromium.js";
import type { Site } from "../browser/site.js";
import { servePage, Visit } from "./visit.js";

const chromium = findChromium();

/** What the page recorded of itself: in milliseconds since it was opened. */
interface Recorded {
  /** When each frame was drawn, what the stage was titled, and v as it stood there. */
  readonly frames: { readonly at: number; readonly title: string; readonly v?: string }[];
  /** Tasks over 50 ms on the page's own thread. */
  readonly tasks: { readonly at: number; readonly length: number }[];
}

/** Runs in the page from the beginning. */
function record(): void {
  const recorded: Recorded = { frames: [], tasks: [] };
  Object.assign(window, { recorded });
  new PerformanceObserver((list) => {
    for (const { startTime: at, duration: length } of list.getEntries()) recorded.tasks.push({ at, length });
  }).observe({ type: "longtask", buffered: true });
  const frame = (at: number) => {
    const title = document.querySelector("#stage-title")?.textContent ?? "";
    // A few pixels tell one v from another, and cost little.
    const canvas = document.querySelector<HTMLCanvasElement>(".growing canvas");
    const v = canvas?.getContext("2d")?.getImageData(0, 0, 8, 8).data.join();
    recorded.frames.push({ at, title, v });
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

describe.skipIf(!chromium)("while it crafts", () => {
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

  it.each(["momentum", "deepfool"])(
    "the page goes on drawing, and v grows from frame to frame: %s",
    async (method) => {
      const hash = `passes=1000&target=100&method=${method}`;
      const visit = await Visit.open(browser, site, { hash, before: record });
      await visit.ready();
      await visit.button("Craft").click();
      await visit.page.getByLabel(/^The perturbation v, amplified/).waitFor();
      // What it is to show takes some time, however fast the machine is.
      await visit.page.waitForTimeout(3000);
      await visit.button("Cancel").click();
      await visit.done();
      const { frames, tasks } = await visit.page.evaluate(
        () => (window as unknown as { readonly recorded: Recorded }).recorded,
      );
      const crafting = frames.filter(({ title }) => title === "Crafting");
      const [first, last] = [crafting[0].at, crafting[crafting.length - 1].at];
      const gaps = crafting.slice(1).map(({ at }, i) => at - crafting[i].at);
      gaps.sort((a, b) => a - b);
      const during = tasks.filter(({ at }) => at >= first && at <= last);
      const [median, longest] = [gaps[gaps.length >> 1], gaps[gaps.length - 1]].map((gap) => gap.toFixed(1));
      console.info(
        `${method}: ${gaps.length} frames in ${((last - first) / 1000).toFixed(1)} s of crafting, ${median} ms apart, at most ` +
          `${longest}; tasks over 50 ms: ${during.length} while crafting (${during.map(({ length }) => length).join(", ")}), ` +
          `${tasks.length - during.length} before and after`,
      );
      // How many depends on the machine; were it computed on the page's thread, all would be one.
      expect(new Set(crafting.map(({ v }) => v)).size).toBeGreaterThan(2);
      expect(visit.errors).toEqual([]);
      await visit.close();
    },
  );
});
