import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import { root } from "../browser/package_build.js";
import { type Site, serve } from "../browser/site.js";
import { oncePerRun } from "../support/once.js";

/** Builds the page as `npm run build:page` does, once for all test files, and serves it as a plain static host would: without headers. */
export async function servePage(): Promise<Site> {
  const folder = await oncePerRun("page", async (outDir) => {
    await build({
      configFile: `${root}examples/page/vite.config.ts`,
      logLevel: "error",
      build: { outDir, emptyOutDir: true },
    });
  });
  return serve("plain", { "/": `${folder}/` }, {});
}

/** Files as Playwright takes them. */
export function filesOf(files: Readonly<Record<string, string | Uint8Array>>) {
  return Object.entries(files).map(([name, content]) => ({
    name,
    mimeType: name.endsWith(".png") ? "image/png" : "application/octet-stream",
    buffer: Buffer.from(content),
  }));
}

export interface VisitOptions extends BrowserContextOptions {
  /** What the link says after its #. */
  readonly hash?: string;
  /** Runs in the page before its own scripts. */
  readonly before?: () => void;
}

/** Notes every text of the facts about the model, to be read by {@link Visit.told}; for `before`. */
export function noteFacts(): void {
  const told: string[] = [];
  Object.assign(globalThis, { told });
  new MutationObserver(() => {
    for (const { textContent } of document.querySelectorAll("[aria-labelledby=model-title] .facts"))
      if (textContent && textContent !== told.at(-1)) told.push(textContent);
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

/** A visit to the page. Errors that nobody caught are collected. */
export class Visit {
  readonly errors: string[] = [];

  private constructor(readonly page: Page) {
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  /** A visitor who was never here. */
  static async open(browser: Browser, site: Site, options: VisitOptions = {}): Promise<Visit> {
    const { hash = "", before, ...context } = options;
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...context });
    page.setDefaultTimeout(120_000);
    if (before) await page.addInitScript(before);
    const visit = new Visit(page);
    await page.goto(`${site.origin}/index.html${hash && `#${hash}`}`);
    await page.locator(".stage").waitFor();
    return visit;
  }

  button(name: string) {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Chooses files of one's own. */
  async give(
    label: "Files of your model" | "Pictures",
    files: Readonly<Record<string, string | Uint8Array>>,
  ): Promise<void> {
    const card = this.page.getByRole("region", {
      name: label === "Pictures" ? "Images" : "Model",
      exact: true,
    });
    await card.getByRole("radio", { name: "Your own" }).check();
    await card.getByLabel(label, { exact: true }).setInputFiles(filesOf(files));
  }

  /** Waits until all is ready, crafts, and waits for the end. */
  async craft(): Promise<string> {
    await this.ready();
    await this.button("Craft").click();
    return this.done();
  }

  async ready(): Promise<void> {
    await this.page.getByRole("heading", { name: "Ready" }).waitFor();
  }

  /** What the page says at the end of a run, with the gallery there. */
  async done(): Promise<string> {
    await this.button("Craft again").waitFor();
    await this.page.locator(".verdict").waitFor();
    return (await this.page.locator(".stage [role=status]").textContent()) ?? "";
  }

  /** What a button saves. */
  async save(name: string): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
    const waiting = this.page.waitForEvent("download");
    await this.button(name).click();
    const download = await waiting;
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    return { name: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
  }

  /** What axe-core has to say against it: the rules, and where. */
  async violations(): Promise<string[]> {
    await this.page.addScriptTag({ path: join(root, "node_modules/axe-core/axe.min.js") });
    return this.page.evaluate(async () => {
      const { axe } = window as unknown as { axe: typeof import("axe-core") };
      const { violations } = await axe.run();
      return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
    });
  }

  /** What {@link noteFacts} has noted. */
  told(): Promise<string[]> {
    return this.page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
  }

  /** Choices whose options are wider than they are, or take more than a line. */
  crowded(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>(".segments")]
        .filter((choice) => {
          const tops = Array.from(choice.children, (option) => (option as HTMLElement).offsetTop);
          return choice.scrollWidth > choice.clientWidth || new Set(tops).size > 1;
        })
        .map(({ textContent }) => textContent ?? ""),
    );
  }

  /** By how many pixels it is wider than the window. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
