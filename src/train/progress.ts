/** How far a run has come, as plain numbers. */
import type { Validation } from "./events.ts";
import type { UpdateFigures } from "./update.ts";

/** Sums since the last line of the log. */
export interface Window {
  readonly steps: number;
  readonly nats: number;
  readonly tokens: number;
  /** Sum of the gradient norms. */
  readonly norms: number;
  /** Updates whose gradient was longer than `clipNorm`. */
  readonly clippedSteps: number;
  /** Sum of the shares of elements that `clipValue` changed. */
  readonly clippedElements: number;
  /** Spent in updates. */
  readonly seconds: number;
}

export const EMPTY_WINDOW: Window = {
  steps: 0,
  nats: 0,
  tokens: 0,
  norms: 0,
  clippedSteps: 0,
  clippedElements: 0,
  seconds: 0,
};

/** How far a run has come. */
export interface Progress {
  readonly step: number;
  readonly tokens: number;
  readonly skipped: number;
  /** Since the run began. */
  readonly seconds: number;
  /** Of these, spent in updates. */
  readonly updateSeconds: number;
  /** Of the last update. */
  readonly learningRate: number;
  readonly window: Window;
  readonly best: Validation | null;
  /** The last one. */
  readonly validation: Validation | null;
  /** Validations in a row without improvement. */
  readonly badValidations: number;
}

export const INITIAL_PROGRESS: Progress = {
  step: 0,
  tokens: 0,
  skipped: 0,
  seconds: 0,
  updateSeconds: 0,
  learningRate: 0,
  window: EMPTY_WINDOW,
  best: null,
  validation: null,
  badValidations: 0,
};

/** Progress after one more update, which took `seconds`. */
export function countUpdate(
  before: Progress,
  { nats, tokens, gradientNorm, clippedElements }: UpdateFigures,
  {
    seconds,
    clipNorm = Number.POSITIVE_INFINITY,
  }: { readonly seconds: number; readonly clipNorm?: number | undefined },
): Progress {
  const { window } = before;
  return {
    ...before,
    step: before.step + 1,
    tokens: before.tokens + tokens,
    updateSeconds: before.updateSeconds + seconds,
    window: {
      steps: window.steps + 1,
      nats: window.nats + nats,
      tokens: window.tokens + tokens,
      norms: window.norms + gradientNorm,
      clippedSteps: window.clippedSteps + Number(gradientNorm > clipNorm),
      clippedElements: window.clippedElements + clippedElements,
      seconds: window.seconds + seconds,
    },
  };
}
