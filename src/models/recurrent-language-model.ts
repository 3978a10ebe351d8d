/** The recurrent language model: an embedding, a stack of RNN, LSTM or GRU layers, and an output layer. */
import { OptionError } from "../base/errors.ts";
import { checkChoice, checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { Dropout } from "../nn/dropout.ts";
import { type Embedded, Embedding } from "../nn/embedding.ts";
import { uniform } from "../nn/init.ts";
import { Module, Parameter } from "../nn/module.ts";
import { GRU, LSTM, type LSTMState, RNN } from "../nn/recurrent.ts";
import { empty, type Indices, ops, type Tensor, zeros } from "../tensor/index.ts";
import type { LanguageModelNetwork, LanguageModelState } from "./language-model-network.ts";
import type { OutputLayer } from "./output-layer.ts";

const CELLS = { rnn: RNN, lstm: LSTM, gru: GRU } as const;
export type RecurrentCell = keyof typeof CELLS;
export const RECURRENT_CELLS = Object.keys(CELLS) as RecurrentCell[];

/** Sizes and variants of a {@link RecurrentLanguageModel}; all plain values, so that a run directory can hold them. */
export interface RecurrentLanguageModelOptions {
  readonly vocabularySize: number;
  /** Default `lstm`. */
  readonly cell?: RecurrentCell;
  /** Width E of the embedding. Default `hiddenSize`. */
  readonly embeddingSize?: number;
  /** Width H of each layer's state. Default 128. */
  readonly hiddenSize?: number;
  /** Default 2. */
  readonly numLayers?: number;
  /** Whether the output weights are the embedding, which then has the width of the state. Default false. */
  readonly tieEmbeddings?: boolean;
  /** Of embeddings, between layers, and of what comes out of the last. Default 0. */
  readonly dropout?: number;
}

/** All but the vocabulary and the cell; those that are undefined follow from others. */
export const RECURRENT_LANGUAGE_MODEL_DEFAULTS = {
  embeddingSize: undefined,
  hiddenSize: 128,
  numLayers: 2,
  tieEmbeddings: false,
  dropout: 0,
} as const satisfies Record<Exclude<keyof RecurrentLanguageModelOptions, "vocabularySize" | "cell">, unknown>;

const INITIAL_BOUND = 0.1;

/** h, and for the LSTM also c, each `[L, B, H]`. */
export type RecurrentState = readonly Tensor[];

/** The states after the tokens read so far; none before the first. */
class CarriedState implements LanguageModelState {
  tensors: RecurrentState | undefined;

  replace(next: RecurrentState): void {
    for (const { storage } of next) storage.moveTo(null);
    this.dispose();
    this.tensors = next;
  }

  select(rows: Int32Array): void {
    if (this.tensors !== undefined) this.replace(this.tensors.map((x) => selectRows(x, rows)));
  }

  dispose(): void {
    for (const x of this.tensors ?? []) x.dispose();
    this.tensors = undefined;
  }
}

/** `[L, B, H]` to `[L, rows, H]`. */
function selectRows(x: Tensor, rows: Int32Array): Tensor {
  const [layers, batch, width] = x.shape;
  const out = empty([layers, rows.length, width], x.dtype);
  const [from, to] = [x.view(), out.view()];
  for (let layer = 0; layer < layers; layer++) {
    rows.forEach((row, i) => {
      const start = (layer * batch + row) * width;
      to.set(from.subarray(start, start + width), (layer * rows.length + i) * width);
    });
  }
  return out;
}

/**
 * Recurrent neural network language model (Mikolov et al. 2010; with LSTM layers and dropout on all connections but
 * the recurrent ones as in Zaremba, Sutskever and Vinyals 2014, section 3):
 *
 *     h_t, s_t = RNN(E x_t, s_(t-1))        p(x_(t+1)) = softmax(W h_t + b)
 *
 * `tieEmbeddings` makes W = E (Press and Wolf 2017; Inan, Khosravi and Socher 2017). Embedding and output weights start
 * uniform in +-0.1, the output bias at zero and the layers as PyTorch's, whose word language model this is.
 *
 * @example
 * const network = new RecurrentLanguageModel({ vocabularySize: 50, cell: "gru", hiddenSize: 16 }, new Random(1));
 * const [hidden, [h]] = network.forward([[3, 1, 4]]);
 * network.logits(hidden).shape; // [1, 3, 50]
 * network.forward([[1, 5]], [h])[0].shape; // [1, 2, 16]: going on from there
 */
export class RecurrentLanguageModel extends Module implements LanguageModelNetwork {
  readonly options: Required<RecurrentLanguageModelOptions>;
  /** Its state carries whatever was read. */
  readonly blockSize = Number.POSITIVE_INFINITY;
  embedding: Embedding;
  recurrent: RNN | LSTM | GRU;
  /** `[V, H]`; the embedding when tied. */
  outputWeight: Parameter;
  outputBias: Parameter;
  dropout: Dropout;

  /** @throws {OptionError} for unknown or impossible options. */
  constructor(options: RecurrentLanguageModelOptions, random: Random) {
    super();
    this.options = resolve(options);
    const { vocabularySize, cell, embeddingSize, hiddenSize, numLayers, tieEmbeddings, dropout } =
      this.options;
    this.embedding = new Embedding({ numEmbeddings: vocabularySize, embeddingDim: embeddingSize, random });
    uniform(this.embedding.weight, -INITIAL_BOUND, INITIAL_BOUND, random);
    this.recurrent = new CELLS[cell]({ inputSize: embeddingSize, hiddenSize, numLayers, dropout, random });
    this.outputWeight = tieEmbeddings
      ? this.embedding.weight
      : new Parameter(uniform(empty([vocabularySize, hiddenSize]), -INITIAL_BOUND, INITIAL_BOUND, random));
    this.outputBias = new Parameter(zeros([vocabularySize]));
    this.dropout = new Dropout({ p: dropout, random });
  }

  get vocabularySize(): number {
    return this.options.vocabularySize;
  }

  get output(): OutputLayer {
    return { weight: this.outputWeight, bias: this.outputBias };
  }

  start(): CarriedState {
    return new CarriedState();
  }

  /**
   * Ids `[B, T]` to vectors `[B, T, H]` and the state after the last; gradients flow through both, into a state that was
   * given too unless it is detached.
   *
   * @param state default: zeros
   */
  forward(ids: Indices, state?: RecurrentState): [hidden: Tensor, state: RecurrentState] {
    const { embedding, dropout } = this;
    const drops = dropout.active() !== null;
    const x = drops ? dropout.forward(embedding.forward(ids)) : { table: embedding, ids };
    const [output, next] = this.#run(x, state);
    return [this.dropout.forward(output), next];
  }

  #run(x: Tensor | Embedded, state: RecurrentState | undefined): [output: Tensor, state: RecurrentState] {
    const { recurrent } = this;
    if (recurrent instanceof LSTM) return recurrent.forward(x, state as LSTMState | undefined);
    const [output, h] = recurrent.forward(x, state?.[0]);
    return [output, [h]];
  }

  hidden(ids: Indices, state?: CarriedState): Tensor {
    const [hidden, next] = this.forward(ids, state?.tensors);
    state?.replace(next);
    return hidden;
  }

  logits(hidden: Tensor): Tensor {
    return ops.linear(hidden, this.outputWeight, this.outputBias);
  }
}

function resolve(options: RecurrentLanguageModelOptions): Required<RecurrentLanguageModelOptions> {
  const keys = ["vocabularySize", "cell", ...Object.keys(RECURRENT_LANGUAGE_MODEL_DEFAULTS)];
  rejectUnknownKeys("RecurrentLanguageModel", options, keys);
  const all = { ...RECURRENT_LANGUAGE_MODEL_DEFAULTS, ...options };
  // The layers check their own sizes.
  checkNumber("vocabularySize", all.vocabularySize, { integer: true, min: 1 });
  const cell = checkChoice("cell", all.cell ?? "lstm", RECURRENT_CELLS);
  const { embeddingSize = all.hiddenSize } = all;
  if (all.tieEmbeddings && embeddingSize !== all.hiddenSize) {
    throw new OptionError({
      what: "tieEmbeddings",
      expected: "embeddingSize equal to hiddenSize",
      got: `${embeddingSize} and ${all.hiddenSize}`,
    });
  }
  return { ...all, cell, embeddingSize };
}
