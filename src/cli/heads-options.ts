/** The options of commands that show what attention heads look at. */
import { type Command, Option } from "commander";
import { OptionError } from "../base/errors.ts";
import type { HeadChoice } from "../plot/head-choice.ts";
import { parseNumber } from "./option-values.ts";

/** Where pictures go: standard output, the terminal or else a file. */
export const STANDARD_OUTPUT = "-";
export const TERMINAL = "terminal";

const KINDS = ["encoder", "decoder", "memory"] as const;
const FROM_ONE = { integer: true, min: 1 };

/** `--heads` and `--head` of a command that translates. */
export function addHeadsOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--heads <where>",
        "draw what each head of a transformer looks at in the first sentence: the same places",
      ).conflicts("attention"),
    )
    .addOption(headOption("of --heads").implies({ heads: TERMINAL }));
}

/** @param of what it chooses from */
export function headOption(of: string): Option {
  const description = `${of} these alone: [encoder|decoder|memory:]LAYER[:HEAD]; one head is drawn large`;
  return new Option("--head <which>", description).argParser(parseHeadChoice);
}

/**
 * `memory`, `2`, `2:3`, `memory:2` or `memory:2:3`.
 *
 * @throws {OptionError} for anything else.
 */
export function parseHeadChoice(text: string): HeadChoice {
  const parts = text.split(":");
  const kind = KINDS.find((one) => one === parts[0]);
  const numbers = kind === undefined ? parts : parts.slice(1);
  if (numbers.length > 2 || numbers.some((part) => !/^\d+$/.test(part))) {
    const expected = "[encoder|decoder|memory:]LAYER[:HEAD], such as memory, 2:3 or memory:2:3";
    throw new OptionError({ what: "--head", expected, got: JSON.stringify(text) });
  }
  const [layer, head] = numbers.map((part) => parseNumber("--head", part, FROM_ONE));
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(layer === undefined ? {} : { layer }),
    ...(head === undefined ? {} : { head }),
  };
}
