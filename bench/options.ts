import { parseArgs } from "node:util";
import { OPS, type Op } from "./case.js";
import { membersOf } from "./choices.js";
import { ENGINES, type EngineName } from "./engine_names.js";

export const HELP = `Usage: npm run bench -- [options]

Times our engine beside its peers; every result is checked before it is timed.

  --quick              a few rows of every engine, in under 90 seconds
  --across             the cases that Node and browsers have in common, on every engine
  --full               every network, operation and batch, with VGG-16
  --gpu                what a GPU is for: few images and many, beside tfjs on WebGPU and PyTorch on CUDA
  --networks A,B       demo, resnet20, squeezenet, mobilenetv2, vgg16; resnet20-he, squeezenet-he, tiny, vit_tiny,
                       efficientnet_b0, convnext_tiny: seeded weights
  --ops A,B            ${OPS.join(", ")}
  --batches 1,8        images a call of logits, jacobian and deepfool_step
  --classes 4,10,32    K
  --engines A,B        ${ENGINES.join(", ")}
  --threads 0,2        of our engine (0: the calling thread); peers run with as many, at least 1
  --filter REGEXP      only rows whose name op/network/engine/variant/batch/K matches
  --uap-images N       crafting images of uap_pass (100)
  --uap-passes 1,5     passes over them (1); more than one give a row of their own, uap_pass.x5
  --seconds S          time for each row (1.2)
  --relaxed-flag       fused multiply-add in Node 20 too, behind V8's flag; rows are then named relaxed-flag
  --profile            only the layer-by-layer profile of the networks
  --no-profile, --no-roofline, --no-cold
  --json FILE          also write everything to a file
  --list               only print the names of the rows, of the engines asked for
  --help

Peers: tfjs and onnxruntime-web from node_modules; PyTorch where the python3 on the path, or the one that PYTHON
names, has torch (torch-cuda: on its GPU), and foolbox where it can import that. Networks other than demo and vgg16 are read from ../shared, or where UNIFOOL_SHARED points.`;

export interface Options {
  readonly quick: boolean;
  readonly full: boolean;
  /** The cases of every runtime. */
  readonly across: boolean;
  /** The rows of a GPU, and its roofline for that of WebAssembly. */
  readonly gpu: boolean;
  readonly networks?: readonly string[];
  readonly ops?: readonly Op[];
  readonly batches?: readonly number[];
  readonly classes?: readonly number[];
  readonly engines?: readonly EngineName[];
  readonly threads?: readonly number[];
  readonly filter?: RegExp;
  readonly uapImages: number;
  readonly uapPasses: readonly number[];
  readonly seconds: number;
  /** Whether to end with a profile, or to print nothing else. */
  readonly profile: "last" | "only" | "none";
  readonly roofline: boolean;
  readonly cold: boolean;
  readonly relaxedFlag: boolean;
  readonly json?: string;
  readonly list: boolean;
}

/** @throws Error, one line, for options that are wrong; undefined where help is asked for */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      quick: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      across: { type: "boolean", default: false },
      gpu: { type: "boolean", default: false },
      networks: { type: "string" },
      ops: { type: "string" },
      batches: { type: "string" },
      classes: { type: "string" },
      engines: { type: "string" },
      threads: { type: "string" },
      filter: { type: "string" },
      "uap-images": { type: "string", default: "100" },
      "uap-passes": { type: "string", default: "1" },
      seconds: { type: "string" },
      profile: { type: "boolean" },
      roofline: { type: "boolean", default: true },
      cold: { type: "boolean" },
      "relaxed-flag": { type: "boolean", default: false },
      json: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const numbers = (
    name: "batches" | "classes" | "threads" | "uap-passes",
    least: number,
  ): readonly number[] | undefined =>
    values[name]?.split(",").map((text) => integer(`--${name}`, text, least));
  const across = values.quick || values.across;
  return {
    quick: values.quick,
    full: values.full,
    across: values.across,
    gpu: values.gpu,
    networks: values.networks?.split(","),
    ops: membersOf("--ops", values.ops, OPS),
    batches: numbers("batches", 1),
    classes: numbers("classes", 1),
    engines: membersOf("--engines", values.engines, ENGINES),
    threads: numbers("threads", 0),
    filter: values.filter === undefined ? undefined : new RegExp(values.filter),
    uapImages: integer("--uap-images", values["uap-images"], 1),
    uapPasses: numbers("uap-passes", 1) ?? [1],
    seconds: positive("--seconds", values.seconds ?? (values.quick ? "0.25" : "1.2")),
    profile: values.profile
      ? "only"
      : values.profile === undefined && !values.gpu && !across
        ? "last"
        : "none",
    roofline: values.roofline,
    cold: values.cold ?? !(values.gpu || across),
    relaxedFlag: values["relaxed-flag"],
    json: values.json,
    list: values.list,
  };
}

function integer(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`${name} has ${text}, expected an integer from ${least}`);
  return value;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} is ${text}, expected a positive number`);
  return value;
}
