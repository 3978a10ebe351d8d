/** Checks of user-given options, all with the same wording. */
import { nearest, OptionError } from "./errors.ts";

/**
 * Throws when `options` has a key that is not in `known`.
 *
 * @throws {OptionError} naming the nearest known key.
 */
export function rejectUnknownKeys(what: string, options: object, known: readonly string[]): void {
  checkObject(`${what} options`, options);
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

/** @throws {OptionError} for anything but an object that is no array. */
export function checkObject(what: string, value: unknown): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new OptionError({ what, expected: "an object", got: describe(value) });
}

/** @throws {OptionError} for anything but a string. */
export function checkText(what: string, value: unknown): void {
  if (typeof value === "string") return;
  throw new OptionError({ what, expected: "text", got: describe(value) });
}

/** @throws {OptionError} for anything but an array, of items that `isItem` accepts. */
export function checkList(
  what: string,
  value: unknown,
  items = "items",
  isItem: (item: unknown) => boolean = () => true,
): void {
  if (Array.isArray(value) && value.every(isItem)) return;
  throw new OptionError({ what, expected: `an array of ${items}`, got: describe(value) });
}

/** @throws {OptionError} for anything but an instance of `type`. */
export function checkInstance<T>(
  what: string,
  value: unknown,
  type: { new (...values: never[]): T; name: string },
): asserts value is T {
  if (value instanceof type) return;
  throw new OptionError({ what, expected: `a ${type.name}`, got: describe(value) });
}

/** @throws {OptionError} for anything but an iterable, and for a string, which is one of its characters. */
export function checkIterable(what: string, value: unknown, items: string): void {
  if (typeof value !== "string" && typeof (value as Iterable<unknown>)?.[Symbol.iterator] === "function")
    return;
  throw new OptionError({
    what,
    expected: `an array or another iterable of ${items}`,
    got: describe(value),
    ...(typeof value === "string" ? { hint: "Put a single text into an array." } : {}),
  });
}

/** @throws {OptionError} for anything but a Map. */
export function checkMap(what: string, value: unknown): void {
  if (value instanceof Map) return;
  throw new OptionError({ what, expected: "a Map", got: describe(value) });
}

/** @throws {OptionError} for anything but a function. */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new OptionError({ what, expected: "a function", got: describe(value) });
}

/** What {@link checkNumber} allows: `min` and `max` are within, `above` and `below` just outside. */
export interface NumberRule {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
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
  const { min, max, above, below, integer = false } = rule;
  const good =
    typeof value === "number" &&
    Number.isFinite(value) &&
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below) &&
    (!integer || Number.isInteger(value));
  if (good) return value;
  const bounds = [
    ["of at least", min],
    ["above", above],
    ["of at most", max],
    ["below", below],
  ] as const;
  const given = bounds.filter(([, bound]) => bound !== undefined).map(([name, bound]) => `${name} ${bound}`);
  const limits = given.join(" and ").replace(" and of ", " and "); // "of at least 0 and at most 1"
  const kind = integer ? "a whole number" : "a number";
  throw new OptionError({ what, expected: limits ? `${kind} ${limits}` : kind, got: describe(value) });
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
