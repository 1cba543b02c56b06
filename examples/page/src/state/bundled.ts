import unseenUrl from "../../../../demo/holdout/images.bin?url";
import craftingUrl from "../../../../demo/images/images.bin?url";
import meta from "../../../../demo/images/meta.json";
import modelUrl from "../../../../demo/model/model.json?url";
import weightsUrl from "../../../../demo/model/weights.bin?url";
import type { Pictures, Preprocessing } from "../worker/protocol.js";

/** The model that comes along, as the files that it would be dropped as. */
export async function bundledModel(): Promise<File[]> {
  const fetched = async (url: string, name: string) => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`The bundled model cannot be fetched (HTTP ${response.status}).`);
    return new File([await response.arrayBuffer()], name);
  };
  return Promise.all([fetched(modelUrl, "model.json"), fetched(weightsUrl, "weights.bin")]);
}

export const BUNDLED_CLASSES: readonly string[] = meta.classes;

const { mean, std } = meta.preprocessing;
export const BUNDLED_PREPROCESSING: Preprocessing = { mean, std };

const [crafting, height, width, channels] = meta.shape;

/** How many images come along to craft on. */
export const BUNDLED_IMAGES = crafting;

/** For a worker, which resolves addresses against its own. */
export function bundledPictures(): Pictures {
  const absolute = (url: string) => new URL(url, location.href).href;
  return {
    kind: "bundled",
    crafting: absolute(craftingUrl),
    unseen: absolute(unseenUrl),
    shape: [height, width, channels],
  };
}
