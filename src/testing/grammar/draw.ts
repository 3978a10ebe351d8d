/** Weighted random choice. */
import type { Random } from "../../base/random.ts";

/** True with probability `p`. */
export function chance(random: Random, p: number): boolean {
  return random.uniform() < p;
}

/** One of `options`, drawn in proportion to the weights; weight 0 is never drawn. */
export function weighted<T>(random: Random, options: readonly (readonly [weight: number, value: T])[]): T {
  const possible = options.filter(([weight]) => weight > 0);
  let left = random.uniform(
    0,
    possible.reduce((total, [weight]) => total + weight, 0),
  );
  for (const [weight, value] of possible) {
    left -= weight;
    if (left < 0) return value;
  }
  return possible[possible.length - 1][1];
}
