/** The fused decoder against the same steps put together from layers, on every backend. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ShapeError } from "../../../src/base/errors.ts";
import { Random } from "../../../src/base/random.ts";
import { AdditiveAttention } from "../../../src/nn/attention.ts";
import { Linear } from "../../../src/nn/linear.ts";
import { GRU, LSTM } from "../../../src/nn/recurrent.ts";
import {
  attentionDecoder,
  concat,
  ops,
  randn,
  type Tensor,
  tensor,
  zeros,
} from "../../../src/tensor/index.ts";
import { BACKENDS, law } from "../../support/backends.ts";
import { expectClose } from "../../support/close.ts";

const few = fc.integer({ min: 1, max: 5 });
const situations = fc.record({
  cell: fc.constantFrom("lstm" as const, "gru" as const),
  seed: fc.nat(),
  batch: few,
  steps: few,
  positions: few,
  embedding: few,
  hidden: few,
  space: few,
  memory: few,
  fed: few,
  masked: fc.boolean(),
  bias: fc.boolean(),
  p: fc.constantFrom(0, 0.4),
});
type Situation = typeof situations extends fc.Arbitrary<infer S> ? S : never;

function setting({
  cell,
  seed,
  batch,
  steps,
  positions,
  embedding,
  hidden,
  space,
  memory,
  fed,
  masked,
  bias,
}: Situation) {
  const random = new Random(seed);
  const sizes = { inputSize: embedding + fed, hiddenSize: hidden, random };
  const layer = cell === "lstm" ? new LSTM(sizes) : new GRU(sizes);
  const attention = new AdditiveAttention({ queryDim: hidden, keyDim: memory, attentionDim: space, random });
  const combine = new Linear({ inFeatures: memory + hidden, outFeatures: fed, bias, random });
  const flags = Float32Array.from({ length: batch * positions }, () => random.integer(2));
  const leaf = (shape: number[]) => {
    const x = randn(shape, random);
    x.requiresGrad = true;
    return x;
  };
  const inputs = {
    embedded: leaf([steps, batch, embedding]),
    values: leaf([batch, positions, memory]),
    keys: leaf([batch, positions, space]),
    states: Array.from({ length: cell === "lstm" ? 2 : 1 }, () => leaf([batch, hidden])),
  };
  const leaves = [
    inputs.embedded,
    inputs.values,
    inputs.keys,
    ...inputs.states,
    ...layer.weights(0),
    attention.queryWeight,
    attention.v,
    combine.weight,
    ...(combine.bias ? [combine.bias] : []),
  ];
  return {
    ...inputs,
    layer,
    attention,
    combine,
    leaves,
    mask: masked ? tensor(flags, [batch, 1, positions]) : null,
  };
}

type Setting = ReturnType<typeof setting>;

function fused(
  { embedded, values, keys, states, layer, attention, combine, mask }: Setting,
  p: number,
): Tensor {
  const [h0, c0 = null] = states;
  const weights = [
    ...layer.weights(0),
    attention.queryWeight,
    attention.v,
    combine.weight,
    combine.bias,
  ] as const;
  const dropout = p > 0 ? { p, random: new Random(1) } : null;
  return attentionDecoder([embedded, values, keys, h0, c0, ...weights], { mask, dropout })[0];
}

function stepped(given: Setting, p: number): Tensor {
  const { embedded, values, keys, layer, attention, combine, mask } = given;
  const random = new Random(1);
  const [steps, batch] = embedded.shape;
  let states = given.states.map((state) => ops.unsqueeze(state, 0));
  let feed = zeros([batch, 1, combine.weight.shape[0]]);
  const all: Tensor[] = [];
  for (let t = 0; t < steps; t++) {
    const x = concat([ops.unsqueeze(ops.select(embedded, 0, t), 1), feed], 2);
    let output: Tensor;
    if (layer instanceof LSTM) [output, states] = layer.forward(x, [states[0], states[1]]);
    else [output, states[0]] = layer.forward(x, states[0]);
    const { context } = attention.attend(output, { values, keys, mask });
    feed = ops.dropout(ops.tanh(combine.forward(concat([context, output], 2))), p, random);
    all.push(ops.transpose(feed, 0, 1));
  }
  return concat(all, 0);
}

/** The result and the gradients to all leaves of a random linear form of it. */
function results(given: Setting, run: (given: Setting, p: number) => Tensor, p: number) {
  const y = run(given, p);
  for (const leaf of given.leaves) leaf.grad = null;
  ops.sum(ops.mul(y, randn(y.shape, new Random(2)))).backward();
  return { y, gradients: given.leaves.map((leaf) => leaf.grad as Tensor) };
}

describe.each(BACKENDS)("on %s", (backend) => {
  law(backend, "equals its steps, forwards and back, with the same draws", [situations], (situation) => {
    const given = setting(situation);
    const [one, other] = [fused, stepped].map((run) => results(given, run, situation.p));
    expectClose(one.y.data(), other.y.data());
    one.gradients.forEach((gradient, i) => {
      expectClose(gradient.data(), other.gradients[i].data(), { atol: 1e-4, rtol: 1e-4 });
    });
  });
});

test("no steps give no states, and gradients of 0", () => {
  const situation = {
    cell: "lstm",
    seed: 1,
    batch: 2,
    steps: 0,
    positions: 3,
    embedding: 2,
    hidden: 3,
  } as const;
  const given = setting({ ...situation, space: 2, memory: 3, fed: 2, masked: false, bias: false, p: 0 });
  const { y, gradients } = results(given, fused, 0);
  expect(y.shape).toEqual([0, 2, 2]);
  for (const gradient of gradients) expect(gradient.data().every((value) => value === 0)).toBe(true);
});

test("shapes that do not fit are refused", () => {
  const situation = {
    cell: "gru",
    seed: 1,
    batch: 2,
    steps: 2,
    positions: 3,
    embedding: 2,
    hidden: 3,
  } as const;
  const given = setting({ ...situation, space: 2, memory: 3, fed: 2, masked: false, bias: false, p: 0 });
  const run = (change: Partial<Setting>) => () => fused({ ...given, ...change }, 0);
  expect(run({ keys: zeros([2, 4, 2]) })).toThrow(ShapeError);
  expect(run({ keys: zeros([2, 4, 2]) })).toThrow(
    "attentionDecoder: expected inputs that fit each other, and here [2, 3, 2], got [2, 4, 2].",
  );
  expect(run({ mask: zeros([2, 4]) })).toThrow("attentionDecoder: expected a mask of [2, 3], got [2, 4].");
});
