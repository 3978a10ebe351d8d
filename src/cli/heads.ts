/** Showing what attention heads look at, for the commands that can. */
import { OptionError } from "../base/errors.ts";
import { writeText } from "../base/files.ts";
import type { HeadAttention } from "../base/head-attention.ts";
import { attentionHeads } from "../plot/attention-heads.ts";
import type { HeadChoice } from "../plot/head-choice.ts";
import { attentionHeadsTable } from "../plot/terminal.ts";
import { STANDARD_OUTPUT, TERMINAL } from "./heads-options.ts";
import { type Io, note, print } from "./io.ts";

/** @throws {OptionError} when both a picture and JSON would go to standard output. */
export function checkPlaces(json: true | undefined, places: readonly (string | undefined)[]): void {
  if (!json || !places.includes(STANDARD_OUTPUT)) return;
  const expected = "a file for the picture, as standard output is for JSON";
  throw new OptionError({ what: "--json", expected, got: STANDARD_OUTPUT });
}

/** The heads of one text, as blocks of shades where it goes to the terminal, else as SVG. */
export function drawHeads(
  attention: readonly HeadAttention[],
  choice: HeadChoice,
  where: string,
  width: number,
): string {
  return where === TERMINAL
    ? attentionHeadsTable(attention, { ...choice, width })
    : attentionHeads(attention, choice);
}

/** Writes a picture to standard output, into a file or, beside the results, to the terminal. */
export async function sendPicture(io: Io, where: string, picture: string): Promise<void> {
  if (where === TERMINAL) note(io, `${picture}\n`);
  else if (where === STANDARD_OUTPUT) await print(io, `${picture}\n`);
  else writeText(where, `${picture}\n`);
}
