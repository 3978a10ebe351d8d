/**
 * The codes files of subword-nmt: a version line, then one merge a line, its
 * two sides separated by a space, the most important first.
 */
import { FormatError } from "../base/errors.ts";
import { checkList, checkText, describe } from "../base/options.ts";
import type { Merge } from "./tokenizer-json.ts";

export interface BpeCodes {
  /**
   * How words end before merging: in 0.2 the last character carries `</w>`, in
   * 0.1 (files without a version line) `</w>` is a symbol of its own.
   */
  readonly version: "0.1" | "0.2";
  readonly merges: readonly Merge[];
}

/**
 * Reads a codes file. A merge that occurs again later is dropped, as subword-nmt does.
 *
 * @param what names the text in errors, e.g. its path.
 * @throws {FormatError} for other versions, byte-level codes, and lines that
 *   are not two symbols.
 * @example
 * parseBpeCodes("#version: 0.2\nt h\nth e</w>\n", "en.codes").merges; // [["t", "h"], ["th", "e</w>"]]
 */
export function parseBpeCodes(text: string, what: string): BpeCodes {
  checkText("BPE codes", text);
  const lines = text.replace(/\n+$/, "").split("\n");
  const version = readVersion(lines[0].trim(), what);
  const merges = new Map<string, Merge>();
  const first = lines[0].startsWith("#version:") ? 1 : 0;
  for (let i = first; i < lines.length; i++) {
    const line = lines[i].replace(/^[ \r]+|[ \r]+$/g, "");
    const [left, right, ...more] = line.split(" ");
    if (!left || !right || more.length > 0) {
      const complaint = { what: "merge", expected: "two symbols with a space between", got: describe(line) };
      throw new FormatError(complaint, { file: what, line: i + 1 });
    }
    if (!merges.has(line)) merges.set(line, [left, right]);
  }
  return { version, merges: [...merges.values()] };
}

function readVersion(line: string, what: string): BpeCodes["version"] {
  if (!line.startsWith("#version:")) return "0.1";
  const version = line.slice("#version:".length).trim();
  if (version === "0.1" || version === "0.2") return version;
  throw new FormatError(
    { what: "version of the codes", expected: "0.1 or 0.2", got: describe(version) },
    { file: what, line: 1 },
  );
}

/**
 * Writes a codes file of version 0.2.
 *
 * @example
 * formatBpeCodes([["t", "h"]]); // "#version: 0.2\nt h\n"
 */
export function formatBpeCodes(merges: readonly Merge[]): string {
  checkList("formatBpeCodes", merges, "pairs", Array.isArray);
  return ["#version: 0.2", ...merges.map(([left, right]) => `${left} ${right}`), ""].join("\n");
}
