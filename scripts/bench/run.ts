/** Times one workload in this process: `run.ts WORKLOAD STEPS BACKEND`. Prints one JSON line. */
import { configure } from "../../src/index.ts";
import { workloads } from "./workloads.ts";

const [name, steps, backend] = process.argv.slice(2);
configure({ backend: backend as "auto" });
const { step, tokens } = workloads[name]();
for (let i = 0; i < 3; i++) step();
const times: number[] = [];
for (let i = 0; i < Number(steps); i++) {
  const start = performance.now();
  step();
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
const milliseconds = times[times.length >> 1];
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ milliseconds, tokensPerSecond: (1000 * tokens) / milliseconds, peakMiB }));
