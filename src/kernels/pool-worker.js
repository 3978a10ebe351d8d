// @ts-check
/**
 * The program of a worker thread: works at chunks of jobs until it is ended.
 *
 * JavaScript, so that it runs as it is and starts at once, from sources too.
 */
import { makeCalls } from "./calls.js";
import { Jobs } from "./jobs.js";

/** @type {import("./pool.ts").WorkerTask} */
const { block, memory, module, scratch, names, native } =
  process.getBuiltinModule("node:worker_threads").workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory, scratch } });
const functions = names.map((name) => /** @type {(...args: number[]) => void} */ (exports[name]));
functions.push(native ? productOf(native) : () => {});
functions.push((start, bytes) => makeCalls(functions, memory, start, bytes));

/** @param {NonNullable<typeof native>} native */
function productOf({ koffi, library, declaration }) {
  const loaded = process.getBuiltinModule("node:module").createRequire(koffi)("koffi");
  return loaded.load(library).func(declaration);
}

const jobs = new Jobs(block);
/** @type {number[]} */
const args = [];
jobs.join();
for (;;) {
  const chunk = jobs.await();
  let failed = false;
  try {
    functions[jobs.read(chunk, args)](...args);
  } catch {
    failed = true;
  }
  jobs.finish(failed);
}
