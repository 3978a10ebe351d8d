/** Checks of user-given options, all with the same wording. */
import { nearest, OptionError } from "./errors.ts";

/**
 * Throws when `options` has a key that is not in `known`.
 *
 * @throws {OptionError} naming the nearest known key.
 */
export function rejectUnknownKeys(what: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const close = nearest(key, known);
    throw new OptionError({
      what: `${what} option`,
      expected: `one of ${known.join(", ")}`,
      got: JSON.stringify(key),
      ...(close ? { hint: `Did you mean ${JSON.stringify(close)}?` } : {}),
    });
  }
}

/** What {@link checkNumber} allows. Bounds are inclusive. */
export interface NumberRule {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/**
 * Returns `value` when it is a finite number that follows `rule`.
 *
 * @throws {OptionError} otherwise.
 * @example
 * checkNumber("dropout", 0.1, { min: 0, max: 1 }); // 0.1
 */
export function checkNumber(what: string, value: unknown, rule: NumberRule = {}): number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer = false } = rule;
  const good =
    typeof value === "number" &&
    Number.isFinite(value) &&
    value >= min &&
    value <= max &&
    (!integer || Number.isInteger(value));
  if (good) return value;
  const kind = integer ? "a whole number" : "a number";
  const low = min > Number.NEGATIVE_INFINITY ? ` of at least ${min}` : "";
  const high = max < Number.POSITIVE_INFINITY ? `${low ? " and" : " of"} at most ${max}` : "";
  throw new OptionError({ what, expected: kind + low + high, got: describe(value) });
}

/**
 * Returns `value` when it is one of `choices`.
 *
 * @throws {OptionError} otherwise, naming the nearest choice.
 */
export function checkChoice<T extends string>(what: string, value: unknown, choices: readonly T[]): T {
  if (typeof value === "string" && (choices as readonly string[]).includes(value)) return value as T;
  const close = typeof value === "string" ? nearest(value, choices) : undefined;
  throw new OptionError({
    what,
    expected: `one of ${choices.join(", ")}`,
    got: describe(value),
    ...(close ? { hint: `Did you mean ${JSON.stringify(close)}?` } : {}),
  });
}

/** A short, safe rendering of any value for an error message. */
export function describe(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  }
  if (typeof value === "number" || typeof value === "boolean" || value == null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
