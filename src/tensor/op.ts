/** How ops are defined: one place for the shape, the forward kernel and the gradient. */
import { DTypeError, NumericError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import { formatShape, type Shape } from "../base/shape.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { RowGradient } from "./gradient.ts";
import { record } from "./graph.ts";
import { type DType, kernelsFor, numericsChecked } from "./runtime.ts";
import { empty, type Gradients, Tensor } from "./tensor.ts";

/** The tensors an op takes; null for an optional one that is absent. */
export type Inputs = readonly (Tensor | null)[];

/** Exactly one gradient, or null, for each input: a wrong count does not compile. */
export type GradientsOf<I extends Inputs> = { readonly [K in keyof I]: Tensor | null };
/** For each input, whether its gradient is wanted: what is not wanted need not be computed. */
export type Needs<I extends Inputs> = { readonly [K in keyof I]: boolean };

/** An op whose gradient is written in ops, so that it can be differentiated any number of times. */
export interface OpDefinition<I extends Inputs, A extends readonly unknown[]> {
  /** Shape of the result; throws a ShapeError for inputs that do not fit. */
  shape(name: string, inputs: I, ...args: A): Shape;
  /** Fills `out`. */
  forward(k: Kernels, out: Tensor, inputs: I, ...args: A): void;
  /** Gradients to the inputs from `g`, the gradient to the result `y` (a vector-Jacobian product). */
  backward(g: Tensor, y: Tensor, inputs: I, needs: Needs<I>, ...args: A): GradientsOf<I>;
  /** The gradient to the first input when that is a leaf, for an op that reads some of its rows; null to use backward. */
  rows?(g: Tensor, inputs: I, ...args: A): RowGradient | null;
}

/** The function that {@link defineOp} makes. */
export type Op<I extends Inputs, A extends readonly unknown[]> = (...params: [...I, ...A]) => Tensor;

export type Unary = readonly [Tensor];
export type Binary = readonly [Tensor, Tensor];

/**
 * Defines an op. Allocation, element types, recording and the summing of broadcast gradients are done here, once.
 *
 * @example
 * const double = defineOp<readonly [Tensor]>("double", {
 *   shape: (_name, [x]) => x.shape,
 *   forward: (k, out, [x]) => k.mulScalar(x.pointer, 2, out.pointer, x.size),
 *   backward: (g) => [double(g)],
 * });
 * double(tensor([1, 2])).toArray(); // [2, 4]
 */
export function defineOp<I extends Inputs, A extends readonly unknown[] = []>(
  name: string,
  definition: OpDefinition<I, A>,
): Op<I, A> {
  return (...params) => {
    checkTensor(name, params[0]);
    const arity = countTensors(params);
    const inputs = params.slice(0, arity) as unknown as I;
    const args = params.slice(arity) as unknown as A;
    const shape = definition.shape(name, inputs, ...args);
    const dtype = commonType(name, inputs);
    const out = empty(shape, dtype);
    definition.forward(kernelsFor(dtype), out, inputs, ...args);
    checkFinite(name, out);
    const { rows } = definition;
    record(
      name,
      inputs,
      [out],
      true,
      ([g], needs) => definition.backward(g as Tensor, out, inputs, needs as Needs<I>, ...args),
      rows ? (g) => checkedRows(name, rows(g, inputs, ...args)) : null,
    );
    return out;
  };
}

/** What the forward part of a fused op returns. */
export interface Fused<O extends readonly Tensor[]> {
  readonly outputs: O;
  /**
   * From the gradients of the outputs (null where none came) to those of the inputs, by kernels. What it needs from
   * the forward part it holds in its closure.
   */
  backward(gradients: { readonly [K in keyof O]: Tensor | null }, needs: readonly boolean[]): Gradients;
}

/**
 * Defines an op with several outputs or with a gradient kernel of its own. First order only.
 * `run` computes and returns the outputs and the way back.
 */
export function defineFusedOp<I extends Inputs, A extends readonly unknown[], O extends readonly Tensor[]>(
  name: string,
  run: (k: Kernels, dtype: DType, inputs: I, ...args: A) => Fused<O>,
): (inputs: I, ...args: A) => O {
  return (inputs, ...args) => {
    checkTensor(name, inputs[0]);
    const dtype = commonType(name, inputs);
    const { outputs, backward } = run(kernelsFor(dtype), dtype, inputs, ...args);
    for (const output of outputs) checkFinite(name, output);
    record(name, inputs, outputs, false, (upstream, needs) => {
      const gradients = backward(upstream as { [K in keyof O]: Tensor | null }, needs);
      // What is not needed may not be computed either.
      gradients.forEach((g, i) => {
        if (g !== null && needs[i]) checkFinite(name, g);
      });
      return gradients;
    });
    return outputs;
  };
}

function checkedRows(name: string, gradient: RowGradient | null): RowGradient | null {
  if (gradient !== null) checkFinite(name, gradient.values);
  return gradient;
}

/** @throws {DTypeError} for anything but a tensor. */
export function checkTensor(what: string, value: unknown): void {
  if (value instanceof Tensor) return;
  throw new DTypeError({ what, expected: "a tensor", got: describe(value) });
}

function countTensors(params: readonly unknown[]): number {
  let count = 0;
  while (count < params.length && (params[count] instanceof Tensor || params[count] === null)) count++;
  return count;
}

/**
 * The one float type of all inputs.
 *
 * @throws {DTypeError} when they differ or one is i32.
 */
export function commonType(name: string, inputs: Inputs): DType {
  let dtype: DType | undefined;
  for (const input of inputs) {
    if (input === null) continue;
    checkTensor(name, input);
    if (dtype === undefined) dtype = input.dtype;
    if (input.dtype !== dtype || dtype === "i32") {
      throw new DTypeError({
        what: name,
        expected: "float tensors of one type",
        got: inputs.map((tensor) => tensor?.dtype ?? "none").join(" and "),
      });
    }
  }
  return dtype ?? "f32";
}

/**
 * What every op does with its result when `configure({ checkNumerics: true })` is set.
 *
 * @throws {NumericError} naming the op, for NaN and infinities.
 */
export function checkFinite(name: string, output: Tensor): void {
  if (!numericsChecked()) return;
  const largest = kernelsFor(output.dtype).maxAbs(output.pointer, output.size);
  if (Number.isFinite(largest)) return;
  throw new NumericError(
    { what: name, expected: "finite numbers", got: `NaN or infinity in ${formatShape(output.shape)}` },
    name,
  );
}
