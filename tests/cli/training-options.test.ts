import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { addTrainingOptions, type TrainingOptions, trainingOptions } from "../../src/cli/training-options.ts";

/** What the library is given for these flags, by a model of width 16. */
function given(...flags: string[]) {
  const command = addTrainingOptions(new Command().exitOverride(), {
    batch: "",
    limit: "",
    optimizer: "adam",
    schedule: "constant",
    labelSmoothing: 0.1,
    validateEvery: "",
  } as Parameters<typeof addTrainingOptions>[1]);
  command.configureOutput({ outputError: () => undefined }).parse(flags, { from: "user" });
  return trainingOptions(command.opts<TrainingOptions>(), true, { options: { dModel: 16, hiddenSize: 99 } });
}

test("what is not given is left to the library", () => {
  expect(given()).toEqual({
    clipNorm: 1,
    labelSmoothing: 0.1,
    logEvery: 50,
    optimizer: { type: "adam" },
    schedule: { type: "constant" },
  });
});

test("flags become options of the same names", () => {
  const flags =
    "--epochs 3 --minutes 0.5 --patience 2 --batch-size 9 --accumulate 4 --clip-value 2 --on-non-finite skip " +
    "--smoothing-form others-kl --validate-every 7 --save-every 5 --keep-checkpoints 10 --checkpoint-every 6";
  expect(given(...flags.split(" "))).toMatchObject({
    ...{
      epochs: 3,
      minutes: 0.5,
      patience: 2,
      batchSize: 9,
      accumulate: 4,
      clipValue: 2,
      onNonFinite: "skip",
    },
    ...{
      smoothingForm: "others-kl",
      validateEvery: 7,
      saveEvery: 5,
      keepCheckpoints: 10,
      checkpointEvery: 6,
    },
  });
});

describe("schedules", () => {
  test.each<[string, object]>([
    ["--lr 0.5", { lr: 0.5, schedule: { type: "constant" } }],
    ["--schedule cosine --warmup 5 --min-lr 0.1", { schedule: { type: "cosine", warmup: 5, minLr: 0.1 } }],
    ["--schedule inverse-sqrt --warmup 8 --lr 2", { lr: 2, schedule: { type: "inverse-sqrt", warmup: 8 } }],
    ["--schedule plateau --min-lr 0.1", { schedule: { type: "plateau", minLr: 0.1 } }],
    // The rate of noam follows from the model's width; --lr is its factor.
    ["--schedule noam --warmup 8", { schedule: { type: "noam", dModel: 16, warmup: 8 } }],
    ["--schedule noam --warmup 8 --lr 2", { schedule: { type: "noam", dModel: 16, warmup: 8, factor: 2 } }],
  ])("%s", (flags, expected) => {
    const { lr, schedule } = given(...flags.split(" "));
    expect({ schedule, ...(lr === undefined ? {} : { lr }) }).toEqual(expected);
  });

  test("the width of a recurrent network is that of its states", () => {
    const flags = { schedule: "noam", warmup: 3, optimizer: "adam" } as TrainingOptions;
    const { schedule } = trainingOptions(flags, true, { options: { hiddenSize: 99 } });
    expect(schedule).toMatchObject({ dModel: 99 });
  });
});

describe("refused", () => {
  test.each([
    ["--lr 0", "--lr: expected a number above 0 and at most 1000, got 0."],
    ["--lr 1e30", "--lr: expected a number above 0 and at most 1000, got 1e+30."],
    ["--minutes 0", "--minutes: expected a number above 0, got 0."],
    ["--clip-norm 0", "--clip-norm: expected a number above 0, got 0."],
    ["--clip-value 0", "--clip-value: expected a number above 0, got 0."],
    ["--label-smoothing 1", "--label-smoothing: expected a number of at least 0 and below 1, got 1."],
    ["--beta2 1", "--beta2: expected a number of at least 0 and below 1, got 1."],
    ["--smoothing-form other", '--smoothing-form: expected one of uniform, others, others-kl, got "other".'],
    [
      "--warmup 5",
      "--warmup: expected --schedule cosine or inverse-sqrt or noam with it, got --schedule constant.",
    ],
    [
      "--min-lr 5 --schedule noam --warmup 1",
      "--min-lr: expected --schedule cosine or plateau with it, got --schedule noam.",
    ],
    ["--schedule noam", "--schedule noam: expected --warmup with it, got none."],
    ["--schedule inverse-sqrt", "--schedule inverse-sqrt: expected --warmup with it, got none."],
    [
      "--beta2 0.9 --optimizer sgd",
      "--beta2: expected --optimizer adam or adamw or rmsprop with it, got --optimizer sgd.",
    ],
  ])("%s", (flags, message) => {
    const action = () => given(...flags.split(" "));
    expect(action).toThrow(OptionError);
    expect(action).toThrow(message);
  });
});
