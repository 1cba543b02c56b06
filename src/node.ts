/** `unifool/node`: folders of images, and pictures of what a perturbation does, as the command line reads and draws them. */
export { ImageError, InvalidArgumentError, UnifoolError } from "./errors.js";
export type { Fit } from "./images/fit.js";
export type { PictureTarget } from "./images/picture_shape.js";
export type { ImageSet, SkippedFile } from "./node/images/image_set.js";
export { type ReadImagesOptions, readImages } from "./node/images/read_images.js";
export { readPerturbation } from "./node/images/read_perturbation.js";
export { type BeforeAfterOptions, drawBeforeAfter } from "./node/picture/before_after.js";
export { type DrawPerturbationOptions, drawPerturbation } from "./node/picture/perturbation.js";
