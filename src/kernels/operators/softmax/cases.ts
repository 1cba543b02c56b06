import type { OperatorTesting } from "../../testing.js";
import type { Softmax } from "./spec.js";

export const testing: OperatorTesting<Softmax> = { samples: [], examples: [], cases: [] };
