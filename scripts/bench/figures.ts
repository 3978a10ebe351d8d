/** What a measured process reports, and what is made of the reports of several rounds. */

/** Printed as one line of JSON by each measured process. */
export interface Figures {
  /** Median time of one piece of work. */
  readonly milliseconds: number;
  /** Processor time of it, of all threads together. */
  readonly cpuMilliseconds?: number;
  /** How much one piece of work gets done: tokens, sentences, megabytes. */
  readonly units: number;
  /** Largest resident memory of the process. */
  readonly peakMiB?: number;
  /** Speed of the matrix products and attention in the work, and of one large product in the same process. */
  readonly gflops?: number;
  readonly gflopsOfProduct?: number;
}

/** A contestant's rounds taken together. */
export interface Summary {
  readonly milliseconds: number;
  /** Half the distance between the fastest and the slowest round, as a share of the median. */
  readonly spread: number;
  readonly perSecond: number;
  readonly peakMiB?: number;
  /** Share of the speed of one large matrix product that the products in the work reach. */
  readonly share?: number;
  /** Time of each round. */
  readonly rounds: readonly number[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Which time is compared: what passed, or what the processor spent, which other programs disturb less. */
export type Clock = "wall" | "cpu";

export function summarize(runs: readonly Figures[], clock: Clock): Summary {
  const rounds = runs.map(({ milliseconds, cpuMilliseconds }) =>
    clock === "cpu" && cpuMilliseconds !== undefined ? cpuMilliseconds : milliseconds,
  );
  const milliseconds = median(rounds);
  const shares = runs.flatMap(({ gflops, gflopsOfProduct }) =>
    gflops !== undefined && gflopsOfProduct !== undefined ? [gflops / gflopsOfProduct] : [],
  );
  const peaks = runs.flatMap(({ peakMiB = [] }) => peakMiB);
  return {
    milliseconds,
    spread: (Math.max(...rounds) - Math.min(...rounds)) / 2 / milliseconds,
    perSecond: (1000 * runs[0].units) / milliseconds,
    ...(peaks.length > 0 && { peakMiB: median(peaks) }),
    ...(shares.length > 0 && { share: median(shares) }),
    rounds,
  };
}
