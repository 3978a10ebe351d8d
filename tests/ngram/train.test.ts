import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError, IoError, NumericError, OptionError } from "../../src/base/errors.ts";
import { readBytes } from "../../src/base/files.ts";
import { Random } from "../../src/base/random.ts";
import { perplexity } from "../../src/metrics/perplexity.ts";
import { readArpa } from "../../src/ngram/arpa-read.ts";
import { formatArpa } from "../../src/ngram/arpa-write.ts";
import type { NgramModel } from "../../src/ngram/model.ts";
import type { NgramOptions } from "../../src/ngram/options.ts";
import { SMOOTHINGS } from "../../src/ngram/smoothing.ts";
import { NgramTrainer, trainNgram } from "../../src/ngram/train.ts";
import { workspace } from "../support/command.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

const quiet = { onWarning: () => undefined };

function contents(files: MemoryFileSystem): Uint8Array {
  return readBytes("m.arpa", files);
}

/** Pads as NLTK's `padded_everygram_pipeline` does, so that its `<s>` are words like any other. */
function padded(order: number, sentence: string): string[] {
  const pad = (word: string) => new Array<string>(order - 1).fill(word);
  return [...pad("<s>"), ...sentence, ...pad("</s>")];
}

// nltk/test/unit/lm/test_models.py (semantics C 10-12): sentences of letters, e, g and r outside the vocabulary.
const nltk = (order: number, options: NgramOptions): NgramModel =>
  trainNgram(
    ["abcd", "egadbe"].map((sentence) => padded(order, sentence)),
    { order, padding: "none", vocabulary: [..."abcdz"], smoothUnigrams: false, ...options, ...quiet },
  );
const P = (model: NgramModel, word: string, context = "") =>
  10 ** model.logProb(word, context === "" ? [] : context.split(" "));

function entropy(model: NgramModel, ngrams: string): number {
  const logProbs = ngrams.split(", ").map((ngram) => {
    const words = ngram.split(" ");
    return Math.LN10 * model.logProb(words.at(-1) as string, words.slice(0, -1));
  });
  return Math.log2(perplexity(logProbs));
}

describe("NLTK's figures", () => {
  const UNSEEN = "<s> a, a c, c -, - d, d c, c </s>";

  test("padding and n-grams of all orders", () => {
    expect(padded(2, "abc")).toEqual(["<s>", "a", "b", "c", "</s>"]);
    const model = trainNgram([padded(2, "abc")], { order: 2, padding: "none", smoothing: "mle" });
    expect(model.counts).toEqual([6, 4]);
  });

  test("mle", () => {
    const model = nltk(2, { smoothing: "mle" });
    expect(P(model, "d", "c")).toBeCloseTo(1, 12);
    expect(P(model, "a")).toBeCloseTo(2 / 14, 12);
    expect(P(model, "y")).toBeCloseTo(3 / 14, 12);
    expect(P(model, "z")).toBe(0);
    const seen = entropy(model, "<s> a, a b, b <unk>, <unk> a, a d, d </s>");
    expect(seen).toBeCloseTo(1.0975, 4);
    expect(2 ** seen).toBeCloseTo(2.1398, 4);
    expect(entropy(model, "<s> a, a c, c d, d </s>")).toBe(Number.POSITIVE_INFINITY);
    const unigrams = entropy(model, "<s>, a, c, -, d, c, </s>");
    expect(unigrams).toBeCloseTo(3.0095, 4);
    expect(2 ** unigrams).toBeCloseTo(8.0529, 3);
  });

  test("lidstone and laplace", () => {
    const lidstone = nltk(2, { smoothing: "lidstone", additive: 0.1 });
    expect(P(lidstone, "d", "c")).toBeCloseTo(1.1 / 1.8, 12);
    expect(P(lidstone, "a")).toBeCloseTo(2.1 / 14.8, 12);
    expect(P(lidstone, "z")).toBeCloseTo(0.1 / 14.8, 12);
    expect(P(lidstone, "y")).toBeCloseTo(3.1 / 14.8, 12);
    const laplace = nltk(2, { smoothing: "laplace" });
    expect(P(laplace, "d", "c")).toBeCloseTo(2 / 9, 12);
    expect(P(laplace, "a")).toBeCloseTo(3 / 22, 12);
    expect(P(laplace, "z")).toBeCloseTo(1 / 22, 12);
    // A context never seen leaves nothing but the uniform distribution.
    expect(P(laplace, "a", "z")).toBeCloseTo(1 / 8, 12);
    expect(entropy(lidstone, UNSEEN)).toBeCloseTo(4.0917, 4);
    expect(2 ** entropy(lidstone, UNSEEN)).toBeCloseTo(17.0504, 3);
    expect(entropy(laplace, UNSEEN)).toBeCloseTo(3.1275, 4);
    expect(2 ** entropy(laplace, UNSEEN)).toBeCloseTo(8.7393, 3);
  });

  test("witten-bell", () => {
    const model = nltk(3, { smoothing: "witten-bell" });
    expect(P(model, "c")).toBeCloseTo(1 / 18, 12);
    expect(P(model, "c", "b")).toBeCloseTo(0.25 + 0.5 / 18, 12);
    expect(P(model, "c", "a b")).toBeCloseTo(0.5 + 0.5 * (0.25 + 0.5 / 18), 12);
    expect(P(model, "z")).toBe(0);
    expect(P(model, "y")).toBeCloseTo(3 / 18, 12);
    expect(P(model, "c", "z b")).toBeCloseTo(P(model, "c", "b"), 12);
  });

  test("kneser-ney", () => {
    const model = nltk(3, { smoothing: "kneser-ney", discount: 0.75 });
    expect(P(model, "c")).toBeCloseTo(1 / 14, 12);
    expect(P(model, "c", "b")).toBeCloseTo(0.125 + 0.75 / 14, 12);
    expect(P(model, "c", "a b")).toBeCloseTo(0.25 + 0.75 * (0.125 + 0.75 / 14), 12);
    expect(P(model, "c", "z b")).toBeCloseTo(P(model, "c", "b"), 12);
    expect(P(model, "z")).toBe(0);
  });

  test("absolute", () => {
    const model = nltk(3, { smoothing: "absolute", discount: 0.75 });
    expect(P(model, "c")).toBeCloseTo(1 / 18, 12);
    expect(P(model, "c", "b")).toBeCloseTo(0.125 + 0.75 / 18, 12);
    expect(P(model, "c", "a b")).toBeCloseTo(0.25 + 0.75 * (0.125 + 0.75 / 18), 12);
  });

  test("stupid-backoff", () => {
    const model = nltk(3, { smoothing: "stupid-backoff" });
    expect(P(model, "c", "b")).toBeCloseTo(1 / 2, 12);
    expect(P(model, "c", "a b")).toBeCloseTo(1, 12);
    expect(P(model, "c", "z b")).toBeCloseTo(0.4 / 2, 12);
    expect(P(model, "c", "z z")).toBeCloseTo((0.4 * 0.4) / 18, 12);
    expect(P(model, "c")).toBeCloseTo(1 / 18, 12);
  });

  test("probabilities sum to one", () => {
    for (const smoothing of SMOOTHINGS) {
      if (smoothing === "stupid-backoff") continue;
      const model = nltk(3, { smoothing });
      for (const context of ["a", "c", "<s>", "b", "<unk>", "d", "e", "r", "w", "a b", "z b", ""]) {
        let sum = 0;
        for (let id = 0; id < model.vocabularySize; id++) sum += P(model, model.word(id), context);
        expect(sum, `${smoothing} after ${context}`).toBeCloseTo(1, 10);
      }
    }
  });
});

/** The entries of an ARPA file. */
function entriesOf(model: NgramModel): Map<string, [number, number]> {
  const entries = new Map<string, [number, number]>();
  for (const line of new TextDecoder().decode(formatArpa(model)).split("\n")) {
    const [logProb, ngram, backoff = "0"] = line.split("\t");
    if (ngram !== undefined) entries.set(ngram, [Number(logProb), Number(backoff)]);
  }
  return entries;
}

function expectEntries(
  model: NgramModel,
  expected: Readonly<Record<string, readonly [number, number?]>>,
): void {
  const entries = entriesOf(model);
  expect([...entries.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [ngram, [logProb, backoff = 0]] of Object.entries(expected)) {
    const [p, b] = entries.get(ngram) as [number, number];
    expect(Math.abs(p - logProb), `${ngram}: ${p}, expected ${logProb}`).toBeLessThan(2e-7);
    expect(Math.abs(b - backoff), `backoff of ${ngram}: ${b}, expected ${backoff}`).toBeLessThan(2e-7);
  }
}

// What `lmplz --discount_fallback -o 3` (KenLM 4cb443e) gives: lm/common/test_data/toy0.arpa and toy1.arpa, retyped.
describe("KenLM's figures", () => {
  const HALF = -0.30103;

  test("toy0", () => {
    const warnings: string[] = [];
    const model = trainNgram(["a a b a", "b a a b"], { onWarning: (message) => void warnings.push(message) });
    expectEntries(model, {
      "<unk>": [-0.90309],
      "<s>": [0, HALF],
      a: [-0.46943438, HALF],
      "</s>": [-0.5720968],
      b: [-0.5720968, HALF],
      "<s> a": [-0.37712017, HALF],
      "a a": [-0.37712017, HALF],
      "b a": [-0.2984526, HALF],
      "a </s>": [-0.58682007],
      "b </s>": [-0.5220179],
      "<s> b": [-0.41574955, HALF],
      "a b": [-0.58682007, HALF],
      "<s> a a": [-0.14885087],
      "b a a": [-0.33741078],
      "<s> b a": [-0.124077894],
      "a b a": [-0.2997394],
      "b a </s>": [-0.42082912],
      "a b </s>": [-0.397617],
      "a a b": [-0.20102891],
    });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^discounts of 1-grams: no n-gram of that order has count 1; took 0\.5, 1, 1\.5 instead$/,
      ),
      expect.stringMatching(/^discounts of 2-grams: /),
      expect.stringMatching(/^discounts of 3-grams: /),
    ]);
  });

  test("toy1", () => {
    expectEntries(trainNgram(["a a b b b b b b b", "c"], quiet), {
      "<unk>": [-1],
      "<s>": [0, HALF],
      a: [-0.6146491, HALF],
      "</s>": [-0.6146491],
      c: [-0.7659168, HALF],
      b: [-0.6146491, HALF],
      "<s> a": [-0.4301247, HALF],
      "a a": [-0.4301247, HALF],
      "c </s>": [-0.20660876],
      "b </s>": [-0.5404639],
      "<s> c": [-0.4740302, HALF],
      "a b": [-0.4301247, HALF],
      "b b": [-0.3422159, -0.47712123],
      "<s> a a": [-0.1638568],
      "<s> c </s>": [-0.09113217],
      "b b </s>": [-0.7462621],
      "a a b": [-0.1638568],
      "a b b": [-0.13823806],
      "b b b": [-0.13375957],
    });
  });

  test("a fallback that was asked for warns of nothing, and false throws", () => {
    const onWarning = () => expect.unreachable();
    const model = trainNgram(["a a b a", "b a a b"], { discountFallback: [0.5, 1, 1.5], onWarning });
    expect(model.logProb("a")).toBeCloseTo(-0.46943438, 7);
    expect(() => trainNgram(["a a b a"], { discountFallback: false })).toThrow(NumericError);
    expect(() => trainNgram(["a a b a"], { discountFallback: false })).toThrow(
      /^discounts of 1-grams: expected a text from which they can be estimated, got one in which no n-gram/,
    );
  });
});

describe("options", () => {
  test("prune: what is left out goes to shorter contexts", () => {
    const text = ["a b c", "a b c", "a b d", "e"];
    const model = trainNgram(text, { order: 3, prune: [0, 0, 1], ...quiet });
    const entries = [...entriesOf(model).keys()];
    expect(entries).toContain("a b c");
    expect(entries).not.toContain("a b d");
    expect(entries).toContain("b d");
    expect(trainNgram(text, { order: 3, prune: [0], ...quiet }).counts).toEqual(
      trainNgram(text, { ...quiet }).counts,
    );
  });

  test("a vocabulary that is given: others are unknown", () => {
    const model = trainNgram(["a b", "a c"], { order: 2, smoothing: "mle", vocabulary: ["a", "b", "z"] });
    expect(P(model, "c", "a")).toBeCloseTo(0.5, 12);
    expect(model.score("a c").words[1]).toMatchObject({ matched: 2, unknown: true });
    expect(P(model, "z", "a")).toBe(0);
  });

  test("a closed vocabulary: nothing for unknown words", () => {
    const options = { order: 2, smoothing: "witten-bell", vocabulary: ["a", "b"], closed: true } as const;
    const model = trainNgram(["a b"], options);
    expect(P(model, "c")).toBe(0);
    expect(P(model, "a") + P(model, "b") + P(model, "</s>")).toBeCloseTo(1, 12);
    expect(() => trainNgram(["a c"], options)).toThrow(
      /^line 1: text: expected words of the closed vocabulary, got "c"\. /,
    );
  });

  test("special words in the text", () => {
    const text = ["a", "a <unk> b"];
    expect(() => trainNgram(text)).toThrow(FormatError);
    expect(() => trainNgram(text)).toThrow(/^line 2: text: expected no <unk>, <s> or <\/s>, got "<unk>"\. /);
    const skipped = trainNgram(text, { specials: "skip", ...quiet });
    expect(entriesOf(skipped)).toEqual(entriesOf(trainNgram(["a", "a b"], quiet)));
    const known = trainNgram(text, { order: 2, specials: "unknown", smoothing: "mle" });
    expect(P(known, "<unk>", "a")).toBeCloseTo(0.5, 12);
    expect(() => trainNgram(["</s>"], { specials: "unknown" })).toThrow(/got "<\/s>"/);
  });

  test("wrong ones are refused", () => {
    const cases: [NgramOptions, RegExp][] = [
      [{ order: 0 }, /^order: expected a whole number of at least 1 and at most 64, got 0\./],
      [{ smoothing: "modified" as never }, /^smoothing: expected one of mle, .*, got "modified"/],
      [{ prune: [1] }, /^prune: expected 0 and then at most 2 numbers that never fall, got 1\./],
      [{ prune: [0, 2, 1] }, /^prune: .*got 0 2 1/],
      [{ prune: [0, 1], smoothing: "laplace" }, /^prune: expected none with laplace, got 0 1/],
      [{ smoothing: "lidstone", additive: 0 }, /^additive: expected a number above 0/],
      [{ additive: 0.5 }, /^additive: expected none with smoothing modified-kneser-ney, got 0\.5\./],
      [{ smoothing: "stupid-backoff", factor: 2 }, /^factor: expected a number above 0 and at most 1/],
      [{ smoothing: "laplace", factor: 0.4 }, /^factor: expected none with smoothing laplace/],
      [{ smoothing: "witten-bell", discount: 0.5 }, /^discount: expected none with smoothing witten-bell/],
      [{ vocabulary: [] }, /^vocabulary: expected at least one word, got none/],
      [{ vocabulary: "a b" }, /^vocabulary: expected an array or another iterable of words, got "a b"/],
      [{ discount: [0.5, 1] as never }, /^discount: expected a number or three, got 2 numbers/],
      [{ discount: 1.5 }, /^discount: expected a number of at least 0 and at most 1/],
      [{ memory: 2 ** 20 }, /^memory: expected a path for scratch with it/],
      [{ closed: true }, /^closed: expected a vocabulary with it, got none/],
      [{ ordre: 3 } as never, /Did you mean "order"/],
    ];
    for (const [options, message] of cases) {
      expect(() => trainNgram(["a"], options)).toThrow(OptionError);
      expect(() => trainNgram(["a"], options)).toThrow(message);
    }
  });

  test("anything but sentences is refused", () => {
    const model = trainNgram(["a b"], { smoothing: "mle" });
    expect(() => trainNgram("a b")).toThrow(
      'trainNgram: expected an array or another iterable of sentences, got "a b". Put a single text into an array.',
    );
    expect(() => trainNgram([5 as never])).toThrow("sentence: expected an array of words, got 5.");
    expect(() => model.score(5 as never)).toThrow(OptionError);
    expect(() => model.extend(null as never, 1)).toThrow(OptionError);
    expect(() => model.id(5 as never)).toThrow("word: expected text, got 5.");
    expect(() => model.evaluate("a b")).toThrow(OptionError);
    expect(() => model.sample({ random: new Random(1), prompt: "a </s>" })).toThrow(
      'prompt: expected words of one sentence, without <s> and </s>, got "</s>".',
    );
  });

  test("a text without words is refused", () => {
    expect(() => trainNgram([])).toThrow("empty corpus: expected at least one word, got no line.");
    expect(() => trainNgram(["", " "])).toThrow(
      "empty corpus: expected at least one word, got 2 blank lines.",
    );
  });
});

describe("memory", () => {
  const sentences = fc.array(fc.array(fc.constantFrom(..."abcdefgh"), { maxLength: 12 }), {
    minLength: 400,
    maxLength: 1200,
  });

  test("the same file whatever the memory", () => {
    const path = workspace();
    const words = Array.from({ length: 60_000 }, (_, i) => `w${(i * i) % 7919}`);
    const text = Array.from({ length: 3000 }, (_, i) => words.slice(20 * i, 20 * i + 1 + (i % 20)));
    for (const options of [
      { order: 4 },
      { order: 2, smoothing: "absolute" },
      { prune: [0, 0, 1] },
    ] as const) {
      const unlimited = trainNgram(text, { ...options, ...quiet });
      const bounded = trainNgram(text, { ...options, ...quiet, memory: 2 ** 20, scratch: path("x") });
      expect(bounded.counts).toEqual(unlimited.counts);
      expect(bounded.parts.unigrams).toEqual(unlimited.parts.unigrams);
      for (const [i, table] of bounded.parts.tables.entries()) {
        expect(table.values).toEqual(unlimited.parts.tables[i].values);
      }
    }
  });

  test("whatever operation on scratch files fails: one error, no file left, the older model unchanged", () => {
    const text = Array.from({ length: 9000 }, (_, i) => [`a${i % 97}`, `b${(i * i) % 89}`, `c${i % 7}`, "d"]);
    const write = (files: MemoryFileSystem) => {
      const memory = { memory: 2 ** 20, scratch: "m.arpa", fileSystem: files };
      const trainer = new NgramTrainer({ order: 2, smoothing: "witten-bell", ...memory });
      try {
        for (const sentence of text) trainer.addSentence(sentence);
        trainer.writeArpa("m.arpa");
      } finally {
        trainer.close();
      }
      return trainer.result.spilled;
    };
    const files = new MemoryFileSystem();
    expect(write(files)).toBeGreaterThan(1);
    const [operations, log] = [files.operations, [...files.log]];
    const model = contents(files);
    for (let at = 1; at <= operations; at++) {
      // Only what has its name can be removed, and closing after the last byte was read loses nothing.
      if (/^(?:remove|close)/.test(log[at - 1]) || log[at - 1].startsWith("syncDirectory")) continue;
      files.heal();
      files.fault = { code: "ENOSPC" };
      files.faultAt = at;
      expect(() => write(files), `operation ${at}, ${log[at - 1]}`).toThrow(IoError);
      files.heal();
      expect(files.list(".").filter((name) => name !== "." && name !== "/")).toEqual(["m.arpa"]);
      expect(contents(files)).toEqual(model);
      expect(files.openFiles).toBe(0);
    }
  });

  test("ARPA files of trained models read back", () => {
    fc.assert(
      fc.property(
        sentences,
        fc.constantFrom(...SMOOTHINGS),
        fc.integer({ min: 1, max: 4 }),
        (text, smoothing, order) => {
          fc.pre(text.some(({ length }) => length > 0));
          const model = trainNgram(text, { order, smoothing, ...quiet });
          const again = readArpa(formatArpa(model));
          for (const sentence of [["a", "b", "never", "c"], text[0], text[1]]) {
            const [a, b] = [model.score(sentence), again.score(sentence)];
            for (const [i, { logProb }] of a.words.entries()) {
              if (logProb === Number.NEGATIVE_INFINITY) expect(b.words[i].logProb).toBe(logProb);
              else expect(Math.abs(b.words[i].logProb - logProb)).toBeLessThan(1e-6);
            }
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});
