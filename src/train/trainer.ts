/** One run from its beginning, or from where it stopped, to its end. */
import { NumericError } from "../base/errors.ts";
import type { Random, RandomState } from "../base/random.ts";
import { decodeWeights, encodeWeights } from "../nn/weights.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { ReduceOnPlateau } from "../optim/plateau.ts";
import type { Schedule } from "../optim/schedules.ts";
import type { LogRecord } from "../plot/report.ts";
import { scoped, type Tensor } from "../tensor/index.ts";
import type { TrainingState } from "./checkpoint.ts";
import type { StopReason, TrainingEvent, TrainingProgress, TrainingResult, Validation } from "./events.ts";
import type { TrainingPlan, TrainOptions } from "./options.ts";
import { countUpdate, EMPTY_WINDOW, INITIAL_PROGRESS } from "./progress.ts";
import { trainingReport } from "./report.ts";
import { type LogEnd, NO_LOG, type Resumed, type RunDirectory } from "./run-directory.ts";
import type { TrainingTask } from "./task.ts";
import { update } from "./update.ts";
import { improves, monitored, validate } from "./validation.ts";

/** How long the event loop may be blocked between updates, in milliseconds. */
const YIELD_AFTER = 20;

export interface TrainerParts<Batch> {
  readonly random: Random;
  readonly task: TrainingTask<Batch>;
  readonly plan: TrainingPlan;
  readonly optimizer: Optimizer;
  readonly rates: Schedule | ReduceOnPlateau;
  readonly config: Readonly<Record<string, unknown>>;
  readonly options: TrainOptions;
  /** The state of the source of chance from which the task was made. */
  readonly initial: RandomState;
  readonly directory: RunDirectory | null;
}

export class Trainer<Batch> {
  readonly #parts: TrainerParts<Batch>;
  readonly #plan: TrainingPlan;
  readonly #task: TrainingTask<Batch>;
  readonly #random: Random;
  readonly #directory: RunDirectory | null;
  readonly #optimizer: Optimizer;
  readonly #rates: Schedule | ReduceOnPlateau;
  readonly #clock: () => number;
  readonly #records: LogRecord[] = [];
  #progress = INITIAL_PROGRESS;
  /** The best weights as a file. */
  #best: Uint8Array | null = null;
  #savedAt = -1;
  /** When training began here, less the time spent before a resume. */
  #startedAt = 0;
  /** Where training began here: seconds and share of the run. */
  #began = { seconds: 0, share: 0 };
  #yieldedAt = 0;

  constructor(parts: TrainerParts<Batch>) {
    this.#parts = parts;
    this.#task = parts.task;
    this.#plan = parts.plan;
    this.#random = parts.random;
    this.#directory = parts.directory;
    this.#optimizer = parts.optimizer;
    this.#rates = parts.rates;
    this.#clock = parts.options.clock ?? (() => performance.now());
  }

  /** Trains to the first limit. */
  async run(): Promise<TrainingResult> {
    const { seconds } = this.#progress;
    this.#startedAt = this.#clock() - 1000 * seconds;
    this.#yieldedAt = this.#clock();
    this.#began = { seconds, share: this.#share() };
    const parameters = this.#task.module.parameterCount();
    const resumed = this.#savedAt < 0 ? {} : { resumedFrom: this.#savedAt };
    this.#emit({ type: "start", parameters, ...resumed });
    this.#task.module.train();
    let reason = this.#stopReason();
    for (; reason === null; reason = this.#stopReason()) {
      const { epoch } = this.#task.batches.position;
      this.#step();
      this.#afterStep(this.#task.batches.position.epoch > epoch);
      await this.#breathe();
    }
    return this.#finish(reason);
  }

  /** Goes to where a run stopped. */
  restore({ state, tensors, records }: Resumed): void {
    scoped(() => {
      const weights = decodeWeights(tensors.model, "model.safetensors").tensors;
      const slots = decodeWeights(tensors.optimizer, "optimizer.safetensors").tensors;
      this.#task.module.loadStateDict(weights);
      this.#optimizer.loadStateDict(slots);
    });
    this.#task.batches.position = state.position;
    this.#random.state = state.random.now;
    if (this.#rates instanceof ReduceOnPlateau && state.plateau) this.#rates.state = state.plateau;
    this.#progress = state.progress;
    this.#best = tensors.best;
    this.#records.push(...records);
    this.#savedAt = state.progress.step;
  }

  #emit(event: TrainingEvent): void {
    this.#parts.options.onEvent?.(event);
  }

  /** The first limit that has been reached. */
  #stopReason(): StopReason | null {
    const { steps, epochs, minutes, patience } = this.#plan;
    const { step, badValidations } = this.#progress;
    if (this.#parts.options.signal?.aborted) return "interrupted";
    if (patience !== undefined && badValidations >= patience) return "patience";
    if (steps !== undefined && step >= steps) return "steps";
    if (epochs !== undefined && this.#task.batches.position.epoch >= epochs) return "epochs";
    return minutes !== undefined && this.#seconds() >= 60 * minutes ? "minutes" : null;
  }

  #seconds(): number {
    return (this.#clock() - this.#startedAt) / 1000;
  }

  /** Passes over the data so far, to four digits. */
  #epoch(): number {
    const { position, batchesPerEpoch } = this.#task.batches;
    return Math.round((position.epoch + position.batch / batchesPerEpoch) * 10_000) / 10_000;
  }

  #step(): void {
    const { step, skipped } = this.#progress;
    const start = this.#clock();
    const learningRate = this.#rates.rate(step);
    this.#optimizer.learningRate = learningRate;
    this.#progress = { ...this.#progress, learningRate };
    try {
      const figures = update(this.#task, this.#optimizer, this.#random, this.#plan);
      const seconds = (this.#clock() - start) / 1000;
      this.#progress = countUpdate(this.#progress, figures, { seconds, clipNorm: this.#plan.clipNorm });
    } catch (cause) {
      if (!(cause instanceof NumericError)) throw cause;
      if (this.#plan.onNonFinite === "stop") throw stoppedBy(cause, step + 1);
      this.#progress = { ...this.#progress, step: step + 1, skipped: skipped + 1 };
      this.#emit({ type: "skipped", step: step + 1, op: cause.op });
    }
  }

  #afterStep(epochEnded: boolean): void {
    const { logEvery, saveEvery, validateEvery } = this.#plan;
    const { step } = this.#progress;
    if (step % logEvery === 0) {
      this.#logTraining();
      this.#progress = { ...this.#progress, window: EMPTY_WINDOW };
    }
    const due = validateEvery === undefined ? epochEnded : step % validateEvery === 0;
    if (due && this.#task.hasValidation) {
      this.#validate();
      this.#save();
      this.#writeReport();
    } else if (saveEvery !== undefined && step % saveEvery === 0) this.#save();
  }

  #logTraining(): void {
    const { step, window } = this.#progress;
    if (window.steps === 0) return;
    const { clipNorm, clipValue } = this.#plan;
    const { secondsLeft: _, ...figures } = this.#figures();
    this.#log({
      kind: "train",
      ...figures,
      step,
      ...(clipNorm === undefined ? {} : { clippedSteps: window.clippedSteps / window.steps }),
      ...(clipValue === undefined ? {} : { clippedElements: window.clippedElements / window.steps }),
    });
  }

  #log(record: LogRecord): void {
    this.#records.push(record);
    this.#directory?.log(record);
    this.#emit({ type: "log", record });
  }

  /** Measures, logs and keeps the weights when they are the best so far. Returns the monitored figure. */
  #measure(): { figure: number; better: boolean } {
    const { monitor, bleu } = this.#plan;
    const { step } = this.#progress;
    const validation = this.#aside(() => validate(this.#task, step, bleu));
    const better = improves(validation, this.#progress.best, monitor);
    this.#progress = { ...this.#progress, validation, ...(better ? { best: validation } : {}) };
    if (better) {
      this.#best = this.#encode(this.#task.module.stateDict());
      this.#savedAt = -1;
    }
    this.#log({ kind: "valid", ...validation, epoch: this.#epoch(), seconds: this.#seconds() });
    this.#emit({ type: "validation", validation, best: better });
    return { figure: monitored(validation, monitor), better };
  }

  #validate(): void {
    const { figure, better } = this.#measure();
    this.#progress = { ...this.#progress, badValidations: better ? 0 : this.#progress.badValidations + 1 };
    if (this.#rates instanceof ReduceOnPlateau) this.#rates.report(figure);
  }

  #encode(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
    return scoped(() => encodeWeights(tensors, new Map([["step", String(this.#progress.step)]])));
  }

  /** @param asOf what the checkpoint is to say of the log and the last validation */
  #save(asOf = this.#record()): void {
    if (this.#directory === null) return;
    const { step } = this.#progress;
    this.#progress = { ...this.#progress, seconds: this.#seconds() };
    const state: TrainingState = {
      progress: { ...this.#progress, validation: asOf.validation },
      position: this.#task.batches.position,
      random: { initial: this.#parts.initial, now: this.#random.state },
      plateau: this.#rates instanceof ReduceOnPlateau ? this.#rates.state : null,
      dataHash: this.#task.dataHash,
    };
    const model = this.#encode(this.#task.module.stateDict());
    const optimizer = scoped(() => this.#encode(this.#optimizer.stateDict()));
    this.#directory.save(state, { model, optimizer, best: this.#best }, asOf.logEnd);
    this.#savedAt = step;
    this.#emit({ type: "saved", step, path: this.#directory.path });
  }

  #writeReport(): void {
    if (this.#directory === null) return;
    const { config } = this.#parts;
    const report = this.#aside(() => trainingReport(this.#task, config, this.#progress, this.#records));
    this.#directory.writeReport(report);
  }

  /** Runs what must not change how training goes on. */
  #aside<T>(action: () => T): T {
    const before = this.#random.state;
    try {
      return action();
    } finally {
      this.#random.state = before;
    }
  }

  /** Lets timers, signals and the page have their turn. */
  async #breathe(): Promise<void> {
    if (this.#clock() - this.#yieldedAt < YIELD_AFTER) return;
    if (this.#progress.window.steps > 0) {
      this.#emit({ type: "progress", ...this.#figures() });
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#yieldedAt = this.#clock();
  }

  #figures(): TrainingProgress {
    const { step, window, learningRate } = this.#progress;
    const seconds = this.#seconds();
    const share = this.#share();
    return {
      step,
      epoch: this.#epoch(),
      loss: window.nats / window.tokens,
      learningRate,
      gradientNorm: window.norms / window.steps,
      tokensPerSecond: window.tokens / window.seconds,
      seconds,
      secondsLeft: ((seconds - this.#began.seconds) * (1 - share)) / (share - this.#began.share),
    };
  }

  /** How much of the run is done, in 0..1. */
  #share(): number {
    const { steps, epochs, minutes } = this.#plan;
    const { position, batchesPerEpoch } = this.#task.batches;
    return Math.min(
      1,
      Math.max(
        steps === undefined ? 0 : this.#progress.step / steps,
        epochs === undefined ? 0 : (position.epoch + position.batch / batchesPerEpoch) / epochs,
        minutes === undefined ? 0 : this.#seconds() / (60 * minutes),
      ),
    );
  }

  #record(): { validation: Validation | null; logEnd: LogEnd } {
    return { validation: this.#progress.validation, logEnd: this.#directory?.logEnd ?? NO_LOG };
  }

  #finish(stoppedBy: StopReason): TrainingResult {
    // What is logged only because the run ends is no part of the checkpoint: with higher limits, the run goes on from
    // there as if it had not ended.
    const before = this.#record();
    const { step, validation } = this.#progress;
    if (stoppedBy !== "interrupted") {
      this.#logTraining();
      if (this.#task.hasValidation && validation?.step !== step) this.#measure();
    }
    if (this.#savedAt < step) this.#save(before);
    if (this.#best !== null) {
      const best = this.#best;
      scoped(() => this.#task.module.loadStateDict(decodeWeights(best, "best.safetensors").tensors));
    }
    this.#writeReport();
    const result = this.#result(stoppedBy);
    this.#emit({ type: "end", result });
    return result;
  }

  #result(stoppedBy: StopReason): TrainingResult {
    const { step, tokens, skipped, updateSeconds, validation, best } = this.#progress;
    const kilobytes = globalThis.process?.resourceUsage?.().maxRSS;
    return {
      steps: step,
      epochs: this.#epoch(),
      tokens,
      skipped,
      seconds: this.#seconds(),
      tokensPerSecond: updateSeconds > 0 ? tokens / updateSeconds : 0,
      ...(kilobytes === undefined ? {} : { peakMemory: 1024 * kilobytes }),
      stoppedBy,
      interrupted: stoppedBy === "interrupted",
      validation,
      best,
      records: this.#records,
    };
  }
}

function stoppedBy({ complaint, op }: NumericError, step: number): NumericError {
  return new NumericError(
    {
      what: `training step ${step}`,
      expected: "a finite loss and gradient",
      got: `a first NaN or infinity in ${op} (${complaint.what})`,
      hint: 'Lower the learning rate, set clipNorm, or pass onNonFinite: "skip".',
    },
    op,
    step,
  );
}
