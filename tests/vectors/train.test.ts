import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { mix, randomBits } from "../../src/kernels/reference/scalar.ts";
import { configure, memoryInfo } from "../../src/tensor/index.ts";
import { heap, kernelsFor } from "../../src/tensor/runtime.ts";
import { NegativeSampling } from "../../src/vectors/negative-sampling.ts";
import type { WordVectorOptions, WordVectorProgress } from "../../src/vectors/options.ts";
import { keepTable } from "../../src/vectors/sampling.ts";
import { trainWordVectors } from "../../src/vectors/train.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { topicSentences, WORDS_OF_TOPIC } from "../support/topics.ts";

const SMALL = { dim: 12, minCount: 1, epochs: 2, sample: 0 } as const;

describe("training", () => {
  const sentences = topicSentences(4, 400);

  test.each([
    ["skip-gram", {}],
    ["cbow", { alpha: 0.1 }],
    ["skip-gram with subwords", { subwords: { buckets: 1000 } }],
    ["cbow with subwords", { architecture: "cbow", subwords: { buckets: 1000 }, alpha: 0.1 }],
    ["strict", { strict: true }],
    ["two threads", { threads: 2 }],
  ] as [string, WordVectorOptions][])(
    "%s: words of a topic become neighbours, and the loss falls",
    (name, more) => {
      const losses: number[] = [];
      const architecture = name.startsWith("cbow") ? "cbow" : "skip-gram";
      const vectors = trainWordVectors(sentences, {
        ...SMALL,
        epochs: 12,
        alpha: 0.05,
        architecture,
        ...more,
        onProgress: ({ epochEnded, loss }) => epochEnded && losses.push(loss),
      });
      let right = 0;
      for (const word of vectors.words) {
        const near = vectors.nearest(word, WORDS_OF_TOPIC - 1);
        right += near.filter((one) => one.word[0] === word[0]).length / near.length / vectors.words.length;
      }
      expect(right).toBeGreaterThan(0.9);
      expect(losses).toHaveLength(12);
      expect(losses[11]).toBeLessThan(0.9 * losses[0]);
    },
  );

  test("the same seed gives the same vectors, another seed others, and no memory stays taken", () => {
    const before = memoryInfo().liveBytes;
    const once = trainWordVectors(sentences, { ...SMALL, seed: 3 });
    expect(trainWordVectors(sentences, { ...SMALL, seed: 3 }).vectors).toEqual(once.vectors);
    expect(trainWordVectors(sentences, { ...SMALL, seed: 4 }).vectors).not.toEqual(once.vectors);
    expect(memoryInfo().liveBytes).toBe(before);
  });

  test("more threads than usual are there for one training only", () => {
    const usual = configure().threads;
    trainWordVectors(sentences, { ...SMALL, threads: usual + 1 });
    expect(configure().threads).toBe(usual);
  });

  test("progress counts words, rates and pairs", () => {
    const events: WordVectorProgress[] = [];
    const text = [["a", "b", "c"], ["rare"], ["a", "b"]];
    trainWordVectors(text, {
      ...SMALL,
      minCount: 2,
      window: 1,
      alpha: 0.05,
      onProgress: (event) => void events.push(event),
    });
    expect(
      events.map(({ epoch, words, totalWords, pairs, alpha }) => [epoch, words, totalWords, pairs, alpha]),
    ).toEqual([
      [1, 6, 12, 4, 0.05],
      [2, 12, 12, 4, 0.025],
    ]);
  });

  test("the vocabulary: by frequency, then as they came; rare words leave the text before windows are cut", () => {
    const text = [
      ["b", "x", "a"],
      ["a", "c", "c", "b"],
    ];
    const pairs: number[] = [];
    const vectors = trainWordVectors(text, {
      ...SMALL,
      epochs: 1,
      minCount: 2,
      window: 1,
      onProgress: (event) => void pairs.push(event.pairs),
    });
    expect(vectors.words).toEqual(["b", "a", "c"]);
    expect(vectors.counts).toEqual(Float64Array.of(2, 2, 2));
    expect(pairs).toEqual([2 + 6]); // "b a" and "a c c b"
  });
});

describe("options", () => {
  test.each([
    [{ dim: 0 }, "dim: expected a whole number of at least 1 and at most 2048, got 0."],
    [{ window: 65 }, "window: expected a whole number of at least 1 and at most 64, got 65."],
    [{ negative: 0 }, "negative: expected a whole number of at least 1 and at most 128, got 0."],
    [{ epochs: 0 }, "epochs: expected a whole number of at least 1, got 0."],
    [{ minCount: 0 }, "minCount: expected a whole number of at least 1, got 0."],
    [{ sample: 2 }, "sample: expected a number of at least 0 and at most 1, got 2."],
    [{ alpha: 0 }, "alpha: expected a number above 0 and at most 1, got 0."],
    [{ threads: 17 }, "threads: expected a whole number of at least 1 and at most 16, got 17."],
    [{ seed: 0.5 }, "seed: expected a whole number"],
    [{ architecture: "cbows" }, 'Did you mean "cbow"?'],
    [{ windows: 5 }, "word vector option: expected one of"],
    [{ strict: true, threads: 2 }, "strict: expected one thread, no subwords and no seed, got 2 threads."],
    [{ strict: true, subwords: {} }, "got subwords."],
    [{ strict: true, seed: 1 }, "got a seed."],
    [{ strict: 1 }, "strict: expected true or false, got 1."],
    [{ subwords: { minN: 4, maxN: 3 } }, "maxN: expected a whole number of at least 4"],
    [{ minCount: 9 }, "word vectors: expected at least 2 words that occur 9 times or more, got 0 among 2"],
  ])("%j", (options, message) => {
    const train = () => trainWordVectors([["a", "b"]], { minCount: 1, ...options } as WordVectorOptions);
    expect(train).toThrow(OptionError);
    expect(train).toThrow(message);
  });
});

/** One call of the kernel on arrays that are given as values. */
function callKernel(given: {
  words: readonly number[];
  input: Float32Array;
  output: Float32Array;
  width: number;
  window: number;
  negatives: number;
  cbow: number;
  rate: number;
  seeds: readonly [number, number];
  keep?: Uint32Array;
  noise: Uint32Array;
}) {
  const { words, input, output, keep, noise } = given;
  const vocabulary = noise.length / 2;
  const blocks: number[] = [];
  const place = (values: ArrayLike<number>, floats: boolean): number => {
    const block = heap.allocate(4 * values.length);
    blocks.push(block);
    (floats ? heap.f32 : heap.i32).set(values, block / 4);
    return block;
  };
  const floats = (block: number, n: number) => heap.f32.slice(block / 4, block / 4 + n);
  try {
    const [tables, outputs] = [place(input, true), place(output, true)];
    const [losses, pairs] = [
      place(new Float32Array(words.length), true),
      place(new Float32Array(words.length), true),
    ];
    const ids = place(words, false);
    const [keeps, noises] = [keep ? place(keep, false) : 0, place(noise, false)];
    const [a, b] = [given.width, given.window];
    const { negatives, cbow, rate, seeds } = given;
    kernelsFor("f32").negativeSampling(
      ids,
      words.length,
      keeps,
      noises,
      vocabulary,
      0,
      0,
      tables,
      outputs,
      a,
      b,
      negatives,
      cbow,
      rate,
      losses,
      pairs,
      1,
      seeds[0],
      seeds[1],
    );
    return {
      input: floats(tables, input.length),
      output: floats(outputs, output.length),
      losses: floats(losses, words.length),
      pairs: floats(pairs, words.length),
    };
  } finally {
    for (const block of blocks) heap.free(block);
  }
}

/** Of every word, itself alone. */
const uniform = (n: number) =>
  Uint32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? 2 ** 32 - 1 : i >> 1));

const below = (bits: number, n: number) => Math.floor((bits * n) / 2 ** 32);
const draw = (hash: number, j: number) => mix((hash + Math.imul(j, 0x9e3779b9)) | 0) >>> 0;

test("pairs are those of windows found by brute force, in sentences between ends", () => {
  const law = fc.property(
    fc.array(fc.integer({ min: -1, max: 9 }), { maxLength: 60 }),
    fc.integer({ min: 1, max: 7 }),
    fc.nat(),
    (words, window, seed) => {
      const tables = { input: new Float32Array(40), output: new Float32Array(40), width: 4 };
      const seeds = [seed | 0, 77] as const;
      const { pairs } = callKernel({
        words,
        ...tables,
        window,
        negatives: 1,
        cbow: 0,
        rate: 0,
        seeds,
        noise: uniform(10),
      });
      const expected = words.map((word, i) => {
        if (word < 0) return 0;
        const radius = 1 + below(draw(randomBits(i, ...seeds), 1), window);
        return words.filter((other, j) => {
          const between = words.slice(Math.min(i, j), Math.max(i, j) + 1);
          return j !== i && other >= 0 && Math.abs(i - j) <= radius && !between.includes(-1);
        }).length;
      });
      expect([...pairs]).toEqual(expected);
    },
  );
  fc.assert(law, runs);
});

test("thinning keeps a share within six standard deviations of what the formula says", () => {
  const counts = Float64Array.of(5000, 3000, 1500, 500);
  const words = Array.from({ length: 20_000 }, (_, i) => [0, 0, 0, 0, 0, 1, 1, 1, 2, 3][i % 10]);
  const keep = keepTable(counts, 10_000, 1e-2);
  const { pairs } = callKernel({
    // Every word in a sentence with two of the rarest: it is kept where it has pairs.
    words: words.flatMap((word) => [word, 4, 4, -1]),
    input: new Float32Array(20),
    output: new Float32Array(20),
    width: 4,
    window: 1,
    negatives: 1,
    cbow: 0,
    rate: 0,
    seeds: [1, 2],
    keep: Uint32Array.from([...keep, 2 ** 32 - 1]),
    noise: uniform(5),
  });
  for (let word = 0; word < 4; word++) {
    const places = words.flatMap((one, i) => (one === word ? [4 * i] : []));
    const kept = places.filter((place) => pairs[place] > 0).length;
    const share = (keep[word] + 1) / 2 ** 32;
    const deviation = Math.sqrt(places.length * share * (1 - share));
    expect(Math.abs(kept - places.length * share)).toBeLessThanOrEqual(6 * deviation);
  }
});

test.each([
  ["skip-gram", 0, 3],
  ["skip-gram with many noise words", 0, 11],
  ["cbow", 1, 3],
])("%s: a step is the rate times the gradient that autograd finds", (_, cbow, negatives) => {
  const law = fc.property(fc.integer({ min: 2, max: 5 }), fc.nat(), (length, seed) => {
    const [vocabulary, dim, rate] = [20, 8, 0.01];
    const random = new Random(seed);
    const words = random.shuffle(Array.from({ length: vocabulary }, (_, i) => i)).slice(0, length);
    const model = new NegativeSampling({ words: vocabulary, dim, random });
    const [input, output] = [model.input.weight.data(), model.output.weight.data()] as Float32Array[];
    // Learning at the first position alone: the others are the ends of sentences of one word.
    const seeds = [random.bits() | 0, random.bits() | 0] as const;
    const place = random.integer(length);
    const after = callKernel({
      words,
      input,
      output,
      width: dim,
      window: 1,
      negatives,
      cbow,
      rate,
      seeds,
      noise: uniform(vocabulary),
    });
    // Positions one after the other: autograd follows with plain gradient steps.
    let loss = 0;
    for (let center = 0; center < length; center++) {
      const contexts = [center - 1, center + 1].filter((i) => i >= 0 && i < length).map((i) => words[i]);
      const hash = randomBits(center, ...seeds) | 0;
      const noise = Array.from({ length: negatives }, (_, k) => below(draw(hash, 2 + k), vocabulary));
      const targets = [...new Set([words[center], ...noise])];
      model.zeroGrad();
      const made = model.forward(cbow ? [contexts] : contexts.map((word) => [word]), targets);
      made.backward();
      if (center === place) loss = made.item();
      for (const [table, factor] of [
        [model.input, cbow ? contexts.length : 1],
        [model.output, 1],
      ] as const) {
        const values = table.weight.view();
        const gradient = table.weight.grad!.data();
        for (let i = 0; i < values.length; i++) values[i] -= rate * factor * gradient[i];
      }
    }
    expectClose(after.input, model.input.weight.data(), { atol: 2e-6, rtol: 1e-5 });
    expectClose(after.output, model.output.weight.data(), { atol: 2e-6, rtol: 1e-5 });
    expect(after.losses[place]).toBeCloseTo(loss, 3);
  });
  fc.assert(law, { ...runs, numRuns: Math.ceil(runs.numRuns / 4) });
});
