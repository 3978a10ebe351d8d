import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { Embedding } from "../../src/nn/embedding.ts";
import type { Module } from "../../src/nn/module.ts";
import { LSTM, type RecurrentOptions } from "../../src/nn/recurrent.ts";
import { concat, randn, type Tensor, tensor } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { LAYERS, type RecurrentLayer } from "../support/recurrent-layers.ts";

const layers = Object.entries(LAYERS);
const OPTIONS = { inputSize: 2, hiddenSize: 3 };
const seed = fc.nat();
const randomLeaf = (shape: number[], random: Random, dtype: "f32" | "f64" = "f64"): Tensor => {
  const x = randn(shape, random, dtype);
  x.requiresGrad = true;
  return x;
};
const gradients = (module: Module): number[][] =>
  module.parameters().map(({ grad }) => Array.from(grad?.data() ?? []));
const exact = { atol: 1e-12, rtol: 1e-12 };

describe.each(layers)("laws of the %s", (_kind, make) => {
  const build = (options: Partial<RecurrentOptions>, random: Random): RecurrentLayer => {
    const layer = make({ ...OPTIONS, ...options, random });
    layer.module.to("f64");
    return layer;
  };

  test("the backward half of a bidirectional layer is a forward layer on the reversed input", () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 5 }), (s, time) => {
        const random = new Random(s);
        const both = build({ bidirectional: true }, random);
        const one = build({}, random);
        one.module.loadStateDict(
          new Map(
            [...both.module.stateDict()]
              .filter(([name]) => name.endsWith("_reverse"))
              .map(([name, value]) => [name.replace("_reverse", ""), value]),
          ),
        );
        const x = randn([2, time, 2], random, "f64");
        const [output, states] = both.run(x);
        const [reversed, finals] = one.run(x.flip(1));
        expectClose(output.slice(2, 3, 6).data(), reversed.flip(1).data(), exact);
        states.forEach((state, i) => {
          expectClose(state.slice(0, 1, 2).data(), finals[i].data(), exact);
        });
      }),
      runs,
    );
  });

  test("chunks with the state carried over give outputs, final state and gradients of the whole", () => {
    fc.assert(
      fc.property(
        seed,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        (s, first, second) => {
          const random = new Random(s);
          const { module, run } = build({ numLayers: 2 }, random);
          const x = randn([2, first + second, 2], random, "f64");
          const weight = randn([2, first + second, 3], random, "f64");
          const [whole, finals] = run(x);
          whole.mul(weight).sum().backward();
          const expected = gradients(module);
          module.zeroGrad();
          const [start, carried] = run(x.slice(1, 0, first));
          const [end, last] = run(x.slice(1, first, first + second), carried);
          const chunked = concat([start, end], 1);
          chunked.mul(weight).sum().backward();
          expectClose(chunked.data(), whole.data(), exact);
          last.forEach((state, i) => {
            expectClose(state.data(), finals[i].data(), exact);
          });
          expectClose(gradients(module), expected, { atol: 1e-11, rtol: 1e-11 });
        },
      ),
      runs,
    );
  });

  test("truncated back-propagation over one chunk as long as the sequence is the full one", () => {
    const random = new Random(1);
    const { module, run } = build({}, random);
    const x = randn([2, 4, 2], random, "f64");
    run(x)[0].sum().backward();
    const full = gradients(module);
    module.zeroGrad();
    const start = run(x.slice(1, 0, 0))[1].map((state) => state.detach());
    run(x, start)[0].sum().backward();
    expect(gradients(module)).toEqual(full);
  });

  test("behind a detached state no gradient reaches earlier inputs", () => {
    fc.assert(
      fc.property(seed, (s) => {
        const random = new Random(s);
        const { run } = build({}, random);
        const [before, after] = [randomLeaf([1, 3, 2], random), randomLeaf([1, 3, 2], random)];
        const state = run(before)[1].map((part) => part.detach());
        run(after, state)[0].sum().backward();
        expect(before.grad).toBeNull();
        expect(after.grad?.data().some((g) => g !== 0)).toBe(true);
      }),
      runs,
    );
  });

  test("neither values nor gradients depend on padding, whatever it holds", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(seed, lengths, fc.boolean(), (s, sizes, bidirectional) => {
        const random = new Random(s);
        const { module, run } = build({ bidirectional, numLayers: 2 }, random);
        const width = bidirectional ? 6 : 3;
        const weight = randn([sizes.length, 6, width], random, "f64");
        const results = [4, 6].map((time) => {
          module.zeroGrad();
          const noise = new Random(s + time);
          const x = randomLeaf([sizes.length, time, 2], noise);
          const clean = new Random(s + 1);
          sizes.forEach((size, b) => {
            for (let i = 0; i < size * 2; i++) x.view()[b * time * 2 + i] = clean.normal();
          });
          const [output, states] = run(x, undefined, { lengths: sizes });
          output
            .mul(weight.slice(1, 0, time))
            .sum()
            .add(states[0].sum())
            .backward();
          sizes.forEach((size, b) => {
            const padding = output.slice(0, b, b + 1).slice(1, size, time);
            expect(padding.data().every((value) => value === 0)).toBe(true);
            const blank = x.grad
              ?.slice(0, b, b + 1)
              .slice(1, size, time)
              .data();
            expect(blank?.every((value) => value === 0)).toBe(true);
          });
          return [states.map((state) => [...state.data()]), gradients(module)] as const;
        });
        expectClose(results[1][0], results[0][0], exact);
        expectClose(results[1][1], results[0][1], { atol: 1e-11, rtol: 1e-11 });
      }),
      runs,
    );
  });

  test("the batch is its members", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(seed, lengths, (s, sizes) => {
        const random = new Random(s);
        const { module, run } = build({ numLayers: 2, bidirectional: true }, random);
        const x = randn([sizes.length, 4, 2], random, "f64");
        const [output, states] = run(x, undefined, { lengths: sizes });
        output.sum().backward();
        const expected = gradients(module);
        module.zeroGrad();
        sizes.forEach((size, b) => {
          const [part, final] = run(x.slice(0, b, b + 1).slice(1, 0, size));
          expectClose(
            part.data(),
            output
              .slice(0, b, b + 1)
              .slice(1, 0, size)
              .data(),
            exact,
          );
          final.forEach((state, i) => {
            expectClose(state.data(), states[i].slice(1, b, b + 1).data(), exact);
          });
          part.sum().backward();
        });
        expectClose(gradients(module), expected, { atol: 1e-11, rtol: 1e-11 });
      }),
      runs,
    );
  });

  test("an embedding and ids do as the vectors looked up: fewer rows or more, with padding or without", () => {
    const sizes = fc.record({ seed, rows: fc.integer({ min: 1, max: 20 }), padded: fc.boolean() });
    const lengths = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sizes, lengths, ({ seed: s, rows, padded }, ends) => {
        const random = new Random(s);
        const layer = build({ numLayers: 2, bidirectional: true }, random);
        const padding = padded ? { paddingIdx: rows - 1 } : {};
        const table = new Embedding({ numEmbeddings: rows, embeddingDim: 2, random, ...padding }).to("f64");
        const ids = Int32Array.from({ length: 4 * ends.length }, () => random.integer(rows));
        const id = tensor(ids, [ends.length, 4], "i32");
        const [looked, lazy] = [table.forward(id), { table, ids: id }].map((x) => {
          const [output, states] = layer.run(x, undefined, { lengths: ends });
          output.mul(output).sum().add(states[0].sum()).backward();
          const all = [output.data(), states[0].data(), ...gradients(layer.module), ...gradients(table)];
          layer.module.zeroGrad();
          table.zeroGrad();
          return all.map((values) => Array.from(values));
        });
        lazy.forEach((values, i) => {
          expectClose(values, looked[i], { atol: 1e-11, rtol: 1e-11 });
        });
      }),
      runs,
    );
  });

  test("no steps, no sequences and length 0 are defined", () => {
    const random = new Random(2);
    const { module, run } = build({}, random);
    const initial = module instanceof LSTM ? [0, 1] : [0];
    const states = initial.map(() => randn([1, 2, 3], random, "f64"));
    const [nothing, carried] = run(tensor([], [2, 0, 2], "f64"), states);
    expect(nothing.shape).toEqual([2, 0, 3]);
    expect(carried.map((state) => state.data())).toEqual(states.map((state) => state.data()));
    const [nobody, none] = run(tensor([], [0, 4, 2], "f64"));
    expect(nobody.shape).toEqual([0, 4, 3]);
    expect(none[0].shape).toEqual([1, 0, 3]);
    nobody.sum().backward();
    expect(
      gradients(module)
        .flat()
        .every((g) => g === 0),
    ).toBe(true);
    const [silent, kept] = run(randn([2, 3, 2], random, "f64"), states, { lengths: [0, 0] });
    expect(silent.data().every((value) => value === 0)).toBe(true);
    expect(kept.map((state) => state.data())).toEqual(states.map((state) => state.data()));
  });
});

/** Sets the biases of one gate of an LSTM with hidden size 3. */
function setGate(lstm: LSTM, gate: "i" | "f", bias: number): void {
  const at = gate === "i" ? 0 : 3;
  lstm
    .stateDict()
    .get("weight_ih_l0")
    ?.view()
    .fill(0, at * 2, (at + 3) * 2);
  lstm
    .stateDict()
    .get("weight_hh_l0")
    ?.view()
    .fill(0, at * 3, (at + 3) * 3);
  lstm
    .stateDict()
    .get("bias_ih_l0")
    ?.view()
    .fill(bias, at, at + 3);
  lstm
    .stateDict()
    .get("bias_hh_l0")
    ?.view()
    .fill(0, at, at + 3);
}

describe("gates of the LSTM", () => {
  test("with the forget gate open and the input gate shut the cell is kept", () => {
    fc.assert(
      fc.property(seed, (s) => {
        const random = new Random(s);
        const lstm = new LSTM({ ...OPTIONS, random });
        setGate(lstm, "f", 1000);
        setGate(lstm, "i", -1000);
        const c0 = randn([1, 2, 3], random);
        const [, [, c]] = lstm.forward(randn([2, 4, 2], random), [randn([1, 2, 3], random), c0]);
        expect(c.data()).toEqual(c0.data());
      }),
      runs,
    );
  });

  test("with the forget gate shut and no recurrent weights, earlier steps are forgotten", () => {
    fc.assert(
      fc.property(seed, (s) => {
        const random = new Random(s);
        const lstm = new LSTM({ ...OPTIONS, random });
        setGate(lstm, "f", -1000);
        lstm.stateDict().get("weight_hh_l0")?.view().fill(0);
        const [before, other, last] = [3, 2, 1].map((time) => randn([1, time, 2], random));
        const lastOutput = (earlier: Tensor) =>
          lstm
            .forward(concat([earlier, last], 1))[0]
            .slice(1, -1)
            .data();
        expect(lastOutput(before)).toEqual(lastOutput(other));
      }),
      runs,
    );
  });
});
