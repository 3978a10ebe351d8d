/** Timing inside a measured process. */
import { type Figures, median } from "../figures.ts";

/** A measurement ends early, but not before its first timed run, when it has taken so long. */
const MOST_MILLISECONDS = 30_000;

/** Runs `work` `warmUp` times, then `steps` times with the clock. `prepare` runs before each, unmeasured. */
export function timed<T>(
  { warmUp, steps }: { readonly warmUp: number; readonly steps: number },
  prepare: () => T,
  work: (prepared: T) => void,
): Pick<Figures, "milliseconds"> & { readonly cpuMilliseconds: number } {
  const begin = performance.now();
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let i = 0; i < warmUp + steps; i++) {
    const late = performance.now() - begin > MOST_MILLISECONDS;
    if (late && wall.length > 0) break;
    const prepared = prepare();
    const [start, used] = [performance.now(), process.cpuUsage()];
    work(prepared);
    const [milliseconds, { user, system }] = [performance.now() - start, process.cpuUsage(used)];
    if (i < warmUp && !late) continue;
    wall.push(milliseconds);
    cpu.push((user + system) / 1000);
  }
  return { milliseconds: median(wall), cpuMilliseconds: median(cpu) };
}

export const peakMiB = (): number => process.resourceUsage().maxRSS / 1024;

export function report(figures: Figures): void {
  console.log(JSON.stringify(figures));
}
