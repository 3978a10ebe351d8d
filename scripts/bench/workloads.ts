/** Training workloads on made-up token ids: sizes and mathematics as in peers/pytorch.py. */
import {
  Adam,
  clipGradNorm,
  crossEntropy,
  detach,
  Embedding,
  Linear,
  LSTM,
  type LSTMState,
  Module,
  Random,
  Scope,
  Seq2Seq,
  type Tensor,
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

/** Trains `network` with Adam and clipping on what `loss` computes inside the step's scope. */
function trainer(network: Module, lr: number, maxNorm: number, loss: () => Tensor): () => number {
  const optimizer = new Adam(network.parameters(), { lr });
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
  const step = trainer(network, 2e-3, 5, () => {
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
  const step = trainer(network, 1e-3, 1, () => {
    const source = randomIds(random, 4, vocabulary, [batch, length]);
    const logits = network.forward(source, lengths, randomIds(random, 4, vocabulary, [batch, length]));
    return crossEntropy(logits, randomIds(random, 4, vocabulary, [batch, length]));
  });
  return { tokens: batch * length, step };
}

export const workloads: Record<string, () => Workload> = { charlstm, mt_rnn: mtRnn };
