/** The options of an n-gram training, and what they may be. */
import { OptionError } from "../base/errors.ts";
import { type FileSystem, nodeFileSystem } from "../base/file-system.ts";
import {
  checkChoice,
  checkIterable,
  checkList,
  checkNumber,
  describe,
  rejectUnknownKeys,
} from "../base/options.ts";
import { type Discounts, hasDiscounts, isAdditive, type NgramSmoothing, SMOOTHINGS } from "./smoothing.ts";

export interface NgramOptions {
  /** The longest n-grams. @defaultValue 3 */
  readonly order?: number;
  /** @defaultValue "modified-kneser-ney" */
  readonly smoothing?: NgramSmoothing;
  /** What lidstone adds to every count. @defaultValue 0.1 */
  readonly additive?: number;
  /** Stupid backoff's factor. @defaultValue 0.4 */
  readonly factor?: number;
  /** Instead of estimated discounts: one, or those of counts 1, 2, and 3 or more. */
  readonly discount?: number | Discounts;
  /**
   * What to take where discounts cannot be estimated. Without, 0.5, 1 and 1.5 (methods with one discount: 0.75) with a
   * warning; `false` throws instead.
   */
  readonly discountFallback?: Discounts | false;
  /**
   * For n-grams of 1, 2, ... words, the last number also for all longer ones: those that occur so often or less are
   * left out. It begins with 0 and never falls. @defaultValue nothing is left out
   */
  readonly prune?: readonly number[];
  /** The words that can be predicted; all others are `<unk>`. Default: those of the text, and `<unk>`, which has not occurred. */
  readonly vocabulary?: Iterable<string>;
  /** Gives `<unk>` no probability; words outside `vocabulary` are an error. @defaultValue false */
  readonly closed?: boolean;
  /**
   * `<unk>`, `<s>` and `</s>` in the text are an error, skipped, or (`unknown`) `<unk>` counts as an unknown
   * word and the others are an error. @defaultValue "error"
   */
  readonly specials?: "error" | "skip" | "unknown";
  /** `none` adds no `<s>` and `</s>`; then they are words like any other. @defaultValue "sentence" */
  readonly padding?: "sentence" | "none";
  /** Whether unigrams are smoothed and interpolated with the uniform distribution, or relative frequencies. @defaultValue true */
  readonly smoothUnigrams?: boolean;
  /** Bytes for counting and sorting; what does not fit goes to files next to `scratch`. @defaultValue no limit */
  readonly memory?: number;
  /** What the names of those files begin with. */
  readonly scratch?: string;
  readonly fileSystem?: FileSystem;
  /** Called with what is odd about the text. @defaultValue console.warn */
  readonly onWarning?: (message: string) => void;
}

const KEYS = [
  "order",
  "smoothing",
  "additive",
  "factor",
  "discount",
  "discountFallback",
  "prune",
  "vocabulary",
  "closed",
  "specials",
  "padding",
  "smoothUnigrams",
  "memory",
  "scratch",
  "fileSystem",
  "onWarning",
] as const satisfies readonly (keyof NgramOptions)[];

const MOST_ORDER = 64;
const LEAST_MEMORY = 2 ** 20;

/** @throws {OptionError} naming what is wrong. */
export function checkNgramOptions(options: NgramOptions) {
  rejectUnknownKeys("trainNgram", options, KEYS);
  const { memory, scratch, fileSystem = nodeFileSystem, vocabulary, closed } = options;
  const order = checkNumber("order", options.order ?? 3, { integer: true, min: 1, max: MOST_ORDER });
  const smoothing = checkChoice("smoothing", options.smoothing ?? "modified-kneser-ney", SMOOTHINGS);
  checkChoice("padding", options.padding ?? "sentence", ["sentence", "none"]);
  const specials = checkChoice("specials", options.specials ?? "error", ["error", "skip", "unknown"]);
  const refuse = (what: string, expected: string, got: string): never => {
    throw new OptionError({ what, expected, got });
  };
  const belongsTo = (what: keyof NgramOptions, methods: readonly NgramSmoothing[]) => {
    if (options[what] === undefined || methods.includes(smoothing)) return;
    refuse(what, `none with smoothing ${smoothing}`, describe(options[what]));
  };
  belongsTo("additive", ["lidstone"]);
  belongsTo("factor", ["stupid-backoff"]);
  belongsTo("discount", SMOOTHINGS.filter(hasDiscounts));
  if (options.additive !== undefined) checkNumber("additive", options.additive, { above: 0 });
  if (options.factor !== undefined) checkNumber("factor", options.factor, { above: 0, max: 1 });
  checkDiscounts("discount", options.discount);
  if (options.discountFallback !== false) checkDiscounts("discountFallback", options.discountFallback);
  checkPrune(options.prune, order, smoothing);
  if (vocabulary !== undefined) checkIterable("vocabulary", vocabulary, "words");
  if ((memory === undefined) !== (scratch === undefined)) {
    refuse("memory", "a path for scratch with it", "one without the other");
  }
  if (memory !== undefined) checkNumber("memory", memory, { min: LEAST_MEMORY });
  if (closed && specials === "unknown") refuse("specials", "no unknown words where closed", "unknown");
  if (closed && vocabulary === undefined) refuse("closed", "a vocabulary with it", "none");
  return { order, smoothing, memory: memory ?? Number.POSITIVE_INFINITY, scratch, fileSystem };
}

function checkDiscounts(what: string, given: number | Discounts | undefined): void {
  if (given === undefined) return;
  if (typeof given !== "number") checkList(what, given, "numbers");
  const all = typeof given === "number" ? [given] : given;
  for (const [i, value] of all.entries()) checkNumber(what, value, { min: 0, max: i + 1 });
  if (typeof given === "number" || given.length === 3) return;
  throw new OptionError({ what, expected: "a number or three", got: `${given.length} numbers` });
}

function checkPrune(prune: readonly number[] | undefined, order: number, smoothing: NgramSmoothing): void {
  if (prune === undefined) return;
  checkList("prune", prune, "numbers");
  for (const one of prune) checkNumber("prune", one, { integer: true, min: 0 });
  const falls = prune.findIndex((one, i) => i > 0 && one < prune[i - 1]);
  if (prune[0] !== 0 || falls > 0 || prune.length > order) {
    const expected = `0 and then at most ${order - 1} numbers that never fall`;
    throw new OptionError({ what: "prune", expected, got: prune.join(" ") || "nothing" });
  }
  if (isAdditive(smoothing) && prune.some((one) => one > 0)) {
    throw new OptionError({ what: "prune", expected: `none with ${smoothing}`, got: prune.join(" ") });
  }
}
