/** Gradient clipping. */
import { NumericError, OptionError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { formatShape } from "../base/shape.ts";
import {
  factorOf,
  gradientOf,
  keptValues,
  kernelsFor,
  type LeafGradient,
  scaleGradient,
  type Tensor,
} from "../tensor/index.ts";

export interface ClipNormOptions {
  /** 2 for the Euclidean norm, Infinity for the largest absolute value. Default 2. */
  readonly normType?: 2 | typeof Number.POSITIVE_INFINITY;
}

/**
 * Scales all gradients by `min(1, maxNorm / (norm + 1e-6))`, with the norm of all of them taken together (Pascanu,
 * Mikolov and Bengio 2013, algorithm 1; the 1e-6 is PyTorch's). Parameters without gradient are left out.
 *
 * @returns the norm before clipping. Squares are summed in f64: f32 gradients of any size have a norm.
 * @throws {NumericError} for a NaN or an infinity; no gradient has been changed then.
 * @example
 * const w = tensor([3, 4]);
 * w.requiresGrad = true;
 * w.mul(w).mul(0.5).sum().backward();
 * clipGradNorm([w], 1); // 5
 * w.grad?.toArray().map((value) => value.toFixed(3)); // ["0.600", "0.800"]
 */
export function clipGradNorm(
  parameters: Iterable<Tensor>,
  maxNorm: number,
  options: ClipNormOptions = {},
): number {
  rejectUnknownKeys("clipGradNorm", options, ["normType"]);
  const { normType = 2 } = options;
  checkNumber("clipGradNorm maxNorm", maxNorm, { min: 0 });
  if (normType !== 2 && normType !== Number.POSITIVE_INFINITY) {
    throw new OptionError({
      what: "clipGradNorm normType",
      expected: "2 or Infinity",
      got: String(normType),
    });
  }
  const gradients = gradientsOf(parameters);
  const norm = normType === 2 ? euclideanNorm(gradients) : largest("clipGradNorm", gradients);
  const scale = maxNorm / (norm + 1e-6);
  if (scale < 1) {
    for (const gradient of gradients) scaleGradient(gradient, scale);
  }
  return norm;
}

/**
 * Limits every element of every gradient to -limit..limit.
 *
 * @returns the fraction of elements that were outside, 0 when there are none.
 * @throws {NumericError} for a NaN or an infinity; no gradient has been changed then.
 * @example
 * const w = tensor([1, 2, 3, 4]);
 * w.requiresGrad = true;
 * w.mul(w).mul(0.5).sum().backward();
 * clipGradValue([w], 2.5); // 0.5
 * w.grad?.toArray(); // [1, 2, 2.5, 2.5]
 */
export function clipGradValue(parameters: Iterable<Tensor>, limit: number): number {
  checkNumber("clipGradValue", limit, { min: 0 });
  const given = [...parameters];
  if (largest("clipGradValue", gradientsOf(given)) <= limit) return 0;
  let clipped = 0;
  let total = 0;
  for (const gradient of new Set(given.map(({ grad }) => grad))) {
    if (gradient === null) continue;
    const view = gradient.view();
    for (let i = 0; i < view.length; i++) {
      if (Math.abs(view[i]) > limit) clipped++;
    }
    total += view.length;
    const { pointer, dtype, size } = gradient;
    kernelsFor(dtype).clamp(pointer, -limit, limit, pointer, size);
  }
  return clipped / total;
}

/** The gradients there are, each once even when a parameter is given twice. */
function gradientsOf(parameters: Iterable<Tensor>): LeafGradient[] {
  const gradients = new Set<LeafGradient>();
  for (const parameter of parameters) {
    const gradient = gradientOf(parameter);
    if (gradient !== null) gradients.add(gradient);
  }
  return [...gradients];
}

function euclideanNorm(gradients: readonly LeafGradient[]): number {
  let squares = 0;
  for (const gradient of gradients) {
    const { dtype, pointer, size } = keptValues(gradient);
    const sum = kernelsFor(dtype).sumSquares(pointer, size) * factorOf(gradient) ** 2;
    squares += finite("clipGradNorm", gradient, sum);
  }
  return Math.sqrt(squares);
}

function largest(what: string, gradients: readonly LeafGradient[]): number {
  let most = 0;
  for (const gradient of gradients) {
    const { dtype, pointer, size } = keptValues(gradient);
    const value = kernelsFor(dtype).maxAbs(pointer, size) * factorOf(gradient);
    most = Math.max(most, finite(what, gradient, value));
  }
  return most;
}

function finite(what: string, gradient: LeafGradient, size: number): number {
  if (Number.isFinite(size)) return size;
  throw new NumericError(
    {
      what,
      expected: "finite gradients",
      got: `NaN or an infinity in a gradient ${formatShape(gradient.shape)}`,
      hint: "Skip this step, or lower the learning rate.",
    },
    what,
  );
}
