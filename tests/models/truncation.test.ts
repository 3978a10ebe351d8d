import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { RECURRENT_CELLS, RecurrentLanguageModel } from "../../src/models/recurrent-language-model.ts";
import { truncationEffects } from "../../src/models/truncation.ts";
import { memoryInfo, ops, scoped } from "../../src/tensor/index.ts";

const random = new Random(3);
const ids = Array.from({ length: 25 }, () => random.integer(7));
const make = (cell: (typeof RECURRENT_CELLS)[number]) => {
  const network = new RecurrentLanguageModel(
    { vocabularySize: 7, cell, hiddenSize: 6, dropout: 0.5 },
    new Random(1),
  );
  for (const parameter of network.parameters()) {
    const view = parameter.view();
    for (let i = 0; i < view.length; i++) view[i] *= 2;
  }
  return network;
};

describe.each(RECURRENT_CELLS)("truncationEffects: %s", (cell) => {
  test("windows of the whole text give the full gradient (law 53), one of a token another", () => {
    const effects = truncationEffects(make(cell), ids, [1, 2, 4, 8, 24, 100]);
    const cosines = effects.map(({ cosine }) => cosine);
    for (const { cosine, ratio } of effects.slice(4)) {
      expect(cosine).toBeCloseTo(1, 6);
      expect(ratio).toBeCloseTo(1, 6);
    }
    expect(cosines[0]).toBeLessThan(0.9999);
    for (const cosine of cosines) expect(Math.abs(cosine)).toBeLessThanOrEqual(1 + 1e-9);
  });

  test("gradients, mode and memory are left as they were", () => {
    const network = make(cell);
    scoped(() => ops.sum(network.outputBias).backward());
    truncationEffects(network, ids, [3]);
    expect(network.outputBias.grad?.toArray()).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(network.outputWeight.grad).toBeNull();
    expect(network.training).toBe(true);
    const { liveBytes } = memoryInfo();
    truncationEffects(network, ids, [3]);
    expect(memoryInfo().liveBytes).toBe(liveBytes);
  });
});

test("bad input", () => {
  expect(() => truncationEffects(make("rnn"), [1], [1])).toThrow(OptionError);
  expect(() => truncationEffects(make("rnn"), [1], [1])).toThrow(
    "text: expected at least two tokens, got 1.",
  );
  expect(() => truncationEffects(make("rnn"), ids, [0])).toThrow(
    "bptt: expected a whole number of at least 1, got 0.",
  );
});
