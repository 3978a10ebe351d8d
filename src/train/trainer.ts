/** One run from its beginning, or from where it stopped, to its end. */
import { NumericError } from "../base/errors.ts";
import type { Random, RandomState } from "../base/random.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import { decodeWeights, encodeWeights } from "../nn/weights.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { ReduceOnPlateau } from "../optim/plateau.ts";
import type { Schedule } from "../optim/schedules.ts";
import type { LogRecord } from "../plot/report.ts";
import { scoped, type Tensor } from "../tensor/index.ts";
import type { TrainingState } from "./checkpoint.ts";
import type {
  StopReason,
  TrainingEvent,
  TrainingProgress,
  TrainingResult,
  Validation,
  WeightAverage,
} from "./events.ts";
import { averageOf, type KeptWeights, keep } from "./kept-weights.ts";
import type { TrainingPlan, TrainOptions } from "./options.ts";
import { Pace } from "./pace.ts";
import { countUpdate, EMPTY_WINDOW, INITIAL_PROGRESS } from "./progress.ts";
import { trainingReport } from "./report.ts";
import { type LogEnd, NO_LOG, type Resumed, type RunDirectory } from "./run-directory.ts";
import type { TrainingTask } from "./task.ts";
import { stoppedBy, update } from "./update.ts";
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

/** What a checkpoint says of the log and the last validation. */
interface Standpoint {
  readonly validation: Validation | null;
  readonly logEnd: LogEnd;
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
  readonly #pace: Pace;
  readonly #records: LogRecord[] = [];
  #progress = INITIAL_PROGRESS;
  /** The best weights as a file. */
  #best: Uint8Array | null = null;
  /** The weights of the step at hand as a file, once one is needed. */
  #weights: { readonly step: number; readonly bytes: Uint8Array } | null = null;
  /** Weights to average at the end, oldest first; once saved, they are in the run directory alone. */
  #kept: readonly KeptWeights[] = [];
  #savedAt = -1;
  #average: WeightAverage | null = null;
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
    this.#pace = new Pace(this.#clock, parts.plan);
  }

  /** Trains to the first limit. */
  async run(): Promise<TrainingResult> {
    this.#pace.begin(this.#progress.seconds, this.#standing());
    this.#yieldedAt = this.#clock();
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
      const slots = decodeWeights(tensors.optimizer, "optimizer.safetensors").tensors;
      this.#optimizer.loadStateDict(slots);
    });
    this.#loadWeights(tensors.model, "model.safetensors");
    if (tensors.carried !== null) this.#task.carried = readSafetensors(tensors.carried);
    this.#task.batches.position = state.position;
    this.#random.state = state.random.now;
    if (this.#rates instanceof ReduceOnPlateau && state.plateau) this.#rates.state = state.plateau;
    this.#progress = state.progress;
    this.#best = tensors.best;
    this.#kept = tensors.kept;
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
    return minutes !== undefined && this.#pace.seconds >= 60 * minutes ? "minutes" : null;
  }

  /** Updates, and passes over the data with a fraction. */
  #standing(): { step: number; epoch: number } {
    const { position, batchesPerEpoch } = this.#task.batches;
    return { step: this.#progress.step, epoch: position.epoch + position.batch / batchesPerEpoch };
  }

  /** Passes over the data so far, to four digits. */
  #epoch(): number {
    return Math.round(this.#standing().epoch * 10_000) / 10_000;
  }

  #step(): void {
    const { step, skipped } = this.#progress;
    const start = this.#clock();
    const learningRate = this.#rates.rate(step, this.#pace.share(this.#standing()));
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
    const { logEvery, saveEvery, validateEvery, keepCheckpoints, checkpointEvery } = this.#plan;
    const { step } = this.#progress;
    if (step % logEvery === 0) {
      this.#logTraining();
      this.#progress = { ...this.#progress, window: EMPTY_WINDOW };
    }
    const due = validateEvery === undefined ? epochEnded : step % validateEvery === 0;
    const validates = due && this.#task.hasValidation;
    const keeps =
      keepCheckpoints !== undefined &&
      (checkpointEvery === undefined ? validates : step % checkpointEvery === 0);
    if (keeps) this.#kept = this.#keptWithLast(keepCheckpoints);
    if (validates) this.#validate();
    if (validates || keeps || (saveEvery !== undefined && step % saveEvery === 0)) this.#save();
    if (validates) this.#writeReport();
  }

  /** The weights kept before, and the last ones. */
  #keptWithLast(limit: number): readonly KeptWeights[] {
    const { step, bytes } = this.#encodeWeights();
    return keep(this.#kept, { step, read: () => bytes }, limit);
  }

  /** The weights of this step: a validation, what is kept and a checkpoint share one file. */
  #encodeWeights(): { readonly step: number; readonly bytes: Uint8Array } {
    const { step } = this.#progress;
    if (this.#weights?.step !== step) {
      this.#weights = { step, bytes: this.#encode(this.#task.module.stateDict()) };
    }
    return this.#weights;
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

  /**
   * Measures the module's weights, logs, and keeps them when they are the best so far.
   *
   * @param average how many weights they are the average of, and its file
   */
  #measure(average?: { count: number; file: Uint8Array }): { validation: Validation; better: boolean } {
    const { monitor, bleu } = this.#plan;
    const { step } = this.#progress;
    const figures = this.#aside(() => validate(this.#task, step, bleu));
    const validation = average === undefined ? figures : { ...figures, average: average.count };
    const better = improves(validation, this.#progress.best, monitor);
    if (better) {
      this.#progress = { ...this.#progress, best: validation };
      this.#best = average?.file ?? this.#encodeWeights().bytes;
      this.#savedAt = -1;
    }
    this.#log({ kind: "valid", ...validation, epoch: this.#epoch(), seconds: this.#pace.seconds });
    this.#emit({ type: "validation", validation, best: better });
    return { validation, better };
  }

  #validate(): void {
    const { validation, better } = this.#measure();
    const badValidations = better ? 0 : this.#progress.badValidations + 1;
    this.#progress = { ...this.#progress, validation, badValidations };
    if (this.#rates instanceof ReduceOnPlateau) this.#rates.report(monitored(validation, this.#plan.monitor));
  }

  /** Averages the weights kept and the last ones, and measures the average where there is validation data. */
  #averageKept(count: number): Uint8Array {
    const kept = this.#keptWithLast(count);
    const average = averageOf(kept);
    let validation: Validation | null = null;
    if (this.#task.hasValidation) {
      this.#loadWeights(average, "average.safetensors");
      try {
        validation = this.#measure({ count: kept.length, file: average }).validation;
      } finally {
        this.#loadWeights(this.#encodeWeights().bytes, "model.safetensors");
      }
    }
    this.#average = { steps: kept.map(({ step }) => step), validation };
    return average;
  }

  #loadWeights(file: Uint8Array, name: string): void {
    scoped(() => this.#task.module.loadStateDict(decodeWeights(file, name).tensors));
  }

  #encode(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
    const metadata = new Map([["step", String(this.#progress.step)]]);
    return scoped(() => encodeWeights(tensors, metadata, { sharedOnce: true }));
  }

  #save(asOf = this.#record()): void {
    if (this.#directory === null) return;
    const { step } = this.#progress;
    this.#progress = { ...this.#progress, seconds: this.#pace.seconds };
    const state: TrainingState = {
      progress: { ...this.#progress, validation: asOf.validation },
      position: this.#task.batches.position,
      random: { initial: this.#parts.initial, now: this.#random.state },
      plateau: this.#rates instanceof ReduceOnPlateau ? this.#rates.state : null,
      dataHash: this.#task.dataHash,
    };
    const model = this.#encodeWeights().bytes;
    const optimizer = scoped(() => this.#encode(this.#optimizer.stateDict()));
    const { carried } = this.#task;
    const tensors = {
      ...{ model, optimizer, best: this.#best, kept: this.#kept },
      carried: carried === undefined ? null : writeSafetensors(carried),
    };
    this.#kept = this.#directory.save(state, tensors, asOf.logEnd);
    this.#savedAt = step;
    this.#emit({ type: "saved", step, path: this.#directory.path });
  }

  /** Saves what no checkpoint holds yet. */
  #saveUnsaved(asOf: Standpoint): void {
    if (this.#savedAt < this.#progress.step) this.#save(asOf);
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
    const { labelSmoothing = 0 } = this.#task;
    return {
      step,
      epoch: this.#epoch(),
      loss: window.nats / window.tokens,
      ...(labelSmoothing > 0 && { labelSmoothing }),
      learningRate,
      gradientNorm: window.norms / window.steps,
      tokensPerSecond: window.tokens / window.seconds,
      seconds: this.#pace.seconds,
      secondsLeft: this.#pace.secondsLeft(this.#standing()),
    };
  }

  #record(): Standpoint {
    return { validation: this.#progress.validation, logEnd: this.#directory?.logEnd ?? NO_LOG };
  }

  #finish(stoppedBy: StopReason): TrainingResult {
    // What is logged only because the run ends is no part of the checkpoint: with higher limits, the run goes on from
    // there as if it had not ended.
    const before = this.#record();
    const { step, validation } = this.#progress;
    const { keepCheckpoints } = this.#plan;
    let average: Uint8Array | null = null;
    if (stoppedBy !== "interrupted") {
      this.#logTraining();
      if (this.#task.hasValidation && validation?.step !== step) {
        const measured = this.#measure();
        this.#progress = { ...this.#progress, validation: measured.validation };
      }
      if (keepCheckpoints !== undefined) {
        // First, since a file of weights kept may have been lost meanwhile.
        this.#saveUnsaved(before);
        average = this.#averageKept(keepCheckpoints);
      }
    }
    this.#saveUnsaved(before);
    if (average !== null) this.#directory?.saveAverage(average);
    const chosen = this.#best ?? average;
    if (chosen !== null) this.#loadWeights(chosen, "best.safetensors");
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
      seconds: this.#pace.seconds,
      tokensPerSecond: updateSeconds > 0 ? tokens / updateSeconds : 0,
      ...(kilobytes === undefined ? {} : { peakMemory: 1024 * kilobytes }),
      stoppedBy,
      interrupted: stoppedBy === "interrupted",
      validation,
      best,
      average: this.#average,
      records: this.#records,
    };
  }
}
