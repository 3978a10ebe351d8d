import { expect, test } from "vitest";
import type { Validation } from "../../src/train/events.ts";
import { improves, validate } from "../../src/train/validation.ts";
import { Toy, toyData } from "../support/toy-trainable.ts";

test("perplexity is exp(loss), BLEU only when asked for", () => {
  const task = new Toy().task(toyData);
  const { loss, perplexity, ...rest } = validate(task, 7, undefined);
  expect(perplexity).toBe(Math.exp(loss));
  expect(rest).toEqual({ step: 7 });
  // "a b c 0" beside "a b c d": precisions 3/4, 2/3, 1/2 and, with the default smoothing, 1/2 of 1/1.
  expect(validate(task, 7, {}).bleu).toBeCloseTo(100 * (0.75 * (2 / 3) * 0.5 * 0.5) ** 0.25, 1);
});

test("lower losses and higher BLEU improve; ties and what is not finite do not", () => {
  const at = (loss: number, bleu?: number): Validation => ({
    step: 1,
    loss,
    perplexity: Math.exp(loss),
    ...(bleu === undefined ? {} : { bleu }),
  });
  expect(improves(at(1), null, "loss")).toBe(true);
  expect(improves(at(Number.NaN), null, "loss")).toBe(false);
  expect(improves(at(1), at(2), "perplexity")).toBe(true);
  expect(improves(at(2), at(2), "loss")).toBe(false);
  expect(improves(at(9, 30), at(1, 20), "bleu")).toBe(true);
  expect(improves(at(1), at(1, 20), "bleu")).toBe(false);
});
