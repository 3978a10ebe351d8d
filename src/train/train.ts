/** The training loop. */

import { StateError } from "../base/errors.ts";
import { nodeFileSystem } from "../base/file-system.ts";
import { checkFunction, checkObject } from "../base/options.ts";
import { schedule } from "../optim/schedules.ts";
import type { TrainingResult } from "./events.ts";
import { explainUnknown, makeOptimizer, planTraining, splitOptions, type TrainOptions } from "./options.ts";
import { type Resumed, RunDirectory } from "./run-directory.ts";
import type { Trainable, TrainingTask } from "./task.ts";
import { Trainer } from "./trainer.ts";

/**
 * Trains a model: draws batches, follows the gradient of their loss, validates, and leaves the model with the weights
 * that validated best, or without validation data with the last ones or their average.
 *
 * With `out`, the run is kept in a directory: config.json, tokenizers, model.safetensors (the last weights),
 * best.safetensors, optimizer.safetensors, state.json, log.jsonl, report.html; with `keepCheckpoints` also
 * checkpoint-STEP.safetensors and average.safetensors. A run that was stopped or killed continues with `resume` to the
 * same weights, bit for bit, as one that was not; only rates that follow the clock are another matter.
 *
 * @param data what the model's task takes, such as `{ train, valid }` sentence pairs
 * @param options those of training, and those of the model's task, such as `batchSize`
 * @throws {OptionError} for unknown or impossible options, before anything is touched.
 * @throws {NumericError} for a loss or gradient that is not finite, naming the op; the weights are those before.
 * @throws {StateError} when `out` holds another run, or one with other options, or another process trains in it.
 * @throws {FormatError} for damaged files of a run to resume.
 * @throws {IoError} when files cannot be read or written; the last checkpoint is intact.
 * @example
 * const pairs = [{ source: "a b", target: "b a" }, { source: "b", target: "b" }];
 * const words = trainTokenizer(["a b"], { type: "word" });
 * const translator = new Translator({ source: words, target: words, hiddenSize: 8, embeddingSize: 8 });
 * const result = await train(translator, { train: pairs, valid: pairs }, { steps: 20, lr: 0.05, batchSize: 2 });
 * result.steps; // 20
 */
export async function train<Data, TaskOptions extends object, Batch>(
  model: Trainable<Data, TaskOptions, Batch>,
  data: NoInfer<Data>,
  options: TrainOptions & NoInfer<TaskOptions>,
): Promise<TrainingResult> {
  const { trainer, directory } = prepare(model, data, options);
  let result: TrainingResult;
  try {
    result = await trainer.run();
  } catch (cause) {
    closeAfterError(directory);
    throw cause;
  }
  directory?.close();
  return result;
}

/** Checks everything, opens the run directory and brings the model to where the run stands. */
function prepare<Data, TaskOptions extends object, Batch>(
  model: Trainable<Data, TaskOptions, Batch>,
  data: NoInfer<Data>,
  options: TrainOptions & NoInfer<TaskOptions>,
): { trainer: Trainer<Batch>; directory: RunDirectory | null } {
  checkObject("train model", model);
  checkObject("train data", data);
  checkObject("train options", options);
  checkFunction("train model.task", model.task);
  const { own, task: taskOptions } = splitOptions<TaskOptions>(options);
  const { random } = model;
  const given = random.state;
  let directory: RunDirectory | null = null;
  try {
    let task = explainUnknown(() => model.task(data, taskOptions));
    const plan = planTraining(own, task);
    const optimizer = makeOptimizer(plan.optimizer, task.module.namedParameters());
    const rates = schedule(plan.schedule);
    const config = { ...task.config(), training: { ...plan, ...taskOptions } };
    const { out, fs = nodeFileSystem } = own;
    directory = out === undefined ? null : new RunDirectory(out, fs);
    let resumed: Resumed | null = null;
    if (own.resume) resumed = directory?.resume(config, task.files()) ?? null;
    else directory?.begin(config, task.files());
    const initial = resumed?.state.random.initial ?? given;
    if (resumed !== null) {
      // The batches follow from the state in which the task is made.
      if (String(initial) !== String(given)) {
        random.state = initial;
        task = model.task(data, taskOptions);
      }
      checkSameData(task, resumed);
    }
    const trainer = new Trainer({
      random,
      task,
      plan,
      optimizer,
      rates,
      config,
      options: own,
      initial,
      directory,
    });
    if (resumed !== null) trainer.restore(resumed);
    return { trainer, directory };
  } catch (cause) {
    random.state = given;
    closeAfterError(directory);
    throw cause;
  }
}

function closeAfterError(directory: RunDirectory | null): void {
  try {
    directory?.close();
  } catch {
    // The first error is the one to report.
  }
}

function checkSameData({ dataHash }: TrainingTask<unknown>, { state }: Resumed): void {
  if (dataHash === state.dataHash) return;
  throw new StateError({
    what: "data on resuming",
    expected: `those the run began with (${state.dataHash})`,
    got: `others (${dataHash})`,
    hint: "Give the same training and validation data in the same order.",
  });
}
