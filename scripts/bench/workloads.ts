/** Training workloads on made-up token ids: sizes and mathematics as in peers/pytorch.py. */
import {
  Adam,
  AdamW,
  clipGradNorm,
  crossEntropy,
  detach,
  Embedding,
  Linear,
  LSTM,
  type LSTMState,
  linear,
  Module,
  type Optimizer,
  Positions,
  Random,
  Scope,
  Seq2Seq,
  type Tensor,
  Transformer,
  TransformerEncoder,
  tensor,
  zeros,
} from "../../src/index.ts";

/** One training step, and how many target tokens it trains on. */
export interface Workload {
  readonly tokens: number;
  /** @returns the loss in nats per token */
  step(): number;
}

function randomIds(random: Random, low: number, high: number, shape: readonly [number, number]): Tensor {
  const ids = Int32Array.from({ length: shape[0] * shape[1] }, () => low + random.integer(high - low));
  return tensor(ids, shape, "i32");
}

/** Trains `network` with clipping on what `loss` computes inside the step's scope. */
function trainer(network: Module, optimizer: Optimizer, maxNorm: number, loss: () => Tensor): () => number {
  return () => {
    using _scope = new Scope();
    const value = loss();
    value.backward();
    clipGradNorm(network.parameters(), maxNorm);
    optimizer.step();
    optimizer.zeroGrad();
    return value.item();
  };
}

class CharacterModel extends Module {
  embedding: Embedding;
  lstm: LSTM;
  output: Linear;

  constructor(vocabulary: number, width: number, layers: number, random: Random) {
    super();
    this.embedding = new Embedding({ numEmbeddings: vocabulary, embeddingDim: width, random });
    this.lstm = new LSTM({ inputSize: width, hiddenSize: width, numLayers: layers, random });
    this.output = new Linear({ inFeatures: width, outFeatures: vocabulary, random });
  }
}

/** A character language model with char-rnn's settings: 2 layers of 128, 50 streams of 50 steps. */
function charlstm(): Workload {
  const [vocabulary, batch, steps, width, layers] = [65, 50, 50, 128, 2];
  const random = new Random(0);
  const network = new CharacterModel(vocabulary, width, layers, random);
  const state: [Tensor, Tensor] = [zeros([layers, batch, width]), zeros([layers, batch, width])];
  const step = trainer(network, new Adam(network.parameters(), { lr: 2e-3 }), 5, () => {
    const embedded = network.embedding.forward(randomIds(random, 0, vocabulary, [batch, steps]));
    const [hidden, next] = network.lstm.forward(embedded, state.map(detach) as unknown as LSTMState);
    // The state is carried from step to step outside the scope.
    state.forEach((kept, i) => {
      kept.view().set(next[i].view());
    });
    return crossEntropy(network.output.forward(hidden), randomIds(random, 0, vocabulary, [batch, steps]));
  });
  return { tokens: batch * steps, step };
}

/** A translator: BiLSTM encoder, LSTM decoder with additive attention and input feeding, all of width 256. */
function mtRnn(): Workload {
  const [vocabulary, batch, length, width] = [8000, 64, 14, 256];
  const random = new Random(0);
  const sizes = { sourceVocabulary: vocabulary, targetVocabulary: vocabulary };
  const network = new Seq2Seq({ ...sizes, embeddingSize: width, hiddenSize: width }, random);
  const lengths = new Int32Array(batch).fill(length);
  const step = trainer(network, new Adam(network.parameters(), { lr: 1e-3 }), 1, () => {
    const source = randomIds(random, 4, vocabulary, [batch, length]);
    const logits = network.forward(source, lengths, randomIds(random, 4, vocabulary, [batch, length]));
    return crossEntropy(logits, randomIds(random, 4, vocabulary, [batch, length]));
  });
  return { tokens: batch * length, step };
}

class CharacterTransformer extends Module {
  embedding: Embedding;
  positions: Positions;
  layers: TransformerEncoder;

  constructor(vocabulary: number, time: number, dModel: number, random: Random) {
    super();
    this.embedding = new Embedding({ numEmbeddings: vocabulary, embeddingDim: dModel, random });
    this.positions = new Positions({ type: "learned", dModel, maxLength: time, random });
    const layer = { dModel, nhead: 4, dimFeedforward: 4 * dModel, dropout: 0, activation: "gelu" } as const;
    this.layers = new TransformerEncoder({ ...layer, numLayers: 4, normFirst: true, random });
  }

  forward(ids: Tensor): Tensor {
    const embedded = this.positions.forward(this.embedding.forward(ids));
    return linear(this.layers.forward(embedded, { causal: true }), this.embedding.weight);
  }
}

/** A character language model with nanoGPT's settings for a CPU: 4 layers of 128 and 4 heads, 12 windows of 64. */
function charlm(): Workload {
  const [vocabulary, batch, time, width] = [65, 12, 64, 128];
  const random = new Random(0);
  const network = new CharacterTransformer(vocabulary, time, width, random);
  const ids = () => randomIds(random, 0, vocabulary, [batch, time]);
  const optimizer = new AdamW(network.parameters(), { lr: 1e-3 });
  return {
    tokens: batch * time,
    step: trainer(network, optimizer, 1, () => crossEntropy(network.forward(ids()), ids())),
  };
}

class TransformerTranslator extends Module {
  source: Embedding;
  target: Embedding;
  transformer: Transformer;
  output: Linear;

  constructor(vocabulary: number, dModel: number, random: Random) {
    super();
    const table = { numEmbeddings: vocabulary, embeddingDim: dModel, random };
    this.source = new Embedding(table);
    this.target = new Embedding(table);
    const layers = { numEncoderLayers: 4, numDecoderLayers: 4, nhead: 4, dimFeedforward: 256, dropout: 0.3 };
    this.transformer = new Transformer({ ...layers, dModel, random });
    this.output = new Linear({ inFeatures: dModel, outFeatures: vocabulary, random });
  }

  forward(source: Tensor, target: Tensor, lengths: Int32Array): Tensor {
    const scale = Math.sqrt(this.source.weight.shape[1]);
    const [from, to] = [this.source.forward(source).mul(scale), this.target.forward(target).mul(scale)];
    return this.output.forward(this.transformer.forward(from, to, { causal: true, memoryLengths: lengths }));
  }
}

/** A translator of Multi30k's published size (Wu et al. 2021): 4 + 4 layers of 128, 9,712 tokens. */
function mtTransformer(): Workload {
  const [vocabulary, batch, length, width] = [9712, 128, 16, 128];
  const random = new Random(0);
  const network = new TransformerTranslator(vocabulary, width, random);
  const lengths = new Int32Array(batch).fill(length);
  const ids = () => randomIds(random, 4, vocabulary, [batch, length]);
  const optimizer = new Adam(network.parameters(), { lr: 5e-3, betas: [0.9, 0.98] });
  const step = trainer(network, optimizer, 1e9, () =>
    crossEntropy(network.forward(ids(), ids(), lengths), ids(), { labelSmoothing: 0.1 }),
  );
  return { tokens: batch * length, step };
}

export const workloads: Record<string, () => Workload> = {
  charlm,
  charlstm,
  mt_transformer: mtTransformer,
  mt_rnn: mtRnn,
};
