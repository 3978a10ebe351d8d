import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { MaskedBatches, padMasked } from "../../src/text/batching-masked.ts";
import { Masking } from "../../src/text/masking.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { MASKED_SPECIALS } from "../../src/text/vocabulary.ts";
import { runs } from "../support/fc.ts";

const words = trainTokenizer(["a b c d e f g h"], { type: "word", specials: MASKED_SPECIALS });
const masking = new Masking(words, { maskRate: 0.4 });
const { padId } = words;
const anySequences = fc.array(fc.array(fc.integer({ min: 5, max: 12 }), { minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 20,
});
const make = (sequences: number[][], seed: number, batchSize: number) =>
  new MaskedBatches(sequences, masking, { batchSize, padId, random: new Random(seed) });

/** Each sequence as it was before hiding, in the order of the batches. */
function restored({ ids, shape, lengths, positions, targets }: ReturnType<typeof padMasked>): number[][] {
  const whole = ids.slice();
  positions.forEach((at, i) => {
    whole[at] = targets[i];
  });
  return Array.from(lengths, (length, b) => Array.from(whole.subarray(b * shape[1], b * shape[1] + length)));
}

describe("MaskedBatches", () => {
  test("an epoch holds every sequence once, with targets in the right rows and no padding among them", () => {
    const law = fc.property(
      anySequences,
      fc.nat(),
      fc.integer({ min: 1, max: 5 }),
      (sequences, seed, size) => {
        const batches = make(sequences, seed, size);
        const met: number[][] = [];
        for (let i = batches.batchesPerEpoch; i > 0; i--) {
          const batch = batches.next();
          expect(batch.targets.length).toBe(batch.positions.length);
          met.push(...restored(batch));
        }
        expect(batches.position).toEqual({ epoch: 1, batch: 0 });
        expect(met.map(String).sort()).toEqual(sequences.map(String).sort());
      },
    );
    fc.assert(law, runs);
  });

  test("continues from any position with the same bits (law 88)", () => {
    const law = fc.property(anySequences, fc.nat(), fc.nat({ max: 12 }), (sequences, seed, steps) => {
      const [straight, resumed] = [make(sequences, seed, 3), make(sequences, seed, 3)];
      for (let i = 0; i < steps; i++) straight.next();
      resumed.position = straight.position;
      for (let i = 0; i < 4; i++) expect(resumed.next()).toEqual(straight.next());
    });
    fc.assert(law, runs);
  });

  test("each epoch hides anew, whatever the size of the batches", () => {
    const sequences = Array.from({ length: 8 }, (_, i) => [5, 6, 7, 8, 9, 10, 11, 12, 5 + i]);
    const epochs = (batchSize: number) => {
      const batches = make(sequences, 7, batchSize);
      return Array.from({ length: 2 }, () => {
        const shown = new Map<string, string>();
        for (let i = batches.batchesPerEpoch; i > 0; i--) {
          const batch = batches.next();
          restored(batch).forEach((row, b) => {
            shown.set(String(row), String(batch.ids.subarray(b * 9, b * 9 + 9)));
          });
        }
        return shown;
      });
    };
    const [first, second] = epochs(2);
    for (const sequence of sequences)
      expect(first.get(String(sequence))).not.toBe(second.get(String(sequence)));
    expect(epochs(8)).toEqual([first, second]);
  });
});

test("padMasked numbers positions through the rows", () => {
  const rows = [[5, 6, 7], [8]].map((ids) => masking.at(ids, Int32Array.of(0)));
  const { ids, positions, targets } = padMasked(rows, padId);
  expect(Array.from(ids)).toEqual([4, 6, 7, 4, 0, 0]);
  expect(Array.from(positions)).toEqual([0, 3]);
  expect(Array.from(targets)).toEqual([5, 8]);
});
