/** One update of the weights, from one batch or several, and what happens when numbers blow up. */
import { NumericError } from "../base/errors.ts";
import type { Random, RandomState } from "../base/random.ts";
import { clipGradNorm, clipGradValue } from "../optim/clipping.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { backward, configure, gradientOf, Scope, scaleGradient, scoped, tensor } from "../tensor/index.ts";
import { numericsChecked } from "../tensor/runtime.ts";
import type { Carried, TrainingTask } from "./task.ts";

export interface UpdateOptions {
  readonly accumulate: number;
  readonly clipNorm?: number;
  readonly clipValue?: number;
}

/** What one update was like. */
export interface UpdateFigures {
  /** Sum over the tokens. */
  readonly nats: number;
  readonly tokens: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** Share of gradient elements that `clipValue` changed. */
  readonly clippedElements: number;
}

/**
 * Draws the next batches and changes the weights by their gradient, the mean over all their tokens.
 *
 * @throws {NumericError} naming the first op whose result was not finite. The weights are as before, the batches and
 *   random numbers are used up; what the task carries is as before.
 */
export function update<Batch>(
  task: TrainingTask<Batch>,
  optimizer: Optimizer,
  random: Random,
  options: UpdateOptions,
): UpdateFigures {
  const before = random.state;
  const { carried } = task;
  const drawn: Batch[] = [];
  try {
    const figures = accumulateGradients(task, options.accumulate, drawn);
    const clipped = clip(optimizer, options);
    optimizer.step();
    return { ...figures, ...clipped };
  } catch (cause) {
    if (!(cause instanceof NumericError)) throw cause;
    const op = findCulprit(task, drawn, random, { random: before, carried });
    throw new NumericError(cause.complaint, op);
  } finally {
    optimizer.zeroGrad();
  }
}

function accumulateGradients<Batch>(task: TrainingTask<Batch>, count: number, drawn: Batch[]) {
  let [nats, tokens] = [0, 0];
  for (let i = 0; i < count; i++) {
    const batch = task.batches.next();
    drawn.push(batch);
    using _scope = new Scope();
    const part = task.loss(batch);
    const value = part.loss.item();
    if (!Number.isFinite(value)) {
      throw new NumericError({ what: "loss", expected: "a finite number", got: String(value) }, "loss");
    }
    // Sums over tokens add up where means do not; the division by all tokens comes after the last batch.
    if (count === 1) backward(part.loss);
    else backward(part.loss, { gradient: tensor([part.tokens], part.loss.shape) });
    nats += value * part.tokens;
    tokens += part.tokens;
  }
  if (count > 1) scaleGradients(task, 1 / Math.max(1, tokens));
  return { nats, tokens };
}

function scaleGradients<Batch>({ module }: TrainingTask<Batch>, factor: number): void {
  for (const parameter of module.parameters()) {
    const gradient = gradientOf(parameter);
    if (gradient !== null) scaleGradient(gradient, factor);
  }
}

/** The norm is taken, and checked, even where nothing is to be clipped. */
function clip({ parameters }: Optimizer, { clipNorm = Number.MAX_VALUE, clipValue }: UpdateOptions) {
  const gradientNorm = clipGradNorm(parameters, clipNorm);
  const clippedElements = clipValue === undefined ? 0 : clipGradValue(parameters, clipValue);
  return { gradientNorm, clippedElements };
}

/** Repeats the same computation, dropout masks included, with every result checked. */
function findCulprit<Batch>(
  task: TrainingTask<Batch>,
  drawn: readonly Batch[],
  random: Random,
  before: { readonly random: RandomState; readonly carried: Carried | undefined },
): string {
  const after = random.state;
  const checked = numericsChecked();
  random.state = before.random;
  task.carried = before.carried;
  configure({ checkNumerics: true });
  try {
    for (const batch of drawn) scoped(() => backward(task.loss(batch).loss));
  } catch (cause) {
    if (cause instanceof NumericError) return cause.op;
    throw cause;
  } finally {
    configure({ checkNumerics: checked });
    random.state = after;
    task.carried = before.carried;
  }
  return "backward";
}

/** The error of a training that ends at such a step. */
export function stoppedBy({ complaint, op }: NumericError, step: number): NumericError {
  return new NumericError(
    {
      what: `training step ${step}`,
      expected: "a finite loss and gradient",
      got: `a first NaN or infinity in ${op} (${complaint.what})`,
      hint: "Lower the learning rate, limit the norm of the gradient, or skip such steps.",
    },
    op,
    step,
  );
}
