import { expect, test } from "vitest";
import { LookupModel } from "../../src/text/lookup-model.ts";

const tokens = ["a", "b", "\uffed."];
const ids = new Map(tokens.map((token, id) => [token, id]));

test.each([
  ["whitespace", "a  b c", [0, 1, 9], "a b ?"],
  ["characters", "abc", [0, 1, 9], "ab?"],
  ["punctuation", "a. b", [0, 2, 1], "a. b"],
] as const)("%s", (split, text, wanted, decoded) => {
  const model = new LookupModel(tokens, ids, () => 9, split);
  const out: number[] = [];
  model.encode(text, out);
  expect(out).toEqual(wanted);
  const decoder = model.decoder();
  const pieces = out.map((id) => (id === 9 ? decoder.pushUnknown("?") : decoder.push(id)));
  expect(pieces.join("") + decoder.end()).toBe(decoded);
  expect(model.detokenize(model.tokenize(text))).toBe(text.replace("  ", " "));
});
