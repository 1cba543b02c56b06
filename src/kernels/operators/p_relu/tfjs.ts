import { elementWise, leaky } from "../../element_wise/tfjs.js";
import type { PRelu } from "./spec.js";

export const make = elementWise<PRelu>(({ slope, shape }, { tf, constant }) => {
  // One slope a unit has the shape of the input; one a channel lies along the last axis.
  const alongLastAxis = slope.length === 1 || slope.length === shape[shape.length - 1];
  return leaky(tf, constant(slope, alongLastAxis ? [slope.length] : shape));
});
