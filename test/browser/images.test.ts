import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toImages } from "../../src/images.js";
import { readImages } from "../../src/node.js";
import { findChromium, launchChromium } from "./chromium.js";
import { type imageCases, SOURCES } from "./images_page.js";
import { buildPackage, bundlePage } from "./package_build.js";
import { type Site, serve } from "./site.js";

const chromium = findChromium();
const OPTIONS = { inputShape: [32, 32, 3], range: [0, 255] } as const;

/** A picture whose neighbours are alike, as in photographs, and its pixels. */
function smooth(width: number, height: number, channels: 1 | 3 | 4) {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const [x, y, c] = [Math.floor(i / channels) % width, Math.floor(i / channels / width), i % channels];
    return c === 3
      ? (255 * (x + y)) / (width + height)
      : 128 + 110 * Math.sin(((c + 1) * x) / 20) * Math.cos(y / 17);
  });
  return { data, width, height, png: sharp(data, { raw: { width, height, channels } }) };
}

describe.skipIf(!chromium)("unifool/images in Chromium", () => {
  let folder: string;
  let browser: Browser;
  let site: Site;
  let other: Site;
  let page: Page;
  const files = new Map<string, Uint8Array>();
  const opaque = smooth(129, 90, 3);
  const clear = smooth(64, 80, 4);

  beforeAll(async () => {
    const dist = await buildPackage();
    folder = mkdtempSync(join(tmpdir(), "unifool-pictures-"));
    files.set("opaque.png", await opaque.png.png().toBuffer());
    files.set("clear.png", await clear.png.png().toBuffer());
    files.set("small.png", await smooth(32, 32, 3).png.png().toBuffer());
    files.set("grey.png", await smooth(50, 40, 1).png.png().toBuffer());
    const photograph = () => smooth(400, 300, 3).png.jpeg({ quality: 95 });
    files.set("photograph.jpg", await photograph().toBuffer());
    files.set("sideways.jpg", await photograph().withMetadata({ orientation: 6 }).toBuffer());
    files.set("some.webp", await smooth(70, 64, 3).png.webp({ lossless: true }).toBuffer());
    files.set("broken.png", (files.get("opaque.png") as Uint8Array).slice(0, 100));
    files.set("text.png", Buffer.from("no picture"));
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    const html = `<!doctype html><title>images</title><script type="module" src="page.js"></script>`;
    const served = {
      "/index.html": html,
      "/page.js": await bundlePage("images_page"),
    };
    site = await serve("plain", { "/dist/": dist, "/pictures/": `${folder}/` }, served);
    other = await serve("plain", { "/pictures/": `${folder}/` }, {});
    browser = await launchChromium(chromium as string);
    page = await browser.newPage();
    await page.goto(`${site.origin}/index.html`);
    await page.waitForFunction(() => "imageCases" in window);
  });

  afterAll(async () => {
    await browser?.close();
    site?.close();
    other?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function inPage<Name extends keyof typeof imageCases>(
    name: Name,
    ...args: Parameters<(typeof imageCases)[Name]>
  ): Promise<Awaited<ReturnType<(typeof imageCases)[Name]>>> {
    const run = (call: { name: string; args: unknown[] }) =>
      (window.imageCases as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[call.name](
        ...call.args,
      );
    return (await page.evaluate(run, { name, args })) as Awaited<ReturnType<(typeof imageCases)[Name]>>;
  }

  const apart = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    expect(a.length).toBe(b.length);
    return Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i])));
  };
  const byCommandLine = async (name: string) => (await readImages(join(folder, name), OPTIONS)).images;
  const stills = Object.keys(SOURCES).filter((name) => name !== "HTMLVideoElement");

  it.each(stills)(
    "%s: as in Node from the same pixels, as the command line from the same file",
    async (kind) => {
      const ours = await inPage("values", kind, "/pictures/opaque.png");
      expect(ours).toEqual([...(await toImages(opaque, [32, 32, 3], { range: [0, 255] }))]);
      expect(apart(ours, await byCommandLine("opaque.png"))).toBeLessThanOrEqual(2);
      expect(new Set(ours).size).toBeGreaterThan(100);
    },
  );

  it.each(stills)("%s: lays what is transparent on white, or on a colour", async (kind) => {
    const laid = await inPage("values", kind, "/pictures/clear.png");
    expect(apart(laid, await byCommandLine("clear.png"))).toBeLessThanOrEqual(2);
    const background = [0, 120, 10] as const;
    const coloured = await inPage("values", kind, "/pictures/clear.png", { background });
    const exact = await toImages(clear, [32, 32, 3], { range: [0, 255], background });
    // A canvas keeps colours multiplied by alpha, in whole levels.
    expect(apart(coloured, exact)).toBeLessThanOrEqual(1);
    expect(apart(coloured, laid)).toBeGreaterThan(50);
  });

  it("a video: the frame that it shows", async () => {
    const frame = await inPage("values", "HTMLVideoElement", "/pictures/opaque.png");
    // Video is coded in colour differences, with fewer levels.
    expect(apart(frame, await byCommandLine("opaque.png"))).toBeLessThanOrEqual(8);
  });

  it.each(["small.png", "grey.png", "some.webp"])("%s is what the command line makes of it", async (name) => {
    const ours = await inPage("values", "Blob", `/pictures/${name}`);
    expect(apart(ours, await byCommandLine(name))).toBeLessThanOrEqual(2);
  });

  it.each(["Blob", "HTMLImageElement"])("JPEG, upright as EXIF says, as %s", async (kind) => {
    const upright = await inPage("values", kind, "/pictures/photograph.jpg");
    const sideways = await inPage("values", kind, "/pictures/sideways.jpg");
    // There JPEG is reduced while it is decoded, where it is more than twice as large.
    expect(apart(upright, await byCommandLine("photograph.jpg"))).toBeLessThanOrEqual(6);
    expect(apart(sideways, await byCommandLine("sideways.jpg"))).toBeLessThanOrEqual(6);
    expect(apart(upright, sideways)).toBeGreaterThan(50);
  });

  it("draws what it gives: canvas to image and back", async () => {
    const pixels = [...(await toImages(smooth(32, 32, 3), [32, 32, 3], { range: [0, 255] }))];
    const { isImageData, back, scale } = await inPage("roundTrip", pixels);
    expect(isImageData).toBe(true);
    expect(back).toEqual(pixels);
    expect(scale).toBeGreaterThan(1);
  });

  it("says in one line what cannot be decoded, or may not be read", async () => {
    expect(await inPage("failure", "File", "/pictures/broken.png")).toEqual({
      name: "InvalidArgumentError",
      message: "toImages: sources (a.png) cannot be decoded, expected a picture",
    });
    const element = await inPage("failure", "HTMLImageElement", "/pictures/text.png");
    expect(element.message).toMatch(
      /^toImages: sources is an image that cannot be decoded \(http.*text\.png\)/,
    );
    const foreign = await inPage("failure", "HTMLImageElement", `${other.origin}/pictures/opaque.png`);
    expect(foreign.message).toMatch(/^toImages: sources may not be read, expected a picture of this origin/);
  });
});
