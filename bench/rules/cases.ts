import type { UniversalOptions } from "../../src/api/universal/options.js";

/** What v is made of, and on what it is judged: images that were in neither crafting nor selection. */
export interface RuleCase {
  readonly name: string;
  /** Folders of `../shared/models` and `../shared/images`. */
  readonly model: string;
  readonly crafting: { readonly set: string; readonly from: number; readonly count: number };
  readonly heldOut: { readonly set: string; readonly from: number; readonly count: number };
  /** Gradients are counted in passes over the crafting images. */
  readonly passes: readonly number[];
  readonly options: Pick<UniversalOptions, "norm" | "radius">;
}

const CIFAR = { set: "cifar10_train", from: 0 };
const CIFAR_TEST = { set: "cifar10_test", from: 0, count: 600 };
const EIGHT_BITS = { norm: Infinity, radius: 10 / 255 } as const;

export const CASES: readonly RuleCase[] = [
  {
    name: "resnet20",
    model: "cifar10_resnet20",
    crafting: { ...CIFAR, count: 500 },
    heldOut: CIFAR_TEST,
    passes: [1, 5],
    options: EIGHT_BITS,
  },
  {
    name: "resnet20-l2",
    model: "cifar10_resnet20",
    crafting: { ...CIFAR, count: 500 },
    heldOut: CIFAR_TEST,
    passes: [5],
    options: { norm: 2, radius: 1.1204 },
  },
  {
    name: "resnet20-few",
    model: "cifar10_resnet20",
    crafting: { ...CIFAR, count: 50 },
    heldOut: CIFAR_TEST,
    passes: [20],
    options: EIGHT_BITS,
  },
  {
    name: "mnist",
    model: "mnist_cnn",
    crafting: { set: "mnist_train7000", from: 0, count: 500 },
    heldOut: { set: "mnist_test", from: 0, count: 1500 },
    passes: [5],
    options: { norm: Infinity, radius: 0.2 },
  },
  {
    name: "squeezenet",
    model: "imagenet_squeezenet1_1",
    crafting: { set: "imagenet_sample", from: 0, count: 80 },
    heldOut: { set: "imagenet_sample", from: 80, count: 80 },
    passes: [13],
    options: EIGHT_BITS,
  },
  {
    name: "mobilenetv2",
    model: "imagenet_mobilenetv2",
    crafting: { set: "imagenet_sample", from: 0, count: 80 },
    heldOut: { set: "imagenet_sample", from: 80, count: 80 },
    passes: [13],
    options: EIGHT_BITS,
  },
];

/** Neither starts, nor weights, nor images moved and mirrored, all of which "momentum" has by itself. */
const PLAIN = { method: "momentum", starts: 1, weighting: "equal", augment: false } as const;

/** Rules and their variants. All take as many passes as the case says; of `sga` a pass is four times the gradients. */
export const RULES: Readonly<Record<string, Partial<UniversalOptions>>> = {
  deepfool: { method: "deepfool", delta: 0 },
  sgd: { method: "sgd" },
  "sgd, batch 10": { method: "sgd", batch: 10 },
  sga: { method: "sga" },
  momentum: { method: "momentum" },
  "momentum, 1 start": { method: "momentum", starts: 1 },
  "momentum, equal weights": { method: "momentum", weighting: "equal" },
  "momentum, images as they are": { method: "momentum", augment: false },
  "momentum, not mirrored": { method: "momentum", augment: { flip: false } },
  "momentum, mirrored": { method: "momentum", augment: { flip: true } },
  "momentum, batch 4": { method: "momentum", batch: 4 },
  "momentum, batch 10": { method: "momentum", batch: 10 },
  "momentum, step 0.2": { method: "momentum", stepSize: 0.2 },
  "momentum, step 0.8": { method: "momentum", stepSize: 0.8 },
  plain: PLAIN,
  "plain, images moved": { ...PLAIN, augment: {} },
  "plain, near": { ...PLAIN, weighting: "near" },
  "plain, 3 starts": { ...PLAIN, starts: 3 },
};
