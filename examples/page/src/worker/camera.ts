import { toImageData, toImages } from "unifool/images";
import { judge } from "./judge.js";
import type { Card } from "./protocol.js";
import { type Session, shifted } from "./session.js";

/** One frame of a camera, as it is and with v. */
export async function frame(session: Session, bitmap: ImageBitmap, strength: number): Promise<Card> {
  const { net, perturbation } = session;
  const range = [0, 255] as const;
  const clean = await toImages(bitmap, net.inputShape, { range });
  bitmap.close();
  // What a picture on a screen could show.
  const perturbed = shifted(clean, perturbation, strength, true);
  const both = new Float32Array(2 * clean.length);
  both.set(clean);
  both.set(perturbed, clean.length);
  const { labels, confidences } = await judge(net, both);
  const [before, after] = [0, 1].map((n) => ({
    name: session.className(labels[n]),
    confidence: confidences[n],
  }));
  return {
    index: 0,
    clean: toImageData(clean, net.inputShape, { range }),
    perturbed: toImageData(perturbed, net.inputShape, { range }),
    before,
    after,
    fooled: labels[0] !== labels[1],
  };
}
