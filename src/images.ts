/** `unifool/images`: pictures in, pictures out, and .npy files; in browsers and, but for decoding, in Node. */
export { InvalidArgumentError, UnifoolError } from "./errors.js";
export type { Fit } from "./images/fit.js";
export { decodeNpy } from "./images/npy/decode.js";
export { encodeNpy } from "./images/npy/encode.js";
export type { NpyArray, NpyData, NpyType } from "./images/npy/types.js";
export type { PictureTarget } from "./images/picture_shape.js";
export type { ImageSource, RawPixels } from "./images/sources.js";
export {
  type PerturbationPicture,
  type PerturbationPictureOptions,
  perturbationPicture,
  type ToImageDataOptions,
  toImageData,
} from "./images/to_image_data.js";
export { type ToImagesOptions, toImages } from "./images/to_images.js";
