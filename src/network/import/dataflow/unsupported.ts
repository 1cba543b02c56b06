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
  [
    /^(LSTM|GRU|RNN)$/,
    "recurrent layers are not implemented: export one that is written step by step, as a loop over nn.LSTMCell",
  ],
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
  /** How many nodes could not be looked at because of these. */
  readonly unchecked?: number;
  /** What can be done with any model of its format, for those that nothing else can be done with. */
  readonly anyway?: string;
}

/**
 * @param unknown a `wayOut` of theirs is for the whole model, such as another engine: it is none unless all can go it
 * @param hints what else is wrong with the model
 * @throws UnsupportedOperatorError for nodes that there is no importer for, all of them; nothing where there are none
 */
export function refuseUnknown(
  unknown: readonly UnsupportedLayer[],
  { besides, unchecked, anyway }: RefusalHints = {},
): void {
  if (unknown.length === 0) return;
  const own = unknown.every(({ wayOut }) => wayOut === unknown[0].wayOut) ? unknown[0].wayOut : undefined;
  const elsewhere = unknown.map(({ operator }) => (own ? undefined : adviceOn(operator)));
  const [first, ...others] = unknown.map((node, i) => {
    const way = elsewhere[i] ?? own;
    return {
      layer: nameText(node.layer),
      operator: nameText(node.operator),
      ...(node.detail && { detail: node.detail }),
      ...(way && { wayOut: way }),
    };
  });
  const ways = elsewhere.filter((advice) => advice !== undefined);
  const named = [...new Set(ways), ...(own ? [own] : [])];
  const known = named.length === 0 && anyway ? [anyway] : named;
  const all = [...known, ...(besides ? [`besides, ${besides}`] : [])];
  throw new UnsupportedOperatorError(
    first.layer,
    first.operator,
    first.detail,
    others,
    all.length > 0 ? all.join("; ") : undefined,
    { wayOut: first.wayOut, unchecked },
  );
}

function adviceOn(operator: string): string | undefined {
  return ELSEWHERE.find(([pattern]) => pattern.test(operator))?.[1];
}
