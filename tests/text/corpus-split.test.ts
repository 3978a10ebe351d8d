import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import type { SentencePair } from "../../src/text/corpus-pairs.ts";
import { type CorpusSplit, collectReferences, splitByGroup } from "../../src/text/corpus-split.ts";
import { runs } from "../support/fc.ts";

const pair = (source: string, target: string, line: number): SentencePair => ({ source, target, line });

const corpora = fc
  .array(fc.tuple(fc.nat(40), fc.nat(40)), { minLength: 1, maxLength: 60 })
  .map((ids) => ids.map(([s, t], i) => pair(`s${s}`, `t${t}`, i + 1)));

/** The split, or undefined where a part cannot be filled. */
function trySplit(
  pairs: SentencePair[],
  valid: number,
  tests: number,
  seed: number,
): CorpusSplit | undefined {
  try {
    return splitByGroup(pairs, { valid, test: tests, seed });
  } catch (error) {
    if (error instanceof OptionError) return undefined;
    throw error;
  }
}

const splits = fc.record({ pairs: corpora, valid: fc.nat(5), tests: fc.nat(5), seed: fc.nat() });

describe("splitByGroup", () => {
  test("no sentence is in two parts, no pair is lost, sizes are kept", () => {
    fc.assert(
      fc.property(splits, ({ pairs, valid, tests, seed }) => {
        const split = trySplit(pairs, valid, tests, seed);
        fc.pre(split !== undefined);
        const sides = [
          [split.train.map((p) => p.source), split.train.map((p) => p.target)],
          [split.valid.map((p) => p.source), split.valid.map((p) => p.target)],
          [split.test.map((p) => p.source), split.test.flatMap((p) => p.references)],
        ];
        for (const side of [0, 1]) {
          const all = sides.flatMap((part) => [...new Set(part[side])]);
          expect(new Set(all).size).toBe(all.length);
        }
        expect(new Set(sides[1][0]).size).toBeLessThanOrEqual(valid);
        expect(split.test.length).toBeLessThanOrEqual(tests);

        const key = (source: string, target: string) => `${source} ${target}`;
        const found = new Set([
          ...[...split.train, ...split.valid].map((p) => key(p.source, p.target)),
          ...split.test.flatMap((set) => set.references.map((target) => key(set.source, target))),
        ]);
        expect(found).toEqual(new Set(pairs.map((p) => key(p.source, p.target))));
        const lines = split.train.map((p) => p.line);
        expect(lines).toEqual([...lines].sort((a, b) => a - b));
      }),
      runs,
    );
  });

  test("the same seed gives the same split; another seed another", () => {
    const pairs = Array.from({ length: 100 }, (_, i) => pair(`s${i}`, `t${i}`, i + 1));
    const split = (seed: number) => splitByGroup(pairs, { valid: 10, test: 10, seed });
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
    expect([split(1).train, split(1).valid, split(1).test].map((part) => part.length)).toEqual([80, 10, 10]);
  });

  test("chains of shared sentences stay together", () => {
    const pairs = [
      pair("a", "x", 1),
      pair("b", "y", 2),
      pair("b", "x", 3),
      pair("c", "z", 4),
      pair("d", "z", 5),
    ];
    for (let seed = 0; seed < 20; seed++) {
      const { train, test: tests } = splitByGroup(pairs, { valid: 0, test: 2, seed });
      const held = tests.map((set) => set.source).join("");
      expect(["ab", "cd"]).toContain(held);
      expect(train.map((p) => p.line)).toEqual(held === "ab" ? [4, 5] : [1, 2, 3]);
    }
  });

  test("a part that would stay empty is an error", () => {
    const pairs = [pair("a", "x", 1), pair("b", "x", 2)];
    expect(() => splitByGroup(pairs, { valid: 0, test: 1, seed: 1 })).toThrow(
      "test part: expected a group of at most 1 source sentence, got none among 1 group of 2 pairs. " +
        "Pairs that share a sentence stay together: bring more pairs, or make the part larger.",
    );
    expect(() => splitByGroup(pairs, { valid: 0, test: 2, seed: 1 })).toThrow(
      "training part: expected pairs left to train on, got none among 1 group of 2 pairs. " +
        "Pairs that share a sentence stay together: bring more pairs, or make the other parts smaller.",
    );
    expect(() => splitByGroup(pairs, { valid: -1, test: 0, seed: 1 })).toThrow(
      "valid: expected a whole number",
    );
    expect(() => splitByGroup(pairs, { valid: 0, tests: 0, seed: 1 } as never)).toThrow(
      'Did you mean "test"?',
    );
  });

  test("a chain of 50,000 pairs takes no deep recursion and no quadratic time", () => {
    const pairs = Array.from({ length: 50_000 }, (_, i) => pair(`s${i >> 1}`, `t${(i + 1) >> 1}`, i + 1));
    pairs.push(pair("alone", "seul", pairs.length + 1));
    expect(splitByGroup(pairs, { valid: 0, test: 1, seed: 1 }).test).toEqual([
      { source: "alone", references: ["seul"] },
    ]);
  });
});

test("collectReferences keeps distinct targets in order", () => {
  const pairs = [pair("b", "y", 1), pair("a", "x", 2), pair("b", "x", 3), pair("b", "y", 4)];
  expect(collectReferences(pairs)).toEqual([
    { source: "b", references: ["y", "x"] },
    { source: "a", references: ["x"] },
  ]);
});
