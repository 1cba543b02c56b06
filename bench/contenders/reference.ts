import { createReferenceEngine } from "../../src/engines/reference.js";
import { timed } from "../measure.js";
import type { BenchNetwork } from "../networks.js";
import type { Contender } from "./contender.js";
import { engineCall } from "./engine.js";

/** The definitions in float64, loops in JavaScript: no peer and no engine to use, but where all others come from. */
export function openReference({ network, input, images }: BenchNetwork): Contender {
  const engine = createReferenceEngine(network, input);
  return {
    engine: "reference",
    variant: "float64",
    threads: 1,
    ours: false,
    async prepare(c) {
      const call = engineCall(engine, images, c);
      return { result: await call(), timed: timed("reference", call, 100) };
    },
    close: () => engine.dispose(),
  };
}
