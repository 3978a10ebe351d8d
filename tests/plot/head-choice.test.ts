import { expect, test } from "vitest";
import type { HeadAttention } from "../../src/base/head-attention.ts";
import { chooseHeads, type HeadChoice } from "../../src/plot/head-choice.ts";

const weights = [[1]];
const shape = { queries: ["a"], keys: ["b"] };
const encoder: HeadAttention = {
  kind: "encoder",
  ...shape,
  layers: [
    [weights, weights],
    [weights, weights],
  ],
};
const memory: HeadAttention = { kind: "memory", ...shape, layers: [[weights, weights]] };

const chosen = (choice: HeadChoice) =>
  chooseHeads([encoder, memory], choice).map(({ name, rows }) => [
    name,
    ...rows.map((row) => row.map(({ layer, head }) => `${layer}.${head}`).join(" ")),
  ]);

test("all, one kind, a layer that some kinds have, a head of every layer", () => {
  expect(chosen({})).toEqual([
    ["encoder self-attention", "1.1 1.2", "2.1 2.2"],
    ["decoder-to-memory attention", "1.1 1.2"],
  ]);
  expect(chosen({ kind: "memory" })).toEqual([["decoder-to-memory attention", "1.1 1.2"]]);
  expect(chosen({ layer: 2 })).toEqual([["encoder self-attention", "2.1 2.2"]]);
  expect(chosen({ kind: "encoder", head: 2 })).toEqual([["encoder self-attention", "1.2", "2.2"]]);
});

test("what is not there", () => {
  expect(() => chosen({ kind: "memory", layer: 2, head: 3 })).toThrow(
    "chosen head: expected encoder layers 1 to 2 with heads 1 to 2, memory layers 1 to 1 with heads 1 to 2, " +
      "got memory, layer 2, head 3.",
  );
  expect(() => chooseHeads([], { layer: 1 })).toThrow(
    "chosen head: expected none, since there is no attention",
  );
  expect(() => chosen({ layer: 0 })).toThrow("layer: expected a whole number of at least 1, got 0.");
  expect(() => chosen({ head: 1.5 })).toThrow("head: expected a whole number of at least 1, got 1.5.");
  expect(() => chosen({ kind: "other" as "memory" })).toThrow("attention kind: expected");
  expect(chooseHeads([], {})).toEqual([]);
});
