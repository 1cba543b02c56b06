import { computed } from "@preact/signals";
import type { UniversalMethod } from "unifool";
import { model } from "./session.js";
import { settings } from "./settings.js";

/** Which methods take `target`, `tile` and `dataFree`. */
const WITH_STEPS: Readonly<Record<UniversalMethod, boolean>> = {
  momentum: true,
  deepfool: false,
  sgd: true,
  sga: true,
};

export const takesSteps = computed(() => WITH_STEPS[settings.value.method]);

/** Names of the model's classes; none before there is one. */
export const classNames = computed(() =>
  model.value.state === "ready" ? model.value.value.classNames : ([] as readonly string[]),
);

/** How often a patch may repeat in each direction on the images of the model. */
export const tilings = computed((): readonly number[] => {
  const shape = model.value.state === "ready" ? model.value.value.inputShape : [];
  if (shape.length !== 3) return [1];
  const [height, width] = shape;
  return Array.from({ length: Math.min(height, width) }, (_, i) => i + 1).filter(
    (n) => height % n === 0 && width % n === 0,
  );
});

export const dataFree = computed(() => takesSteps.value && settings.value.dataFree);

/** The class that images shall be taken for; undefined: any other, as also where this model has no such class. */
export const target = computed(() => {
  const { targetClass } = settings.value;
  const taken = takesSteps.value && !dataFree.value;
  return taken && targetClass >= 0 && targetClass < classNames.value.length ? targetClass : undefined;
});

/** 1 where the images of this model cannot be divided so. */
export const tile = computed(() => {
  const { tile } = settings.value;
  return takesSteps.value && tilings.value.includes(tile) ? tile : 1;
});
