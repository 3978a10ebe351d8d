import { expect, test } from "vitest";
import { Pace } from "../../src/train/pace.ts";

/** A pace whose clock stands at `now.ms`. */
function pace(limits: ConstructorParameters<typeof Pace>[1]) {
  const now = { ms: 5000 };
  return { now, pace: new Pace(() => now.ms, limits) };
}

test("the share is that of the limit which comes first, at most 1", () => {
  const { now, pace: all } = pace({ steps: 100, epochs: 4, minutes: 0.5 });
  all.begin(0, { step: 0, epoch: 0 });
  expect(all.share({ step: 0, epoch: 0 })).toBe(0);
  expect(all.share({ step: 50, epoch: 0.2 })).toBe(0.5);
  expect(all.share({ step: 10, epoch: 3 })).toBe(0.75);
  now.ms += 27_000;
  expect(all.share({ step: 10, epoch: 3 })).toBe(0.9);
  now.ms += 27_000;
  expect(all.share({ step: 10, epoch: 3 })).toBe(1);
});

test("time goes on from that before a resume, without what lay between", () => {
  const { now, pace: resumed } = pace({ minutes: 1 });
  resumed.begin(45, { step: 0, epoch: 0 });
  expect(resumed.seconds).toBe(45);
  now.ms += 7500;
  expect(resumed.seconds).toBe(52.5);
  expect(resumed.share({ step: 0, epoch: 0 })).toBe(0.875);
});

test("the time left is estimated from the speed since the resume", () => {
  const { now, pace: resumed } = pace({ steps: 100 });
  resumed.begin(1000, { step: 50, epoch: 0 });
  now.ms += 3000;
  // 10 steps in 3 seconds, and 40 to go.
  expect(resumed.secondsLeft({ step: 60, epoch: 0 })).toBeCloseTo(12, 9);
  expect(resumed.secondsLeft({ step: 100, epoch: 0 })).toBe(0);
});
