// @ts-check
/**
 * Lists of kernel calls in the heap's memory, which any thread can make. A call is the number of a function, that of its
 * arguments, and these, all f64.
 *
 * JavaScript, as the worker's program is, so that a worker starts without any loader.
 */

/**
 * Makes the calls of a list in order.
 *
 * @param {readonly ((...args: number[]) => void)[]} functions by number
 * @param {WebAssembly.Memory} memory
 * @param {number} start byte offset of the first call
 * @param {number} bytes of the list
 */
export function makeCalls(functions, memory, start, bytes) {
  const values = new Float64Array(memory.buffer, start, bytes / 8);
  /** @type {number[]} */
  const args = [];
  for (let at = 0; at < values.length; at += 2 + args.length) {
    args.length = values[at + 1];
    for (let i = 0; i < args.length; i++) args[i] = values[at + 2 + i];
    functions[values[at]](...args);
  }
}
