/** Options of a command's "Model" groups, for the network that `--model` names. */
import type { Command, Option } from "commander";
import { OptionError } from "../base/errors.ts";
import { pathOf } from "./option-values.ts";

/**
 * The options given for a network, under the library's names.
 *
 * @param known the options that this kind of network has
 * @param names the library's names of options that are called otherwise here
 * @throws {OptionError} for options of another kind of model.
 */
export function networkOptions(
  command: Command,
  model: string,
  known: readonly string[],
  names: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const network: Record<string, unknown> = { model };
  for (const option of command.options.filter(isNetworkOption)) {
    const attribute = option.attributeName();
    const source = command.getOptionValueSource(attribute);
    if (source === undefined || (option.negate && source === "default")) continue;
    const key = names[attribute] ?? attribute;
    if (!known.includes(key)) {
      const [expected, got] = [`an option of --model ${model}`, "one of another model"];
      throw new OptionError({ what: option.long!, expected, got, hint: `See ${pathOf(command)} --help.` });
    }
    const value: unknown = command.getOptionValue(attribute);
    network[key] = key === "normFirst" ? value === "pre" : value;
  }
  return network;
}

const isNetworkOption = ({ helpGroupHeading, long }: Option): boolean =>
  /^Model/.test(helpGroupHeading ?? "") && long !== "--model";
