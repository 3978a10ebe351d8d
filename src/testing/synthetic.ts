/** Sequence tasks with a known answer: copy, reverse and sort. */
import { checkChoice, checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";

const TASKS = ["copy", "reverse", "sort"] as const;

export type SequenceTask = (typeof TASKS)[number];

export interface SequenceOptions {
  readonly task: SequenceTask;
  /** @defaultValue 1 */
  readonly seed?: number;
  /** @defaultValue 1000 */
  readonly pairs?: number;
  /** Of a sequence, in tokens. @defaultValue 1 */
  readonly minLength?: number;
  /** @defaultValue 25 */
  readonly maxLength?: number;
  /** The tokens are the whole numbers below it. @defaultValue 50 */
  readonly vocabulary?: number;
}

/** Two token sequences, each joined by spaces. */
export interface SequencePair {
  readonly source: string;
  readonly target: string;
}

/**
 * Draws sequences of numbers with lengths and tokens uniform over their ranges,
 * and answers them. The defaults are those of JoeyNMT's reverse task (Kreutzer
 * et al., "Joey NMT: A Minimalist NMT Toolkit for Novices", 2019). Sequences may
 * repeat; "sort" orders by value, ascending.
 *
 * @throws {OptionError} on an unknown option, task or a number out of range.
 * @example
 * const [{ source, target }] = generateSequences({ task: "reverse", seed: 3, pairs: 1, maxLength: 4 });
 * target === source.split(" ").reverse().join(" "); // true
 */
export function generateSequences(options: SequenceOptions): SequencePair[] {
  rejectUnknownKeys("generateSequences", options, [
    "task",
    "seed",
    "pairs",
    "minLength",
    "maxLength",
    "vocabulary",
  ]);
  const { seed = 1, pairs = 1000, minLength = 1, maxLength = 25, vocabulary = 50 } = options;
  const task = checkChoice("generateSequences task", options.task, TASKS);
  checkNumber("generateSequences pairs", pairs, { integer: true, min: 0, max: 10_000_000 });
  checkNumber("generateSequences maxLength", maxLength, { integer: true, min: 1, max: 100_000 });
  checkNumber("generateSequences minLength", minLength, { integer: true, min: 1, max: maxLength });
  checkNumber("generateSequences vocabulary", vocabulary, { integer: true, min: 1, max: 2 ** 31 });
  const random = new Random(seed);
  return Array.from({ length: pairs }, () => {
    const length = minLength + random.integer(maxLength - minLength + 1);
    const tokens = Array.from({ length }, () => random.integer(vocabulary));
    return { source: tokens.join(" "), target: answer(task, tokens).join(" ") };
  });
}

function answer(task: SequenceTask, tokens: readonly number[]): readonly number[] {
  switch (task) {
    case "copy":
      return tokens;
    case "reverse":
      return tokens.toReversed();
    case "sort":
      return tokens.toSorted((a, b) => a - b);
  }
}
