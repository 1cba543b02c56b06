/**
 * Numbers by which the WASM engine divides its work, chosen where they were measured (Zen 4, Node 20); tests go to their
 * extremes. Where they decide in which order terms are added, or by which algorithm, results differ in rounding.
 */
export interface Tuning {
  /**
   * Winograd's algorithm computes 3x3 convolutions of at least so many channels. Layers of 16 would take 0.6 of the time
   * too, but their sums are short, so that the transforms' rounding shows: more relu inputs near 0 change sides.
   */
  readonly winogradChannels: number;
  /** And of at least so many output pixels. */
  readonly winogradOutputs: number;
  /** Bytes of transformed patches at a time: what a second-level cache holds, about. */
  readonly winogradBytes: number;
  /** Patches at a time, however many bytes they are. */
  readonly winogradPatches: number;
  /**
   * Up to this share of inputs that are not 0, a convolution that may skip the others does; the bits are the same.
   * ResNet-20: 34 GFLOP/s of multiply-adds that are not skipped, where the dense kernel does 50, and 4 % for the lists.
   */
  readonly sparseShare: number;
  /**
   * `conv_gradient_live` takes as long as the dense kernel where this share of the inputs is live, if sums are long;
   */
  readonly liveShare: number;
  /** every live unit takes as long as so many terms besides its own; */
  readonly liveOverhead: number;
  /** and where a sum has fewer terms than this, few images would be worth listing what is live. */
  readonly liveTerms: number;
  /** Bytes of a block of weights of `conv_vjp`, which should stay in a second-level cache beside the cotangents. */
  readonly vjpBlockBytes: number;
  /** Channels of a block that is not all of them are a multiple of this, which is one of 4. */
  readonly vjpBlockStep: number;
  /** Fewer input channels than this in a block would not be worth listing the live outputs under a pixel. */
  readonly vjpBlockChannels: number;
  /** Windows of columns, every output in them live, that fit before the lists of `conv_vjp` start over; at least 1. */
  readonly vjpWindows: number;
  /** Bytes of weights of the blocks of filters that a tile of `conv_forward_grouped` goes through. */
  readonly groupForwardBytes: number;
  /** Bytes of weights of the groups that a tile of `conv_vjp_grouped` goes through. */
  readonly groupVjpBytes: number;
  /** Bytes of the list of a group there, if a row of outputs fills them; `vjpWindows` fit in any case. */
  readonly groupListBytes: number;
  /** Bytes that room for further images may take, so that each thread can have one of its own. */
  readonly imageBytes: number;
  /** Images of a DeepFool run that lie in memory at a time, with their perturbations: at most so many, */
  readonly deepfoolImages: number;
  /** and at most so many bytes of them, but one image. */
  readonly deepfoolBytes: number;
  /** Forward passes after which a DeepFool run stops for the host to read its log. */
  readonly deepfoolPasses: number;
  /** Milliseconds that a DeepFool run takes at a time before the event loop may turn. */
  readonly deepfoolSlice: number;
}

export const TUNING: Tuning = {
  winogradChannels: 64,
  winogradOutputs: 16,
  winogradBytes: 2 ** 20,
  winogradPatches: 64,
  sparseShare: 0.6,
  liveShare: 0.95,
  liveOverhead: 120,
  liveTerms: 64,
  vjpBlockBytes: 384 * 1024,
  vjpBlockStep: 16,
  vjpBlockChannels: 64,
  vjpWindows: 2,
  groupForwardBytes: 16 * 1024,
  groupVjpBytes: 32 * 1024,
  groupListBytes: 8 * 1024,
  imageBytes: 256 * 2 ** 20,
  deepfoolImages: 32,
  deepfoolBytes: 2 ** 20,
  deepfoolPasses: 1024,
  deepfoolSlice: 20,
};
