/** Options of commands whose values are checked as they are parsed. */
import { type Command, Option } from "commander";
import { OptionError } from "../base/errors.ts";
import { checkChoice, checkNumber, describe, type NumberRule } from "../base/options.ts";

/** What every command accepts. */
export interface CommonOptions {
  readonly seed?: number;
  readonly json?: true;
}

/** Describes `--seed` where it changes nothing. */
export const NOT_RANDOM = "accepted as everywhere, but nothing here is random";

export function addCommonOptions(command: Command, seed: string): Command {
  return command
    .addOption(numberOption("--seed <n>", seed, { integer: true, min: 0, max: Number.MAX_SAFE_INTEGER }))
    .option("--json", "print one JSON object instead of text")
    .option("--debug", "show the stack of an error");
}

/** A whole number of at least 1. */
export const COUNT: NumberRule = { integer: true, min: 1 };
/** A whole number of at least 0. */
export const FROM_ZERO: NumberRule = { integer: true, min: 0 };
/** A share that leaves something. */
export const SHARE: NumberRule = { min: 0, below: 1 };

/** Longer lines are seldom sentences, and the time they take grows with the square of their length. */
export const MAX_SOURCE_LENGTH = 1000;
export const POSITIVE: NumberRule = { above: 0 };

export function numberOption(flags: string, description: string, rule: NumberRule = {}): Option {
  const option = new Option(flags, description);
  return option.argParser((text) => parseNumber(option.long!, text, rule));
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** @throws {OptionError} when the text is not a number within the rule. */
export function parseNumber(what: string, text: string, rule: NumberRule): number {
  const value: unknown = NUMBER.test(text) ? Number(text) : text;
  return checkNumber(what, value, rule);
}

export function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  const option = new Option(flags, description).choices(choices);
  const parse = (text: string) => checkChoice(option.long!, text, choices);
  if (!option.variadic) return option.argParser(parse);
  return option.argParser((text, previous?: string[]) => [...(previous ?? []), parse(text)]);
}

/** Makes options necessary. Unlike commander's own check, this comes after the one for unknown options. */
export function requireOptions(command: Command, ...flags: string[]): Command {
  return command.hook("preAction", () => {
    for (const option of command.options) {
      if (!flags.includes(option.long!)) continue;
      if (command.getOptionValue(option.attributeName()) !== undefined) continue;
      throw new OptionError({
        what: pathOf(command),
        expected: `the option ${option.flags}`,
        got: "none",
        hint: `See ${pathOf(command)} --help.`,
      });
    }
  });
}

/** `lexigrad mt train` */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/**
 * Takes options that the command line does not give from an object whose keys are the names of the options, with or
 * without hyphens.
 *
 * @throws {OptionError} for an unknown key, with the nearest known one, and for a wrong value.
 */
export function applyConfig(command: Command, config: object, file: string): void {
  const options = new Map(command.options.map((option) => [option.name().replace(/^no-/, ""), option]));
  for (const one of ["debug", "json", "config", "resume"]) options.delete(one);
  for (const [key, value] of Object.entries(config)) {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const option = options.get(checkChoice(`${file}: option`, name, [...options.keys()]))!;
    const attribute = option.attributeName();
    if (command.getOptionValueSource(attribute) === "cli") continue;
    command.setOptionValueWithSource(attribute, parseConfigured(option, value, `${file}: ${key}`), "config");
  }
}

function parseConfigured(option: Option, value: unknown, what: string): unknown {
  if (option.isBoolean() || option.negate) {
    return checkChoice(what, String(value), ["true", "false"]) === "true";
  }
  if (option.variadic && Array.isArray(value))
    return value.map((item) => parseConfiguredText(option, item, what));
  return parseConfiguredText(option, value, what);
}

function parseConfiguredText(option: Option, value: unknown, what: string): unknown {
  if (typeof value !== "string" && typeof value !== "number") {
    checkChoice(what, describe(value), ["a number or a string"]);
  }
  const text = String(value);
  return option.parseArg ? option.parseArg(text, undefined) : text;
}

/** The options that were given. */
export function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]: Exclude<T[K], undefined> };
}
