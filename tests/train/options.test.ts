import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { makeOptimizer, planTraining, type TrainOptions } from "../../src/train/options.ts";
import { train } from "../../src/train/train.ts";
import { Toy, toyData } from "../support/toy-trainable.ts";

const task = new Toy().task(toyData);
const unvalidated = new Toy().task({ train: toyData.train });

test("a plan is complete and plain", () => {
  expect(planTraining({ epochs: 3 }, task)).toEqual({
    epochs: 3,
    optimizer: { type: "adam", lr: 1e-3 },
    schedule: { type: "constant", lr: 1e-3 },
    accumulate: 1,
    onNonFinite: "stop",
    monitor: "loss",
    logEvery: 50,
  });
  const schedule = { type: "cosine", warmup: 2 } as const;
  const plan = planTraining(
    { steps: 9, lr: 0.5, optimizer: { type: "sgd" }, schedule, monitor: "bleu" },
    task,
  );
  expect(plan).toMatchObject({
    optimizer: { type: "sgd", lr: 0.5 },
    schedule: { type: "cosine", lr: 0.5, totalSteps: 9, warmup: 2 },
    bleu: {},
  });
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  // Without steps, a cosine follows the share of the epochs or minutes.
  const wave = planTraining({ epochs: 2, schedule: { type: "cosine" } }, task).schedule;
  expect(wave).toEqual({ type: "cosine", lr: 1e-3 });
  const noam = { type: "noam", dModel: 16, warmup: 9 } as const;
  expect(planTraining({ epochs: 2, schedule: noam }, task).schedule).toEqual(noam);
});

test("the rate of a plan is that of the optimizer's class where none is given", () => {
  for (const type of ["adam", "adamw", "sgd", "rmsprop", "adagrad"] as const) {
    const { optimizer } = planTraining({ steps: 1, optimizer: { type } }, task);
    const parameters = new Toy().module.parameters();
    expect(optimizer.lr).toBe(makeOptimizer({ type }, parameters).learningRate);
  }
});

describe("what cannot be", () => {
  const messages: [TrainOptions, string][] = [
    [{}, "train: expected a limit: epochs, steps or minutes, got none."],
    [{ steps: -1 }, "steps: expected a whole number of at least 0, got -1."],
    [{ epochs: 0.5 }, "epochs: expected a whole number of at least 1, got 0.5."],
    [{ steps: 1, resume: true }, "resume: expected the run directory in out, got none."],
    [
      { steps: 1, lr: 1, optimizer: { type: "adam", lr: 2 } },
      "lr: expected one learning rate, got lr and optimizer.lr.",
    ],
    [
      { steps: 1, optimizer: { type: "adma" } as never },
      'optimizer type: expected one of adam, adamw, sgd, rmsprop, adagrad, got "adma". Did you mean "adam"?',
    ],
    [{ steps: 1, optimizer: "adam" as never }, 'optimizer: expected an object with a type, got "adam".'],
    [{ steps: 1, schedule: "noam" as never }, 'schedule: expected an object with a type, got "noam".'],
    [{ minutes: 0 }, "minutes: expected a number above 0, got 0."],
    [{ steps: 1, clipNorm: 0 }, "clipNorm: expected a number above 0, got 0."],
    [{ steps: 1, out: "" }, 'out: expected the path of a directory, got "".'],
    [
      { steps: 1, lr: 2, schedule: { type: "noam", dModel: 4, warmup: 1 } },
      "lr: expected none with a noam schedule, got 2. Give its factor instead.",
    ],
    [
      { steps: 1, optimizer: { type: "adam", lr: 3 }, schedule: { type: "noam", dModel: 4, warmup: 1 } },
      "lr: expected none with a noam schedule, got 3.",
    ],
    [{ steps: 1, keepCheckpoints: 0 }, "keepCheckpoints: expected a whole number of at least 1, got 0."],
    [{ steps: 1, checkpointEvery: 2 }, "checkpointEvery: expected keepCheckpoints with it, got none."],
    [
      { steps: 1, monitor: "blue" as never },
      'monitor: expected one of loss, perplexity, bleu, got "blue". Did you mean "bleu"?',
    ],
    [{ steps: 1, bleu: { tokenize: "13b" as never } }, "tokenize: expected one of"],
  ];
  test.each(messages)("%j", (options, message) => {
    expect(() => planTraining(options, task)).toThrow(OptionError);
    expect(() => planTraining(options, task)).toThrow(message);
  });

  test("validation without data for it", () => {
    for (const options of [
      { monitor: "loss" },
      { patience: 2 },
      { validateEvery: 1 },
      { bleu: true },
    ] as const) {
      const what = Object.keys(options)[0];
      expect(() => planTraining({ steps: 1, ...options }, unvalidated)).toThrow(
        `${what}: expected validation data, got none.`,
      );
    }
    expect(() => planTraining({ steps: 1, keepCheckpoints: 2 }, unvalidated)).toThrow(
      "keepCheckpoints: expected validation data, or checkpointEvery with it, got neither.",
    );
    expect(planTraining({ steps: 1, keepCheckpoints: 2, checkpointEvery: 3 }, unvalidated)).toMatchObject({
      keepCheckpoints: 2,
      checkpointEvery: 3,
    });
    const { translateValidation: _, ...mute } = task;
    expect(() => planTraining({ steps: 1, bleu: true }, mute)).toThrow(
      "bleu: expected a model that translates, got another.",
    );
  });

  test("an option of neither training nor the task", async () => {
    const error = await train(new Toy(), toyData, { steps: 1, epoch: 2 } as TrainOptions).catch(
      (cause) => cause,
    );
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain('got "epoch". Did you mean "epochs"?');
    const near = await train(new Toy(), toyData, { steps: 1, batchSiz: 2 } as TrainOptions).catch(
      (cause) => cause,
    );
    expect(near.message).toContain('Did you mean "batchSize"?');
  });
});
