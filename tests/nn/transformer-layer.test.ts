import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { TransformerEncoderLayer } from "../../src/nn/transformer-encoder.ts";
import type { TransformerLayerOptions } from "../../src/nn/transformer-layer.ts";
import { randn, type Tensor } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";

const WIDTH = 4;
const make = (more: Partial<TransformerLayerOptions> = {}): TransformerEncoderLayer => {
  const layer = new TransformerEncoderLayer({
    dModel: WIDTH,
    nhead: 2,
    dimFeedforward: 6,
    random: new Random(1),
    ...more,
  });
  layer.self_attn.out_proj.bias?.view().set([0.5, -1, 2, 1]);
  return layer;
};
const x = randn([2, 3, WIDTH], new Random(2));

describe("dropout", () => {
  const none = { dropout: 0, attentionDropout: 0, activationDropout: 0 };
  const { self_attn, linear1, linear2, norm1, norm2 } = make();
  const feed = (y: Tensor) => linear2.forward(linear1.forward(y).relu());
  const attended = (): Tensor => norm1.forward(x.add(self_attn.eval().forward(x)));

  test.each([
    ["nothing", none, () => norm2.forward(attended().add(feed(attended())))],
    ["what sublayers add", { ...none, dropout: 1 }, () => norm2.forward(norm1.forward(x))],
    [
      "attention weights",
      { ...none, attentionDropout: 1 },
      () => {
        const between = norm1.forward(x.add(self_attn.out_proj.bias as Tensor));
        return norm2.forward(between.add(feed(between)));
      },
    ],
    [
      "hidden units",
      { ...none, activationDropout: 1 },
      () => norm2.forward(attended().add(linear2.bias as Tensor)),
    ],
  ])("of %s, always", (_name, options, expected) => {
    expectClose(make(options).forward(x).data(), expected().data());
  });

  test("of hidden units, attention weights and what is added is `dropout`, unless given alone; 0.1 as in PyTorch", () => {
    const places = (more: object) => {
      const { dropout, activationDropout, self_attn } = make(more);
      return [dropout.p, activationDropout.p, self_attn.dropout];
    };
    expect(places({})).toEqual([0.1, 0.1, 0.1]);
    expect(places({ dropout: 0.3 })).toEqual([0.3, 0.3, 0.3]);
    expect(places({ dropout: 0.3, activationDropout: 0, attentionDropout: 0.2 })).toEqual([0.3, 0, 0.2]);
  });

  test("is drawn while training and the identity in evaluation", () => {
    const layer = make({ dropout: 0.5 });
    expect(`${layer.forward(x).data()}`).not.toBe(`${layer.forward(x).data()}`);
    expect(`${layer.eval().forward(x).data()}`).toBe(`${make(none).eval().forward(x).data()}`);
  });
});

test("without biases only matrices and scales are left; GLU kinds double the first map", () => {
  const names = make({ bias: false, activation: "swiglu" })
    .namedParameters()
    .map(([name, { shape }]) => `${name} ${shape}`);
  expect(names).toEqual([
    "self_attn.in_proj_weight 12,4",
    "self_attn.out_proj.weight 4,4",
    "linear1.weight 12,4",
    "linear2.weight 4,6",
    "norm1.weight 4",
    "norm2.weight 4",
  ]);
});

test("layerNormEps reaches the norms", () => {
  expect(make({ layerNormEps: 0.5 }).norm2.eps).toBe(0.5);
});

test.each([
  [{ dModel: 0 }, "dModel: expected a whole number of at least 1, got 0."],
  [{ nhead: 3 }, "embedDim: expected a multiple of the 3 heads, got 4."],
  [{ dimFeedforward: 0.5 }, "dimFeedforward: expected a whole number of at least 1, got 0.5."],
  [{ activation: "gleu" }, "activation: expected one of relu, gelu, gelu-tanh, glu, reglu, geglu, swiglu"],
  [{ dropout: 2 }, "dropout: expected a number of at least 0 and at most 1, got 2."],
  [{ normfirst: true }, 'Did you mean "normFirst"?'],
])("refuses %j", (more, message) => {
  expect(() => make(more as never)).toThrow(message);
});
