/** Scalar functions that several reference kernels share, in f64 or, the random bits, in 32-bit integers. */

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The error function, to 1e-15: its Maclaurin series up to |x| = 3, else a continued fraction of erfc. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(a)) return x;
  if (a > 6) return Math.sign(x);
  if (a < 3) {
    // erf x = 2/sqrt(pi) exp(-x^2) sum_k 2^k x^(2k+1) / (2k+1)!!   (Abramowitz and Stegun 7.1.6: no cancellation)
    let term = x;
    let sum = x;
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
      term *= (2 * x * x) / (2 * k + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  // erfc a = exp(-a^2)/sqrt(pi) / (a + (1/2)/(a + 1/(a + (3/2)/(a + ...))))   (Abramowitz and Stegun 7.1.14)
  let fraction = a;
  for (let k = 60; k >= 1; k--) fraction = a + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction));
}

/** Distribution function of the standard normal distribution. */
export const normalCdf = (x: number): number => 0.5 * (1 + erf(x * Math.SQRT1_2));

/** Density of the standard normal distribution. */
export const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** 32 random bits for element i of what is dropped out. */
export const randomBits = (i: number, seed0: number, seed1: number): number =>
  mix((seed0 + Math.imul(i, seed1 | 1)) | 0) >>> 0;

/** Wellons' integer hash. */
export function mix(z: number): number {
  let h = z;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}
