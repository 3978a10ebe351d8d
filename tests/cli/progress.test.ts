import { describe, expect, test } from "vitest";
import { describeValidation, duration, grouped, TrainingDisplay } from "../../src/cli/progress.ts";
import type { TrainingEvent } from "../../src/train/events.ts";

/** What a display writes where there is no terminal. */
function lines(...events: TrainingEvent[]): string {
  let text = "";
  const stderr = { isTTY: false, write: (part: string) => (text += part) };
  const display = new TrainingDisplay({ stderr } as unknown as ConstructorParameters<
    typeof TrainingDisplay
  >[0]);
  for (const event of events) display.onEvent(event);
  return text;
}

const record = {
  kind: "train",
  step: 50,
  epoch: 1.25,
  loss: 2.5,
  learningRate: 0.0012345,
  seconds: 9,
} as const;

describe("lines", () => {
  test("of training say whether label smoothing is in the loss", () => {
    expect(lines({ type: "log", record })).toBe("step 50  epoch 1.25  loss 2.500  rate 0.00123\n");
    expect(lines({ type: "log", record: { ...record, labelSmoothing: 0.1, tokensPerSecond: 12345.6 } })).toBe(
      "step 50  epoch 1.25  smoothed loss 2.500  rate 0.00123  12,346 tokens/s\n",
    );
  });

  test("of validation say what was validated", () => {
    const validation = { step: 40, loss: 1.5, perplexity: Math.exp(1.5) };
    expect(lines({ type: "validation", validation, best: false })).toBe(
      "step 40  validation loss 1.500  perplexity 4.482\n",
    );
    const average = { ...validation, bleu: 21.456, average: 5 };
    expect(lines({ type: "validation", validation: average, best: true })).toBe(
      "average of 5  validation loss 1.500  perplexity 4.482  BLEU 21.46  best\n",
    );
    expect(describeValidation(average)).not.toContain("step");
  });

  test("of other events", () => {
    expect(lines({ type: "start", parameters: 1234567, resumedFrom: 8 })).toBe(
      "1,234,567 parameters, resumed at step 8\n",
    );
    expect(lines({ type: "skipped", step: 3, op: "exp" })).toBe("step 3  left out: exp was not finite\n");
    expect(lines({ type: "log", record: { ...record, kind: "valid" } })).toBe("");
  });
});

test("numbers and times for people", () => {
  expect([0.4, 999, 1234567].map(grouped)).toEqual(["0", "999", "1,234,567"]);
  expect([-1, 0.4, 59.4].map(duration)).toEqual(["0 s", "0.4 s", "59 s"]);
  expect([200, 7500, Number.NaN].map(duration)).toEqual(["3 min 20 s", "2 h 5 min", "?"]);
});
