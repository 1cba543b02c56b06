import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { findChromium, launchChromium } from "./chromium.js";
import { buildPackage } from "./package_build.js";
import type { cases } from "./page.js";
import { LARGE, openPage, openSites, runCase, SMALL } from "./pages.js";
import type { Policy, Site } from "./site.js";

const chromium = findChromium();

describe.skipIf(!chromium)("in Chromium", () => {
  let browser: Browser;
  let sites: Record<Policy, Site>;

  beforeAll(async () => {
    sites = await openSites(await buildPackage());
    browser = await launchChromium(chromium as string);
    console.log(`browser tests in Chromium ${browser.version()}`);
  });

  afterAll(async () => {
    await browser?.close();
    for (const site of Object.values(sites ?? {})) site.close();
  });

  /** Runs one case on a page of its own. */
  async function inPage<Name extends keyof typeof cases>(
    policy: Policy,
    name: Name,
    ...args: Parameters<(typeof cases)[Name]>
  ): Promise<Awaited<ReturnType<(typeof cases)[Name]>>> {
    const page = await openPage(browser, sites[policy]);
    return runCase(page, name, ...args).finally(() => page.close());
  }

  // Side by side: Chromium takes seconds to end a worker that computes or waits.
  describe.concurrent("workers", () => {
    async function expectNoWorkers(page: Page, { expect }: TestContext): Promise<void> {
      await expect.poll(() => page.workers().length, { timeout: 15_000 }).toBe(0);
      await page.close();
    }

    it("end when the engine is disposed, and pending calls with them", async (context) => {
      const page = await openPage(browser, sites.isolated);
      expect(await runCase(page, "keep", LARGE, { threads: 2 })).toBe(2);
      expect(page.workers().length).toBe(2);
      const { pending, later } = await runCase(page, "release");
      expect([pending.name, later.name]).toEqual(["EngineError", "EngineError"]);
      await expectNoWorkers(page, context);
    });

    it.for([0, 1])("that die are an error: worker %i of 2", async (index, context) => {
      const page = await openPage(browser, sites.isolated);
      const { pending, later } = await runCase(page, "killWorker", LARGE, { threads: 2 }, index);
      const message = expect.stringContaining(`worker ${index} died`);
      expect(pending).toMatchObject({ name: "EngineError", message });
      expect(later).toMatchObject({ name: "EngineError", message });
      await expectNoWorkers(page, context);
    });

    it("that may not start say what to do: a policy without blob:", async () => {
      const failed = await inPage("strict", "compileFailure", SMALL, { threads: 2 });
      expect(failed.name).toBe("EngineError");
      expect(failed.message).toMatch(/^compile: could not start 2 workers \(.*\); .* as workerUrl$/);
    });

    it("are done without where nobody asked for a number, which is a warning", async () => {
      const ran = await inPage("strict", "run", SMALL, {});
      expect(ran.threads).toBe(0);
      expect(ran.warnings).toEqual([
        expect.stringMatching(
          /^compile: could not start .* as workerUrl; until then the thread that calls computes/,
        ),
      ]);
    });

    it("and threads of the page compile nothing where its policy forbids WebAssembly", async () => {
      for (const threads of [0, "auto"] as const) {
        const failed = await inPage("withoutWasm", "compileFailure", SMALL, { threads });
        expect(failed.name).toBe("EngineError");
        expect(failed.message).toMatch(
          /Content[ -]Security[ -]Policy.*add 'wasm-unsafe-eval' to its script-src/s,
        );
      }
      expect(await inPage("withoutWasm", "run", SMALL, { backend: "reference" })).toMatchObject({
        warnings: [],
      });
    });

    it.for(["throws.js", "nowhere.js"])("cannot be started from %s", async (file, context) => {
      const workerUrl = `/pages/${file}`;
      const page = await openPage(browser, sites.isolated);
      const failed = await runCase(page, "compileFailure", SMALL, { threads: 2, workerUrl });
      expect(failed.name).toBe("EngineError");
      expect(failed.message).toContain(
        `expected workerUrl, ${workerUrl}, to be where unifool/worker is served`,
      );
      await expectNoWorkers(page, context);
    });
  });
});
