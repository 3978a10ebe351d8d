/** Files that commands write. */
import { statSync } from "node:fs";
import { OptionError } from "../base/errors.ts";
import { checkWritable } from "../base/files.ts";
import { describe } from "../base/options.ts";
import { STANDARD_INPUT } from "./input.ts";

/**
 * Finds out before long work whether its result can be written.
 *
 * @throws {OptionError} when `path` is `-`, or one of the files that are read, which it would replace.
 * @throws {IoError} when there is no such folder, or no right to write in it.
 */
export function checkOutput(option: string, path: string, inputs: readonly string[]): void {
  if (path === STANDARD_INPUT) {
    throw new OptionError({ what: option, expected: "the name of a file", got: describe(path) });
  }
  const input = inputs.find((other) => isSameFile(path, other));
  if (input !== undefined) {
    throw new OptionError({
      what: option,
      expected: "another file than those that are read",
      got: describe(path),
      hint: "It would be replaced.",
    });
  }
  checkWritable(path);
}

function isSameFile(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first?.isFile() === true && first.dev === second?.dev && first.ino === second.ino;
}
