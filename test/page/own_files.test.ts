import type { Browser, JSHandle } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchChromium } from "../browser/chromium.js";
import type { Site } from "../browser/site.js";
import { GraphFile, integers, text } from "../network/graph_model/fixtures.js";
import { onnxModel } from "./onnx_model.js";
import { servePage, Visit } from "./visit.js";

const chromium = findChromium();

type Files = Readonly<Record<string, string | Uint8Array>>;

/** A GraphModel as the converter writes a large one: model.json, and its weights in so many files. */
function graphModel(shards: number): Files {
  const graph = new GraphFile();
  const x = graph.input([-1, 10, 8, 3], "image");
  const filter = graph.random([3, 3, 3, 4]);
  const same = { padding: text("SAME"), data_format: text("NHWC") };
  const conv = graph.add("Conv2D", [x, filter], {
    ...same,
    strides: integers(1, 1, 1, 1),
    dilations: integers(1, 1, 1, 1),
  });
  graph.add("MatMul", [graph.flat(graph.add("Relu", [conv])), graph.random([320, 5])], {}, "scores");
  const { json, bytes } = graph.saved();
  const names = Array.from({ length: shards }, (_, i) => `group1-shard${i + 1}of${shards}.bin`);
  const [manifest] = json.weightsManifest as readonly [object];
  const length = Math.ceil(bytes.length / shards);
  return {
    "model.json": JSON.stringify({ ...json, weightsManifest: [{ ...manifest, paths: names }] }),
    ...Object.fromEntries(names.map((name, i) => [name, bytes.subarray(i * length, (i + 1) * length)])),
  };
}

/** What is dragged, as the page gets it. */
function transferOf(visit: Visit, files: Files): Promise<JSHandle<DataTransfer>> {
  const contents = Object.entries(files).map(([name, content]) => [name, [...Buffer.from(content)]] as const);
  return visit.page.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const [name, bytes] of list) transfer.items.add(new File([Uint8Array.from(bytes)], name));
    return transfer;
  }, contents);
}

/** Drags files over the page and lets go of them there. */
async function drop(visit: Visit, files: Files, onto = "main"): Promise<void> {
  const dataTransfer = await transferOf(visit, files);
  const curtain = visit.page.getByText("Drop a model, pictures, or a folder");
  await visit.page.dispatchEvent(onto, "dragenter", { dataTransfer });
  await curtain.waitFor();
  await visit.page.dispatchEvent(onto, "drop", { dataTransfer });
  await curtain.waitFor({ state: "detached" });
}

describe.skipIf(!chromium)("files of one's own", () => {
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

  async function visited(hash: string, act: (visit: Visit) => Promise<void>): Promise<void> {
    const visit = await Visit.open(browser, site, { hash });
    try {
      await act(visit);
      expect(visit.errors).toEqual([]);
    } finally {
      await visit.close();
    }
  }

  it("a GraphModel with its weights in several files, chosen in any order", () =>
    visited("count=40&passes=1&radius=30", async (visit) => {
      const files = graphModel(3);
      const [, missing] = Object.keys(files);
      const { [missing]: _, ...rest } = files;
      await visit.give("Files of your model", rest);
      await visit.page.getByText(`weights file "${missing}" is missing`).waitFor();
      await visit.give("Files of your model", Object.fromEntries(Object.entries(files).reverse()));
      await visit.page.getByText("10 × 8 × 3, 5 classes").waitFor();
      expect(await visit.craft()).toMatch(/^It fools \d+ %/);
    }));

  it("an ONNX file and pictures, dropped anywhere at once; not while a run is under way", () =>
    visited("passes=1000&dataFree=true&radius=30", async (visit) => {
      const pictures: Record<string, Uint8Array> = {};
      for (let n = 0; n < 10; n++)
        pictures[`${n}.png`] = await sharp({
          create: {
            width: 12 + n,
            height: 12,
            channels: 3,
            background: { r: 25 * n, g: 99, b: 250 - 20 * n },
          },
        })
          .png()
          .toBuffer();
      await drop(visit, { "tiny.onnx": onnxModel(8, 5, 4), ...pictures });
      await visit.page.getByText("8 × 8 × 3, 4 classes").waitFor();
      await visit.ready();
      expect(await visit.page.locator(".stage [role=status]").textContent()).toMatch(/^8 images to craft on/);
      await visit.button("Craft").click();
      await visit.button("Pause").click();
      await drop(visit, { "other.onnx": onnxModel(6, 3, 3) });
      await visit.page.getByText("A run is under way: cancel it first, then drop files.").waitFor();
      await visit.button("Cancel").click();
      await visit.button("Pause").or(visit.button("Go on")).first().waitFor({ state: "detached" });
      await drop(visit, { "other.onnx": onnxModel(6, 3, 3) });
      await visit.page.getByText("6 × 6 × 3, 3 classes").waitFor();
    }));

  it.each<[string, Files, RegExp]>([
    ["main", { "net.pt": "PK\u0003\u0004" }, /it is a PyTorch file: export the model with torch.onnx.export/],
    ["main", { "net.onnx": "version https://git-lfs.github.com/spec/v1\n" }, /it is a Git LFS pointer/],
    ["main", { "notes.pdf": "%PDF-1.7" }, /notes.pdf/],
    ["[data-zone=model]", { "cat.png": "PNG" }, /cat.png is a picture: drop it under Images/],
    [
      "[data-zone=pictures]",
      { "net.onnx": "PNG" },
      /None of these files could be read as a picture \(net.onnx\)/,
    ],
  ])("what is no model or picture says what it is: on %s %o", (onto, files, words) =>
    visited("count=40", async (visit) => {
      await visit.ready();
      await drop(visit, files, onto);
      const trouble = visit.page.getByRole("alert");
      await trouble.waitFor();
      expect(await trouble.textContent()).toMatch(words);
      expect(await visit.button("Craft").isDisabled()).toBe(true);
    }),
  );
});
