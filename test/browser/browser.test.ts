import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CompileOptions, compile } from "../../src/index.js";
import { topClasses } from "../../src/kernels/top_classes/reference.js";
import { resolveInput } from "../../src/network/input.js";
import { answerOf, expectAnswer, undetected } from "../support/oracle.js";
import { findChromium, launchChromium } from "./chromium.js";
import { buildPackage } from "./package_build.js";
import { type cases, everything, randomImages } from "./page.js";
import { LARGE, openPage, openSites, runCase, SMALL } from "./pages.js";
import type { Policy, Site } from "./site.js";
import { staticImports } from "./static_imports.js";

const chromium = findChromium();
let dist: string;

beforeAll(async () => {
  dist = await buildPackage();
});

describe("the bundle", () => {
  it("loads nothing but its own files, and evaluates no strings", async () => {
    const { files, all, foreign } = await staticImports(`${dist}/index.js`);
    expect(files.length).toBeGreaterThan(1);
    // By names that are no text of an import: what a bundler cannot see it cannot miss.
    expect(foreign).toEqual([]);
    for (const path of [...all, `${dist}/worker.js`]) {
      const source = readFileSync(path, "utf8");
      // A chunk of types alone is empty.
      if (path === `${dist}/worker.js`) expect(source.length).toBeGreaterThan(0);
      expect(source).not.toMatch(/\beval\s*\(|\bFunction\s*\(/);
    }
    const sizes = files.map((path) => gzipSync(readFileSync(path)).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`what a page loads: ${files.length} files, ${(total / 1024).toFixed(1)} kB gzip`);
  });
});

describe.skipIf(!chromium)("in Chromium", () => {
  let browser: Browser;
  let sites: Record<Policy, Site>;

  beforeAll(async () => {
    sites = await openSites(dist);
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

  describe("every call", () => {
    const pages = new Map<Policy, Promise<Page>>();
    const runs = new Map<string, ReturnType<typeof cases.run>>();

    /** Everything on the small model; each variant once. */
    function run(policy: Policy, options: CompileOptions): ReturnType<typeof cases.run> {
      const key = JSON.stringify([policy, options]);
      if (!pages.has(policy)) pages.set(policy, openPage(browser, sites[policy]));
      const start = async () => runCase(await pages.get(policy)!, "run", SMALL, options);
      if (!runs.has(key)) runs.set(key, start());
      return runs.get(key)!;
    }

    const results = ({ threads, variant, backend, warnings, ...rest }: Awaited<ReturnType<typeof run>>) =>
      rest;

    it("computes on 2 workers with shared memory what the reference says", async () => {
      const ran = await run("isolated", { threads: 2 });
      expect(ran).toMatchObject({ backend: "wasm", threads: 2, variant: "relaxed", warnings: [] });
      expect(ran.succeeded).toEqual([1, 1, 1, 1, 1]);
      expect(ran.rate).toBeGreaterThan(0);
      const reference = await run("isolated", { backend: "reference" });

      using engine = await compile(`${sites.plain.origin}/models/small/model.json`, { backend: "reference" });
      const { classes } = engine;
      const input = resolveInput(undefined, engine.inputShape[engine.inputShape.length - 1]);
      const images = randomImages(engine, 5);
      const size = images.length / 5;
      for (let n = 0; n < 5; n++) {
        const image = Float64Array.from(images.subarray(n * size, (n + 1) * size));
        const scores = reference.logits.slice(n * classes, (n + 1) * classes);
        // Rows come largest logit first.
        const order = Int32Array.from(topClasses(Float32Array.from(scores), 0, classes, classes));
        const { network } = engine;
        const answer = answerOf(network as NonNullable<typeof network>, input, image, order);
        expect(undetected(answer)).toEqual([]);
        const rows = [n * classes * size, (n + 1) * classes * size] as const;
        for (const { logits, jacobian } of [ran, reference]) {
          const ours = {
            logits: logits.slice(n * classes, (n + 1) * classes),
            values: jacobian.slice(...rows),
          };
          expect(expectAnswer(ours, answer, `image ${n}`)).toBe("");
        }
      }
    });

    it("gives the same bits on the calling thread, on 1 worker and on 2, in batches and one by one", async () => {
      const none = await run("isolated", { threads: 0 });
      const one = await run("isolated", { threads: 1 });
      const two = await run("isolated", { threads: 2 });
      expect([none.threads, one.threads, two.threads]).toEqual([0, 1, 2]);
      expect(none.singles).toEqual(none.jacobian);
      expect(results(one)).toEqual(results(none));
      expect(results(two)).toEqual(results(none));
    });

    it("gives Node's bits when deterministic", async () => {
      const ran = await run("isolated", { threads: 2, deterministic: true });
      expect(ran.variant).toBe("simd");
      const model = `${sites.plain.origin}/models/small/model.json`;
      using engine = await compile(model, { threads: 0, deterministic: true });
      expect(results(ran)).toEqual(await everything(engine));
    });

    it.each([
      ["auto" as const, []],
      [4, [expect.stringContaining("the page must be cross-origin isolated")]],
    ])("uses 1 worker on a page that is not isolated, threads %j", async (threads, warnings) => {
      const ran = await run("plain", { threads });
      expect(ran).toMatchObject({ threads: 1, warnings });
      expect(results(ran)).toEqual(results(await run("isolated", { threads: 2 })));
    });

    it("runs under a strict Content-Security-Policy with a worker that is served, or none", async () => {
      const served = await run("strict", { threads: 2, workerUrl: "/dist/worker.js" });
      const none = await run("strict", { threads: 0 });
      expect([served.threads, none.threads]).toEqual([2, 0]);
      expect(results(served)).toEqual(results(none));
      expect(results(served)).toEqual(results(await run("isolated", { threads: 2 })));
    });
  });

  describe("the page's own thread", () => {
    it.each([1, 2])("goes on while %i workers compute, unlike where it computes itself", async (threads) => {
      const calls = 10;
      const turns = await inPage("isolated", "turnsDuringCalls", LARGE, { threads }, calls);
      expect(turns.length).toBe(2 * calls);
      expect(Math.min(...turns)).toBeGreaterThan(0);
      // On a busy machine one call may last so long that the page's own thread takes a break.
      expect(Math.min(...(await inPage("isolated", "turnsDuringCalls", LARGE, { threads: 0 }, calls)))).toBe(
        0,
      );
    });

    it.each([0, 1, 2])("can abort DeepFool on %i workers", async (threads) => {
      const stopped = await inPage("isolated", "abortDeepfool", LARGE, { threads });
      expect(stopped).toMatchObject({ name: "AbortError", message: "enough", labelsAfterwards: 2 });
      expect(stopped.done).toBeLessThan(stopped.total);
    });

    it("hears what its progress callback throws", async () => {
      const heard = await inPage("isolated", "throwingCallback", LARGE, { threads: 2 });
      expect(heard).toMatchObject({ name: "RangeError", message: "no more", labelsAfterwards: 2 });
    });
  });

  it("a page that is not secure computes on one worker, and errors name the cause", async () => {
    const page = await browser.newPage();
    // Pages of 127.0.0.1 are secure whatever the protocol, so the site is shown under another name.
    await page.route("http://insecure.example/**", async (route) => {
      const { pathname } = new URL(route.request().url());
      const response = await fetch(`${sites.isolated.origin}${pathname}`);
      const body = Buffer.from(await response.arrayBuffer());
      await route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body });
    });
    await page.goto("http://insecure.example/pages/index.html");
    await page.waitForFunction(() => "cases" in window);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    const { threads, warnings } = await runCase(page, "run", SMALL, { threads: 2 });
    expect({ threads, warnings }).toEqual({
      threads: 1,
      warnings: [
        expect.stringMatching(/must be cross-origin isolated, and served by https or from localhost$/),
      ],
    });
    const failed = await runCase(page, "compileFailure", SMALL, { backend: "webgpu" });
    expect(failed.name).toBe("EngineError");
    expect(failed.message).toMatch(
      /navigator\.gpu is missing, expected a page served by https or from localhost/,
    );
    await page.close();
  });

  it("the example shows what it finds", async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.goto(`${sites.isolated.origin}/examples/browser/index.html`);
    await page.waitForFunction(() => /image 7|Error/.test(document.body.textContent ?? ""));
    const text = (await page.textContent("#output")) ?? "";
    const captions = await page.locator("figcaption").allTextContents();
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll("canvas")].map((canvas) =>
        (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, 32, 32).data.join(),
      ),
    );
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await page.close();
    expect(new Set(shown).size).toBe(16); // eight images and their adversarials, all different
    expect(captions[0]).toMatch(/^apple → (?!apple)[a-z ]+$/);
    expect(overflow).toBeLessThanOrEqual(0);
    expect(errors).toEqual([]);
    expect(text).toContain("isolated: true");
    expect(text).toMatch(/^Jacobian, 8 images x 10 classes: 245760 values/m);
    const norms = [...text.matchAll(/^image \d: class (\d) -> (\d), l2 norm (\S+)$/gm)];
    expect(norms.length).toBe(8);
    for (const [, from, to, norm] of norms) {
      expect(to).not.toBe(from);
      expect(Number(norm)).toBeGreaterThan(0);
    }
  });
});
