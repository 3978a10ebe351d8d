/** The public surface of Lexigrad. */
export {
  BackendError,
  DTypeError,
  FormatError,
  IndexError,
  IoError,
  LexigradError,
  NumericError,
  OptionError,
  OutOfMemoryError,
  ShapeError,
  StateError,
  WorkerError,
} from "./base/errors.ts";
export type { HeadAttention } from "./base/head-attention.ts";
export { Random, type RandomState } from "./base/random.ts";
export type { Shape } from "./base/shape.ts";
export { type BeamSearchOptions, beamSearch } from "./decode/beam-search.ts";
export { type EnsembleOptions, ensemble } from "./decode/ensemble.ts";
export { exhaustiveSearch } from "./decode/exhaustive-search.ts";
export { greedy } from "./decode/greedy.ts";
export {
  coveragePenalty,
  type Hypothesis,
  type LengthPenalty,
  lengthPenalty,
  type ScoreOptions,
} from "./decode/hypothesis.ts";
export { type SampleOptions, sample } from "./decode/sample.ts";
export type { Start, Step, StepModel } from "./decode/step-model.ts";
export { formatBpeCodes, parseBpeCodes } from "./formats/bpe-codes.ts";
export { readSafetensors, type SavedTensors, writeSafetensors } from "./formats/safetensors.ts";
export type { SavedTensor } from "./formats/safetensors-dtype.ts";
export { parseStrictJson } from "./formats/strict-json.ts";
export { type NamedText, parseVocabMerges } from "./formats/vocab-merges.ts";
export {
  type NgramVectors,
  readWordVectors,
  type SavedWordVectors,
  writeWordVectors,
} from "./formats/word-vectors.ts";
export {
  readWord2vecBinary,
  readWord2vecText,
  type WordTable,
  writeProjector,
  writeWord2vecBinary,
  writeWord2vecText,
} from "./formats/word2vec.ts";
export type { MemoryInfo } from "./kernels/memory.ts";
export {
  type BleuOptions,
  type BleuScore,
  bleu,
  bleuFromStatistics,
  bleuMetric,
  sentenceBleu,
} from "./metrics/bleu.ts";
export { type ChrfOptions, type ChrfScore, chrf, chrfMetric } from "./metrics/chrf.ts";
export { type ConfidenceOptions, evaluate } from "./metrics/evaluate.ts";
export { type InterpolationOptions, interpolate, interpolationWeights } from "./metrics/interpolation.ts";
export { formatScore, type Metric, type Score } from "./metrics/metric.ts";
export { bitsPerToken, perplexity } from "./metrics/perplexity.ts";
export {
  checkSameTokens,
  type ScoredText,
  type TextFigures,
  type TextSize,
  textFigures,
  tokenDifference,
} from "./metrics/scored-text.ts";
export { pairedBootstrap, pairedRandomization } from "./metrics/significance.ts";
export { type TerOptions, type TerScore, ter, terMetric } from "./metrics/ter.ts";
export { fromGpt2, toGpt2 } from "./models/gpt2.ts";
export { formatGpt2Config, parseGpt2Config } from "./models/gpt2-config.ts";
export { loadGpt2, saveGpt2 } from "./models/gpt2-files.ts";
export { LanguageModel } from "./models/language-model.ts";
export { LanguageModelDecoding } from "./models/language-model-decoding.ts";
export type { EvaluateOptions as EvaluateLanguageModelOptions } from "./models/language-model-evaluation.ts";
export type { LanguageModelNetwork, LanguageModelState } from "./models/language-model-network.ts";
export type {
  GenerateOptions,
  Generation,
  LanguageModelOptions,
} from "./models/language-modelling.ts";
export {
  type LanguageModelData,
  LanguageModellingTask,
  type LanguageModelTaskOptions,
} from "./models/language-modelling-task.ts";
export type { MaskedEvaluation, MaskedEvaluationOptions } from "./models/masked-evaluation.ts";
export { MaskedLanguageModel } from "./models/masked-language-model.ts";
export type {
  MaskCandidate,
  MaskedLanguageModelOptions,
  SentenceVectorOptions,
} from "./models/masked-language-modelling.ts";
export {
  type MaskedLanguageModellingData,
  MaskedLanguageModellingTask,
  type MaskedLanguageModellingTaskOptions,
} from "./models/masked-language-modelling-task.ts";
export {
  type RecurrentCell,
  RecurrentLanguageModel,
  type RecurrentLanguageModelOptions,
} from "./models/recurrent-language-model.ts";
export { Seq2Seq, type Seq2SeqOptions } from "./models/seq2seq.ts";
export { Seq2SeqDecoding } from "./models/seq2seq-decoding.ts";
export {
  compareScorers,
  ngramScorer,
  type ScorerComparison,
  type TextScorer,
} from "./models/text-scorer.ts";
export { TransformerDecoding } from "./models/transformer-decoding.ts";
export {
  TransformerLanguageModel,
  type TransformerLanguageModelOptions,
} from "./models/transformer-language-model.ts";
export {
  TransformerMaskedLanguageModel,
  type TransformerMaskedLanguageModelOptions,
} from "./models/transformer-masked-language-model.ts";
export { TransformerSeq2Seq, type TransformerSeq2SeqOptions } from "./models/transformer-seq2seq.ts";
export type { TranslateOptions, Translation, TranslatorOptions } from "./models/translation.ts";
export {
  type TranslationData,
  TranslationTask,
  type TranslationTaskOptions,
} from "./models/translation-task.ts";
export { Translator } from "./models/translator.ts";
export { type TruncationEffect, truncationEffects } from "./models/truncation.ts";
export { readArpa } from "./ngram/arpa-read.ts";
export { formatArpa, writeArpa } from "./ngram/arpa-write.ts";
export { loadNgram, parseNgram, saveNgram } from "./ngram/binary.ts";
export { NgramDecoding } from "./ngram/decoding.ts";
export {
  type NgramEvaluation,
  type NgramLikelihood,
  NgramModel,
  type NgramSampleOptions,
  type Sentence,
  type SentenceScore,
  type WordScore,
} from "./ngram/model.ts";
export type { NgramOptions } from "./ngram/options.ts";
export type { Discounts, NgramSmoothing } from "./ngram/smoothing.ts";
export { NgramState } from "./ngram/state.ts";
export { NgramTrainer, type NgramTraining, trainNgram } from "./ngram/train.ts";
export { elu, glu, leakyRelu } from "./nn/activations.ts";
export {
  AdditiveAttention,
  Attention,
  type AttentionMemory,
  BilinearAttention,
  DotAttention,
} from "./nn/attention.ts";
export { Dropout } from "./nn/dropout.ts";
export { type Embedded, Embedding } from "./nn/embedding.ts";
export type { Activation } from "./nn/feed-forward.ts";
export { gradientsThroughTime } from "./nn/gradients-through-time.ts";
export * as init from "./nn/init.ts";
export { KeyValueCache } from "./nn/key-value-cache.ts";
export { Linear } from "./nn/linear.ts";
export { binaryCrossEntropyWithLogits, mseLoss, nllLoss } from "./nn/loss.ts";
export { Module, Parameter } from "./nn/module.ts";
export { MultiheadAttention } from "./nn/multihead-attention.ts";
export { LayerNorm } from "./nn/norm.ts";
export { Positions } from "./nn/positions.ts";
export { GRU, LSTM, type LSTMState, RNN } from "./nn/recurrent.ts";
export { Transformer } from "./nn/transformer.ts";
export {
  type AttentionKind,
  type DecoderCache,
  TransformerDecoder,
  TransformerDecoderLayer,
} from "./nn/transformer-decoder.ts";
export { TransformerEncoder, TransformerEncoderLayer } from "./nn/transformer-encoder.ts";
export {
  decodeWeights,
  type EncodeWeightsOptions,
  encodeWeights,
  loadWeights,
  saveWeights,
} from "./nn/weights.ts";
export { Adagrad } from "./optim/adagrad.ts";
export { Adam, AdamW } from "./optim/adam.ts";
export { clipGradNorm, clipGradValue } from "./optim/clipping.ts";
export { Optimizer } from "./optim/optimizer.ts";
export { ReduceOnPlateau } from "./optim/plateau.ts";
export { RMSprop } from "./optim/rmsprop.ts";
export { type Schedule, type ScheduleOptions, schedule } from "./optim/schedules.ts";
export { SGD } from "./optim/sgd.ts";
export { type AttentionHeadsOptions, attentionHeads } from "./plot/attention-heads.ts";
export { type Attention as AttentionPicture, attentionMap } from "./plot/attention-map.ts";
export { lineChart, type Series } from "./plot/line-chart.ts";
export { type LogRecord, type Report, renderReport } from "./plot/report.ts";
export { attentionHeadsTable, attentionTable, sparkline, terminalCurve } from "./plot/terminal.ts";
export { type MapPoint, type WordMapOptions, wordMap } from "./plot/word-map.ts";
export {
  type BackwardOptions,
  backward,
  configure,
  type DType,
  defineFusedOp,
  defineOp,
  type Fused,
  full,
  type GradcheckOptions,
  type GradcheckReport,
  gradcheck,
  type Indices,
  indices,
  keep,
  memoryInfo,
  noGrad,
  type OpDefinition,
  ones,
  type RuntimeOptions,
  randn,
  Scope,
  scoped,
  Tensor,
  type TypedArray,
  tensor,
  uniform,
  zeros,
} from "./tensor/index.ts";
export { additiveScores } from "./tensor/ops/attention.ts";
export type { Columns, ColumnsLike } from "./tensor/ops/columns.ts";
export { type CrossEntropyOptions, crossEntropy, type SmoothingForm } from "./tensor/ops/cross-entropy.ts";
export { add, div, equal, greater, maximum, minimum, mul, neg, sub } from "./tensor/ops/elementwise.ts";
export { gather, pick, scatterAdd } from "./tensor/ops/gather.ts";
export { linearCrossEntropy } from "./tensor/ops/linear-cross-entropy.ts";
export { linear, matmul } from "./tensor/ops/matmul.ts";
export { dropout, layerNorm } from "./tensor/ops/norm.ts";
export { argmax, max, mean, norm, sum, variance } from "./tensor/ops/reduce.ts";
export { type RotaryLayout, type RotaryOptions, rotary } from "./tensor/ops/rotary.ts";
export {
  type AttentionOptions,
  type AttentionWeightsOptions,
  attentionWeights,
  scaledDotProductAttention,
} from "./tensor/ops/scaled-dot-product.ts";
export {
  broadcastTo,
  clone,
  concat,
  detach,
  flip,
  permute,
  reshape,
  select,
  slice,
  squeeze,
  stack,
  transpose,
  unsqueeze,
} from "./tensor/ops/shape.ts";
export { logSoftmax, maskedSoftmax, softmax } from "./tensor/ops/softmax.ts";
export {
  abs,
  clamp,
  cos,
  erf,
  exp,
  gelu,
  log,
  pow,
  relu,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  step,
  tanh,
} from "./tensor/ops/unary.ts";
export { type BatchSeries, type PairBatch, PairBatches, padSequences } from "./text/batching.ts";
export { type MaskedBatch, MaskedBatches } from "./text/batching-masked.ts";
export { ContiguousBatches, type StreamBatch, WindowBatches } from "./text/batching-stream.ts";
export { parseCsv, readCsv } from "./text/corpus-csv.ts";
export { readLines, splitLines, streamLines } from "./text/corpus-lines.ts";
export { type ParallelCorpus, parseParallel, readParallel, type SentencePair } from "./text/corpus-pairs.ts";
export { collectReferences, type ReferenceSet, splitByGroup } from "./text/corpus-split.ts";
export { parseJsonLines, parseTsv, readJsonLines, readTsv } from "./text/corpus-tables.ts";
export { type MaskedSequence, Masking, type MaskingOptions } from "./text/masking.ts";
export { splitText, type TextParts } from "./text/text-split.ts";
export { Tokenizer, TokenStream } from "./text/tokenizer.ts";
export { type TrainTokenizerOptions, trainTokenizer } from "./text/train-tokenizer.ts";
export { DEFAULT_SPECIALS, MASKED_SPECIALS, Vocabulary } from "./text/vocabulary.ts";
export { averageWeights } from "./train/average.ts";
export type { TrainingEvent, TrainingResult, WeightAverage } from "./train/events.ts";
export type { OptimizerOptions, TrainOptions, TrainSchedule } from "./train/options.ts";
export type { Trainable, TrainingTask } from "./train/task.ts";
export { train } from "./train/train.ts";
export {
  type Analogy,
  type AnalogyCount,
  type AnalogyResult,
  type AnalogySection,
  evaluateAnalogies,
  evaluateSimilarity,
  parseAnalogies,
  parseRatedPairs,
  type RatedPair,
  type SimilarityResult,
  spearman,
} from "./vectors/evaluate.ts";
export { NegativeSampling } from "./vectors/negative-sampling.ts";
export type { SubwordOptions, WordVectorOptions, WordVectorProgress } from "./vectors/options.ts";
export { joinPhrases, type PhraseOptions } from "./vectors/phrases.ts";
export { principalComponents } from "./vectors/projection.ts";
export { trainWordVectors } from "./vectors/train.ts";
export { type AnalogyOptions, type Neighbour, WordVectors } from "./vectors/word-vectors.ts";
