/** What computes, as the options say. */
import { configure } from "../tensor/index.ts";
import type { ComputeOptions } from "./compute-options.ts";
import { defined } from "./option-values.ts";

/** @returns for people, what computes now. */
export function applyComputeOptions({ backend, threads }: ComputeOptions): string {
  return configure(defined({ backend, threads })).description;
}
