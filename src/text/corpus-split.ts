/** Splits of a corpus into training, validation and test parts that share no sentence. */
import { OptionError } from "../base/errors.ts";
import { checkList, checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";
import type { SentencePair } from "./corpus-pairs.ts";

/** A sentence with all its known translations. */
export interface ReferenceSet {
  readonly source: string;
  readonly references: string[];
}

export interface SplitOptions {
  /** Largest number of distinct source sentences to validate on. */
  readonly valid: number;
  /** Largest number of distinct source sentences to test on. */
  readonly test: number;
  readonly seed: number;
}

export interface CorpusSplit {
  readonly train: SentencePair[];
  readonly valid: SentencePair[];
  readonly test: ReferenceSet[];
}

/**
 * Splits so that no sentence of the validation and test parts, on either
 * side, occurs in another part. Pairs that share a sentence form a group
 * (connected components, by union-find); the groups are shuffled, and each goes
 * whole to the test part while it fits, then to the validation part, then to
 * training. Every pair lands in exactly one part; within a part pairs keep
 * their order. The same seed gives the same split.
 *
 * @throws {OptionError} when a part that was asked for would stay empty.
 * @example
 * const pairs = [
 *   { source: "Go.", target: "Va !", line: 1 },
 *   { source: "Hi.", target: "Salut !", line: 2 },
 *   { source: "Hi.", target: "Salut.", line: 3 },
 * ];
 * splitByGroup(pairs, { valid: 0, test: 1, seed: 1 }).train.length; // 1
 */
export function splitByGroup(pairs: readonly SentencePair[], options: SplitOptions): CorpusSplit {
  rejectUnknownKeys("splitByGroup", options, ["valid", "test", "seed"]);
  checkList("splitByGroup", pairs, "pairs", (pair) => typeof pair === "object" && pair !== null);
  const valid = checkNumber("valid", options.valid, { integer: true, min: 0 });
  const test = checkNumber("test", options.test, { integer: true, min: 0 });
  const groups = groupPairs(pairs);
  const sizes = groups.map((group) => new Set(group.map((i) => pairs[i].source)).size);
  const order = new Random(options.seed).shuffle(groups.map((_, g) => g));

  const room = { test, valid, train: Number.POSITIVE_INFINITY };
  const parts: Record<keyof typeof room, number[]> = { test: [], valid: [], train: [] };
  for (const g of order) {
    const part = sizes[g] <= room.test ? "test" : sizes[g] <= room.valid ? "valid" : "train";
    room[part] -= sizes[g];
    for (const i of groups[g]) parts[part].push(i);
  }
  for (const [part, wanted] of [
    ["test", test],
    ["valid", valid],
    ["train", 1],
  ] as const) {
    if (wanted > 0 && parts[part].length === 0) throw emptyPart(part, wanted, groups.length, pairs.length);
  }
  const inOrder = (indices: number[]) => indices.sort((a, b) => a - b).map((i) => pairs[i]);
  return {
    train: inOrder(parts.train),
    valid: inOrder(parts.valid),
    test: collectReferences(inOrder(parts.test)),
  };
}

/**
 * The distinct targets of each distinct source, both in order of first appearance.
 *
 * @example
 * collectReferences([
 *   { source: "Hi.", target: "Salut !" },
 *   { source: "Hi.", target: "Salut." },
 * ]); // [{ source: "Hi.", references: ["Salut !", "Salut."] }]
 */
export function collectReferences(pairs: readonly Pick<SentencePair, "source" | "target">[]): ReferenceSet[] {
  checkList("collectReferences", pairs, "pairs", (pair) => typeof pair === "object" && pair !== null);
  const references = new Map<string, Set<string>>();
  for (const { source, target } of pairs) {
    const known = references.get(source);
    if (known) known.add(target);
    else references.set(source, new Set([target]));
  }
  return Array.from(references, ([source, targets]) => ({ source, references: [...targets] }));
}

const PART_NAMES = { train: "training part", valid: "validation part", test: "test part" };

function emptyPart(
  part: keyof typeof PART_NAMES,
  wanted: number,
  groups: number,
  pairs: number,
): OptionError {
  const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? "" : "s"}`;
  const isTraining = part === "train";
  return new OptionError({
    what: PART_NAMES[part],
    expected: isTraining
      ? "pairs left to train on"
      : `a group of at most ${count(wanted, "source sentence")}`,
    got: `none among ${count(groups, "group")} of ${count(pairs, "pair")}`,
    hint: `Pairs that share a sentence stay together: bring more pairs, or make the ${isTraining ? "other parts smaller" : "part larger"}.`,
  });
}

/** Indices of the pairs, by group, groups in order of their first pair. */
function groupPairs(pairs: readonly SentencePair[]): number[][] {
  const parent = Int32Array.from(pairs, (_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  };
  for (const side of ["source", "target"] as const) {
    const first = new Map<string, number>();
    for (let i = 0; i < pairs.length; i++) {
      const known = first.get(pairs[i][side]);
      if (known === undefined) {
        first.set(pairs[i][side], i);
        continue;
      }
      // The smaller index becomes the root, so that a root is its group's first pair.
      const [a, b] = [root(known), root(i)];
      parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const groups = new Map<number, number[]>();
  for (let i = 0; i < pairs.length; i++) {
    const group = groups.get(root(i));
    if (group) group.push(i);
    else groups.set(i, [i]);
  }
  return [...groups.values()];
}
