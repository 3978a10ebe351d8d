/** A long text in windows that predict each of its tokens once. */
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";

/** Windows in one matrix. */
export interface EvaluationWindow {
  /** Token ids [B, T], row-major. */
  readonly inputs: Int32Array;
  /** The token after each input, [B, T]; {@link COUNTED_ELSEWHERE} for those that another window predicts. */
  readonly targets: Int32Array;
  readonly shape: readonly [batch: number, time: number];
}

export interface EvaluationWindowOptions {
  /** Tokens T in a window. */
  readonly time: number;
  /**
   * Tokens between the ends of neighbouring windows, at most `time`. Every token but the first ones is predicted from
   * at least `time - stride + 1` tokens: the smaller, the truer the figure and the longer the work.
   *
   * @defaultValue time
   */
  readonly stride?: number;
  /** The most windows in a batch. */
  readonly batchSize: number;
}

export const COUNTED_ELSEWHERE = -1;

/**
 * Windows of a text for evaluating a language model: together they predict every token but the first exactly once, in
 * order, each from as much context as its window has. All windows have `time` tokens, unless the whole text is shorter.
 *
 * @example
 * const [window] = evaluationWindows([1, 2, 3, 4, 5], { time: 2, stride: 1, batchSize: 3 });
 * Array.from(window.targets); // [2, 3, -1, 4, -1, 5]
 */
export function* evaluationWindows(
  tokens: ArrayLike<number>,
  options: EvaluationWindowOptions,
): Generator<EvaluationWindow> {
  rejectUnknownKeys("evaluation windows", options, ["time", "stride", "batchSize"]);
  const time = checkNumber("time", options.time, { integer: true, min: 1 });
  const stride = checkNumber("stride", options.stride ?? time, { integer: true, min: 1, max: time });
  const batchSize = checkNumber("batchSize", options.batchSize, { integer: true, min: 1 });
  const predictions = Math.max(0, tokens.length - 1);
  const width = Math.min(time, predictions);
  if (width === 0) return;
  const all = Int32Array.from(tokens);
  const count = 1 + Math.ceil((predictions - width) / stride);
  /** One past the last prediction of a window. */
  const end = (window: number) => Math.min(predictions, width + window * stride);
  for (let first = 0; first < count; first += batchSize) {
    const rows = Math.min(batchSize, count - first);
    const inputs = new Int32Array(rows * width);
    const targets = new Int32Array(rows * width).fill(COUNTED_ELSEWHERE);
    for (let row = 0; row < rows; row++) {
      const window = first + row;
      const start = end(window) - width;
      const known = window === 0 ? 0 : end(window - 1) - start;
      inputs.set(all.subarray(start, start + width), row * width);
      targets.set(all.subarray(start + known + 1, start + width + 1), row * width + known);
    }
    yield { inputs, targets, shape: [rows, width] };
  }
}
