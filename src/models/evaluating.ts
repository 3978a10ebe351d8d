/** Running a network without dropout. */
import type { Module } from "../nn/module.ts";

/** The result of `action` with `network` in evaluation mode, which it then leaves if it was training before. */
export function evaluating<T>(network: Module, action: () => T): T {
  const wasTraining = network.training;
  network.eval();
  try {
    return action();
  } finally {
    network.train(wasTraining);
  }
}
