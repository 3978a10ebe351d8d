import { describe, expect, test } from "vitest";
import { DTypeError, IndexError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { Embedding } from "../../src/nn/embedding.ts";
import { loadFixture } from "../support/fixture.ts";
import { load, PRECISIONS, replay } from "../support/golden.ts";

describe.each(PRECISIONS)("PyTorch's values in %s", (...precision) => {
  test.each(loadFixture("embedding").cases.map((entry) => [entry.name, entry] as const))(
    "%s",
    (_name, entry) => {
      const table = load(new Embedding(entry.options), entry, precision[0]);
      const ids = entry.ids.map((row) => [...row]);
      replay(entry, precision, table.stateDict(), () => ({ y: table.forward(ids) }));
    },
  );
});

test("starts standard normal, with a padding row of zeros", () => {
  const options = { numEmbeddings: 100, embeddingDim: 50, paddingIdx: 3, random: new Random(1) };
  const values = Array.from(new Embedding(options).weight.data());
  expect(values.slice(150, 200).every((value) => value === 0)).toBe(true);
  const mean = values.reduce((sum, value) => sum + value, 0) / 4950;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / 4950 - mean ** 2;
  expect(Math.abs(mean)).toBeLessThan(0.05);
  expect(Math.abs(variance - 1)).toBeLessThan(0.06);
});

test.each([-1, 7])("id %d is out of range", (id) => {
  const table = new Embedding({ numEmbeddings: 7, embeddingDim: 4 });
  expect(() => table.forward([1, id])).toThrow(IndexError);
});

test.each([2 ** 31, Number.NaN, 0.5])("%d is no id", (id) => {
  const table = new Embedding({ numEmbeddings: 7, embeddingDim: 4 });
  expect(() => table.forward([1, id])).toThrow(DTypeError);
  expect(() => table.forward([1, id])).toThrow("expected a whole number of 32 bits");
});

test("no ids give no vectors and a zero gradient", () => {
  const table = new Embedding({ numEmbeddings: 2, embeddingDim: 2 });
  const y = table.forward([]);
  expect(y.shape).toEqual([0, 2]);
  y.sum().backward();
  expect(table.weight.grad?.toArray()).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test("options are checked", () => {
  expect(() => new Embedding({ numEmbeddings: 2, embeddingDim: 0 })).toThrow("embeddingDim: expected");
  expect(() => new Embedding({ numEmbeddings: 0, embeddingDim: 1 })).toThrow("numEmbeddings: expected");
  expect(() => new Embedding({ numEmbeddings: 2, embeddingDim: 1, paddingIdx: 2 })).toThrow(
    "paddingIdx: expected a whole number of at least 0 and at most 1, got 2.",
  );
  expect(() => new Embedding({ numEmbeddings: 2, embeddingDims: 1 } as never)).toThrow(
    'Did you mean "embeddingDim"?',
  );
});
