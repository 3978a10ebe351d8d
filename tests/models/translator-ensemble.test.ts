import { describe, expect, test } from "vitest";
import { OptionError, StateError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { Translator } from "../../src/models/translator.ts";
import { memoryInfo } from "../../src/tensor/index.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";

const words = trainTokenizer(["a b c d e"], { type: "word" });
const TEXTS = ["a b c", "", "d e", "c", "e d c b a"];

const rnn = (seed: number) =>
  new Translator({
    source: words,
    target: words,
    embeddingSize: 6,
    hiddenSize: 6,
    dropout: 0.5,
    random: new Random(seed),
  });

const transformer = (seed: number) =>
  new Translator({
    ...{ source: words, target: words, model: "transformer", random: new Random(seed) },
    ...{ dModel: 8, nhead: 2, dimFeedforward: 8, numEncoderLayers: 1, numDecoderLayers: 1, dropout: 0.5 },
  });

describe.each([
  ["recurrent", rnn],
  ["transformer", transformer],
] as const)("%s translators together", (_name, make) => {
  test("with themselves translate as alone", () => {
    const alone = make(1);
    const expected = alone.translateDetailed(TEXTS, { beamSize: 3, nBest: 2 });
    for (const combine of ["probability", "log-probability"] as const) {
      const options = { beamSize: 3, nBest: 2, ensemble: [make(1), alone], combine };
      const got = alone.translateDetailed(TEXTS, options);
      got.forEach(({ nBest, sourceTokens }, i) => {
        expect(sourceTokens).toEqual(expected[i].sourceTokens);
        expect(nBest.map(({ tokens }) => tokens)).toEqual(expected[i].nBest.map(({ tokens }) => tokens));
        nBest.forEach(({ logProb, attention }, n) => {
          expect(logProb).toBeCloseTo(expected[i].nBest[n].logProb, 4);
          attention
            .flatMap((row) => [...row])
            .forEach((weight, at) => {
              expect(weight).toBeCloseTo(expected[i].nBest[n].attention.flatMap((row) => [...row])[at], 5);
            });
        });
      });
    }
  });

  test("do not depend on their order nor on batches, and leave dropout and memory as they were", () => {
    const [a, b] = [make(1), make(2)];
    a.translate(TEXTS, { ensemble: [b] }); // what kernels set aside at first stays
    const before = memoryInfo().liveBytes;
    const [ab, ba] = [
      a.translateDetailed(TEXTS, { ensemble: [b] }),
      b.translateDetailed(TEXTS, { ensemble: [a] }),
    ];
    ab.forEach(({ text, logProb }, i) => {
      expect(ba[i].text).toBe(text);
      expect(ba[i].logProb).toBeCloseTo(logProb, 5);
    });
    expect(a.translate(TEXTS, { ensemble: [b], batchSize: 1 })).toEqual(ab.map(({ text }) => text));
    expect([a, b].map(({ network }) => network.training)).toEqual([true, true]);
    expect(memoryInfo().liveBytes).toBeLessThanOrEqual(before);
    // Their own probabilities are others.
    expect(a.translateDetailed(["a b c"])[0].logProb).not.toBeCloseTo(ab[0].logProb, 5);
  });
});

test("different kinds of networks translate together", () => {
  expect(rnn(1).translate(TEXTS, { ensemble: [transformer(1), rnn(3)] })).toHaveLength(TEXTS.length);
});

test("other tokenizers are refused, and a mean of nothing", () => {
  const others = trainTokenizer(["a b c d f"], { type: "word" });
  const other = new Translator({ source: words, target: others, embeddingSize: 6, hiddenSize: 6 });
  const refused = () => rnn(1).translate(TEXTS, { ensemble: [rnn(2), other] });
  expect(refused).toThrow(StateError);
  expect(refused).toThrow(
    `ensemble member 2: target tokenizer: expected that of the first translator ("${words.hash}"), got another ("${others.hash}").`,
  );
  const nothing = () => rnn(1).translate(TEXTS, { combine: "probability" });
  expect(nothing).toThrow(OptionError);
  expect(nothing).toThrow("combine: expected an ensemble with it, got none.");
});
