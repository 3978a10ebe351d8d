/** Timing inside a measured process. */
import { type Figures, median } from "../figures.ts";

/** A measurement ends early, but not before its first timed run, when it has taken so long. */
const MOST_MILLISECONDS = 30_000;

/** What runs before the clock does: so many times, and for so long. */
export interface WarmUp {
  readonly times: number;
  readonly milliseconds: number;
}

export const NO_WARM_UP: WarmUp = { times: 0, milliseconds: 0 };

/** Runs `work` to warm up, then `steps` times with the clock. `prepare` runs before each, unmeasured. */
export function timed<T>(
  { warmUp, steps }: { readonly warmUp: WarmUp; readonly steps: number },
  prepare: () => T,
  work: (prepared: T) => void,
): Pick<Figures, "milliseconds"> & { readonly cpuMilliseconds: number } {
  const begin = performance.now();
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let run = 0; wall.length < steps; run++) {
    const passed = performance.now() - begin;
    const late = passed > MOST_MILLISECONDS;
    if (late && wall.length > 0) break;
    const prepared = prepare();
    const [start, used] = [performance.now(), process.cpuUsage()];
    work(prepared);
    const [milliseconds, { user, system }] = [performance.now() - start, process.cpuUsage(used)];
    if (!late && (run < warmUp.times || passed < warmUp.milliseconds)) continue;
    wall.push(milliseconds);
    cpu.push((user + system) / 1000);
  }
  return { milliseconds: median(wall), cpuMilliseconds: median(cpu) };
}

export const peakMiB = (): number => process.resourceUsage().maxRSS / 1024;

export function report(figures: Figures): void {
  console.log(JSON.stringify(figures));
}
