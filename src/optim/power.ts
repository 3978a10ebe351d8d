/**
 * Functions that training depends on, from + - * / alone: these are exactly rounded everywhere, where `Math.pow` and
 * `Math.cos` may differ in the last bits between engines and give another model from the same seed.
 */

/** base^exponent for whole exponents of at least 0, by squaring. */
export function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/**
 * cos(pi x) for x in 0..1, to within 5e-16: the Taylor series in Horner's form, mirrored at 1/2 so that its argument
 * stays below pi/2, where the first term left out is below 1e-21.
 */
export function cosPi(x: number): number {
  if (x > 0.5) return -cosPi(1 - x);
  const square = Math.PI * x * (Math.PI * x);
  let series = 1;
  for (let n = 24; n >= 2; n -= 2) series = 1 - (series * square) / (n * (n - 1));
  return series;
}
