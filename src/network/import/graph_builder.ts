import { inferShape } from "../shapes.js";
import type { NodeSpec, Operator, Shape } from "../spec.js";
import { rejectModel } from "./failure.js";

/** A value of the network under construction. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
}

/** No real model comes near this. */
const MOST_STEPS = 100_000;

/** Collects nodes, each with a name of its own and with its shape known as soon as it is added. */
export class GraphBuilder {
  readonly #nodes: NodeSpec[] = [];
  readonly #shapes = new Map<string, Shape>();
  readonly #repeats = new Map<string, number>();
  readonly #warnings = new Set<string>();
  #steps = 0;

  constructor(readonly where: string) {}

  /** The nodes so far, in topological order. */
  get nodes(): readonly NodeSpec[] {
    return this.#nodes;
  }

  /** What was noticed on the way, each once. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** Notes what is no error, and what the model's user may not expect. */
  warn(text: string): void {
    this.#warnings.add(text);
  }

  input(name: string, shape: Shape): Value {
    return this.#value(this.#freeName(name), shape);
  }

  /**
   * Counts one operator or one call of a nested model.
   *
   * @throws ModelError where there are too many: nested models that are called twice at each level double each time
   */
  step(): void {
    if (++this.#steps > MOST_STEPS)
      rejectModel(this.where, `it unfolds to more than ${MOST_STEPS} operators`);
  }

  /** @throws ModelError where operator and inputs do not fit */
  add(op: Operator, name: string, inputs: readonly Value[]): Value {
    this.step();
    const node: NodeSpec = { ...op, name: this.#freeName(name), inputs: inputs.map((value) => value.name) };
    const shape = inferShape(
      node,
      inputs.map((value) => value.shape),
    );
    this.#nodes.push(node);
    return this.#value(node.name, shape);
  }

  #value(name: string, shape: Shape): Value {
    this.#shapes.set(name, shape);
    return { name, shape };
  }

  #freeName(wanted: string): string {
    let name = wanted;
    while (this.#shapes.has(name)) {
      const count = (this.#repeats.get(wanted) ?? 0) + 1;
      this.#repeats.set(wanted, count);
      name = `${wanted}_${count}`;
    }
    return name;
  }
}
