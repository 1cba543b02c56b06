export const METHODS = ["deepfool", "sgd", "sga", "momentum"] as const;

/** How v is found; see `universalPerturbation`. */
export type UniversalMethod = (typeof METHODS)[number];
