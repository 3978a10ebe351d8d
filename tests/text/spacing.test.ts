import { expect, test } from "vitest";
import { Spacing } from "../../src/text/spacing.ts";

/** Pieces with a final / end their word. */
const spaced = (pieces: string[], joiners: boolean) => {
  const spacing = new Spacing(joiners);
  return pieces.map((piece) => spacing.add(piece.replace(/\/$/, ""), piece.endsWith("/"))).join("");
};

test.each<[string, string[], boolean, string]>([
  ["words", ["a/", "b/"], false, "a b"],
  ["pieces of words", ["a", "b/", "c", "d", "e/"], false, "ab cde"],
  ["empty ends", ["a", "/", "b", "/"], false, "a b"],
  ["joiners left alone", ["a/", "\uffed./"], false, "a \uffed."],
  ["joiners", ["(\uffed/", "a/", "\uffed)/", "b/"], true, "(a) b"],
  ["joiners on both sides", ["a/", "\uffed-\uffed/", "b/"], true, "a-b"],
  ["joiners as pieces", ["a/", "\uffed", "./", "l", "'", "\uffed/", "b/"], true, "a. l'b"],
  ["only a joiner", ["a/", "\uffed/", "b/"], true, "a b"],
])("Spacing: %s", (_, pieces, joiners, text) => {
  expect(spaced(pieces, joiners)).toBe(text);
});
