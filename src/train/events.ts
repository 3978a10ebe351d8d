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
}

export interface TrainingProgress {
  readonly step: number;
  /** Passes over the data so far, with a fraction. */
  readonly epoch: number;
  /** Mean nats per token since the last line of the log. */
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping, mean since the last line of the log. */
  readonly gradientNorm: number;
  /** Target tokens a second, since the last line of the log. */
  readonly tokensPerSecond: number;
  /** Since the run began, earlier sessions included. */
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

export interface TrainingResult {
  /** Updates, those of earlier sessions included. */
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
  /** The last one; null when there was none. */
  readonly validation: Validation | null;
  /** The one whose weights the model now has; null: the last weights. */
  readonly best: Validation | null;
  /** The log. */
  readonly records: readonly LogRecord[];
}
