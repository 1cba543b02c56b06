import type { Browser, Page } from "playwright-core";
import { randomModel } from "./model.js";
import { bundlePage, root } from "./package_build.js";
import type { cases } from "./page.js";
import { type Policy, type Site, serve } from "./site.js";

/** Models that every site serves: 189 pixels and 6 classes, named as seen from the page; 3072 and 10. */
export const SMALL = "../models/small/model.json";
export const LARGE = "/models/large/model.json";

type Cases = typeof cases;
type Result<Name extends keyof Cases> = Awaited<ReturnType<Cases[Name]>>;

/** Sites with the built package, one for each policy. */
export async function openSites(dist: string): Promise<Record<Policy, Site>> {
  const small = randomModel([9, 7, 3], [8, 13], 6);
  const large = randomModel([32, 32, 3], [32, 32], 10);
  const files = {
    "/pages/index.html": `<!doctype html><title>unifool</title><script type="module" src="page.js"></script>`,
    "/pages/page.js": await bundlePage("page"),
    "/pages/throws.js": `throw new Error("not a worker of unifool");`,
    "/models/small/model.json": small["model.json"],
    "/models/small/weights.bin": small["weights.bin"],
    "/models/large/model.json": large["model.json"],
    "/models/large/weights.bin": large["weights.bin"],
  };
  const folders = { "/dist/": dist, "/demo/": `${root}demo/`, "/examples/": `${root}examples/` };
  const [isolated, plain, strict, withoutWasm] = await Promise.all(
    (["isolated", "plain", "strict", "withoutWasm"] as const).map((policy) => serve(policy, folders, files)),
  );
  return { isolated, plain, strict, withoutWasm };
}

/** A page with the cases loaded. */
export async function openPage(browser: Browser, { origin }: Site): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${origin}/pages/index.html`);
  await page.waitForFunction(() => "cases" in window);
  return page;
}

/** Runs one of the cases in a page. */
export async function runCase<Name extends keyof Cases>(
  page: Page,
  name: Name,
  ...args: Parameters<Cases[Name]>
): Promise<Result<Name>> {
  const run = (call: { name: string; args: unknown[] }) =>
    (window.cases as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[call.name](
      ...call.args,
    );
  return (await page.evaluate(run, { name, args })) as Result<Name>;
}
