import { toImageData } from "unifool/images";
import { countChanged, countReached, judge, type Verdicts } from "./judge.js";
import type { Card, Look, LookRequest } from "./protocol.js";
import { imageOf, type Judged, type Session, shifted } from "./session.js";

/** Images beside images + v, and how many of all are fooled. */
export async function look(session: Session, request: LookRequest): Promise<Look> {
  const { net, v, clip, target } = session;
  const part = session.part(request.part);
  if (!v) return { images: part.count, cards: cardsOf(session, part, request) };
  const after = await judge(net, shifted(part.images, v, request.strength, clip));
  return {
    images: part.count,
    fooled: countChanged(part.labels, after.labels),
    ...(target !== undefined && { reached: countReached(part.labels, after.labels, target) }),
    cards: cardsOf(session, part, request, after),
  };
}

function cardsOf(session: Session, part: Judged, request: LookRequest, after?: Verdicts): Card[] {
  const { net, v, clip } = session;
  const picture = (image: Float32Array) => toImageData(image, net.inputShape, { range: [0, 255] });
  const cards: Card[] = [];
  for (let index = 0; index < part.count && cards.length < request.most; index++) {
    const label = part.labels[index];
    const fooled = after !== undefined && after.labels[index] !== label;
    if (after && request.only !== "all" && fooled !== (request.only === "fooled")) continue;
    const clean = imageOf(part.images, part.images.length / part.count, index);
    cards.push({
      index,
      clean: picture(clean),
      before: { name: session.className(label), confidence: part.confidences[index] },
      fooled,
      ...(after &&
        v && {
          perturbed: picture(shifted(clean, v, request.strength, clip)),
          after: { name: session.className(after.labels[index]), confidence: after.confidences[index] },
        }),
    });
  }
  return cards;
}
