import type { Activation } from "../dataflow/activation.js";
import { isRecord } from "../failure.js";
import { shapeFrom } from "./attributes.js";
import type { GraphContext } from "./node.js";
import type { GraphNode } from "./topology.js";

/**
 * Stands in for what a node makes that cannot run, so that what reads it can be looked at all the same: as TensorFlow has
 * written beside the node, if it has, with the first axis for the images. Undefined where anything of it is open.
 */
export function placeholdersOf(
  { name, attributes }: GraphNode,
  { builder, fixedBatch }: GraphContext,
): readonly Activation[] | undefined {
  const described = attributes.get("_output_shapes");
  const shapes = isRecord(described) && isRecord(described.list) ? described.list.shape : undefined;
  if (!Array.isArray(shapes) || shapes.length === 0) return undefined;
  const known = shapes.map((shape) => shapeFrom(shape, "_output_shapes", () => undefined as never));
  const made = known.flatMap((dims = []): Activation[] => {
    const [batch, ...shape] = dims;
    if (shape.length === 0 || Math.abs(batch) !== 1 || !shape.every((n) => n > 0)) return [];
    const order = shape.map((_, axis) => axis + 1);
    const value = builder.input(name, shape);
    return [{ kind: "activation", dims: [1, ...shape], batch: fixedBatch === 1 ? -1 : 0, order, value }];
  });
  return made.length === shapes.length ? made : undefined;
}
