/** What the browser test runs in Node and in a page alike: twenty training steps, one translation, and word vectors. */
import {
  Adam,
  clipGradNorm,
  configure,
  type Neighbour,
  Random,
  Scope,
  Translator,
  trainTokenizer,
  trainWordVectors,
} from "../../../src/index.ts";

export interface Outcome {
  /** Nats per token of each step; exact, as every f32 is an exact double. */
  readonly losses: number[];
  readonly translation: string;
  readonly backend: string;
}

export function trainAndTranslate(): Outcome {
  const { backend } = configure({ backend: "simd" });
  const random = new Random(3);
  const train = Array.from({ length: 64 }, () => {
    const words = Array.from({ length: 2 + random.integer(5) }, () => `w${random.integer(12)}`);
    return { source: words.join(" "), target: [...words].reverse().join(" ") };
  });
  const tokenizer = trainTokenizer(
    train.map((pair) => pair.source),
    { type: "word" },
  );
  const translator = new Translator({
    source: tokenizer,
    target: tokenizer,
    embeddingSize: 24,
    hiddenSize: 32,
    dropout: 0.1,
    random,
  });
  const task = translator.task({ train }, { batchSize: 16, labelSmoothing: 0.1 });
  const optimizer = new Adam(task.module.parameters(), { lr: 0.01 });
  const losses = Array.from({ length: 20 }, () => {
    using _scope = new Scope();
    const { loss } = task.loss(task.batches.next());
    loss.backward();
    clipGradNorm(task.module.parameters(), 1);
    optimizer.step();
    optimizer.zeroGrad();
    return loss.item();
  });
  return { losses, translation: translator.translate([train[0].source], { beamSize: 3 })[0], backend };
}

export interface LearnedVectors {
  readonly words: readonly string[];
  readonly vectors: number[];
  /** Of a word of the text, and of one that was never seen. */
  readonly neighbours: readonly (readonly Neighbour[])[];
}

/** Trains word vectors with those of n-grams, and asks them. */
export function learnVectors(): LearnedVectors {
  configure({ backend: "simd" });
  const random = new Random(5);
  const topics = [
    ["walking", "talking", "singing", "road"],
    ["unhappy", "unkind", "unwell", "mood"],
  ];
  const sentences = Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: 6 }, () => topics[i % 2][random.integer(4)]),
  );
  const options = { dim: 10, minCount: 1, epochs: 5, sample: 0, subwords: { buckets: 1000 } };
  const vectors = trainWordVectors(sentences, options);
  return {
    words: vectors.words,
    vectors: [...vectors.vectors],
    neighbours: ["singing", "balking"].map((word) => vectors.nearest(word, 2)),
  };
}
