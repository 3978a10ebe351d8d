/** How near the fast kernels come to the reference. */
import type { Kernels } from "../../src/kernels/kernels.ts";
import type { Tolerance } from "./close.ts";

const TIGHT: Tolerance = { atol: 0, rtol: 2.5e-7 };
const EXACT: Tolerance = { atol: 0, rtol: 0 };

/** Where {@link defaultTolerance} would be too lax. */
export const tolerances: { readonly [K in keyof Kernels]?: Tolerance } = {
  neg: EXACT,
  sqrt: EXACT,
  abs: EXACT,
  sign: EXACT,
  step: EXACT,
  relu: EXACT,
  clamp: EXACT,
  add: EXACT,
  sub: EXACT,
  mul: EXACT,
  div: EXACT,
  maximum: EXACT,
  minimum: EXACT,
  greater: EXACT,
  equal: EXACT,
  select: EXACT,
  fill: EXACT,
  max: EXACT,
  argmax: EXACT,
  maxAbs: EXACT,
  copyStrided: EXACT,
  gatherRows: EXACT,
  pick: EXACT,
  scatterAddPick: EXACT,
  exp: TIGHT,
  log: TIGHT,
  powScalar: TIGHT,
  addScalar: TIGHT,
  mulScalar: TIGHT,
  dropout: TIGHT,
};

/** For sums and products of up to a few hundred terms of size 1. */
export const defaultTolerance: Tolerance = { atol: 2e-5, rtol: 1e-5 };
