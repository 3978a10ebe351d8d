/** Decimal numbers to and from bytes, without strings between: an ARPA file has tens of millions of them. */

const DECIMALS = 7;
const SCALE = 10 ** DECIMALS;
/** The digits of 0000 to 9999. */
const DIGITS = Uint8Array.from(
  { length: 40_000 },
  (_, i) => 48 + (Math.floor(i / 4 / 10 ** (3 - (i % 4))) % 10),
);

/** Above, scaled numbers leave the 31 bits in which integer arithmetic is fast. */
const LARGEST = 2 ** 30 / SCALE - 1;

/** The most bytes that {@link writeLog} takes. */
export const MOST_DIGITS = 32;

/** What stands for log10 0 in ARPA files, as SRILM writes it. */
export const LOG_ZERO = -99;

/**
 * Writes a logarithm with 7 decimals less trailing zeros, or -99 for minus infinity.
 *
 * @returns the offset behind it
 * @example
 * const out = new Uint8Array(MOST_DIGITS);
 * String.fromCharCode(...out.subarray(0, writeLog(-1.25, out, 0))); // "-1.25"
 */
export function writeLog(value: number, out: Uint8Array, at: number): number {
  let end = at;
  if (value < 0) out[end++] = 45;
  const size = Math.abs(value);
  if (!(size <= LARGEST)) {
    const text = size === Number.POSITIVE_INFINITY ? String(-LOG_ZERO) : String(size);
    for (let i = 0; i < text.length; i++) out[end++] = text.charCodeAt(i);
    return end;
  }
  const scaled = Math.round(size * SCALE) | 0;
  const whole = (scaled / SCALE) | 0;
  const rest = (scaled - whole * SCALE) | 0;
  if (whole >= 10) {
    if (whole >= 100) out[end++] = 48 + ((whole / 100) | 0);
    out[end++] = DIGITS[4 * whole + 2];
  }
  out[end++] = DIGITS[4 * whole + 3];
  if (rest === 0) return scaled === 0 && value < 0 ? zero(out, at) : end;
  const upper = (rest / 10_000) | 0;
  const lower = rest - 10_000 * upper;
  out[end] = 46;
  out[end + 1] = DIGITS[4 * upper + 1];
  out[end + 2] = DIGITS[4 * upper + 2];
  out[end + 3] = DIGITS[4 * upper + 3];
  out[end + 4] = DIGITS[4 * lower];
  out[end + 5] = DIGITS[4 * lower + 1];
  out[end + 6] = DIGITS[4 * lower + 2];
  out[end + 7] = DIGITS[4 * lower + 3];
  end += DECIMALS + 1;
  while (out[end - 1] === 48) end--;
  return end;
}

/** No minus before what rounds to 0. */
function zero(out: Uint8Array, at: number): number {
  out[at] = 48;
  return at + 1;
}

const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);

/**
 * Reads `bytes[start..end)` as a decimal number: NaN where it is none. Correctly rounded, like `Number`.
 *
 * @example
 * readDecimal(new TextEncoder().encode("-1.5e-3"), 0, 7); // -0.0015
 */
export function readDecimal(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const isNegative = bytes[at] === 45;
  if (isNegative) at++;
  let digits = 0;
  let value = 0;
  let decimals = 0;
  let point = false;
  for (; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit >= 0 && digit <= 9) {
      value = 10 * value + digit;
      if (value > 0) digits++;
      if (point) decimals++;
    } else if (bytes[at] === 46 && !point) point = true;
    else break;
  }
  // Up to 15 digits and 10^22 are exact, so one division rounds once.
  if (at < end || digits > 15 || decimals > 22 || end - start <= (isNegative ? 1 : 0) + (point ? 1 : 0)) {
    return readRare(String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 64))));
  }
  value /= POWERS[decimals];
  return isNegative ? -value : value;
}

function readRare(text: string): number {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  return /^-inf(?:inity)?$/i.test(text) ? Number.NEGATIVE_INFINITY : Number.NaN;
}
