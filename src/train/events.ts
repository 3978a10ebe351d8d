/** What training tells while it runs and when it has ended. */
import type { LogRecord } from "../plot/report.ts";

/** Why training ended. */
export type StopReason = "epochs" | "steps" | "minutes" | "patience" | "interrupted";

/** The figures of one validation. */
export interface Validation {
  readonly step: number;
  /** Mean nats per token. */
  readonly loss: number;
  /** exp(loss). */
  readonly perplexity: number;
  readonly bleu?: number;
  /** How many weights were averaged to make the ones validated; absent for the weights of one step. */
  readonly average?: number;
}

export interface TrainingProgress {
  readonly step: number;
  /** Passes over the data so far, with a fraction. */
  readonly epoch: number;
  /** Mean nats per token since the last line of the log, label smoothing included. */
  readonly loss: number;
  /** How much label smoothing is in the loss; absent where there is none. */
  readonly labelSmoothing?: number;
  readonly learningRate: number;
  /** Before clipping, mean since the last line of the log. */
  readonly gradientNorm: number;
  /** Target tokens a second, since the last line of the log. */
  readonly tokensPerSecond: number;
  /** Since the run began, the time before a resume included. */
  readonly seconds: number;
  /** Estimate of the time to the first limit. */
  readonly secondsLeft: number;
}

export type TrainingEvent =
  | { readonly type: "start"; readonly parameters: number; readonly resumedFrom?: number }
  | ({ readonly type: "progress" } & TrainingProgress)
  | { readonly type: "log"; readonly record: LogRecord }
  | { readonly type: "skipped"; readonly step: number; readonly op: string }
  | { readonly type: "validation"; readonly validation: Validation; readonly best: boolean }
  | { readonly type: "saved"; readonly step: number; readonly path: string }
  | { readonly type: "end"; readonly result: TrainingResult };

/** Weights averaged at the end of training. */
export interface WeightAverage {
  /** The steps whose weights were averaged. */
  readonly steps: readonly number[];
  /** Its figures; null without validation data. */
  readonly validation: Validation | null;
}

export interface TrainingResult {
  /** Updates, those before a resume included. */
  readonly steps: number;
  readonly epochs: number;
  /** Target tokens seen. */
  readonly tokens: number;
  /** Updates left out because loss or gradient was not finite. */
  readonly skipped: number;
  /** Since the run began. */
  readonly seconds: number;
  /** While training, without validations. */
  readonly tokensPerSecond: number;
  /** Most memory the process ever held, in bytes; absent where the platform does not tell. */
  readonly peakMemory?: number;
  readonly stoppedBy: StopReason;
  readonly interrupted: boolean;
  /** The last one of the weights of one step; null when there was none. */
  readonly validation: Validation | null;
  /** The one whose weights the model now has; null: the average where there is one, or the last weights. */
  readonly best: Validation | null;
  /** The average of the last weights that `keepCheckpoints` asks for; null where it does not, or after a signal. */
  readonly average: WeightAverage | null;
  /** The log. */
  readonly records: readonly LogRecord[];
}
