import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/api/load_model.js";
import { savedModel, sequential, tf, withFiles } from "./layers_model_fixtures.js";

/** As Teachable Machine downloads one: model.json, weights.bin, metadata.json. */
async function exported(folder = ""): Promise<Record<string, Uint8Array>> {
  const inner = sequential(
    [2, 2, 3],
    [tf.layers.flatten(), tf.layers.dense({ units: 3, activation: "softmax" })],
  );
  const { json, bytes } = await savedModel(inner);
  return {
    [`${folder}metadata.json`]: strToU8(
      JSON.stringify({ tfjsVersion: "1.3.1", labels: ["cat", "dog", "none"] }),
    ),
    [`${folder}model.json`]: strToU8(JSON.stringify(json)),
    [`${folder}weights.bin`]: bytes,
  };
}

const archive = (files: Record<string, Uint8Array>) =>
  new File([zipSync(files) as Uint8Array<ArrayBuffer>], "tm.zip");

/** The archive with one 32-bit number of its directory replaced, `offset` bytes into the entry of a file. */
function forged(files: Record<string, Uint8Array>, name: string, offset: number, value: number): File {
  const bytes = zipSync(files) as Uint8Array<ArrayBuffer>;
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length - 46; at++)
    if (view.getUint32(at, true) === 0x02014b50) {
      const own = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + view.getUint16(at + 28, true)));
      if (own === name) view.setUint32(at + offset, value, true);
    }
  return new File([bytes], "tm.zip");
}

describe("a zip archive of a model", () => {
  it.each(["", "my model/"])("is opened as it is, its files in folder %j", async (folder) => {
    const { classes, classNames, strippedSoftmax } = await loadModel(archive(await exported(folder)));
    expect({ classes, classNames, strippedSoftmax }).toEqual({
      classes: 3,
      classNames: ["cat", "dog", "none"],
      strippedSoftmax: true,
    });
  });

  it("is opened from a path, whatever macOS added", async () => {
    const files = { ...(await exported()), "__MACOSX/._model.json": new Uint8Array(8) };
    await withFiles({ "tm.zip": zipSync(files) }, async (folder) => {
      expect((await loadModel(`${folder}/tm.zip`)).classes).toBe(3);
    });
  });

  it.each<[string, (files: Record<string, Uint8Array>) => File, RegExp]>([
    [
      "no model",
      ({ "weights.bin": bytes }) => archive({ "weights.bin": bytes }),
      /a zip archive of 1 files \("weights.bin"\), expected one model.json/,
    ],
    [
      "two models",
      (files) => archive({ ...files, "b/model.json": files["model.json"] }),
      /expected one model.json or one .onnx file/,
    ],
    [
      "no weights",
      ({ "model.json": json }) => archive({ "model.json": json }),
      /weights file "weights.bin" is missing/,
    ],
    [
      "weights of another size",
      (files) => archive({ ...files, "weights.bin": new Uint8Array(3) }),
      /holds 3 bytes, the manifest declares/,
    ],
    [
      "weights that claim another size",
      (files) => forged(files, "weights.bin", 24, 7),
      /holds 7 bytes, the manifest declares/,
    ],
    [
      "a file that claims four gigabytes",
      (files) => forged(files, "model.json", 24, 0xfffffff0),
      /claims 4294967280 bytes, packed in/,
    ],
    [
      "an archive in an archive",
      (files) => archive({ "model.json": zipSync(files) }),
      /a zip archive in another/,
    ],
    [
      "a path that leaves it",
      (files) => {
        const json = JSON.parse(new TextDecoder().decode(files["model.json"]));
        json.weightsManifest[0].paths = ["../weights.bin"];
        return archive({
          "../weights.bin": files["weights.bin"],
          "model.json": strToU8(JSON.stringify(json)),
        });
      },
      /"\.\.\/weights.bin"/,
    ],
    [
      "a method that nobody has",
      (files) => forged(files, "model.json", 8, 0x00630000),
      /cannot be unpacked|damaged/,
    ],
    [
      "no end",
      (files) => new File([zipSync(files).slice(0, -30) as Uint8Array<ArrayBuffer>], "tm.zip"),
      /cannot be unpacked/,
    ],
  ])("with %s is refused in one line", async (_, build, message) => {
    const opening = loadModel(build(await exported()));
    await expect(opening).rejects.toMatchObject({
      name: "ModelError",
      message: expect.stringMatching(/^.*$/),
    });
    await expect(opening).rejects.toThrow(message);
  });

  it("damaged anywhere loads, or ends in a ModelError", async () => {
    const whole = zipSync(await exported()) as Uint8Array<ArrayBuffer>;
    let failures = 0;
    for (let i = 0; i < 300; i++) {
      const bytes = whole.slice();
      bytes[(i * 7919) % bytes.length] ^= 1 << (i % 8);
      await loadModel(new File([bytes], "tm.zip")).catch((error: unknown) => {
        failures++;
        expect(error, String(error)).toMatchObject({
          name: expect.stringMatching(/^(Model|UnsupportedOperator)Error$/),
        });
      });
    }
    expect(failures).toBeGreaterThan(30);
  });
});
