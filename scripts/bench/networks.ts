/**
 * The networks of the training workloads; fields are named as in peers/pytorch.py, so that weights can be exchanged.
 * `forward` gives the vectors `[B, T, D]` that `output`, or else the embedding, makes logits of.
 */
import {
  Dropout,
  Embedding,
  Linear,
  LSTM,
  type LSTMState,
  Module,
  Positions,
  type Random,
  squeeze,
  type Tensor,
  Transformer,
  TransformerEncoder,
  transpose,
  zeros,
} from "../../src/index.ts";
import { attentionDecoder } from "../../src/tensor/index.ts";

export interface Sizes {
  readonly vocabulary: number;
  readonly batch: number;
  /** Positions of a sequence, of source and target alike. */
  readonly time: number;
  readonly width: number;
}

export interface LayerSizes extends Sizes {
  readonly layers: number;
  readonly dropout: number;
}

export interface TransformerSizes extends Omit<LayerSizes, "dropout"> {
  readonly heads: number;
}

export interface TranslatorSizes extends TransformerSizes {
  readonly inner: number;
  readonly dropout: number;
}

const table = ({ vocabulary, width }: Sizes, random: Random): Embedding =>
  new Embedding({ numEmbeddings: vocabulary, embeddingDim: width, random });

/** An LSTM language model, with dropout on what goes into each layer and on what comes out of the last. */
export class LstmLanguageModel extends Module {
  embedding: Embedding;
  lstm: LSTM;
  output: Linear;
  dropout: Dropout;

  constructor(sizes: LayerSizes, random: Random) {
    super();
    const { vocabulary, width, layers, dropout } = sizes;
    this.embedding = table(sizes, random);
    this.lstm = new LSTM({ inputSize: width, hiddenSize: width, numLayers: layers, dropout, random });
    this.output = new Linear({ inFeatures: width, outFeatures: vocabulary, random });
    this.dropout = new Dropout({ p: dropout, random });
  }

  forward(ids: Tensor, state: LSTMState): [hidden: Tensor, state: LSTMState] {
    const { embedding, dropout } = this;
    const x = dropout.active() ? dropout.forward(embedding.forward(ids)) : { table: embedding, ids };
    const [hidden, next] = this.lstm.forward(x, state);
    return [this.dropout.forward(hidden), next];
  }
}

/** A pre-norm transformer language model whose output weights are the embedding. */
export class TransformerLanguageModel extends Module {
  embedding: Embedding;
  positions: Positions;
  encoder: TransformerEncoder;

  constructor(sizes: TransformerSizes, random: Random) {
    super();
    const { time, width, layers, heads } = sizes;
    this.embedding = table(sizes, random);
    this.positions = new Positions({ type: "learned", dModel: width, maxLength: time, random });
    this.encoder = new TransformerEncoder({
      ...{ numLayers: layers, dModel: width, nhead: heads, dimFeedforward: 4 * width, dropout: 0 },
      ...{ activation: "gelu", normFirst: true, random },
    });
  }

  forward(ids: Tensor): Tensor {
    const embedded = this.positions.forward(this.embedding.forward(ids));
    return this.encoder.forward(embedded, { causal: true });
  }
}

/** A post-norm transformer translator without positions. */
export class TransformerTranslator extends Module {
  source: Embedding;
  target: Embedding;
  transformer: Transformer;
  output: Linear;

  constructor(sizes: TranslatorSizes, random: Random) {
    super();
    const { vocabulary, width, layers, heads, inner, dropout } = sizes;
    this.source = table(sizes, random);
    this.target = table(sizes, random);
    this.transformer = new Transformer({
      ...{ dModel: width, nhead: heads, numEncoderLayers: layers, numDecoderLayers: layers },
      ...{ dimFeedforward: inner, dropout, random },
    });
    this.output = new Linear({ inFeatures: width, outFeatures: vocabulary, random });
  }

  forward(source: Tensor, previous: Tensor, lengths: Int32Array): Tensor {
    const scale = Math.sqrt(this.source.weight.shape[1]);
    const [from, to] = [this.source.forward(source).mul(scale), this.target.forward(previous).mul(scale)];
    const options = { causal: true, lengths, memoryLengths: lengths };
    return this.transformer.forward(from, to, options);
  }
}

/** A translator of LSTMs with additive attention and input feeding, whose decoder starts from zeros. */
export class RecurrentTranslator extends Module {
  source: Embedding;
  target: Embedding;
  encoder: LSTM;
  decoder: LSTM;
  query: Linear;
  key: Linear;
  energy: Linear;
  combine: Linear;
  output: Linear;

  constructor(sizes: Sizes, random: Random) {
    super();
    const { vocabulary, width } = sizes;
    const map = (inFeatures: number, outFeatures: number) => new Linear({ inFeatures, outFeatures, random });
    this.source = table(sizes, random);
    this.target = table(sizes, random);
    this.encoder = new LSTM({ inputSize: width, hiddenSize: width / 2, bidirectional: true, random });
    this.decoder = new LSTM({ inputSize: 2 * width, hiddenSize: width, random });
    [this.query, this.key, this.energy] = [map(width, width), map(width, width), map(width, 1)];
    [this.combine, this.output] = [map(2 * width, width), map(width, vocabulary)];
  }

  forward(source: Tensor, previous: Tensor): Tensor {
    const [memory] = this.encoder.forward(this.source.forward(source)); // [B, S, D]
    const [keys, embedded] = [this.key.forward(memory), this.target.forward(previous)];
    const [batch, , width] = embedded.shape;
    const start = zeros([batch, width]);
    // The query's bias is a part of every key, and the energy's changes no softmax.
    const [fed] = attentionDecoder(
      [
        transpose(embedded, 0, 1),
        memory,
        keys.add(this.query.bias as Tensor),
        start,
        start,
        ...this.decoder.weights(0),
        this.query.weight,
        squeeze(this.energy.weight, 0),
        this.combine.weight,
        this.combine.bias,
      ],
      { mask: null, dropout: null },
    );
    return transpose(fed, 0, 1); // [B, T, D]
  }
}
