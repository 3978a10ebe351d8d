/**
 * Property tests for your own ops, tokenizers, metrics, formats and models, one line each: `lexigrad/testing`.
 * Needs fast-check. Every law is a fast-check property; run it with `fc.assert`.
 */
import { sentencePairs } from "./arbitraries-corpus.ts";
import { smallTranslators } from "./arbitraries-models.ts";
import { markovOptions } from "./arbitraries-step-model.ts";
import { anyTensor, broadcastableShapes, shape, tensorOf, tensors, tensorsOf } from "./arbitraries-tensor.ts";
import { anyString, pathologicalTexts } from "./arbitraries-text.ts";
import { damages, formatLaws } from "./laws-format.ts";
import { metricCorpora, metricLaws } from "./laws-metric.ts";
import { causalModule, moduleLaws } from "./laws-module.ts";
import { ngramLaws } from "./laws-ngram.ts";
import { opLaws } from "./laws-op.ts";
import { stepModelLaws } from "./laws-step-model.ts";
import { tokenizerLaws } from "./laws-tokenizer.ts";
import { translatorLaws } from "./laws-translator.ts";

/** Reusable laws; each takes what you want to test and gives named fast-check properties. */
export const laws = {
  op: opLaws,
  module: moduleLaws,
  causalModule,
  tokenizer: tokenizerLaws,
  stepModel: stepModelLaws,
  ngram: ngramLaws,
  translator: translatorLaws,
  metric: metricLaws,
  format: formatLaws,
};

/** fast-check arbitraries for the things this library works on. */
export const arbitraries = {
  shape,
  broadcastableShapes,
  tensorOf,
  tensorsOf,
  tensors,
  anyTensor,
  anyString,
  sentencePairs,
  pathologicalTexts,
  markovOptions,
  smallTranslators,
  metricCorpora,
  damages,
};

export { MarkovStepModel } from "./arbitraries-step-model.ts";
export { generateCorpus } from "./grammar/corpus.ts";
export { generatePair } from "./grammar/grammar.ts";
export { generateSequences } from "./synthetic.ts";
