import fc from "fast-check";
import { expect, test } from "vitest";
import { NgramCounter } from "../../src/ngram/counter.ts";
import { RecordSpace } from "../../src/ngram/records.ts";
import { END_ID } from "../../src/ngram/words.ts";
import { runs } from "../support/fc.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

/** The counts of a text by n-gram; the memory is too small for more than a few words where there is a place for files. */
function counts(text: readonly number[][], order: number, files?: MemoryFileSystem): Map<string, number> {
  const space = files === undefined ? new RecordSpace() : new RecordSpace("/x", files);
  const counter = new NgramCounter(order, true, space, 1);
  for (const sentence of text) {
    for (const id of [...sentence, END_ID]) counter.add(id);
    counter.endSentence();
  }
  const found = new Map<string, number>();
  for (const records = counter.finish(); records.next(); ) {
    const { block, at } = records;
    const ngram = block.slice(at, at + order).join(" ");
    found.set(ngram, (found.get(ngram) ?? 0) + block[at + order]);
  }
  space.close();
  return found;
}

const lines = (counted: ReadonlyMap<string, number>): string => Array.from(counted, String).sort().join("\n");

function sum(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): Map<string, number> {
  const both = new Map(a);
  for (const [ngram, count] of b) both.set(ngram, (both.get(ngram) ?? 0) + count);
  return both;
}

test("counts of two texts together are the sums of their counts, in memory and on disk", () => {
  const text = fc.array(fc.array(fc.integer({ min: 3, max: 6 }), { maxLength: 8 }), { maxLength: 20 });
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 4 }), (a, b, order) => {
      const separate = lines(sum(counts(a, order), counts(b, order)));
      expect(lines(counts([...a, ...b], order))).toBe(separate);
      expect(lines(counts([...a, ...b], order, new MemoryFileSystem()))).toBe(separate);
    }),
    runs,
  );
});
