/**
 * Elementary functions in f64 from + - * / alone: these are exactly rounded everywhere, where `Math.log` and
 * `Math.exp` may differ in the last bits between engines.
 */

const LN2 = Math.LN2;
/** ln 2 in two parts; the first has so few bits that its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/**
 * ln x for positive normal x: x = m 2^e with m in [2/3, 4/3), then ln m = 2 artanh((m-1)/(m+1)) as a series.
 */
export function naturalLog(x: number): number {
  let m = x;
  let e = 0;
  while (m >= 4 / 3) {
    m *= 0.5;
    e++;
  }
  while (m < 2 / 3) {
    m *= 2;
    e--;
  }
  const z = (m - 1) / (m + 1);
  const z2 = z * z;
  let series = 0;
  for (let k = 25; k >= 1; k -= 2) series = series * z2 + 1 / k;
  return e * LN2 + 2 * z * series;
}

/** e^x for |x| < 700: x = n ln 2 + r with |r| <= ln(2)/2, then the Taylor series of e^r. */
export function exponential(x: number): number {
  const n = Math.round(x / LN2);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let series = 1;
  for (let k = 16; k >= 1; k--) series = 1 + (series * r) / k;
  return series * 2 ** n;
}
