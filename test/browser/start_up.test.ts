import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchChromium } from "./chromium.js";
import { buildPackage, root } from "./package_build.js";
import { type Policy, type Site, serve } from "./site.js";

const chromium = findChromium();

const PAGE = '<!doctype html><script type="module" src="/start.js"></script>';
const SCRIPT = `
import { compile } from "/dist/index.js";
globalThis.start = async (options) => {
  const net = await compile("/model/model.json", options);
  const size = net.inputShape.reduce((product, n) => product * n, 1);
  const { logits } = await net.logits(new Float32Array(size).fill(0.5));
  return { threads: net.threads, logits: [...logits] };
};`;

/** What the page has. */
type Start = (options: object) => Promise<{ readonly threads?: number; readonly logits: number[] }>;

describe.skipIf(!chromium)("until the first logits of a ResNet, in Chromium and without a bundler", () => {
  let browser: Browser;
  let dist: string;
  const sites: Site[] = [];

  beforeAll(async () => {
    dist = await buildPackage();
    browser = await launchChromium(chromium as string);
  });

  afterAll(async () => {
    await browser?.close();
    for (const site of sites) site.close();
  });

  /** Bytes of gzip of the files that a page asks for, the kernels' module by itself. */
  async function loaded(policy: Policy, options: object) {
    const folders = { "/dist/": `${dist}/`, "/model/": `${root}demo/model/` };
    const site = await serve(policy, folders, { "/page.html": PAGE, "/start.js": SCRIPT });
    sites.push(site);
    const page = await browser.newPage();
    const scripts: string[] = [];
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/dist/")) scripts.push(pathname.slice("/dist/".length));
    });
    await page.goto(`${site.origin}/page.html`);
    const ran = await page.evaluate(
      (given) => (globalThis as unknown as { start: Start }).start(given),
      options,
    );
    await page.close();
    expect(ran.logits.length).toBe(10);
    expect(ran.logits.every(Number.isFinite)).toBe(true);
    const bytes = (names: readonly string[]) =>
      names.reduce((sum, name) => sum + gzipSync(readFileSync(`${dist}/${name}`)).length, 0);
    const isModule = (name: string) => name.includes("_module.generated");
    expect(new Set(scripts).size).toBe(scripts.length);
    return {
      threads: ran.threads,
      files: scripts.length,
      module: bytes(scripts.filter(isModule)),
      script: bytes(scripts.filter((name) => !isModule(name))),
    };
  }

  it.each([
    ["with workers of one memory", "isolated", {}, 84_000],
    ["with a worker", "plain", {}, 84_000],
    ["on the page's own thread", "plain", { threads: 0 }, 80_000],
  ] as const)("%s", async (name, policy, options, limit) => {
    const { threads, files, module, script } = await loaded(policy, options);
    console.log(
      `${name}: ${files} files, ${(script / 1000).toFixed(1)} kB gzip of script and a module of ${(module / 1000).toFixed(1)}`,
    );
    expect(threads).toBe("threads" in options ? 0 : policy === "plain" ? 1 : threads);
    expect(script).toBeGreaterThan(30_000);
    expect(script).toBeLessThan(limit);
    expect(module).toBeGreaterThan(20_000);
    expect(module).toBeLessThan(42_000);
    expect(files).toBeLessThanOrEqual(22);
  });
});
