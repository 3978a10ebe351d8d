// What the peers from npm have in common: `charlm` of ../workloads.ts on random weights and token ids.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import sizes from "../sizes.json" with { type: "json" };

/** AdamW's and clipping's settings, as in ../workloads.ts. */
export const SETTINGS = {
  rate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  decay: 0.01,
  maxNorm: 1,
  normEps: 1e-5,
};

/** Loads a package from the `node_modules` of a folder. */
export const packagesOf = (folder) => createRequire(join(resolve(folder), "package.json"));

/** Names and shapes of the weights; linear maps are `[out, in]`. */
function shapesOf({ vocabulary, time, width, layers }) {
  const shapes = { "embedding.weight": [vocabulary, width], "positions.weight": [time, width] };
  const linear = (name, inputs, outputs) => {
    shapes[`${name}weight`] = [outputs, inputs];
    shapes[`${name}bias`] = [outputs];
  };
  const norm = (name) => {
    shapes[`${name}.weight`] = [width];
    shapes[`${name}.bias`] = [width];
  };
  for (let i = 0; i < layers; i++) {
    const layer = `encoder.layers.${i}`;
    linear(`${layer}.self_attn.in_proj_`, width, 3 * width);
    linear(`${layer}.self_attn.out_proj.`, width, width);
    linear(`${layer}.linear1.`, width, 4 * width);
    linear(`${layer}.linear2.`, 4 * width, width);
    norm(`${layer}.norm1`);
    norm(`${layer}.norm2`);
  }
  norm("encoder.norm");
  return shapes;
}

/** Weights of about the usual sizes: `[name, shape, values]`. Which they are does not change the time. */
export function randomWeights(of) {
  return Object.entries(shapesOf(of)).map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b);
    const isScale = /norm\d?\.weight$/.test(name);
    const bound = shape.length > 1 ? 1 / Math.sqrt(shape[1]) : 0;
    const values = Float32Array.from({ length: size }, () => (isScale ? 1 : bound * (2 * Math.random() - 1)));
    return [name, shape, values];
  });
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** What runs before the clock does. */
const WARM_UP = { steps: 2, milliseconds: 2000 };
/** No step begins later, but for the first. */
const MOST_MILLISECONDS = 60_000;

/** Trains with `step(ids, targets)`, both Int32Arrays, and prints the line of JSON that a benchmark expects. */
export async function timeSteps(steps, step) {
  const { batch, time, vocabulary } = sizes.charlm;
  const draw = () => Int32Array.from({ length: batch * time }, () => Math.floor(Math.random() * vocabulary));
  const [wall, cpu] = [[], []];
  const begin = performance.now();
  for (let run = 0; wall.length < steps; run++) {
    const passed = performance.now() - begin;
    if (wall.length > 0 && passed > MOST_MILLISECONDS) break;
    const [ids, targets] = [draw(), draw()];
    const [start, used] = [performance.now(), process.cpuUsage()];
    const loss = await step(ids, targets);
    const [milliseconds, { user, system }] = [performance.now() - start, process.cpuUsage(used)];
    if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
    if (run < WARM_UP.steps || passed < WARM_UP.milliseconds) continue;
    wall.push(milliseconds);
    cpu.push((user + system) / 1000);
  }
  const figures = {
    milliseconds: median(wall),
    cpuMilliseconds: median(cpu),
    units: batch * time,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
  console.log(JSON.stringify(figures));
}

export { sizes };
