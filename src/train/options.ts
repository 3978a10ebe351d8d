/** The options of training, checked and completed before anything is touched. */
import { nearest, OptionError } from "../base/errors.ts";
import type { FileSystem } from "../base/file-system.ts";
import { checkChoice, checkNumber, describe } from "../base/options.ts";
import { type BleuOptions, bleuMetric } from "../metrics/bleu.ts";
import { Adagrad, type AdagradOptions } from "../optim/adagrad.ts";
import { Adam, type AdamOptions, AdamW } from "../optim/adam.ts";
import type { Optimizer, Parameters } from "../optim/optimizer.ts";
import { RMSprop, type RMSpropOptions } from "../optim/rmsprop.ts";
import type { ScheduleOptions } from "../optim/schedules.ts";
import { SGD, type SGDOptions } from "../optim/sgd.ts";
import type { TrainingEvent } from "./events.ts";
import type { TrainingTask } from "./task.ts";

const DEFAULT_RATES = { adam: 1e-3, adamw: 1e-3, sgd: 1e-3, rmsprop: 1e-2, adagrad: 1e-2 };
const OPTIMIZERS = { adam: Adam, adamw: AdamW, sgd: SGD, rmsprop: RMSprop, adagrad: Adagrad } as const;

/** An update rule by name, with the options of its class. */
export type OptimizerOptions =
  | ({ readonly type: "adam" | "adamw" } & AdamOptions)
  | ({ readonly type: "sgd" } & SGDOptions)
  | ({ readonly type: "rmsprop" } & RMSpropOptions)
  | ({ readonly type: "adagrad" } & AdagradOptions);

type WithoutRate<T> = T extends { readonly lr: number } ? Omit<T, "lr"> & { readonly lr?: number } : T;

/**
 * A schedule as in `schedule()`; `lr` defaults to the optimizer's.
 *
 * The cosine's `totalSteps` defaults to `steps`. Without either it reaches its lowest rate as the training reaches its
 * first limit, `epochs` or `minutes`: with `minutes` the rates depend on the clock, and two runs from one seed differ.
 * A run resumed with other such limits takes up the wave at the share of the new ones that is done.
 */
export type TrainSchedule = WithoutRate<ScheduleOptions>;

const MONITORS = ["loss", "perplexity", "bleu"] as const;
export type Monitor = (typeof MONITORS)[number];

/** Training ends at the first limit reached; at least one must be given. */
interface Limits {
  /** Passes over the training data. */
  readonly epochs?: number;
  /** Updates. */
  readonly steps?: number;
  /** Training time, that before a resume included. */
  readonly minutes?: number;
  /** Validations in a row that may bring no improvement before training stops. */
  readonly patience?: number;
}

export interface TrainOptions extends Limits {
  /** Default: Adam. */
  readonly optimizer?: OptimizerOptions;
  /** Learning rate, in place of `optimizer.lr`. */
  readonly lr?: number;
  /** Default: constant. Step 0 is the first update; a plateau schedule follows the monitored figure. */
  readonly schedule?: TrainSchedule;
  /** Largest norm of all gradients together. Default: none. */
  readonly clipNorm?: number;
  /** Largest absolute value of an element of a gradient, after `clipNorm`. Default: none. */
  readonly clipValue?: number;
  /** Batches whose gradients, weighted by tokens, make one update. Default 1. */
  readonly accumulate?: number;
  /** What happens when loss or gradient is not finite. `skip` leaves the update out and counts it. Default `stop`. */
  readonly onNonFinite?: "stop" | "skip";
  /** Updates between validations. Default: validate after each epoch. */
  readonly validateEvery?: number;
  /** Which validation figure decides what is best. Default `loss`. */
  readonly monitor?: Monitor;
  /** Measure BLEU in validation, with these options. Default: when it is monitored. */
  readonly bleu?: boolean | BleuOptions;
  /** Updates between lines of the log. Default 50. */
  readonly logEvery?: number;
  /** Updates between checkpoints, besides those at validations and at the end. */
  readonly saveEvery?: number;
  /**
   * How many weights to average at the end: the last ones and those at the validations before (Vaswani et al. 2017,
   * section 6.1). The average is validated as well, and where it is the best so far, it is what the model ends with;
   * without validation data it is so in any case. In a run directory the weights kept are `checkpoint-STEP.safetensors`
   * and the average is `average.safetensors`. Default: none.
   */
  readonly keepCheckpoints?: number;
  /** Updates between the weights kept. Default: those at validations. */
  readonly checkpointEvery?: number;
  /** The run directory. Without it nothing is written. */
  readonly out?: string;
  /** Continue the run in `out` where there is one. Default false: an existing run is an error. */
  readonly resume?: boolean;
  /** Stops after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Milliseconds that only grow. Default `performance.now`. */
  readonly clock?: () => number;
  /** Default: that of Node.js. */
  readonly fs?: FileSystem;
}

/** What of the options a run depends on, completed; plain JSON, written to config.json. */
export interface TrainingPlan extends Limits {
  readonly optimizer: OptimizerOptions & { readonly lr: number };
  readonly schedule: ScheduleOptions;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly accumulate: number;
  readonly onNonFinite: "stop" | "skip";
  readonly validateEvery?: number;
  readonly monitor: Monitor;
  readonly bleu?: BleuOptions;
  readonly logEvery: number;
  readonly saveEvery?: number;
  readonly keepCheckpoints?: number;
  readonly checkpointEvery?: number;
}

/** What may differ when a run is resumed. */
export const CHANGEABLE = ["epochs", "steps", "minutes", "patience", "saveEvery", "onNonFinite"] as const;

const positive = { integer: true, min: 1 };
const NUMBERS = {
  epochs: positive,
  steps: { integer: true, min: 0 },
  minutes: { above: 0 },
  patience: positive,
  lr: { min: 0 },
  clipNorm: { above: 0 },
  clipValue: { above: 0 },
  accumulate: positive,
  validateEvery: positive,
  logEvery: positive,
  saveEvery: positive,
  keepCheckpoints: positive,
  checkpointEvery: positive,
} as const;

const OTHERS = [
  "optimizer",
  "schedule",
  "onNonFinite",
  "monitor",
  "bleu",
  "out",
  "resume",
  "signal",
  "onEvent",
  "clock",
  "fs",
] as const satisfies readonly (keyof TrainOptions)[];

const KEYS: readonly string[] = [...Object.keys(NUMBERS), ...OTHERS];

/** Parts the options of training from those of the task. */
export function splitOptions<T extends object>(given: TrainOptions & T): { own: TrainOptions; task: T } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    own: Object.fromEntries(entries.filter(([key]) => KEYS.includes(key))),
    task: Object.fromEntries(entries.filter(([key]) => !KEYS.includes(key))) as T,
  };
}

/** Calls `make`; when it rejects an option that is a near miss of one of training's, says that instead. */
export function explainUnknown<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof OptionError) || !cause.complaint.what.endsWith(" option")) throw cause;
    const { got, hint } = cause.complaint;
    const close = hint === undefined ? nearest(got.slice(1, -1), KEYS) : undefined;
    const expected = `${cause.complaint.expected}, ${KEYS.join(", ")}`;
    const meant = close === undefined ? hint : `Did you mean ${JSON.stringify(close)}?`;
    throw new OptionError({ what: "train option", expected, got, ...(meant ? { hint: meant } : {}) });
  }
}

/**
 * Checks everything and fills in defaults.
 *
 * @throws {OptionError} for impossible values and combinations.
 */
export function planTraining(options: TrainOptions, task: TrainingTask<unknown>): TrainingPlan {
  for (const [key, rule] of Object.entries(NUMBERS)) {
    const value = options[key as keyof typeof NUMBERS];
    if (value !== undefined) checkNumber(key, value, rule);
  }
  const { epochs, steps, minutes, resume, out } = options;
  if (epochs === undefined && steps === undefined && minutes === undefined) {
    throw new OptionError({ what: "train", expected: "a limit: epochs, steps or minutes", got: "none" });
  }
  if (resume && out === undefined) {
    throw new OptionError({ what: "resume", expected: "the run directory in out", got: "none" });
  }
  if (out === "") throw new OptionError({ what: "out", expected: "the path of a directory", got: '""' });
  const monitor = checkChoice("monitor", options.monitor ?? "loss", MONITORS);
  const onNonFinite = checkChoice("onNonFinite", options.onNonFinite ?? "stop", ["stop", "skip"]);
  const bleu =
    options.bleu === true || (monitor === "bleu" && !options.bleu) ? {} : options.bleu || undefined;
  checkValidation(options, bleu !== undefined, task);
  if (bleu !== undefined) bleuMetric(bleu);
  const { clipNorm, clipValue, validateEvery, patience, saveEvery, accumulate = 1, logEvery = 50 } = options;
  const { keepCheckpoints, checkpointEvery } = options;
  const optimizer = resolveOptimizer(options);
  return defined({
    epochs,
    steps,
    minutes,
    patience,
    optimizer,
    schedule: resolveSchedule(options, optimizer.lr, monitor),
    clipNorm,
    clipValue,
    accumulate,
    onNonFinite,
    validateEvery,
    monitor,
    bleu,
    logEvery,
    saveEvery,
    keepCheckpoints,
    checkpointEvery,
  }) as unknown as TrainingPlan;
}

function defined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function checkValidation(options: TrainOptions, bleu: boolean, task: TrainingTask<unknown>): void {
  const keys = ["monitor", "patience", "validateEvery", "bleu"] as const;
  const wants = [
    ...keys.filter((key) => options[key] !== undefined && options[key] !== false),
    ...(options.schedule?.type === "plateau" ? ["schedule plateau"] : []),
  ];
  if (wants.length > 0 && !task.hasValidation) {
    throw new OptionError({ what: wants[0], expected: "validation data", got: "none" });
  }
  if (bleu && task.translateValidation === undefined) {
    throw new OptionError({ what: "bleu", expected: "a model that translates", got: "another" });
  }
  const { keepCheckpoints, checkpointEvery } = options;
  if (keepCheckpoints === undefined && checkpointEvery !== undefined) {
    throw new OptionError({ what: "checkpointEvery", expected: "keepCheckpoints with it", got: "none" });
  }
  if (keepCheckpoints !== undefined && checkpointEvery === undefined && !task.hasValidation) {
    const expected = "validation data, or checkpointEvery with it";
    throw new OptionError({ what: "keepCheckpoints", expected, got: "neither" });
  }
}

function resolveOptimizer({ optimizer, lr }: TrainOptions): OptimizerOptions & { lr: number } {
  const given = optimizer ?? { type: "adam" };
  if (typeof given !== "object" || given === null) {
    throw new OptionError({ what: "optimizer", expected: "an object with a type", got: describe(given) });
  }
  checkChoice("optimizer type", given.type, Object.keys(OPTIMIZERS));
  if (lr !== undefined && given.lr !== undefined) {
    throw new OptionError({ what: "lr", expected: "one learning rate", got: "lr and optimizer.lr" });
  }
  return { ...given, lr: lr ?? given.lr ?? DEFAULT_RATES[given.type] };
}

/** The optimizer of a plan. */
export function makeOptimizer({ type, ...options }: OptimizerOptions, parameters: Parameters): Optimizer {
  const Rule = OPTIMIZERS[type] as new (parameters: Parameters, options: object) => Optimizer;
  return new Rule(parameters, options);
}

function resolveSchedule(options: TrainOptions, lr: number, monitor: Monitor): ScheduleOptions {
  const { schedule, steps } = options;
  if (schedule === undefined) return { type: "constant", lr };
  if (typeof schedule !== "object" || schedule === null) {
    throw new OptionError({ what: "schedule", expected: "an object with a type", got: describe(schedule) });
  }
  switch (schedule.type) {
    case "noam":
      if (options.lr !== undefined || options.optimizer?.lr !== undefined) {
        const hint = "Give its factor instead.";
        throw new OptionError({ what: "lr", expected: "none with a noam schedule", got: String(lr), hint });
      }
      return schedule;
    case "cosine":
      return { lr, ...(steps === undefined ? {} : { totalSteps: steps }), ...schedule };
    case "plateau":
      return { lr, mode: monitor === "bleu" ? "max" : "min", ...schedule };
    default:
      return { lr, ...schedule };
  }
}
