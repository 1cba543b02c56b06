import { isRecord, rejectModel } from "../failure.js";

/** `config` of a layer: keys in snake case, values without wrappers. */
export type Config = Readonly<Record<string, unknown>>;

/** Deeper than this no configuration is nested; it bounds the recursion. */
const DEEPEST_VALUE = 16;

/** Classes of objects that Keras writes where a plain value is meant, and where in the object that is. */
const WRAPPERS: Readonly<Record<string, (object: Config) => unknown>> = {
  __tuple__: ({ items }) => items,
  TensorShape: ({ items }) => items,
  ListWrapper: ({ items, config }) => items ?? config,
  __numpy__: ({ config }) => (isRecord(config) ? config.value : undefined),
  __tensor__: ({ config }) => (isRecord(config) ? config.value : undefined),
};

/**
 * One spelling of a layer's settings. TensorFlow.js takes every key in camel case too (`poolSize`), and does what it says;
 * where both are there, the one in snake case counts. Lists may come wrapped in an object, as `json.dumps` of Keras writes them.
 *
 * @param nested keys whose values are somebody else's to read, and stay as they are
 */
export function normalizedConfig(config: Config, where: string, nested: ReadonlySet<string> = NONE): Config {
  return record(config, where, 0, nested);
}

/** Values that have two spellings as well. */
const LAYOUTS: ReadonlyMap<unknown, string> = new Map([
  ["channelsLast", "channels_last"],
  ["channelsFirst", "channels_first"],
]);

const NONE: ReadonlySet<string> = new Set();

function record(config: Config, where: string, depth: number, nested: ReadonlySet<string>): Config {
  const found: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const name = snakeCase(key);
    // Of two spellings the one in snake case counts; the name of a prototype is no setting.
    if ((name !== key && Object.hasOwn(config, name)) || name === "__proto__") continue;
    found[name] = nested.has(name) ? value : (LAYOUTS.get(value) ?? plain(value, where, depth));
  }
  return found;
}

function plain(value: unknown, where: string, depth: number): unknown {
  if (depth > DEEPEST_VALUE) rejectModel(where, `settings are nested more than ${DEEPEST_VALUE} deep`);
  if (Array.isArray(value)) return value.map((item) => plain(item, where, depth + 1));
  if (!isRecord(value)) return value;
  const inner = unwrapped(value);
  if (inner !== value) return plain(inner, where, depth + 1);
  return record(value, where, depth + 1, NONE);
}

/** What an object stands for, if it is one that wraps a plain value; else the object. */
export function unwrapped(value: Config): unknown {
  const className = value.class_name ?? value.className;
  return typeof className === "string" && Object.hasOwn(WRAPPERS, className)
    ? WRAPPERS[className](value)
    : value;
}

/** `poolSize` is `pool_size`; what has no capitals stays. */
function snakeCase(key: string): string {
  return /^[a-z]+(?:[A-Z][a-z0-9]*)+$/.test(key)
    ? key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)
    : key;
}

/** The settings of one layer, and which of them somebody has read. */
export class Settings {
  readonly #read = new Set<string>();

  constructor(private readonly config: Config) {}

  /** The value of a setting; undefined where there is none, or it is null. */
  get(key: string): unknown {
    this.#read.add(key);
    return this.config[key] ?? undefined;
  }

  /** Says that these do not change what the layer computes here. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  /** Says that none of them does. */
  ignoreAll(): void {
    this.ignore(...Object.keys(this.config));
  }

  /** Settings that say something and that nobody has looked at. */
  get unread(): string[] {
    return Object.keys(this.config).filter(
      (key) => !this.#read.has(key) && (this.config[key] ?? undefined) !== undefined && !isOfTraining(key),
    );
  }
}

/** Names, types, shapes of the input (which the graph has) and what only training needs. */
const OF_TRAINING = new Set([
  ...["name", "trainable", "dtype", "autocast", "experimental_autocast", "dynamic", "implementation", "rank"],
  ...[
    "batch_input_shape",
    "batch_shape",
    "input_shape",
    "batch_size",
    "input_dim",
    "input_dtype",
    "sparse",
    "ragged",
  ],
  ...[
    "momentum",
    "renorm",
    "renorm_clipping",
    "renorm_momentum",
    "virtual_batch_size",
    "fused",
    "synchronized",
  ],
  ...["seed", "lora_rank", "lora_alpha", "lora_enabled", "quantization_config", "gptq_unpacked_column_size"],
]);

function isOfTraining(key: string): boolean {
  return OF_TRAINING.has(key) || /_(initializer|regularizer|constraint)$/.test(key);
}
