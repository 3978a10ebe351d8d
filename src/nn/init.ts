/** Initial values for parameters. Each function fills the tensor in place and returns it. */
import { ShapeError } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import { formatShape } from "../base/shape.ts";
import type { Tensor } from "../tensor/index.ts";

/** Where layers take their initial values and dropout masks from when they are given no generator. */
export const defaultRandom = new Random(0);

let skipping = false;

/**
 * Makes modules without drawing their initial values: until weights are loaded, they hold whatever was in memory. For
 * large models, drawing takes far longer than loading.
 *
 * @example
 * const [random, weights] = [new Random(1), new Map([["weight", ones([1, 2])]])];
 * const layer = init.skipInit(() => new Linear({ inFeatures: 2, outFeatures: 1, bias: false, random }));
 * layer.loadStateDict(weights);
 * random.bits() === new Random(1).bits(); // true
 */
export function skipInit<T>(make: () => T): T {
  const before = skipping;
  skipping = true;
  try {
    return make();
  } finally {
    skipping = before;
  }
}

function fill(x: Tensor, next: () => number): Tensor {
  if (skipping) return x;
  const view = x.view();
  for (let i = 0; i < view.length; i++) view[i] = next();
  return x;
}

export const constant = (x: Tensor, value: number): Tensor => fill(x, () => value);

export const uniform = (x: Tensor, low: number, high: number, random: Random): Tensor =>
  fill(x, () => random.uniform(low, high));

export const normal = (x: Tensor, mean: number, std: number, random: Random): Tensor =>
  fill(x, () => random.normal(mean, std));

/** Inputs and outputs of a weight `[out, in]`, or `[out, in, ...kernel]`. */
function fans(what: string, { shape }: Tensor): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError({ what, expected: "a weight of at least 2 axes", got: formatShape(shape) });
  }
  const field = shape.slice(2).reduce((size, extent) => size * extent, 1);
  return { fanIn: shape[1] * field, fanOut: shape[0] * field };
}

/** Uniform with variance `gain^2 2/(in + out)` (Glorot and Bengio 2010, eq. 16). */
export function xavierUniform(x: Tensor, random: Random, gain = 1): Tensor {
  const { fanIn, fanOut } = fans("xavierUniform", x);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(x, -bound, bound, random);
}

/** Normal with variance `gain^2 2/(in + out)` (Glorot and Bengio 2010, eq. 12). */
export function xavierNormal(x: Tensor, random: Random, gain = 1): Tensor {
  const { fanIn, fanOut } = fans("xavierNormal", x);
  return normal(x, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), random);
}

/** Uniform with variance `gain^2/in`; gain sqrt(2), for relu, by default (He et al. 2015, eq. 10). */
export function kaimingUniform(x: Tensor, random: Random, gain: number = Math.SQRT2): Tensor {
  const bound = gain * Math.sqrt(3 / fans("kaimingUniform", x).fanIn);
  return uniform(x, -bound, bound, random);
}

/** Normal with variance `gain^2/in`; gain sqrt(2), for relu, by default (He et al. 2015, eq. 10). */
export function kaimingNormal(x: Tensor, random: Random, gain: number = Math.SQRT2): Tensor {
  return normal(x, 0, gain / Math.sqrt(fans("kaimingNormal", x).fanIn), random);
}

/** Normal with variance 1/in (LeCun et al. 1998, section 4.6). */
export const lecunNormal = (x: Tensor, random: Random): Tensor => kaimingNormal(x, random, 1);

/**
 * A matrix with orthonormal rows or columns, whichever are fewer, times `gain` (Saxe, McClelland and Ganguli 2014):
 * Gram-Schmidt on normal numbers.
 */
export function orthogonal(x: Tensor, random: Random, gain = 1): Tensor {
  if (skipping) return x;
  const { fanIn, fanOut } = fans("orthogonal", x);
  const [count, length] = fanOut <= fanIn ? [fanOut, fanIn] : [fanIn, fanOut];
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const vector = Float64Array.from({ length }, () => random.normal());
    // Twice, because one pass loses orthogonality to rounding.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        let dot = 0;
        for (let i = 0; i < length; i++) dot += vector[i] * other[i];
        for (let i = 0; i < length; i++) vector[i] -= dot * other[i];
      }
    }
    let squares = 0;
    for (const value of vector) squares += value * value;
    if (squares < 1e-12) continue;
    basis.push(vector.map((value) => value / Math.sqrt(squares)));
  }
  const view = x.view();
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < length; j++) {
      view[fanOut <= fanIn ? i * length + j : j * count + i] = gain * basis[i][j];
    }
  }
  return x;
}
