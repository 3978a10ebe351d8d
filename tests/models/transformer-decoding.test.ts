import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { beamSearch } from "../../src/decode/beam-search.ts";
import { TransformerDecoding } from "../../src/models/transformer-decoding.ts";
import { TransformerSeq2Seq, type TransformerSeq2SeqOptions } from "../../src/models/transformer-seq2seq.ts";
import { memoryInfo, noGrad, ops, scoped, tensor } from "../../src/tensor/index.ts";
import { stepModelLaws } from "../../src/testing/laws-step-model.ts";
import { padSequences } from "../../src/text/batching.ts";

const SOURCES = [
  [4, 5, 2],
  [4, 2],
  [5, 5, 4, 5, 2],
];
const IDS = { bosId: 1, eosId: 2, forbiddenIds: [0, 1, 3] };
const SIZES = {
  sourceVocabulary: 6,
  targetVocabulary: 6,
  dModel: 8,
  nhead: 2,
  dimFeedforward: 6,
  numEncoderLayers: 1,
};

const kinds: [string, Partial<TransformerSeq2SeqOptions>][] = [
  ["pre-norm", { numDecoderLayers: 2 }],
  ["post-norm, learned positions", { numDecoderLayers: 1, normFirst: false, positions: "learned" }],
  ["rotary positions", { numDecoderLayers: 2, positions: "rotary" }],
];

const make = (options: Partial<TransformerSeq2SeqOptions>) =>
  new TransformerSeq2Seq({ ...SIZES, ...options }, new Random(5)).eval();
const decoding = (network: TransformerSeq2Seq, sources: readonly number[][], attention = true) =>
  new TransformerDecoding(network, padSequences(sources), IDS, attention);

describe.each(kinds)("TransformerDecoding, %s", (_name, options) => {
  const network = make(options);
  const laws = stepModelLaws(
    (sentences) =>
      decoding(
        network,
        sentences.map((i) => SOURCES[i]),
      ),
    { sentences: SOURCES.length, maxLength: 4 },
  );
  test.each(Object.entries(laws))("law: %s", (_law, property) => {
    fc.assert(property, { numRuns: 15 });
  });

  test("cached steps give the log probabilities of one whole pass (law 66)", () => {
    const target = [1, 4, 5, 5, 3];
    scoped(() => {
      const ids = (rows: readonly number[][]) => tensor(rows as number[][], undefined, "i32");
      const whole = noGrad(() =>
        ops.logSoftmax(network.forward(ids([SOURCES[0]]), [SOURCES[0].length], ids([target]))),
      );
      const model = decoding(network, [SOURCES[0]]);
      let { state } = model.start();
      for (const [t, token] of target.entries()) {
        const step = model.step(state, Int32Array.of(token));
        state = step.state;
        step.logProbs.forEach((value, v) => {
          expect(value).toBeCloseTo(whole.at(0, t, v), 5);
        });
      }
      model.release(state);
    });
  });

  test("a search leaves no tensor behind", () => {
    const before = memoryInfo().liveBytes;
    for (let i = 0; i < 3; i++) beamSearch(decoding(network, SOURCES), { beamSize: 3, maxLength: 7 });
    expect(memoryInfo().liveBytes).toBe(before);
  });
});

test("attention rows sum to one over the source, and are left out when not asked for", () => {
  const network = make({ numDecoderLayers: 2 });
  for (const attention of [true, false]) {
    const model = decoding(network, SOURCES, attention);
    const { state, tokens } = model.start();
    const step = model.step(state, tokens);
    model.release(step.state);
    if (!attention) expect(step.attention).toBeUndefined();
    else {
      const rows = step.attention as Float32Array;
      const width = rows.length / 3;
      SOURCES.forEach(({ length }, b) => {
        const row = rows.subarray(b * width, (b + 1) * width);
        expect(row.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 5);
        expect([...row.subarray(length)].every((x) => x === 0)).toBe(true);
      });
    }
  }
});
