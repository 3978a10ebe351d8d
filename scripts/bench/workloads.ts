/** Training workloads on made-up token ids: sizes (in sizes.json) and mathematics as in peers/pytorch.py. */
import {
  Adam,
  AdamW,
  type CrossEntropyOptions,
  clipGradNorm,
  detach,
  type LSTMState,
  linearCrossEntropy,
  type Module,
  type Optimizer,
  Random,
  Scope,
  SGD,
  type Tensor,
  tensor,
  zeros,
} from "../../src/index.ts";
import {
  type LayerSizes,
  LstmLanguageModel,
  RecurrentTranslator,
  type Sizes,
  TransformerLanguageModel,
  type TransformerSizes,
  TransformerTranslator,
  type TranslatorSizes,
} from "./networks.ts";
import sizes from "./sizes.json" with { type: "json" };

/** A network in training. */
export interface Workload {
  readonly network: Module;
  /** Token ids that a step reads: so many arrays of `shape`, of ids from `first` to `end` - 1. */
  readonly ids: {
    readonly arrays: number;
    readonly shape: readonly [number, number];
    readonly first: number;
    readonly end: number;
  };
  /** Trains on one batch. @returns the loss in nats per token before the step */
  step(ids: readonly Tensor[]): number;
}

/** Target tokens of a step. */
export const tokensOf = ({ ids: { shape } }: Workload): number => shape[0] * shape[1];

/** A batch for `workload`. It belongs to the scope that is open. */
export function drawIds({ ids }: Workload, random: Random): Tensor[] {
  const { arrays, shape, first, end } = ids;
  const draw = () => first + random.integer(end - first);
  const size = shape[0] * shape[1];
  return Array.from({ length: arrays }, () => tensor(Int32Array.from({ length: size }, draw), shape, "i32"));
}

interface Recipe {
  readonly network: Module;
  readonly optimizer: Optimizer;
  /** Default: gradients are not clipped. */
  readonly maxNorm?: number;
  loss(ids: readonly Tensor[]): Tensor;
  /** Runs at the end of a step, to keep what the next one needs. */
  carry?(): void;
}

function trainOn({ network, optimizer, maxNorm, loss, carry }: Recipe, ids: Workload["ids"]): Workload {
  const step = (batch: readonly Tensor[]): number => {
    using _scope = new Scope();
    const value = loss(batch);
    value.backward();
    if (maxNorm !== undefined) clipGradNorm(network.parameters(), maxNorm);
    optimizer.step();
    optimizer.zeroGrad();
    carry?.();
    return value.item();
  };
  return { network, ids, step };
}

/** Of hidden states under an output layer; an embedding is one without bias. */
const lossOf = (
  hidden: Tensor,
  { weight, bias = null }: { readonly weight: Tensor; readonly bias?: Tensor | null },
  targets: Tensor,
  options?: CrossEntropyOptions,
): Tensor => linearCrossEntropy(hidden, weight, bias, targets, options);

/** A language model of LSTM layers over contiguous streams: the state is carried from step to step. */
function lstm(
  { batch, time, vocabulary, layers, width, ...rest }: LayerSizes,
  random: Random,
  maxNorm: number,
  optimize: (network: Module) => Optimizer,
): Workload {
  const network = new LstmLanguageModel({ batch, time, vocabulary, layers, width, ...rest }, random);
  const state: LSTMState = [zeros([layers, batch, width]), zeros([layers, batch, width])];
  let next = state;
  const recipe: Recipe = {
    network,
    optimizer: optimize(network),
    maxNorm,
    loss([ids, targets]) {
      const [hidden, after] = network.forward(ids, [detach(state[0]), detach(state[1])]);
      next = after;
      return lossOf(hidden, network.output, targets);
    },
    carry() {
      for (const [i, kept] of state.entries()) kept.view().set(next[i].view());
    },
  };
  return trainOn(recipe, { arrays: 2, shape: [batch, time], first: 0, end: vocabulary });
}

/** A character language model with char-rnn's settings. */
export const charlstm = (sizes: LayerSizes, random: Random): Workload =>
  lstm(sizes, random, 5, (network) => new Adam(network.parameters(), { lr: 2e-3 }));

/** A word language model with the settings of PyTorch's example on WikiText-2. */
export const lstmlm = (sizes: LayerSizes, random: Random): Workload =>
  lstm(sizes, random, 0.25, (network) => new SGD(network.parameters(), { lr: 20 }));

/** A character language model with nanoGPT's settings for a CPU. */
export function charlm(sizes: TransformerSizes, random: Random): Workload {
  const { batch, time, vocabulary } = sizes;
  const network = new TransformerLanguageModel(sizes, random);
  const recipe: Recipe = {
    network,
    optimizer: new AdamW(network.parameters(), { lr: 1e-3 }),
    maxNorm: 1,
    loss: ([ids, targets]) => lossOf(network.forward(ids), network.embedding, targets),
  };
  return trainOn(recipe, { arrays: 2, shape: [batch, time], first: 0, end: vocabulary });
}

/** The first ids of the translators' vocabularies stand for padding and the like. */
const FIRST_WORD = 4;

/** A translator of the size published for Multi30k (Wu et al. 2021). */
export function mtTransformer(sizes: TranslatorSizes, random: Random): Workload {
  const { batch, time, vocabulary } = sizes;
  const network = new TransformerTranslator(sizes, random);
  const lengths = new Int32Array(batch).fill(time);
  const recipe: Recipe = {
    network,
    optimizer: new Adam(network.parameters(), { lr: 5e-3, betas: [0.9, 0.98] }),
    loss: ([source, previous, next]) =>
      lossOf(network.forward(source, previous, lengths), network.output, next, { labelSmoothing: 0.1 }),
  };
  return trainOn(recipe, { arrays: 3, shape: [batch, time], first: FIRST_WORD, end: vocabulary });
}

/** A recurrent translator: BiLSTM encoder, LSTM decoder with additive attention and input feeding. */
export function mtRnn(sizes: Sizes, random: Random): Workload {
  const { batch, time, vocabulary } = sizes;
  const network = new RecurrentTranslator(sizes, random);
  const recipe: Recipe = {
    network,
    optimizer: new Adam(network.parameters(), { lr: 1e-3 }),
    maxNorm: 1,
    loss: ([source, previous, next]) => lossOf(network.forward(source, previous), network.output, next),
  };
  return trainOn(recipe, { arrays: 3, shape: [batch, time], first: FIRST_WORD, end: vocabulary });
}

type AllSizes = typeof sizes;

const makers = (of: AllSizes) => ({
  charlm: () => charlm(of.charlm, new Random(0)),
  charlstm: () => charlstm(of.charlstm, new Random(0)),
  lstmlm: () => lstmlm(of.lstmlm, new Random(0)),
  mt_transformer: () => mtTransformer(of.mt_transformer, new Random(0)),
  mt_rnn: () => mtRnn(of.mt_rnn, new Random(0)),
});

/** The workloads at their full size. */
export const workloads: { readonly [K in keyof AllSizes]: () => Workload } = makers(sizes);

const small = <S extends Sizes & { readonly inner?: number }>(full: S): S => ({
  ...full,
  vocabulary: Math.max(65, Math.round(full.vocabulary / 16)),
  batch: Math.ceil(full.batch / 8),
  time: Math.ceil(full.time / 4),
  width: full.width / 4,
  ...(full.inner !== undefined && { inner: full.inner / 4 }),
});

/** The same networks and steps, in about a hundredth of the time. */
export const smallWorkloads: typeof workloads = makers({
  charlm: small(sizes.charlm),
  charlstm: small(sizes.charlstm),
  lstmlm: small(sizes.lstmlm),
  mt_transformer: small(sizes.mt_transformer),
  mt_rnn: small(sizes.mt_rnn),
});
