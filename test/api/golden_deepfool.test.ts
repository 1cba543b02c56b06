import { describe } from "vitest";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { portionOf } from "../support/portion.js";
import { hasShared } from "../support/shared.js";
import { goldenDeepfoolSuite } from "./golden_deepfool.js";

const resnet20 = ["lts4.l2.f64", "foolbox.linf.f64", "lts4-torch.l2.f64.modelinput"];

describe.skipIf(!hasShared)("DeepFool against foolbox and LTS4", () => {
  if (!hasShared) return;
  goldenDeepfoolSuite({
    name: "reference",
    create: async (network, input) => createReferenceEngine(network, input),
    // The oracle takes seconds an image on ResNet-20; the fast engine runs all 64 images of every run.
    images: (model, run) =>
      Math.max(
        0,
        ...portionOf({
          quick: [model === "mnist_cnn" ? 4 : 0],
          slow: [model !== "mnist_cnn" && resnet20.includes(run) ? 1 : 0],
        }),
      ),
  });
});
