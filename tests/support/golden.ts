/** Replays a computation recorded from PyTorch and compares outputs and gradients. */
import type { Module } from "../../src/nn/module.ts";
import { type DType, type NestedArray, type Tensor, tensor } from "../../src/tensor/index.ts";
import { expectClose, type Numbers, type Tolerance } from "./close.ts";
import type { FixtureCase, Nested } from "./fixture.ts";

/** The precisions every golden case runs in, with what each is held to; the files have nine digits. */
export const PRECISIONS: [dtype: "f32" | "f64", tolerance: Tolerance][] = [
  ["f32", { atol: 1e-5, rtol: 1e-5 }],
  ["f64", { atol: 2e-8, rtol: 2e-8 }],
];

/** Recorded numbers as a tensor. */
export const array = (values: Nested, dtype: DType = "f32"): Tensor =>
  tensor(values as NestedArray, undefined, dtype);

/** A tensor that collects gradients. */
export function leaf(values: Nested, dtype: DType = "f32"): Tensor {
  const x = array(values, dtype);
  x.requiresGrad = true;
  return x;
}

/** The module in precision `dtype` with the recorded parameters, whose names and order must be its own. */
export function load<M extends Module>(module: M, { parameters }: FixtureCase, dtype: DType): M {
  module.to(dtype);
  const names = module.namedParameters().map(([name]) => name);
  if (`${names}` !== `${Object.keys(parameters)}`) {
    throw new Error(`parameters ${Object.keys(parameters)}, but the module has ${names}`);
  }
  module.loadStateDict(
    new Map(Object.entries(parameters).map(([name, values]) => [name, array(values, dtype)])),
  );
  return module;
}

/** Who may attend to what, as the forward options of attention and transformer layers. */
export const attendOptions = (entry: FixtureCase, dtype: DType) => ({
  ...(entry.causal && { causal: entry.causal }),
  ...(entry.lengths && { lengths: [...entry.lengths] }),
  ...(entry.memoryLengths && { memoryLengths: [...entry.memoryLengths] }),
  ...(entry.allowed && { mask: array(entry.allowed, dtype) }),
});

/** Runs `forward` on the recorded inputs and checks outputs, and gradients to inputs and `parameters` by name. */
export function replay(
  entry: FixtureCase,
  [dtype, tolerance]: (typeof PRECISIONS)[number],
  parameters: ReadonlyMap<string, Tensor>,
  forward: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
): void {
  const inputs = Object.fromEntries(
    Object.entries(entry.inputs).map(([name, values]) => [name, leaf(values, dtype)]),
  );
  const outputs = forward(inputs);
  for (const [name, expected] of Object.entries(entry.outputs)) {
    named(`output ${name}`, outputs[name], expected, tolerance);
  }
  Object.entries(entry.upstream)
    .map(([name, values]) => outputs[name].mul(array(values, dtype)).sum())
    .reduce((total, part) => total.add(part))
    .backward();
  for (const [name, expected] of Object.entries(entry.gradients)) {
    const target = inputs[name] ?? parameters.get(name);
    // A tensor that the result does not depend on has no gradient, where PyTorch's file has zeros.
    named(`gradient of ${name}`, target.grad ?? target.detach().mul(0), expected, tolerance);
  }
}

function named(name: string, actual: Tensor, expected: Nested, tolerance: Tolerance): void {
  try {
    expectClose(actual.toArray() as Numbers, expected, tolerance);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}
