/** Axis ticks at round numbers, and how to write them. */

/** Numbers beyond this could not be subtracted without overflow; they are not drawn. */
const LARGEST = 1e300;
/** Ranges narrower than this, and on a log scale numbers below it, leave no room for exact ticks. */
export const SMALLEST = 1e-290;

/** Whether a coordinate can be drawn. */
export function isDrawable(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= LARGEST;
}

/** The range from `low` to `high`, widened where it is too narrow to be divided. */
export function widen(low: number, high: number): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > Math.max(size * 1e-9, SMALLEST)) return [low, high];
  const half = size > SMALLEST ? size * 0.1 : 1;
  return [low - half, high + half];
}

/**
 * The round number (1, 2 or 5 times a power of ten) nearest above a `count`-th
 * of the range (Heckbert 1990, "Nice numbers for graph labels", Graphics Gems).
 */
function roundStep(span: number, count: number): number {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((nice) => nice * power >= raw * 0.999999) ?? 10;
  return factor * power;
}

/**
 * Multiples of a round number that lie in [low, high], about `count` of them.
 *
 * @example
 * linearTicks(0, 1, 5); // [0, 0.2, 0.4, 0.6, 0.8, 1]
 */
export function linearTicks(low: number, high: number, count: number): number[] {
  const step = roundStep(high - low, count);
  const first = Math.ceil(low / step - 1e-6);
  const last = Math.floor(high / step + 1e-6);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => tidy((first + i) * step));
}

/** About `count` + 1 multiples of a round number, the first at most `low` and the last at least `high`. */
export function enclosingTicks(low: number, high: number, count: number): number[] {
  const step = roundStep(high - low, count);
  const first = Math.floor(low / step + 1e-6);
  const last = Math.ceil(high / step - 1e-6);
  return Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
}

/**
 * Ticks for a logarithmic axis: powers of ten; 1, 2 and 5 times them where
 * those are few; round numbers where the range is narrow.
 *
 * @example
 * logTicks(0.5, 30, 5); // [0.5, 1, 2, 5, 10, 20]
 */
export function logTicks(low: number, high: number, count: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const stride = Math.max(1, Math.ceil((last - first) / (2 * count)));
  const within = (factors: readonly number[]) => {
    const ticks: number[] = [];
    for (let power = first; power <= last; power += stride) {
      for (const factor of factors) ticks.push(tidy(factor * 10 ** power));
    }
    return ticks.filter((tick) => tick >= low * 0.999999 && tick <= high * 1.000001);
  };
  const decades = within([1]);
  if (decades.length >= 3) return decades;
  const more = within([1, 2, 5]);
  return more.length >= 3 ? more : linearTicks(low, high, count).filter((tick) => tick > 0);
}

/** Without the noise of multiplication: 0.30000000000000004 becomes 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/**
 * A number in little room: at most four digits that matter, k and M for thousands and millions.
 *
 * @param largest decides the unit: on a linear axis, the largest tick
 * @example
 * formatNumber(0.30000000000000004); // "0.3"
 * formatNumber(25000); // "25k"
 * formatNumber(5000, 25000); // "5k"
 * formatNumber(0.00002); // "2e-5"
 */
export function formatNumber(value: number, largest = Math.abs(value)): string {
  if (!Number.isFinite(value) || value === 0) return String(value + 0);
  if (largest >= 1e9 || largest < 1e-3) return value.toExponential(3).replace(/\.?0*e\+?/, "e");
  if (largest >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`;
  if (largest >= 1e4) return `${Number((value / 1e3).toPrecision(4))}k`;
  return String(Number(value.toPrecision(4)));
}

/**
 * A number in full where it is whole, with a space between thousands, else as {@link formatNumber}.
 *
 * @example
 * formatFigure(2568192); // "2\u202f568\u202f192"
 * formatFigure(4.53726); // "4.537"
 */
export function formatFigure(value: number): string {
  if (!Number.isSafeInteger(value)) return formatNumber(value);
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
