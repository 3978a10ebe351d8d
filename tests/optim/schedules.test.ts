import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { type ScheduleOptions, schedule } from "../../src/optim/schedules.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { loadFixture, type SchedulesFixture } from "../support/fixture.ts";

const { cases } = loadFixture<SchedulesFixture>("schedules");

/** The fixture's kinds by our names. */
const TYPES: Record<string, (lr: number, options: Record<string, never>) => ScheduleOptions> = {
  StepLR: (lr, options) => ({ type: "step", lr, ...options }) as ScheduleOptions,
  CosineAnnealingLR: (lr, { tMax, etaMin }) => ({ type: "cosine", lr, totalSteps: tMax, minLr: etaMin }),
  inverseSqrt: (lr, options) => ({ type: "inverse-sqrt", lr, ...options }) as unknown as ScheduleOptions,
  cosineWithWarmup: (lr, options) => ({ type: "cosine", lr, ...options }) as unknown as ScheduleOptions,
  noam: (_lr, options) => ({ type: "noam", ...options }) as unknown as ScheduleOptions,
};

describe("rates of PyTorch", () => {
  const timed = cases.filter(({ metrics }) => metrics === undefined);
  test.each(timed.map((entry) => [entry.name, entry] as const))("%s", (_name, { kind, lr, options, lrs }) => {
    const { rate } = schedule(TYPES[kind](lr, options));
    // PyTorch's cosine turns and rises again behind its end, where ours stays.
    const wave = kind === "CosineAnnealingLR" ? lrs.slice(0, options.tMax + 1) : lrs;
    expectClose(
      wave.map((_, t) => rate(t)),
      wave,
      { atol: 1e-9, rtol: 1e-8 },
    );
  });

  const reported = cases.filter(({ metrics }) => metrics !== undefined);
  test.each(reported.map((entry) => [entry.name, entry] as const))("%s", (_name, entry) => {
    const plateau = schedule({ type: "plateau", lr: entry.lr, ...entry.options });
    const rates = entry.metrics?.map((metric) => {
      plateau.report(metric);
      return plateau.rate();
    });
    expectClose(rates ?? [], entry.lrs, { atol: 1e-9, rtol: 1e-8 });
  });
});

describe("formulas", () => {
  test("constant", () => {
    const { rate } = schedule({ type: "constant", lr: 0.3 });
    expect([rate(0), rate(1000)]).toEqual([0.3, 0.3]);
  });

  test("exponential: lr gamma^t", () => {
    const { rate } = schedule({ type: "exponential", lr: 8, gamma: 0.5 });
    expect([0, 1, 2, 5].map(rate)).toEqual([8, 4, 2, 0.25]);
  });

  // Vaswani et al. 2017, section 5.3: the base model's 512 dimensions and 4000 warm-up steps.
  test("Noam peaks at the end of the warm-up, at (dModel warmup)^-0.5, and reads step 0 as 1", () => {
    const { rate } = schedule({ type: "noam", dModel: 512, warmup: 4000 });
    expect(rate(4000)).toBeCloseTo(1 / Math.sqrt(512 * 4000), 15);
    expect(rate(0)).toBe(rate(1));
    expect(rate(1000)).toBeCloseTo(rate(4000) / 4, 15);
    expect(rate(16000)).toBeCloseTo(rate(4000) / 2, 15);
  });

  test("fairseq's inverse square root: linear to lr, then lr sqrt(warmup) / sqrt(t)", () => {
    const { rate } = schedule({ type: "inverse-sqrt", lr: 5e-4, warmup: 4000 });
    expect([rate(0), rate(2000), rate(4000), rate(16000)]).toEqual([0, 2.5e-4, 5e-4, 2.5e-4]);
  });

  test("nanoGPT's cosine: lr (t + 1) / (warmup + 1), then a half wave to minLr, which it keeps", () => {
    const { rate } = schedule({ type: "cosine", lr: 6e-4, minLr: 6e-5, warmup: 2000, totalSteps: 600000 });
    expect(rate(0)).toBe(6e-4 / 2001);
    expect(rate(2000)).toBe(6e-4);
    expect(rate(301000)).toBeCloseTo((6e-4 + 6e-5) / 2, 15);
    expect(rate(600000)).toBe(6e-5);
    expect(rate(700000)).toBe(6e-5);
  });

  test("a cosine without totalSteps follows the share of the training that is done", () => {
    const { rate } = schedule({ type: "cosine", lr: 0.8, minLr: 0.2, warmup: 3 });
    expect(rate(3, 0)).toBe(0.8);
    expect(rate(9, 0.5)).toBeCloseTo(0.5, 15);
    expect(rate(20, 1)).toBe(0.2);
    // The warm-up's share of the wave: no jump at its end.
    expect(rate(1, 0.5)).toBeCloseTo(0.25, 15);
    // Over steps it is the cosine of as many totalSteps.
    const steps = schedule({ type: "cosine", lr: 0.8, minLr: 0.2, totalSteps: 8 });
    const shares = schedule({ type: "cosine", lr: 0.8, minLr: 0.2 });
    for (let t = 0; t <= 8; t++) expect(shares.rate(t, t / 8)).toBe(steps.rate(t));
    for (const share of [undefined, -0.1, 1.1, Number.NaN]) {
      expect(() => rate(0, share)).toThrow(
        /^cosine schedule share: expected a number of at least 0 and at most 1, got/,
      );
    }
  });

  test("the word language model of PyTorch's examples: a quarter after every loss that is no better", () => {
    const plateau = schedule({ type: "plateau", lr: 20, factor: 0.25, patience: 0, threshold: 0 });
    const rates = [6, 5, 5.5, 5, 4.9].map((loss) => {
      plateau.report(loss);
      return plateau.rate();
    });
    expect(rates).toEqual([20, 20, 5, 1.25, 1.25]);
  });
});

describe("plateau", () => {
  test("NaN and infinities are no improvement, and leave a state that survives JSON", () => {
    const plateau = schedule({ type: "plateau", lr: 1, factor: 0.5, patience: 1 });
    for (const metric of [Number.NaN, Number.NEGATIVE_INFINITY]) plateau.report(metric);
    expect(plateau.rate()).toBe(0.5);
    expect(JSON.parse(JSON.stringify(plateau.state))).toEqual(plateau.state);
    expect(plateau.state.best).toBeNull();
  });

  test("resumed from its state through JSON, it goes on as if not interrupted", () => {
    const metrics = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(metrics, metrics, (before, after) => {
        const make = () => schedule({ type: "plateau", lr: 1, factor: 0.5, patience: 1, cooldown: 1 });
        const [first, second] = [make(), make()];
        for (const metric of before) first.report(metric);
        second.state = JSON.parse(JSON.stringify(first.state));
        for (const metric of after) {
          first.report(metric);
          second.report(metric);
        }
        expect(second.state).toEqual(first.state);
      }),
      runs,
    );
  });

  test("a state from elsewhere is checked", () => {
    const plateau = schedule({ type: "plateau", lr: 1 });
    const good = plateau.state;
    for (const bad of [{ lr: -1 }, { best: "low" }, { badReports: 0.5 }, { cooldown: -1 }]) {
      expect(() => {
        plateau.state = { ...good, ...bad } as never;
      }).toThrow(/^plateau state (lr|best|badReports|cooldown): expected/);
    }
    expect(plateau.state).toEqual(good);
  });

  test("the rate does not fall below minLr, nor rise to it", () => {
    const plateau = schedule({ type: "plateau", lr: 1, patience: 0, minLr: 0.05 });
    for (let i = 0; i < 9; i++) plateau.report(1);
    expect(plateau.rate()).toBe(0.05);
    const low = schedule({ type: "plateau", lr: 0.01, patience: 0, minLr: 0.05 });
    for (let i = 0; i < 9; i++) low.report(1);
    expect(low.rate()).toBe(0.01);
  });
});

describe("options", () => {
  test.each<[object, string]>([
    [{ type: "cosin", lr: 1 }, 'Did you mean "cosine"?'],
    [{}, "schedule type: expected one of constant, step, exponential, inverse-sqrt, cosine, noam, plateau"],
    [{ type: "constant" }, "constant schedule lr: expected a number of at least 0, got undefined."],
    [{ type: "constant", lr: 1, warmup: 3 }, "constant schedule option: expected one of type, lr"],
    [{ type: "cosine", lr: 1, totalStep: 3 }, 'Did you mean "totalSteps"?'],
    [
      { type: "cosine", lr: 1, totalSteps: 5, warmup: 5 },
      "cosine schedule totalSteps: expected a whole number of at least 6",
    ],
    [{ type: "cosine", lr: 1, totalSteps: 5, minLr: 2 }, "cosine schedule minLr: expected"],
    [{ type: "cosine", lr: 1, totalSteps: 5, warmup: -1 }, "cosine schedule warmup: expected"],
    [{ type: "step", lr: 1, stepSize: 0 }, "step schedule stepSize: expected"],
    [{ type: "step", lr: 1, stepSize: 1, gamma: -1 }, "step schedule gamma: expected"],
    [{ type: "exponential", lr: 1 }, "exponential schedule gamma: expected"],
    [{ type: "inverse-sqrt", lr: 1, warmup: 0 }, "inverse-sqrt schedule warmup: expected"],
    [{ type: "noam", dModel: 0, warmup: 1 }, "noam schedule dModel: expected"],
    [{ type: "noam", dModel: 1, warmup: 0 }, "noam schedule warmup: expected"],
    [{ type: "noam", dModel: 1, warmup: 1, factor: -1 }, "noam schedule factor: expected"],
    [{ type: "plateau", lr: 1, patiense: 1 }, 'Did you mean "patience"?'],
    [{ type: "plateau", lr: -1 }, "plateau schedule lr: expected"],
    [{ type: "plateau", lr: 1, mode: "mox" }, 'Did you mean "max"?'],
    [{ type: "plateau", lr: 1, factor: 2 }, "plateau schedule factor: expected"],
    [{ type: "plateau", lr: 1, patience: -1 }, "plateau schedule patience: expected"],
    [{ type: "plateau", lr: 1, threshold: -1 }, "plateau schedule threshold: expected"],
    [{ type: "plateau", lr: 1, thresholdMode: "x" }, "plateau schedule thresholdMode: expected"],
    [{ type: "plateau", lr: 1, cooldown: -1 }, "plateau schedule cooldown: expected"],
    [{ type: "plateau", lr: 1, minLr: -1 }, "plateau schedule minLr: expected"],
    [{ type: "plateau", lr: 1, eps: -1 }, "plateau schedule eps: expected"],
  ])("%j is refused", (options, message) => {
    expect(() => schedule(options as ScheduleOptions)).toThrow(OptionError);
    expect(() => schedule(options as ScheduleOptions)).toThrow(message);
  });

  test("a step that is no whole number is refused", () => {
    const { rate } = schedule({ type: "constant", lr: 1 });
    expect(() => rate(-1)).toThrow("schedule step: expected a whole number of at least 0, got -1.");
    expect(() => rate(0.5)).toThrow(OptionError);
  });
});
