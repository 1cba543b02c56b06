/**
 * The cases of `npm run bench -- --across` in a browser: builds the bench page, serves it, and has a headless Chromium run it.
 * `--help` lists the options.
 */
import { writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { findChromium, launchChromium } from "../../test/browser/chromium.js";
import { exitOnSignals } from "../endings.js";
import { describeMachine } from "../machine.js";
import type { Options } from "../options.js";
import { printed } from "../print.js";
import { parseReport, type Report, reportText } from "../results.js";
import { machineText } from "../runtime.js";
import { type BrowserOptions, HELP, parseBrowserOptions } from "./options.js";
import { buildBenchPage, serveBenchPage } from "./site.js";

async function main({ isolated, window, flags, bench }: BrowserOptions): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no Chromium, expected one (CHROMIUM_PATH names it)");
  console.error("bench:browser: building the page");
  const site = await serveBenchPage(await buildBenchPage(String(process.pid)), isolated);
  const browser = await launchChromium(executablePath, { headless: !window, flags });
  try {
    const page = await browser.newPage();
    page.on("console", (message) => console.error(message.text()));
    page.on("pageerror", (error) => console.error(`bench:browser: ${error.message}`));
    await page.goto(`${site.origin}/index.html`);
    const report = await runIn(page, bench);
    console.log(`${machineText(report.machine)}\n\n${printed(report, bench.quick)}`);
    if (bench.json) writeFileSync(bench.json, reportText(report));
    if (report.rows.some((row) => !row.check.passed)) process.exitCode = 1;
  } finally {
    await browser.close();
    site.close();
  }
}

/** One run, with what a page cannot know of its machine. */
async function runIn(page: Page, options: Options): Promise<Report> {
  const { cpu, memoryGB, platform, commit } = describeMachine();
  const command = ["npm run bench:browser --", ...process.argv.slice(2)].join(" ");
  await page.waitForFunction(() => "runBench" in window);
  const report = await page.evaluate((request) => window.runBench(request), {
    options: { ...options, json: undefined },
    known: { cpu, memoryGB, platform, commit, command },
  });
  return parseReport(JSON.stringify(report), "the page");
}

exitOnSignals((line) => console.error(`bench:browser: ${line}`));
try {
  const options = parseBrowserOptions(process.argv.slice(2));
  if (options) await main(options);
  else console.log(HELP);
} catch (error) {
  console.error(`bench:browser: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  process.exitCode = 2;
}
process.exit();
