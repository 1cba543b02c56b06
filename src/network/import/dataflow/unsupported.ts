import { type UnsupportedLayer, UnsupportedOperatorError } from "../../../errors.js";
import { nameText } from "../../../kernels/checks.js";

/** Kinds of operators that no addition would make run, and what to do instead. */
const ELSEWHERE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /^(com\.microsoft\.)?(QLinear|QGemm|Dynamic|MatMulInteger|ConvInteger|QuantizeLinear|DequantizeLinear|QAttention|QEmbed|FakeQuant)/,
    "the network is quantised in its activations and has no gradients: give the float model that it was made from",
  ],
  [
    /^(If|Loop|Scan|SequenceMap|Switch|Merge|Enter|Exit|While|StatelessWhile|StatelessIf|NextIteration|LoopCond|TensorList.*)$/,
    "it has control flow: export the network by tracing it with a fixed shape",
  ],
  [/^(LSTM|GRU|RNN)$/, "recurrent layers are not implemented"],
  [
    /^(ai\.onnx\.ml\.)?(Tree|SVM|Linear(Classifier|Regressor)|Normalizer|Scaler|LabelEncoder)/,
    "trees and other models of scikit-learn are no networks of layers: export an MLPClassifier or a network",
  ],
  [
    /^(Stateful)?PartitionedCall$/,
    "functions are not inlined: convert the SavedModel again with tensorflowjs_converter",
  ],
  [/^com\.microsoft/, "the file was optimised by onnxruntime: give the model as it was exported"],
];

export interface RefusalHints {
  readonly besides?: string;
  readonly wayOut?: (operators: readonly string[]) => string | undefined;
}

/**
 * @param hints what else is wrong with the model, and what else can be done with operators that need no advice of their own
 * @throws UnsupportedOperatorError for nodes that there is no importer for, all of them; nothing where there are none
 */
export function refuseUnknown(
  unknown: readonly UnsupportedLayer[],
  { besides, wayOut }: RefusalHints = {},
): void {
  if (unknown.length === 0) return;
  const [first, ...others] = unknown.map(({ layer, operator, detail }) => ({
    layer: nameText(layer),
    operator: nameText(operator),
    ...(detail && { detail }),
  }));
  const advice = unknown.flatMap(
    ({ operator }) => ELSEWHERE.find(([pattern]) => pattern.test(operator))?.[1] ?? [],
  );
  const own = advice.length > 0 ? undefined : wayOut?.(unknown.map(({ operator }) => operator));
  const ways = [...new Set(advice), ...(own ? [own] : []), ...(besides ? [`besides, ${besides}`] : [])];
  throw new UnsupportedOperatorError(
    first.layer,
    first.operator,
    first.detail,
    others,
    ways.length > 0 ? ways.join("; ") : undefined,
  );
}
