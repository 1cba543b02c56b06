import type { Activation } from "../dataflow/activation.js";
import type { GraphBuilder } from "../graph_builder.js";
import { type GraphProto, readValue, type ValueProto } from "./proto.js";
import { kindOfType } from "./tensors.js";

/**
 * Stands in for values of nodes that cannot run, so that what reads them can be looked at all the same: as the file
 * describes them, if it does.
 */
export class Placeholders {
  #described: ReadonlyMap<string, ValueProto> | undefined;

  constructor(
    private readonly graph: GraphProto,
    private readonly builder: GraphBuilder,
    private readonly fixedBatch: number | undefined,
  ) {}

  /** A value of this name with its first axis for the images; undefined where the file leaves anything of it open. */
  of(name: string): Activation | undefined {
    this.#described ??= describedValues(this.graph);
    const { type, dims } = this.#described.get(name) ?? {};
    if (type === undefined || kindOfType(type) !== "float" || dims === undefined) return undefined;
    const [batch, ...shape] = dims;
    const isBatch = typeof batch === "string" || batch === 1 || batch === this.fixedBatch;
    const isKnown = shape.every((n): n is number => Number.isSafeInteger(n) && (n as number) > 0);
    if (!isBatch || !isKnown || shape.length === 0) return undefined;
    const order = shape.map((_, axis) => axis + 1);
    return {
      kind: "activation",
      dims: [1, ...shape],
      batch: this.fixedBatch === 1 ? -1 : 0,
      order,
      value: this.builder.input(name, shape),
    };
  }
}

function describedValues({ described, outputs }: GraphProto): Map<string, ValueProto> {
  const found = new Map<string, ValueProto>();
  for (const value of [...described.map(readValue), ...outputs]) if (value) found.set(value.name, value);
  return found;
}
