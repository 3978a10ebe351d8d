/** Vectors in two dimensions. */
import { OptionError } from "../base/errors.ts";
import { checkInstance } from "../base/options.ts";
import { Random } from "../base/random.ts";

const ROUNDS = 200;
const ROUNDING = 1e-12;

/**
 * The two directions in which vectors differ most, and where each vector lies along them: principal components, by
 * orthogonal iteration on the covariance (Golub and Van Loan, "Matrix Computations", section 8.2.4). The largest
 * element of a direction is positive, so that the same vectors always give the same picture.
 *
 * @param vectors `[n, dim]`, n at least 2
 * @returns positions `[n, 2]`, and the share of the variance that each direction has
 * @throws {OptionError} for fewer than two vectors or elements.
 * @example
 * const { shares } = principalComponents(Float32Array.of(0, 0, 1, 2, 2, 4), 2);
 * Math.round(shares[0] * 100); // 100
 */
export function principalComponents(
  vectors: Float32Array,
  dim: number,
): { positions: Float64Array; shares: readonly [number, number] } {
  checkInstance("vectors of principal components", vectors, Float32Array);
  const n = vectors.length / dim;
  if (!(n >= 2 && dim >= 2)) {
    throw new OptionError({
      what: "principal components",
      expected: "at least two vectors of at least two elements",
      got: `${n} of ${dim}`,
    });
  }
  const centred = Float64Array.from(vectors);
  let variance = 0;
  for (let d = 0; d < dim; d++) {
    let mean = 0;
    for (let i = d; i < centred.length; i += dim) mean += centred[i] / n;
    for (let i = d; i < centred.length; i += dim) {
      centred[i] -= mean;
      variance += centred[i] ** 2;
    }
  }
  const along = (direction: Float64Array): Float64Array => {
    const places = new Float64Array(n);
    for (let i = 0; i < n; i++)
      for (let d = 0; d < dim; d++) places[i] += centred[i * dim + d] * direction[d];
    return places;
  };
  const random = new Random(0);
  const directions = [0, 1].map(() => Float64Array.from({ length: dim }, () => random.normal()));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [k, direction] of directions.entries()) {
      const places = along(direction);
      direction.fill(0);
      for (let i = 0; i < n; i++)
        for (let d = 0; d < dim; d++) direction[d] += places[i] * centred[i * dim + d];
      const reach = Math.sqrt(dot(direction, direction));
      if (k === 1) addScaled(direction, directions[0], -dot(direction, directions[0]));
      const length = Math.sqrt(dot(direction, direction));
      // Vectors on a line differ in one direction: what is left is rounding.
      if (length <= ROUNDING * reach) direction.fill(0);
      else for (let d = 0; d < dim; d++) direction[d] /= length;
    }
  }
  const positions = new Float64Array(2 * n);
  const shares = directions.map((direction, k) => {
    const largest = direction.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    const places = along(direction);
    let squares = 0;
    for (let i = 0; i < n; i++) {
      positions[2 * i + k] = largest < 0 ? -places[i] : places[i];
      squares += places[i] ** 2;
    }
    return variance === 0 ? 0 : squares / variance;
  });
  return { positions, shares: [shares[0], shares[1]] };
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < x.length; d++) sum += x[d] * y[d];
  return sum;
}

function addScaled(x: Float64Array, y: Float64Array, scale: number): void {
  for (let d = 0; d < x.length; d++) x[d] += scale * y[d];
}
