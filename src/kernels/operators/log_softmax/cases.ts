import type { OperatorTesting } from "../../testing.js";
import type { LogSoftmax } from "./spec.js";

export const testing: OperatorTesting<LogSoftmax> = { samples: [], examples: [], cases: [] };
