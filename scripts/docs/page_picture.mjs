// Makes docs/page.png, the page after a run on the bundled model, and docs/growing.png, v as it grew: node scripts/docs/page_picture.mjs
// Chromium is looked for at CHROMIUM_PATH, else /usr/bin/chromium.
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { build, preview } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const configFile = `${root}examples/page/vite.config.ts`;
const outDir = `${root}node_modules/.cache/unifool/page-picture`;
const size = { width: 1120, height: 940 };

await build({ configFile, logLevel: "error", build: { outDir } });
const server = await preview({ configFile, build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--no-first-run", "--disable-background-networking", "--enable-unsafe-webgpu"],
});
try {
  const page = await browser.newPage({ viewport: size, colorScheme: "light" });
  // The link of a run begins it.
  await page.goto(`${server.resolvedUrls.local[0]}#run=1`);
  await page.locator(".verdict").waitFor({ timeout: 300_000 });
  const shot = await page.screenshot();
  const { size: bytes } = await sharp(shot).png({ palette: true, effort: 10 }).toFile(`${root}docs/page.png`);
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "v growing" }).click();
  await (await saving).saveAs(`${root}docs/growing.png`);
  console.log(`docs/growing.png: ${await page.getByText(/^growing.png: /).textContent()}`);
  console.log(`docs/page.png, ${(bytes / 1024).toFixed(0)} kB`);
} finally {
  await browser.close();
  await server.close();
}
