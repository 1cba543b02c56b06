import type { Browser } from "playwright-core";
import { afterAll } from "vitest";
import type { Engine } from "../../src/engines/engine.js";
import { findChromium, launchChromium } from "../browser/chromium.js";
import { buildPackage, bundlePage } from "../browser/package_build.js";
import { type CreateRemote, remoteEngines } from "../browser/remote_engine.js";
import { type Site, serve } from "../browser/site.js";
import type { EngineUnderTest } from "./engines.js";

const chromium = findChromium();

let browser: Browser | undefined;
let site: Site | undefined;
let opened: Promise<CreateRemote> | undefined;

/** One page for a test file, with the built package. */
async function openPage(): Promise<CreateRemote> {
  const dist = await buildPackage();
  site = await serve(
    "plain",
    { "/dist/": dist },
    {
      "/index.html": `<!doctype html><title>unifool</title><script type="module" src="page.js"></script>`,
      "/page.js": await bundlePage("engine_page"),
    },
  );
  browser = await launchChromium(chromium as string);
  const page = await browser.newPage();
  const create = await remoteEngines(page);
  await page.goto(`${site.origin}/index.html`);
  await page.waitForFunction(() => "remote" in window);
  return create;
}

afterAll(async () => {
  await browser?.close();
  site?.close();
});

const webgpu: EngineUnderTest<Engine> = {
  name: "webgpu-chromium",
  starts: "in a page",
  // An adapter of its own, which may round as the one in Node does not.
  rounding: "webgpu-chromium",
  async create(network, input) {
    opened ??= openPage();
    return (await opened)(network, input);
  },
};

/** The built package with backend "webgpu" in Chromium; none where there is no Chromium. */
export const chromiumEngines: readonly EngineUnderTest[] = chromium ? [webgpu] : [];
