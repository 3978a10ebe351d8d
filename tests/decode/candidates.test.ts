import fc from "fast-check";
import { expect, test } from "vitest";
import { NumericError } from "../../src/base/errors.ts";
import { Candidates } from "../../src/decode/candidates.ts";
import { runs } from "../support/fc.ts";

test("the best k equal the head of a full sort, ties by row, then token", () => {
  const row = fc.array(fc.constantFrom(-3, -2, -1, -0.5, Number.NEGATIVE_INFINITY), {
    minLength: 5,
    maxLength: 5,
  });
  const cases = fc.tuple(
    fc.array(fc.tuple(row, fc.constantFrom(0, -1, -1.5)), { maxLength: 4 }),
    fc.integer({ min: 1, max: 30 }),
    fc.uint8Array({ minLength: 5, maxLength: 5, max: 1 }),
  );
  fc.assert(
    fc.property(cases, ([rows, k, blocked]) => {
      const heap = new Candidates(5, blocked);
      heap.reset(k);
      const logProbs = Float32Array.from(rows.flatMap(([values]) => values));
      const expected: { score: number; row: number; token: number }[] = [];
      for (const [r, [values, base]] of rows.entries()) {
        const allowed = values.flatMap((value, token) =>
          value > Number.NEGATIVE_INFINITY && !blocked[token] ? [{ score: base + value, row: r, token }] : [],
        );
        expect(heap.offer(logProbs, r, base)).toBe(allowed.length > 0);
        expected.push(...allowed);
      }
      heap.sort();
      expected.sort((a, b) => b.score - a.score || a.row - b.row || a.token - b.token);
      const got = Array.from({ length: heap.size }, (_, i) => ({
        score: heap.score(i),
        row: heap.row(i),
        token: heap.token(i),
      }));
      expect(got).toEqual(expected.slice(0, k));
    }),
    runs,
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("%d is refused wherever it stands", (bad) => {
  for (let at = 0; at < 4; at++) {
    const heap = new Candidates(4, new Uint8Array(4));
    heap.reset(1);
    const logProbs = Float32Array.of(-1, -1, -1, -1);
    logProbs[at] = bad;
    const error = new NumericError(
      {
        what: "StepModel.step log probability",
        expected: "a number below Infinity",
        got: `${bad} for token ${at} of row 0`,
        hint: "The model has diverged or its weights are damaged.",
      },
      "StepModel.step",
    );
    expect(() => heap.offer(logProbs, 0)).toThrow(error);
  }
});
