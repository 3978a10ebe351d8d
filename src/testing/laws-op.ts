/** Laws of differentiable ops, to be asserted with fast-check for any function of tensors. */
import fc from "fast-check";
import { ShapeError, StateError } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import { broadcastShapes, formatShape, type Shape, sameShape, sizeOf, stridesOf } from "../base/shape.ts";
import { backward, type DType, gradcheck, ops, scoped, type Tensor, tensor } from "../tensor/index.ts";

/** Options of {@link opLaws}. */
export interface OpLawOptions {
  readonly name: string;
  /** The op. Whatever is no differentiable input (an index, a mask, an option) it holds itself. */
  readonly op: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  /** Inputs where the op is differentiable. Of any float type: the laws convert. */
  readonly inputs: fc.Arbitrary<readonly Tensor[]>;
  /** Whether the gradient can be differentiated again. @defaultValue true */
  readonly secondOrder?: boolean;
  /** Whether inputs of shapes that broadcast are as good as repeated ones. @defaultValue false */
  readonly broadcasts?: boolean;
  /** Whether an input of NaN may leave the output without NaN. @defaultValue false */
  readonly hidesNaN?: boolean;
  /** Inputs that do not fit, each to be refused with a ShapeError. @defaultValue none */
  readonly errorInputs?: readonly (readonly Tensor[])[];
  /** Largest scaled error of a gradient against central differences. @defaultValue 1e-6 */
  readonly tolerance?: number;
  /** Largest scaled error of f32 against f64. @defaultValue 1e-4 */
  readonly precision?: number;
}

/** Flat numbers, one array a tensor. */
type Values = readonly ArrayLike<number>[];

/** The laws of one op, by name. Assert each: `fc.assert(laws.gradient)`. Those that do not apply are absent. */
export interface OpLaws {
  /** The gradient agrees with central differences. */
  readonly gradient: fc.IProperty<unknown>;
  /** The directional derivative is the adjoint of the gradient: `<J v, u> = <v, J^T u>`. */
  readonly adjoint: fc.IProperty<unknown>;
  /** The gradient is linear in the upstream gradient. */
  readonly linearity: fc.IProperty<unknown>;
  /** The gradients of several uses of a result add up. */
  readonly fanOut: fc.IProperty<unknown>;
  /** f32 on the configured backend agrees with f64. */
  readonly precision: fc.IProperty<unknown>;
  /** The gradient of the gradient agrees with central differences. */
  readonly secondOrder?: fc.IProperty<unknown>;
  /** Broadcasting is repeating, and its gradient sums the repeats. */
  readonly broadcasting?: fc.IProperty<unknown>;
  /** NaN in, NaN out. */
  readonly propagatesNaN?: fc.IProperty<unknown>;
  /** Shapes that do not fit are refused with a ShapeError. */
  readonly refusesShapes?: fc.IProperty<unknown>;
}

/**
 * The laws of an op. Where one is broken, its property throws a StateError that says what was expected.
 *
 * @example
 * const laws = opLaws({ name: "mul", op: mul, inputs: arbitraries.tensors(2), broadcasts: true });
 * for (const law of Object.values(laws)) fc.assert(law);
 */
export function opLaws(options: OpLawOptions): OpLaws {
  const { name, inputs, secondOrder = true, tolerance = 1e-6, precision = 1e-4, errorInputs = [] } = options;
  const op = (points: readonly Tensor[]): readonly Tensor[] => {
    const result = options.op(...points);
    return Array.isArray(result) ? result : [result as Tensor];
  };
  const law = (predicate: (points: readonly Tensor[], random: Random) => void): fc.IProperty<unknown> =>
    fc.property(inputs, fc.nat(), (points, seed) =>
      scoped(() => predicate(as("f64", points), new Random(seed))),
    );

  /** The gradients of the inputs for the given gradients of the outputs, summed over several of these. */
  const pullBack = (points: readonly Tensor[], ...upstreams: readonly (readonly Tensor[])[]): Values => {
    const leaves = points.map(leafOf);
    const outputs = op(leaves);
    const parts = upstreams.flatMap((upstream) => outputs.map((y, i) => ops.sum(ops.mul(y, upstream[i]))));
    const total = parts.reduce((sum, part) => ops.add(sum, part));
    if (total.requiresGrad) backward(total);
    return leaves.map((leaf) => leaf.grad?.data() ?? new Float64Array(leaf.size));
  };
  const upstreamFor = (points: readonly Tensor[], random: Random) =>
    op(points).map((y) => noise(y.shape, random));
  const checkGradient = (points: readonly Tensor[], random: Random, order: 1 | 2) => {
    const { error, worst } = gradcheck((...x) => op(x), points, {
      random,
      tolerance,
      secondOrder: order === 2,
    });
    if (error <= tolerance) return;
    const { input, element, numeric, analytic } = worst;
    fail(`gradient of ${name} to element ${element} of input ${input}`, `${numeric}`, `${analytic}`);
  };

  return {
    gradient: law((points, random) => checkGradient(points, random, 1)),
    adjoint: law((points, random) => {
      const u = upstreamFor(points, random);
      const v = points.map((point) => noise(point.shape, random));
      const step = 6e-6;
      const at = (distance: number) =>
        op(points.map((point, i) => ops.add(point, ops.mul(v[i], distance)))).map((y) => y.data());
      const [ahead, behind] = [at(step), at(-step)];
      const slope = ahead.map((y, i) => y.map((value, j) => (value - behind[i][j]) / (2 * step)));
      const forwards = dot(slope, numbersOf(u));
      const backwards = dot(numbersOf(v), pullBack(points, u));
      expectNear(`<v, J^T u> of ${name}`, [[backwards]], [[forwards]], tolerance);
    }),
    linearity: law((points, random) => {
      const [u, w] = [upstreamFor(points, random), upstreamFor(points, random)];
      const [a, b] = [random.uniform(-2, 2), random.uniform(-2, 2)];
      const mixed = u.map((each, i) => ops.add(ops.mul(each, a), ops.mul(w[i], b)));
      const expected = mix(a, pullBack(points, u), b, pullBack(points, w));
      expectNear(`gradient of ${name} for a mixture`, pullBack(points, mixed), expected, EXACT);
    }),
    fanOut: law((points, random) => {
      const [u, w] = [upstreamFor(points, random), upstreamFor(points, random)];
      const expected = mix(1, pullBack(points, u), 1, pullBack(points, w));
      expectNear(`gradient of ${name} used twice`, pullBack(points, u, w), expected, EXACT);
    }),
    precision: law((points) => {
      expectNear(`${name} in f32`, numbersOf(op(as("f32", points))), numbersOf(op(points)), precision);
    }),
    ...(secondOrder && { secondOrder: law((points, random) => checkGradient(points, random, 2)) }),
    ...(options.broadcasts && {
      broadcasting: law((points, random) => {
        const full = points.map((point) => point.shape).reduce((a, b) => broadcastShapes(name, a, b));
        const repeated = points.map((point) => ops.broadcastTo(point, full));
        expectNear(`${name} of broadcast inputs`, numbersOf(op(points)), numbersOf(op(repeated)), 0);
        const u = upstreamFor(points, random);
        const expected = pullBack(repeated, u).map((g, i) => sumRepeats(g, full, points[i].shape));
        expectNear(`gradient of ${name} of broadcast inputs`, pullBack(points, u), expected, EXACT);
      }),
    }),
    ...(!options.hidesNaN && {
      propagatesNaN: law((points, random) => {
        const working = as("f32", points);
        const filled = working.filter((point) => point.size > 0);
        if (filled.length === 0) return;
        const poisoned = random.choice(filled);
        poisoned.view()[random.integer(poisoned.size)] = Number.NaN;
        if (op(working).some((y) => y.data().some(Number.isNaN))) return;
        fail(`${name} of an input with NaN`, "NaN in the output", "none");
      }),
    }),
    ...(errorInputs.length > 0 && {
      refusesShapes: fc.property(fc.constantFrom(...errorInputs), (points) => {
        let got = "a result";
        try {
          scoped(() => op(points));
        } catch (error) {
          if (error instanceof ShapeError) return;
          got = String(error);
        }
        fail(
          `${name} of ${points.map(({ shape }) => formatShape(shape)).join(" and ")}`,
          "a ShapeError",
          got,
        );
      }),
    }),
  };
}

/** Scaled error of two sums of the same f64 numbers in another order. */
const EXACT = 1e-9;

const numbersOf = (list: readonly Tensor[]): Values => list.map((each) => each.data());

const mix = (a: number, left: Values, b: number, right: Values): Values =>
  left.map((list, i) => Float64Array.from(list, (value, j) => a * value + b * right[i][j]));

const as = (dtype: DType, list: readonly Tensor[]): Tensor[] =>
  list.map((each) => tensor(each.data(), each.shape, dtype));

function leafOf(x: Tensor): Tensor {
  const leaf = tensor(x.data(), x.shape, x.dtype);
  leaf.requiresGrad = true;
  return leaf;
}

function noise(extents: Shape, random: Random): Tensor {
  const values = Float64Array.from({ length: sizeOf(extents) }, () => random.uniform(-1, 1));
  return tensor(values, extents, "f64");
}

function dot(a: Values, b: Values): number {
  let total = 0;
  for (const [i, list] of a.entries()) for (let j = 0; j < list.length; j++) total += list[j] * b[i][j];
  return total;
}

/** Sums the elements of an array of shape `full` that broadcasting made from one element of `part`. */
function sumRepeats(values: ArrayLike<number>, full: Shape, part: Shape): ArrayLike<number> {
  if (sameShape(full, part)) return values;
  const [fullStrides, strides] = [stridesOf(full), stridesOf(part)];
  const missing = full.length - part.length;
  const sums = new Float64Array(sizeOf(part));
  for (let at = 0; at < values.length; at++) {
    let to = 0;
    for (const [axis, stride] of strides.entries()) {
      const position = Math.floor(at / fullStrides[axis + missing]) % full[axis + missing];
      if (part[axis] !== 1) to += position * stride;
    }
    sums[to] += values[at];
  }
  return sums;
}

function expectNear(what: string, got: Values, expected: Values, tolerance: number): void {
  for (const [i, list] of expected.entries()) {
    for (let j = 0; j < list.length; j++) {
      const [a, b] = [got[i][j], list[j]];
      if (Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b))) continue;
      fail(`${what} at element ${j} of ${i}`, `${b} within ${tolerance}`, `${a}`);
    }
  }
}

function fail(what: string, expected: string, got: string): never {
  throw new StateError({ what, expected, got });
}
