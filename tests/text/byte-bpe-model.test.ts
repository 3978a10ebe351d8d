import { expect, test } from "vitest";
import { ByteBpeModel } from "../../src/text/byte-bpe-model.ts";
import { MergeTable } from "../../src/text/merge-table.ts";

// The tokens of é are the bytes c3 (Ã) and a9 (©).
const tokens = ["a", "Ã", "©", "Ã©", "日"];
const ids = new Map(tokens.map((token, id) => [token, id]));
const merges = new MergeTable([{ left: 1, right: 2, whole: 3 }]);
const model = new ByteBpeModel(tokens, ids, merges, () => 99);

test("encodes bytes, and what it lacks as unknown", () => {
  const out: number[] = [];
  model.encode("aéb", out);
  expect(out).toEqual([0, 3, 99]);
  expect(model.tokenize("éa")).toEqual(["Ã©", "a"]);
});

test("decodes characters cut in the middle", () => {
  const decoder = model.decoder();
  expect([0, 1, 2, 3, 2, 1, 0, 1].map((id) => decoder.push(id))).toEqual([
    "a",
    "",
    "é",
    "é",
    "\ufffd",
    "",
    "\ufffda",
    "",
  ]);
  expect(decoder.end()).toBe("\ufffd");
});

test("a token that is not made of byte characters stands for itself", () => {
  expect(model.decoder().push(4)).toBe("日");
  expect(model.detokenize(["日", "Ã", "©"])).toBe("日é");
  expect(model.decoder().pushUnknown("<unk>")).toBe("<unk>");
});
