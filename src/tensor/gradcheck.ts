/** Checks of analytic gradients against central differences. */
import { DTypeError } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import { formatShape } from "../base/shape.ts";
import { backward } from "./graph.ts";
import { add, mul } from "./ops/elementwise.ts";
import { sum } from "./ops/reduce.ts";
import { scoped } from "./scope.ts";
import { empty, type Tensor, type TypedArray } from "./tensor.ts";

export interface GradcheckOptions {
  /** Half the width of the central difference. Default 6e-6, near the optimum for f64. */
  readonly epsilon?: number;
  /** Largest allowed scaled error. Default 1e-6. */
  readonly tolerance?: number;
  /** Check the gradient of the gradient too. Default false. */
  readonly secondOrder?: boolean;
  /** Where the weights of the weighted sum come from. */
  readonly random?: Random;
}

/** The outcome of a check. */
export interface GradcheckReport {
  readonly passed: boolean;
  /** Largest of |analytic - numeric| / max(1, |analytic|, |numeric|). */
  readonly error: number;
  /** Where it lies: which input, and which element of it. */
  readonly worst: {
    readonly input: number;
    readonly element: number;
    readonly analytic: number;
    readonly numeric: number;
  };
}

/** A copy of `x` with `requiresGrad`. */
function leafCopy(x: Tensor): Tensor {
  const leaf = empty(x.shape, "f64");
  leaf.view().set(x.view());
  leaf.requiresGrad = true;
  return leaf;
}

/**
 * Compares the gradients of a scalar function of f64 tensors, made by weighting the outputs of `f` with random
 * numbers, with central differences.
 *
 * @param f any computation by ops; the same inputs must give the same result
 * @param inputs f64 tensors
 * @throws {DTypeError} for inputs that are not f64.
 * @example
 * const x = tensor([0.5, -1], undefined, "f64");
 * gradcheck((x) => x.tanh(), [x]).passed; // true
 */
export function gradcheck(
  f: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): GradcheckReport {
  const { secondOrder = false, random = new Random(1) } = options;
  for (const input of inputs) {
    if (input.dtype !== "f64") {
      throw new DTypeError({
        what: "gradcheck",
        expected: "f64 tensors",
        got: `${input.dtype} ${formatShape(input.shape)}`,
        hint: "Central differences need f64: tensor(data, shape, 'f64').",
      });
    }
  }
  const first = weighted(f, random.fork());
  const report = compare(first, inputs, options);
  if (!secondOrder || !report.passed) return report;
  const second = compare(gradientOf(first, random.fork()), inputs, options);
  return second.error > report.error ? second : report;
}

type Scalar = (inputs: Tensor[]) => Tensor;

/** sum of f's outputs times weights that are the same at every call. */
function weighted(f: (...inputs: Tensor[]) => Tensor | readonly Tensor[], random: Random): Scalar {
  const weights: Float64Array[] = [];
  return (inputs) => {
    const result = f(...inputs);
    const outputs = Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
    return outputs
      .map((output, i) => {
        weights[i] ??= Float64Array.from({ length: output.size }, () => random.uniform(-1, 1));
        return sum(mul(output, constant(weights[i], output)));
      })
      .reduce((total, part) => add(total, part));
  };
}

function constant(values: Float64Array, like: Tensor): Tensor {
  const out = empty(like.shape, "f64");
  out.view().set(values);
  return out;
}

/** A scalar function made of the gradient of another one. */
function gradientOf(f: Scalar, random: Random): Scalar {
  const inner = weighted((...leaves) => {
    const kept = leaves.map((leaf) => leaf.grad);
    for (const leaf of leaves) leaf.grad = null;
    backward(f(leaves), { createGraph: true });
    const gradients = leaves.map((leaf) => leaf.grad ?? mul(leaf, 0));
    leaves.forEach((leaf, i) => {
      leaf.grad = kept[i];
    });
    return gradients;
  }, random);
  return inner;
}

function compare(f: Scalar, inputs: readonly Tensor[], options: GradcheckOptions): GradcheckReport {
  const { epsilon = 6e-6, tolerance = 1e-6 } = options;
  const analytic = scoped(() => {
    const leaves = inputs.map(leafCopy);
    const result = f(leaves);
    // Nothing to propagate where f does not depend on its inputs, as the gradient of a linear map does not.
    if (result.requiresGrad) backward(result);
    return leaves.map((leaf) => leaf.grad?.data() ?? new Float64Array(leaf.size));
  });
  const value = (points: TypedArray[]): number =>
    scoped(() => f(inputs.map((input, i) => leafWith(input, points[i]))).item());

  let error = 0;
  let worst = { input: 0, element: 0, analytic: 0, numeric: 0 };
  const points = inputs.map((input) => input.data());
  points.forEach((point, input) => {
    for (let element = 0; element < point.length; element++) {
      const center = point[element];
      point[element] = center + epsilon;
      const above = value(points);
      point[element] = center - epsilon;
      const below = value(points);
      point[element] = center;
      const numeric = (above - below) / (2 * epsilon);
      const exact = analytic[input][element];
      const scaled = Math.abs(exact - numeric) / Math.max(1, Math.abs(exact), Math.abs(numeric));
      const distance = Number.isNaN(scaled) ? Number.POSITIVE_INFINITY : scaled;
      if (distance > error) {
        error = distance;
        worst = { input, element, analytic: exact, numeric };
      }
    }
  });
  return { passed: error <= tolerance, error, worst };
}

function leafWith(like: Tensor, values: TypedArray): Tensor {
  const leaf = empty(like.shape, "f64");
  leaf.view().set(values);
  leaf.requiresGrad = true;
  return leaf;
}
