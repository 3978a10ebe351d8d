/** Options of training that `mt train` and `lm train` share, and what the library makes of them. */
import type { Command } from "commander";
import { OptionError } from "../base/errors.ts";
import type { SmoothingForm } from "../tensor/index.ts";
import type { OptimizerOptions, TrainOptions, TrainSchedule } from "../train/options.ts";
import { addComputeOptions } from "./compute-options.ts";
import { COUNT, choiceOption, defined, FROM_ZERO, numberOption, POSITIVE, SHARE } from "./option-values.ts";

/** When training stops, how weights change, and how often it looks up from its work. */
export interface TrainingOptions {
  readonly epochs?: number;
  readonly steps?: number;
  readonly minutes?: number;
  readonly patience?: number;
  readonly batchSize?: number;
  readonly accumulate?: number;
  readonly optimizer: OptimizerOptions["type"];
  readonly lr?: number;
  readonly beta2?: number;
  readonly weightDecay?: number;
  readonly decay?: "all" | "matrices";
  readonly schedule: (typeof SCHEDULES)[number];
  readonly warmup?: number;
  readonly minLr?: number;
  readonly plateauFactor?: number;
  readonly plateauPatience?: number;
  readonly clipNorm: number;
  readonly clipValue?: number;
  readonly labelSmoothing: number;
  readonly smoothingForm?: SmoothingForm;
  readonly onNonFinite?: TrainOptions["onNonFinite"];
  readonly validateEvery?: number;
  readonly logEvery: number;
  readonly saveEvery?: number;
  readonly keepCheckpoints?: number;
  readonly checkpointEvery?: number;
}

const SCHEDULES = ["constant", "cosine", "inverse-sqrt", "noam", "plateau"] as const;
/** Larger rates are slips of the pen: they end in numbers that are not finite. */
const RATE = { above: 0, max: 1000 };

/** What a command says and takes for granted of its training. */
export interface TrainingDefaults {
  /** Describes `--batch-size`. */
  readonly batch: string;
  /** Describes where training ends when nobody says. */
  readonly limit: string;
  readonly optimizer: TrainingOptions["optimizer"];
  readonly schedule: TrainingOptions["schedule"];
  readonly labelSmoothing: number;
  /** Describes when validation takes place. */
  readonly validateEvery: string;
}

/** Where a run is kept. */
export function addRunOptions(train: Command): Command {
  train
    .option("--out <run>", "the run directory to make")
    .option("--resume", "continue the run in --out, with the options it began with unless others are given")
    .option("--config <file>", "JSON object of options by name; the command line goes before it");
  return addComputeOptions(train);
}

export function addTrainingOptions(train: Command, defaults: TrainingDefaults): Command {
  return train
    .optionsGroup("Training:")
    .addOption(numberOption("--epochs <n>", `passes over the data (${defaults.limit})`, COUNT))
    .addOption(numberOption("--steps <n>", "updates", COUNT))
    .addOption(numberOption("--minutes <x>", "time", POSITIVE))
    .addOption(numberOption("--patience <n>", "stop after so many validations without improvement", COUNT))
    .addOption(numberOption("--batch-size <n>", defaults.batch, COUNT))
    .addOption(numberOption("--accumulate <n>", "batches in an update", COUNT))
    .addOption(
      choiceOption("--optimizer <name>", "", ["adam", "adamw", "sgd", "rmsprop", "adagrad"]).default(
        defaults.optimizer,
      ),
    )
    .addOption(
      numberOption("--lr <x>", "learning rate, or factor of noam (default: the optimizer's; 1)", RATE),
    )
    .addOption(
      numberOption("--beta2 <x>", "share of the mean square kept, for adam, adamw and rmsprop", SHARE),
    )
    .addOption(numberOption("--weight-decay <x>", "(default: the optimizer's)", { min: 0 }))
    .addOption(
      choiceOption("--decay <which>", "weights that decay: all, or matrices only (default: all)", [
        "all",
        "matrices",
      ]),
    )
    .addOption(
      choiceOption(
        "--schedule <name>",
        "how the rate changes; cosine ends with --steps or, without them, with --epochs or --minutes",
        SCHEDULES,
      ).default(defaults.schedule),
    )
    .addOption(
      numberOption(
        "--warmup <n>",
        "updates until the full rate, for cosine, inverse-sqrt and noam",
        FROM_ZERO,
      ),
    )
    .addOption(numberOption("--min-lr <x>", "where the rate ends, for cosine and plateau", { min: 0 }))
    .addOption(
      numberOption(
        "--plateau-factor <x>",
        "for plateau: what the rate is multiplied by (default: 0.1)",
        SHARE,
      ),
    )
    .addOption(
      numberOption(
        "--plateau-patience <n>",
        "for plateau: validations without improvement before it falls (default: 10)",
        FROM_ZERO,
      ),
    )
    .addOption(numberOption("--clip-norm <x>", "largest norm of all gradients together", POSITIVE).default(1))
    .addOption(numberOption("--clip-value <x>", "largest element of a gradient", POSITIVE))
    .addOption(
      choiceOption("--on-non-finite <what>", "where a loss or gradient is not finite (default: stop)", [
        "stop",
        "skip",
      ]),
    )
    .addOption(numberOption("--label-smoothing <x>", "", SHARE).default(defaults.labelSmoothing))
    .addOption(
      choiceOption(
        "--smoothing-form <name>",
        "over all classes (PyTorch), the others (fairseq), or as a divergence (Joey NMT) (default: uniform)",
        ["uniform", "others", "others-kl"],
      ),
    )
    .addOption(
      numberOption(
        "--validate-every <n>",
        `updates between validations (default: ${defaults.validateEvery})`,
        COUNT,
      ),
    )
    .addOption(numberOption("--log-every <n>", "updates between lines of the log", COUNT).default(50))
    .addOption(numberOption("--save-every <n>", "updates between further checkpoints", COUNT))
    .addOption(
      numberOption("--keep-checkpoints <n>", "average so many last weights at the end, if it helps", COUNT),
    )
    .addOption(
      numberOption("--checkpoint-every <n>", "updates between those (default: at validations)", COUNT),
    );
}

/**
 * The same for the library.
 *
 * @param network what is trained: the rate of noam follows from its width
 * @throws {OptionError} for an option that the schedule or optimizer does not have, and for one that it lacks.
 */
export function trainingOptions(
  options: TrainingOptions,
  hasValidation: boolean,
  network: { readonly options: object },
) {
  const { epochs, steps, minutes, patience, batchSize, accumulate, onNonFinite } = options;
  const { clipNorm, clipValue, labelSmoothing, smoothingForm, logEvery, saveEvery } = options;
  const { keepCheckpoints, checkpointEvery } = options;
  const validateEvery = hasValidation ? options.validateEvery : undefined;
  return defined({
    ...{ epochs, steps, minutes, patience, batchSize, accumulate, onNonFinite },
    ...{ clipNorm, clipValue, labelSmoothing, smoothingForm, validateEvery, logEvery, saveEvery },
    ...{ keepCheckpoints, checkpointEvery },
    optimizer: optimizerOptions(options),
    ...rateOptions(options, network),
  });
}

function optimizerOptions({ optimizer: type, beta2, weightDecay, decay }: TrainingOptions): OptimizerOptions {
  checkApplies("--beta2", beta2, "--optimizer", type, ["adam", "adamw", "rmsprop"]);
  const kept =
    type === "rmsprop" ? { alpha: beta2 } : { betas: beta2 === undefined ? undefined : [0.9, beta2] };
  return { type, ...defined({ ...kept, weightDecay, decay }) } as OptimizerOptions;
}

function rateOptions(options: TrainingOptions, network: { options: object }) {
  const { schedule: type, lr, warmup, minLr, plateauFactor: factor, plateauPatience: patience } = options;
  const warms = ["inverse-sqrt", "noam"];
  checkApplies("--warmup", warmup, "--schedule", type, ["cosine", ...warms]);
  checkApplies("--min-lr", minLr, "--schedule", type, ["cosine", "plateau"]);
  checkApplies("--plateau-factor", factor, "--schedule", type, ["plateau"]);
  checkApplies("--plateau-patience", patience, "--schedule", type, ["plateau"]);
  if (warms.includes(type) && warmup === undefined) {
    throw new OptionError({ what: `--schedule ${type}`, expected: "--warmup with it", got: "none" });
  }
  const falls = type === "plateau" ? { factor, patience } : {};
  if (type !== "noam")
    return { lr, schedule: { type, ...defined({ warmup, minLr, ...falls }) } as TrainSchedule };
  const { dModel, hiddenSize } = network.options as { dModel?: number; hiddenSize: number };
  const noam = { type, dModel: dModel ?? hiddenSize, warmup, ...defined({ factor: lr }) };
  return { schedule: noam as TrainSchedule };
}

/** @throws {OptionError} when an option has a value beside one that makes it meaningless. */
function checkApplies(what: string, value: unknown, where: string, choice: string, choices: string[]): void {
  if (value === undefined || choices.includes(choice)) return;
  const expected = `${where} ${choices.join(" or ")} with it`;
  throw new OptionError({ what, expected, got: `${where} ${choice}` });
}
