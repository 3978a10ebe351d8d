import { expect, test } from "vitest";
import { EMPTY_WINDOW, type Progress } from "../../src/train/progress.ts";
import { trainingReport } from "../../src/train/report.ts";
import { Toy, toyData } from "../support/toy-trainable.ts";

const progress: Progress = {
  step: 12,
  tokens: 300,
  skipped: 2,
  seconds: 4,
  updateSeconds: 3,
  learningRate: 0.1,
  window: EMPTY_WINDOW,
  best: { step: 10, loss: 0.5, perplexity: 1.65, bleu: 42 },
  validation: null,
  badValidations: 0,
};

test("shows figures, curves, configuration and samples with their attention, all as text", () => {
  const samples = () => [
    {
      source: "a <b>",
      text: "<i>",
      reference: "x",
      sourceTokens: ["a", "<b>"],
      tokens: ["<i>"],
      attention: [[0.5, 0.5]],
    },
    { source: "blank", text: "", sourceTokens: [], tokens: [], attention: [] },
  ];
  const task = { ...new Toy().task(toyData), samples };
  const records = [{ kind: "train", step: 12, epoch: 1, loss: 0.7, seconds: 4 }] as const;
  const page = trainingReport(task, { training: { lr: 0.1 } }, progress, records);
  for (const part of ["best at step", "42", "skipped steps", "training.lr", "a &lt;b&gt;", "Loss", "blank"]) {
    expect(page).toContain(part);
  }
  expect(page).not.toContain("<i>");
});

test("shows what the heads of a sample looked at", () => {
  const heads = [{ kind: "decoder", queries: ["<q>"], keys: ["<q>"], layers: [[[[1]], [[1]]]] }] as const;
  const task = { ...new Toy().task(toyData), samples: () => [{ text: "made up", heads }] };
  const page = trainingReport(task, {}, progress, []);
  for (const part of [
    '<summary dir="auto">made up',
    "decoder self-attention",
    "layer 1, head 2",
    "&lt;q&gt;",
  ]) {
    expect(page).toContain(part);
  }
});

test("an average that was best is named", () => {
  const best = { step: 12, loss: 0.25, perplexity: 1.28, average: 4 };
  const page = trainingReport(new Toy().task(toyData), {}, { ...progress, best }, []);
  expect(page).toContain("average of 4");
  expect(page).not.toContain("best at step");
});

test("does without validation and samples", () => {
  const { samples: _, ...task } = { samples: undefined, ...new Toy().task(toyData) };
  const page = trainingReport(task, {}, { ...progress, best: null, skipped: 0, updateSeconds: 0 }, []);
  expect(page).not.toContain("best at step");
});
