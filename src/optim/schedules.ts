/**
 * Learning-rate schedules. Steps are counted from 0; what a step is (an update, an epoch) is the caller's choice.
 * Only + - * / and square roots are used, so that the rates have the same bits everywhere.
 */
import { checkChoice, checkNumber, checkObject, rejectUnknownKeys } from "../base/options.ts";
import { type PlateauOptions, ReduceOnPlateau } from "./plateau.ts";
import { cosPi, power } from "./power.ts";

/** Always `lr`. */
export interface ConstantOptions {
  readonly type: "constant";
  readonly lr: number;
}

/** `lr gamma^floor(t / stepSize)`. */
export interface StepOptions {
  readonly type: "step";
  readonly lr: number;
  readonly stepSize: number;
  /** Default 0.1. */
  readonly gamma?: number;
}

/** `lr gamma^t`. */
export interface ExponentialOptions {
  readonly type: "exponential";
  readonly lr: number;
  readonly gamma: number;
}

/** `lr t / warmup` before step `warmup`, then `lr sqrt(warmup / t)` (fairseq's inverse_sqrt). */
export interface InverseSqrtOptions {
  readonly type: "inverse-sqrt";
  /** The peak, at step `warmup`. */
  readonly lr: number;
  /** At least 1. */
  readonly warmup: number;
}

/**
 * `lr (t + 1) / (warmup + 1)` before step `warmup`, then half a cosine wave from `lr` down to `minLr` at step
 * `totalSteps`, where it stays (Loshchilov and Hutter 2017, eq. 5, with nanoGPT's warm-up).
 *
 * Without `totalSteps`, the wave runs over the share of the training that is done, which {@link Schedule.rate} is told:
 * for a training whose number of steps is not known before, such as one limited by time. During the warm-up the wave is
 * multiplied by `(t + 1) / (warmup + 1)`.
 */
export interface CosineOptions {
  readonly type: "cosine";
  readonly lr: number;
  /** Above `warmup`. */
  readonly totalSteps?: number;
  /** Default 0. */
  readonly warmup?: number;
  /** Default 0. */
  readonly minLr?: number;
}

/**
 * `factor dModel^-0.5 min(t^-0.5, t warmup^-1.5)` (Vaswani et al. 2017, eq. 3), with step 0 read as 1.
 */
export interface NoamOptions {
  readonly type: "noam";
  readonly dModel: number;
  /** At least 1. */
  readonly warmup: number;
  /** Default 1. */
  readonly factor?: number;
}

type RateOptions =
  | ConstantOptions
  | StepOptions
  | ExponentialOptions
  | InverseSqrtOptions
  | CosineOptions
  | NoamOptions;

export type ScheduleOptions = RateOptions | PlateauOptions;

/** A learning rate for each step. */
export interface Schedule {
  /**
   * The rate of step `t`, counted from 0.
   *
   * @param share how much of the training is done, in 0..1; only a cosine without `totalSteps` asks for it
   */
  rate(t: number, share?: number): number;
}

type Rate = (t: number, share?: number) => number;

const count = { integer: true, min: 1 };

/** For each type, its options, and the rate as a function of the step. */
const SCHEDULES: {
  readonly [T in RateOptions["type"]]: {
    readonly keys: readonly string[];
    readonly build: (options: Extract<RateOptions, { readonly type: T }>) => Rate;
  };
} = {
  constant: {
    keys: ["lr"],
    build:
      ({ lr }) =>
      () =>
        lr,
  },
  step: {
    keys: ["lr", "stepSize", "gamma"],
    build: ({ lr, stepSize, gamma = 0.1 }) => {
      checkNumber("step schedule stepSize", stepSize, count);
      checkNumber("step schedule gamma", gamma, { min: 0 });
      return (t) => lr * power(gamma, Math.floor(t / stepSize));
    },
  },
  exponential: {
    keys: ["lr", "gamma"],
    build: ({ lr, gamma }) => {
      checkNumber("exponential schedule gamma", gamma, { min: 0 });
      return (t) => lr * power(gamma, t);
    },
  },
  "inverse-sqrt": {
    keys: ["lr", "warmup"],
    build: ({ lr, warmup }) => {
      checkNumber("inverse-sqrt schedule warmup", warmup, count);
      return (t) => lr * (t < warmup ? t / warmup : Math.sqrt(warmup / t));
    },
  },
  cosine: {
    keys: ["lr", "totalSteps", "warmup", "minLr"],
    build: ({ lr, totalSteps, warmup = 0, minLr = 0 }) => {
      checkNumber("cosine schedule warmup", warmup, { integer: true, min: 0 });
      checkNumber("cosine schedule minLr", minLr, { min: 0, max: lr });
      const wave = (progress: number) => minLr + ((lr - minLr) * (1 + cosPi(progress))) / 2;
      if (totalSteps === undefined) {
        return (t, share) => {
          const height = wave(checkNumber("cosine schedule share", share, { min: 0, max: 1 }));
          return t < warmup ? (height * (t + 1)) / (warmup + 1) : height;
        };
      }
      checkNumber("cosine schedule totalSteps", totalSteps, { integer: true, min: warmup + 1 });
      return (t) => {
        if (t < warmup) return (lr * (t + 1)) / (warmup + 1);
        return wave(Math.min(1, (t - warmup) / (totalSteps - warmup)));
      };
    },
  },
  noam: {
    keys: ["dModel", "warmup", "factor"],
    build: ({ dModel, warmup, factor = 1 }) => {
      checkNumber("noam schedule dModel", dModel, count);
      checkNumber("noam schedule warmup", warmup, count);
      checkNumber("noam schedule factor", factor, { min: 0 });
      const scale = factor / Math.sqrt(dModel);
      const slope = 1 / (warmup * Math.sqrt(warmup));
      return (t) => {
        const step = Math.max(1, t);
        return scale * Math.min(1 / Math.sqrt(step), step * slope);
      };
    },
  },
};

/**
 * A schedule by its name.
 *
 * @throws {OptionError} for unknown types and options, naming the nearest, and for impossible values.
 * @example
 * const warm = schedule({ type: "inverse-sqrt", lr: 0.01, warmup: 100 });
 * [warm.rate(50), warm.rate(100), warm.rate(400)]; // [0.005, 0.01, 0.005]
 */
export function schedule(options: PlateauOptions): ReduceOnPlateau;
export function schedule(options: ScheduleOptions): Schedule;
export function schedule(options: ScheduleOptions): Schedule {
  checkObject("schedule options", options);
  const types = [...Object.keys(SCHEDULES), "plateau"] as ScheduleOptions["type"][];
  checkChoice("schedule type", options.type, types);
  if (options.type === "plateau") return new ReduceOnPlateau(options);
  const { keys, build } = SCHEDULES[options.type];
  rejectUnknownKeys(`${options.type} schedule`, options, ["type", ...keys]);
  if (options.type !== "noam") checkNumber(`${options.type} schedule lr`, options.lr, { min: 0 });
  const rate = (build as (given: RateOptions) => Rate)(options);
  return { rate: (t, share) => rate(checkNumber("schedule step", t, { integer: true, min: 0 }), share) };
}
