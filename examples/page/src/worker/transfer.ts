import { countChanged, judge } from "./judge.js";
import { compiled } from "./model.js";
import type { Calls, OpenRequest, Part } from "./protocol.js";
import { type Session, shifted } from "./session.js";

/** Has another model judge the images and images + v. */
export async function transfer(
  session: Session,
  request: OpenRequest,
  part: Part,
  strength: number,
): Promise<ReturnType<Calls["transfer"]>> {
  const { perturbation, clip } = session;
  const { images, count } = session.part(part);
  const shape = session.net.inputShape.join(" × ");
  const { net, found } = await compiled(request);
  try {
    const other = net.inputShape.join(" × ");
    if (other !== shape)
      throw new Error(`This model takes ${other}, but v is ${shape}: choose one that takes as much.`);
    const { labels } = await judge(net, images);
    const after = await judge(net, shifted(images, perturbation, strength, clip));
    const name = found.name || request.files[0].name;
    return { name, fooled: countChanged(labels, after.labels), images: count };
  } finally {
    net.dispose();
  }
}
