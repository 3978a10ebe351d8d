import { expect, test } from "vitest";
import { countUpdate, INITIAL_PROGRESS } from "../../src/train/progress.ts";

test("an update adds to the run and to the line of the log being gathered", () => {
  const figures = { nats: 6, tokens: 3, gradientNorm: 2, clippedElements: 0.25 };
  const once = countUpdate(INITIAL_PROGRESS, figures, { seconds: 0.5, clipNorm: 1 });
  const twice = countUpdate(once, { ...figures, gradientNorm: 0.5 }, { seconds: 0.25, clipNorm: 1 });
  expect(twice).toEqual({
    ...INITIAL_PROGRESS,
    step: 2,
    tokens: 6,
    updateSeconds: 0.75,
    window: {
      steps: 2,
      nats: 12,
      tokens: 6,
      norms: 2.5,
      clippedSteps: 1,
      clippedElements: 0.5,
      seconds: 0.75,
    },
  });
  expect(countUpdate(INITIAL_PROGRESS, figures, { seconds: 1 }).window.clippedSteps).toBe(0);
});
