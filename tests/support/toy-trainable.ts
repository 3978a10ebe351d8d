/** The smallest model worth training: two words to the class of their sum, with dropout, in 30 numbers. */
import { rejectUnknownKeys } from "../../src/base/options.ts";
import { Random } from "../../src/base/random.ts";
import { Dropout } from "../../src/nn/dropout.ts";
import { Embedding } from "../../src/nn/embedding.ts";
import { Linear } from "../../src/nn/linear.ts";
import { Module } from "../../src/nn/module.ts";
import { noGrad, ops, scoped, type Tensor, tensor } from "../../src/tensor/index.ts";
import { type IdPair, type PairBatch, PairBatches } from "../../src/text/batching.ts";
import type { Trainable, TrainingTask } from "../../src/train/task.ts";

const WORDS = 6;
const CLASSES = 3;

export class ToyNet extends Module {
  embedding: Embedding;
  output: Linear;
  dropout: Dropout;

  constructor(random: Random, p: number) {
    super();
    this.embedding = new Embedding({ numEmbeddings: WORDS, embeddingDim: 3, random });
    this.output = new Linear({ inFeatures: 3, outFeatures: CLASSES, random });
    this.dropout = new Dropout({ p, random });
  }

  forward({ source, target }: PairBatch): Tensor {
    const embedded = this.embedding.forward(tensor(source.ids, source.shape, "i32")); // [B, 2, 3]
    const logits = this.output.forward(this.dropout.forward(ops.sum(embedded, 1))); // [B, classes]
    return ops.crossEntropy(logits, tensor(target.ids, [target.shape[0]], "i32"));
  }
}

export interface ToyData {
  readonly train: readonly IdPair[];
  readonly valid?: readonly IdPair[];
}

export interface ToyTaskOptions {
  readonly batchSize?: number;
}

/** Any number of examples. */
export function toyPairs(count: number, seed = 3): IdPair[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const source = [random.integer(WORDS), random.integer(WORDS)];
    return { source, target: [Math.floor((source[0] + source[1]) / 4)] };
  });
}

export const toyData: ToyData = { train: toyPairs(14), valid: toyPairs(5, 4) };

export class Toy implements Trainable<ToyData, ToyTaskOptions, PairBatch> {
  readonly random: Random;
  readonly module: ToyNet;

  constructor({ seed = 1, dropout = 0.2 } = {}) {
    this.random = new Random(seed);
    this.module = new ToyNet(this.random, dropout);
  }

  task({ train, valid = [] }: ToyData, options: ToyTaskOptions = {}): TrainingTask<PairBatch> {
    rejectUnknownKeys("toy task", options, ["batchSize"]);
    const { batchSize = 4 } = options;
    const { module, random } = this;
    return {
      module,
      batches: new PairBatches(train, { batchSize, random: random.fork() }),
      dataHash: String(train.length),
      hasValidation: valid.length > 0,
      loss: (batch) => ({ loss: module.forward(batch), tokens: batch.target.shape[0] }),
      validate() {
        module.eval();
        const all = new PairBatches(valid, { batchSize: valid.length }).next();
        const loss = scoped(() => noGrad(() => module.forward(all).item()));
        module.train();
        return { loss, tokens: valid.length };
      },
      translateValidation: () => ({
        hypotheses: [`a b c ${module.output.bias?.view()[0]}`],
        references: [["a b c d"]],
      }),
      config: () => ({ format: "toy", model: { words: WORDS } }),
      files: () => new Map([["tokenizer.json", "{}\n"]]),
    };
  }

  /** All weights. */
  get weights(): number[] {
    return this.module.parameters().flatMap((parameter) => Array.from(parameter.data()));
  }
}
