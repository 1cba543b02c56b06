import { UnsupportedOperatorError } from "../../../api/errors.js";
import type { Node } from "../../../network/spec.js";
import { makeActivation } from "./activation.js";
import { makeArithmetic } from "./arithmetic.js";
import { makeAveragePool } from "./average_pool.js";
import { makeConv } from "./conv.js";
import { makeGlobalPool } from "./global_pool.js";
import {
  makeConcat,
  makeConstant,
  makeIdentity,
  makePad,
  makeReshape,
  makeSlice,
  makeTranspose,
} from "./layout.js";
import { makeBatchNormalization, makeGemm } from "./linear.js";
import { makeMaxPool } from "./max_pool.js";
import type { Context, TfOperator } from "./operator.js";
import { makeResize } from "./resize.js";

/**
 * The tfjs spelling of a node; uploads its weights.
 *
 * @throws UnsupportedOperatorError for an operator without one (a softmax that is not last)
 */
export function makeOperator(node: Node, context: Context): TfOperator {
  switch (node.op) {
    case "Conv":
      return makeConv(node, context);
    case "Gemm":
      return makeGemm(node, context);
    case "BatchNormalization":
      return makeBatchNormalization(node, context);
    case "MaxPool":
      return makeMaxPool(node, context);
    case "AveragePool":
      return makeAveragePool(node, context);
    case "GlobalAveragePool":
    case "GlobalMaxPool":
      return makeGlobalPool(node, context);
    case "Add":
    case "Sub":
    case "Mul":
      return makeArithmetic(node, context);
    case "Constant":
      return makeConstant(node, context);
    case "Concat":
      return makeConcat(node, context);
    case "Pad":
      return makePad(node, context);
    case "Slice":
      return makeSlice(node, context);
    case "Resize":
      return makeResize(node, context);
    case "Flatten":
    case "Reshape":
      return makeReshape(node, context);
    case "Transpose":
      return makeTranspose(node, context);
    case "Identity":
      return makeIdentity(node, context);
    case "Softmax":
      throw new UnsupportedOperatorError(node.name, node.op);
    default:
      return makeActivation(node, context);
  }
}
