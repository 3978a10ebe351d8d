/** What every network promises: its output layer makes its logits of its vectors. */
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import { TransformerLanguageModel } from "../../src/models/transformer-language-model.ts";
import { TransformerMaskedLanguageModel } from "../../src/models/transformer-masked-language-model.ts";
import { TransformerSeq2Seq } from "../../src/models/transformer-seq2seq.ts";
import { noGrad, ops, type Tensor, tensor } from "../../src/tensor/index.ts";

const V = 9;
const random = () => new Random(2);
const ids = (rows: number[][]) => tensor(rows, undefined, "i32");
const translate = [ids([[4, 5, 6]]), tensor([3], [1], "i32"), ids([[1, 7]])] as const;
const languages = { sourceVocabulary: V, targetVocabulary: V };
const sizes = { dModel: 8, nhead: 2, dimFeedforward: 8 };
const layers = { numEncoderLayers: 1, numDecoderLayers: 1 };
const lm = (outputBias: boolean, tieEmbeddings: boolean) =>
  new TransformerLanguageModel(
    { vocabularySize: V, ...sizes, numLayers: 1, outputBias, tieEmbeddings },
    random(),
  );
const masked = new TransformerMaskedLanguageModel({ vocabularySize: V, ...sizes, numLayers: 1 }, random());
const rnn = new Seq2Seq({ ...languages, embeddingSize: 8, hiddenSize: 8, tieEmbeddings: "target" }, random());
const unfed = new Seq2Seq({ ...languages, embeddingSize: 8, hiddenSize: 8, inputFeeding: false }, random());
const transformer = new TransformerSeq2Seq({ ...languages, ...sizes, ...layers }, random());

const [tied, biased] = [lm(false, true), lm(true, false)];

const text = ids([[4, 5, 6]]);
const fromText = (network: TransformerLanguageModel) => {
  const hidden = network.hidden(text);
  return { network, hidden, logits: network.logits(hidden) };
};
const translator = (network: Seq2Seq | TransformerSeq2Seq) => ({
  network,
  hidden: network.hidden(...translate),
  logits: network.forward(...translate),
});

describe.each([
  ["tied language model", () => fromText(tied)],
  ["language model with an output bias", () => fromText(biased)],
  [
    "masked language model",
    () => ({
      network: masked,
      hidden: masked.hidden(text, [3], [1]),
      logits: masked.forward(text, [3], [1]),
    }),
  ],
  ["recurrent translator", () => translator(rnn)],
  ["recurrent translator without input feeding", () => translator(unfed)],
  ["transformer translator", () => translator(transformer)],
])("%s", (_name, run) => {
  test("linear(hidden, output) is the logits, of the vocabulary's size", () => {
    noGrad(() => {
      const { network, hidden, logits } = run();
      // A bias that is not zero any more.
      network.output.bias?.view().set(Float32Array.from({ length: V }, (_, i) => i / V));
      const again: { hidden: Tensor; logits: Tensor } = run();
      const { weight, bias } = network.output;
      expect(logits.shape).toEqual([...hidden.shape.slice(0, -1), V]);
      expect(ops.linear(again.hidden, weight, bias).data()).toEqual(again.logits.data());
    });
  });
});
