import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { beamSearch } from "../../src/decode/beam-search.ts";
import { LanguageModelDecoding, windowStart } from "../../src/models/language-model-decoding.ts";
import { TransformerLanguageModel } from "../../src/models/transformer-language-model.ts";
import { memoryInfo, noGrad, ops, scoped, tensor } from "../../src/tensor/index.ts";
import { stepModelLaws } from "../../src/testing/laws-step-model.ts";
import { expectClose } from "../support/close.ts";

const V = 6;
const IDS = { eosId: 2, forbiddenIds: [0] };
const PROMPTS = [
  [1, 3, 4],
  [1, 5, 5],
  [1, 3, 3],
];

type Variant = "learned" | "sinusoidal" | "rotary" | "none";
function network(positions: Variant, blockSize = 4): TransformerLanguageModel {
  const sizes = { vocabularySize: V, dModel: 8, nhead: 2, numLayers: 2, blockSize };
  const made = new TransformerLanguageModel({ ...sizes, positions }, new Random(5));
  // Far from uniform, so that mistakes show, but not so far that roundings do.
  for (const parameter of made.parameters()) {
    const view = parameter.view();
    for (let i = 0; i < view.length; i++) view[i] *= 8;
  }
  return made.eval();
}

describe.each(["learned", "rotary"] as const)("with %s positions and a sliding window", (positions) => {
  const model = network(positions);
  const laws = stepModelLaws(
    (sentences) =>
      new LanguageModelDecoding(
        model,
        sentences.map((i) => PROMPTS[i]),
        IDS,
      ),
    { sentences: PROMPTS.length, maxLength: 6 },
  );
  test.each(Object.entries(laws))("law: %s", (_name, property) => {
    fc.assert(property, { numRuns: 15 });
  });
});

/** The log probabilities after each of the tokens, computed anew from the window that counts. */
function uncached(model: TransformerLanguageModel, tokens: readonly number[], from: number): number[] {
  return scoped(() =>
    noGrad(() =>
      Array.from({ length: tokens.length - from }, (_, i) => {
        const seen = tokens.slice(windowStart(from + i + 1, model.blockSize), from + i + 1);
        const hidden = model.hidden(tensor([seen], undefined, "i32"));
        const last = ops.slice(hidden, 1, seen.length - 1, seen.length);
        return Array.from(ops.logSoftmax(model.logits(last)).data());
      }).flat(),
    ),
  );
}

describe("the cache", () => {
  const sequences = fc.array(fc.nat(V - 1), { minLength: 1, maxLength: 14 });
  test.each(["learned", "sinusoidal", "rotary", "none"] as const)(
    "changes no log probability, with %s positions (law 66)",
    (positions) => {
      fc.assert(
        fc.property(sequences, fc.nat(13), fc.integer({ min: 1, max: 6 }), (tokens, cut, blockSize) => {
          const model = network(positions, blockSize);
          const known = 1 + (cut % tokens.length);
          const steps = new LanguageModelDecoding(model, [tokens.slice(0, known)], IDS);
          let { state, tokens: fed } = steps.start();
          const cached: number[] = [];
          for (let i = known - 1; i < tokens.length; i++) {
            const step = steps.step(state, fed);
            state = step.state;
            cached.push(...step.logProbs);
            fed = Int32Array.of(tokens[i + 1]);
          }
          steps.release(state);
          expectClose(cached, uncached(model, tokens, known - 1), { atol: 1e-4, rtol: 1e-4 });
        }),
        { numRuns: 60 },
      );
    },
  );
});

test("a window slides by half a block and never holds more than one", () => {
  fc.assert(
    fc.property(fc.nat(60), fc.integer({ min: 1, max: 9 }), (n, blockSize) => {
      const start = windowStart(n, blockSize);
      expect(start % Math.ceil(blockSize / 2)).toBe(0);
      expect(n - start).toBeLessThanOrEqual(blockSize);
      if (start > 0) expect(n - start).toBeGreaterThan(blockSize - Math.ceil(blockSize / 2));
      expect(start).toBeGreaterThanOrEqual(windowStart(Math.max(0, n - 1), blockSize));
    }),
  );
});

test("a search leaves no tensor behind", () => {
  const model = network("learned");
  const before = memoryInfo().liveBytes;
  for (let i = 0; i < 3; i++) {
    beamSearch(new LanguageModelDecoding(model, PROMPTS, IDS), { beamSize: 3, maxLength: 9 });
  }
  expect(memoryInfo().liveBytes).toBe(before);
});
