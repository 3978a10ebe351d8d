/** Times a training workload in this process: `train.ts WORKLOAD STEPS BACKEND` prints one line of JSON. */
import { configure, Random, Scope } from "../../../src/index.ts";
import { kernelsFor } from "../../../src/tensor/index.ts";
import { countOperations, speedOfProduct } from "../flops.ts";
import { drawIds, tokensOf, type Workload, workloads } from "../workloads.ts";
import { peakMiB, report, timed, type WarmUp } from "./clock.ts";

/**
 * By then code is compiled and memory is taken: small steps go on to get faster for two seconds, by a fifth. As long for
 * PyTorch.
 */
const WARM_UP: WarmUp = { times: 10, milliseconds: 2000 };
const ONCE: WarmUp = { times: 1, milliseconds: 0 };

const [name, steps, backend] = process.argv.slice(2);
configure({ backend: backend as "auto" });
const workload: Workload = workloads[name as keyof typeof workloads]();
const random = new Random(1);

const times = timed(
  { warmUp: backend === "reference" ? ONCE : WARM_UP, steps: Number(steps) },
  () => ({ scope: new Scope(), ids: drawIds(workload, random) }),
  ({ scope, ids }) => {
    using _scope = scope;
    workload.step(ids);
  },
);
const memory = peakMiB();
const kernels = kernelsFor("f32");
const operations = countOperations(kernels, () => {
  using _scope = new Scope();
  workload.step(drawIds(workload, random));
});
report({
  ...times,
  units: tokensOf(workload),
  peakMiB: memory,
  gflops: operations / times.milliseconds / 1e6,
  gflopsOfProduct: speedOfProduct(kernels) / 1e6,
});
