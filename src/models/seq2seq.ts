/** The recurrent encoder-decoder with attention. */
import { OptionError } from "../base/errors.ts";
import { checkChoice, checkNumber } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import {
  AdditiveAttention,
  type Attention,
  type AttentionMemory,
  BilinearAttention,
  DotAttention,
} from "../nn/attention.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import { uniform } from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { Module, Parameter } from "../nn/module.ts";
import { GRU, LSTM } from "../nn/recurrent.ts";
import { attentionDecoder, concat, type Indices, ops, stack, type Tensor, zeros } from "../tensor/index.ts";
import type { OutputLayer } from "./output-layer.ts";
import {
  resolveNetwork,
  type TranslationNetwork,
  type TranslationNetworkOptions,
} from "./translation-network.ts";

/** Sizes and variants of a {@link Seq2Seq}; all plain values, so that a run directory can hold them. */
export interface Seq2SeqOptions extends TranslationNetworkOptions {
  /** Default 128. */
  readonly embeddingSize?: number;
  /** Width of the decoder's state and of the encoder's output (half in each direction when bidirectional). Default 128. */
  readonly hiddenSize?: number;
  /** Default `lstm`. */
  readonly cell?: "lstm" | "gru";
  /** Default 1. */
  readonly encoderLayers?: number;
  /** Default 1. */
  readonly decoderLayers?: number;
  /** Whether the encoder also reads backwards. Default true. */
  readonly bidirectional?: boolean;
  /** Default `additive`. */
  readonly attention?: "additive" | "dot" | "bilinear";
  /** Whether the decoder sees the last attentional state with the next word (Luong et al. 2015, section 3.3). Default true. */
  readonly inputFeeding?: boolean;
  /** Default 0. */
  readonly dropout?: number;
}

export const SEQ2SEQ_DEFAULTS = {
  embeddingSize: 128,
  hiddenSize: 128,
  cell: "lstm",
  encoderLayers: 1,
  decoderLayers: 1,
  bidirectional: true,
  attention: "additive",
  inputFeeding: true,
  tieEmbeddings: "none",
  dropout: 0,
  padId: 0,
} as const satisfies Omit<Required<Seq2SeqOptions>, "sourceVocabulary" | "targetVocabulary">;

/** The decoder between two steps. */
export interface DecoderState {
  /** h (and c), each `[layers, B, H]`. */
  readonly recurrent: readonly Tensor[];
  /** The last attentional state, `[B, 1, H]`. */
  readonly feed: Tensor;
}

/**
 * Encoder-decoder with attention (Bahdanau, Cho and Bengio 2015; the decoder's attentional state and input feeding as
 * in Luong, Pham and Manning 2015, eq. 5 and section 3.3):
 *
 *     memory = RNN_enc(source)                        s_t = RNN_dec([E y_(t-1); f_(t-1)], s_(t-1))
 *     context_t = attention(s_t, memory)              f_t = tanh(W [context_t; s_t])
 *     p(y_t) = softmax(W_out f_t + b)
 */
export class Seq2Seq extends Module implements TranslationNetwork {
  readonly options: Required<Seq2SeqOptions>;
  sourceEmbedding: Embedding;
  targetEmbedding: Embedding;
  encoder: LSTM | GRU;
  /** From the encoder's final h (and c) to the decoder's initial one. */
  bridge: Linear[];
  decoder: LSTM | GRU;
  attention: Attention;
  combine: Linear;
  /** `[V, H]`; the target embedding when tied. */
  outputWeight: Parameter;
  outputBias: Parameter;
  dropout: Dropout;

  constructor(options: Seq2SeqOptions, random: Random) {
    super();
    this.options = resolve(options);
    const { sourceVocabulary, targetVocabulary, embeddingSize, hiddenSize, cell, padId, dropout } =
      this.options;
    const { encoderLayers, decoderLayers, bidirectional, inputFeeding, tieEmbeddings } = this.options;
    const Layer = cell === "lstm" ? LSTM : GRU;

    const embedding = (numEmbeddings: number) => {
      const made = new Embedding({ numEmbeddings, embeddingDim: embeddingSize, paddingIdx: padId, random });
      // Small enough that tied output logits start near zero.
      uniform(made.weight, -0.1, 0.1, random);
      made.weight.view().fill(0, padId * embeddingSize, (padId + 1) * embeddingSize);
      return made;
    };
    this.targetEmbedding = embedding(targetVocabulary);
    this.sourceEmbedding = tieEmbeddings === "all" ? this.targetEmbedding : embedding(sourceVocabulary);
    this.encoder = new Layer({
      inputSize: embeddingSize,
      hiddenSize: bidirectional ? hiddenSize / 2 : hiddenSize,
      numLayers: encoderLayers,
      bidirectional,
      dropout,
      random,
    });
    const square = { inFeatures: hiddenSize, outFeatures: hiddenSize, random };
    this.bridge = Array.from({ length: cell === "lstm" ? 2 : 1 }, () => new Linear(square));
    this.decoder = new Layer({
      inputSize: embeddingSize + (inputFeeding ? hiddenSize : 0),
      hiddenSize,
      numLayers: decoderLayers,
      dropout,
      random,
    });
    this.attention = makeAttention(this.options, random);
    this.combine = new Linear({ inFeatures: 2 * hiddenSize, outFeatures: hiddenSize, bias: false, random });
    const bound = 1 / Math.sqrt(hiddenSize);
    this.outputWeight =
      tieEmbeddings === "none"
        ? new Parameter(uniform(zeros([targetVocabulary, hiddenSize]), -bound, bound, random))
        : this.targetEmbedding.weight;
    this.outputBias = new Parameter(zeros([targetVocabulary]));
    this.dropout = new Dropout({ p: dropout, random });
  }

  /** Encodes ids `[B, S]` of the given lengths: what the decoder attends to, and its first state. */
  encode(source: Indices, lengths: Indices): { memory: AttentionMemory; state: DecoderState } {
    const embedded = this.dropout.forward(this.sourceEmbedding.forward(source));
    const [output, final] = this.#runEncoder(embedded, lengths);
    const memory = this.attention.memory(this.dropout.forward(output), { lengths });
    const [batch] = embedded.shape;
    const feed = zeros([batch, 1, this.options.hiddenSize], embedded.dtype);
    return { memory, state: { recurrent: final.map((state, i) => this.#bridgeState(state, i)), feed } };
  }

  #runEncoder(embedded: Tensor, lengths: Indices): [output: Tensor, final: readonly Tensor[]] {
    if (this.encoder instanceof LSTM) return this.encoder.forward(embedded, undefined, { lengths });
    const [output, h] = this.encoder.forward(embedded, undefined, { lengths });
    return [output, [h]];
  }

  #runDecoder(x: Tensor, recurrent: readonly Tensor[]): [output: Tensor, final: readonly Tensor[]] {
    if (this.decoder instanceof LSTM) return this.decoder.forward(x, [recurrent[0], recurrent[1]]);
    const [output, h] = this.decoder.forward(x, recurrent[0]);
    return [output, [h]];
  }

  /**
   * Final states `[encoderLayers * directions, B, H / directions]` to initial ones `[decoderLayers, B, H]`: decoder
   * layer i starts from encoder layer i, or from the last one.
   */
  #bridgeState(final: Tensor, which: number): Tensor {
    const { decoderLayers, encoderLayers } = this.options;
    const { directions } = this.encoder;
    const layers = Array.from({ length: decoderLayers }, (_, i) => {
      const layer = Math.min(i, encoderLayers - 1);
      const sides = Array.from({ length: directions }, (_, d) =>
        ops.select(final, 0, layer * directions + d),
      );
      return ops.tanh(this.bridge[which].forward(concat(sides, 1)));
    });
    return stack(layers);
  }

  /** The attentional states for decoder outputs `[B, T, H]`. */
  #attend(output: Tensor, memory: AttentionMemory): { attentional: Tensor; weights: Tensor } {
    const { context, weights } = this.attention.attend(output, memory);
    const attentional = ops.tanh(this.combine.forward(concat([context, output], 2)));
    return { attentional: this.dropout.forward(attentional), weights };
  }

  get maxLength(): number {
    return Number.POSITIVE_INFINITY;
  }

  get output(): OutputLayer {
    return { weight: this.outputWeight, bias: this.outputBias };
  }

  /** Logits `[..., V]` of attentional states `[..., H]`. */
  #logits(attentional: Tensor): Tensor {
    return ops.linear(attentional, this.outputWeight, this.outputBias);
  }

  /** One step: the previous ids `[B, 1]` to logits `[B, 1, V]`, the weights `[B, 1, S]` and the next state. */
  step(
    previous: Indices,
    state: DecoderState,
    memory: AttentionMemory,
  ): { logits: Tensor; weights: Tensor; state: DecoderState } {
    const { recurrent, attentional, weights } = this.#advance(
      this.targetEmbedding.forward(previous),
      state,
      memory,
    );
    return { logits: this.#logits(attentional), weights, state: { recurrent, feed: attentional } };
  }

  #advance(embedded: Tensor, state: DecoderState, memory: AttentionMemory) {
    const input = this.options.inputFeeding ? concat([embedded, state.feed], 2) : embedded;
    const [output, recurrent] = this.#runDecoder(input, state.recurrent);
    return { recurrent, ...this.#attend(output, memory) };
  }

  /** The attentional states `[B, T, H]` for all target positions at once, of a decoder of one layer. */
  #feedAll(
    embedded: Tensor,
    { recurrent }: DecoderState,
    { values, keys, mask }: AttentionMemory,
    { queryWeight, v }: AdditiveAttention,
  ): Tensor {
    const [h0, c0 = null] = recurrent.map((state) => ops.select(state, 0, 0));
    const states = attentionDecoder(
      [
        ops.transpose(embedded, 0, 1),
        values,
        keys,
        h0,
        c0,
        ...this.decoder.weights(0),
        queryWeight,
        v,
        this.combine.weight,
        this.combine.bias,
      ],
      { mask, dropout: this.dropout.active() },
    )[0];
    return ops.transpose(states, 0, 1);
  }

  /**
   * Teacher forcing: the attentional state `[B, T, H]` for each next word, given the right words before it.
   *
   * @param source ids `[B, S]`
   * @param lengths number of source words of each sentence, `[B]`
   * @param previous ids `[B, T]`: the target shifted right, beginning with the start symbol
   */
  hidden(source: Indices, lengths: Indices, previous: Indices): Tensor {
    const { memory, state } = this.encode(source, lengths);
    const embedded = this.dropout.forward(this.targetEmbedding.forward(previous)); // [B, T, E]
    if (!this.options.inputFeeding) return this.#advance(embedded, state, memory).attentional;
    if (this.attention instanceof AdditiveAttention && this.decoder.numLayers === 1 && this.dropout.p < 1) {
      return this.#feedAll(embedded, state, memory, this.attention);
    }
    const states: Tensor[] = [];
    let current = state;
    for (let t = 0; t < embedded.shape[1]; t++) {
      const { recurrent, attentional } = this.#advance(ops.slice(embedded, 1, t, t + 1), current, memory);
      current = { recurrent, feed: attentional };
      states.push(attentional);
    }
    return concat(states, 1);
  }

  /** Teacher forcing: the logits `[B, T, V]` of {@link hidden}. */
  forward(source: Indices, lengths: Indices, previous: Indices): Tensor {
    return this.#logits(this.hidden(source, lengths, previous));
  }
}

function makeAttention({ attention, hiddenSize }: Required<Seq2SeqOptions>, random: Random): Attention {
  if (attention === "dot") return new DotAttention();
  const sizes = { queryDim: hiddenSize, keyDim: hiddenSize, random };
  return attention === "bilinear"
    ? new BilinearAttention(sizes)
    : new AdditiveAttention({ ...sizes, attentionDim: hiddenSize });
}

function resolve(options: Seq2SeqOptions): Required<Seq2SeqOptions> {
  const all = resolveNetwork("Seq2Seq", options, SEQ2SEQ_DEFAULTS);
  const size = { integer: true, min: 1 };
  checkNumber("embeddingSize", all.embeddingSize, size);
  checkNumber("hiddenSize", all.hiddenSize, size);
  checkNumber("encoderLayers", all.encoderLayers, size);
  checkNumber("decoderLayers", all.decoderLayers, size);
  checkNumber("dropout", all.dropout, { min: 0, max: 1 });
  checkChoice("cell", all.cell, ["lstm", "gru"]);
  checkChoice("attention", all.attention, ["additive", "dot", "bilinear"]);
  if (all.bidirectional && all.hiddenSize % 2 !== 0) {
    throw new OptionError({
      what: "hiddenSize",
      expected: "an even number for a bidirectional encoder",
      got: String(all.hiddenSize),
    });
  }
  if (all.tieEmbeddings !== "none" && all.embeddingSize !== all.hiddenSize) {
    throw new OptionError({
      what: "tieEmbeddings",
      expected: "embeddingSize equal to hiddenSize",
      got: `${all.embeddingSize} and ${all.hiddenSize}`,
    });
  }
  return all;
}
