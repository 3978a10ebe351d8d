import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FormatError, OptionError } from "../../src/base/errors.ts";
import { formatGpt2Config, parseGpt2Config } from "../../src/models/gpt2-config.ts";

const published = readFileSync(new URL("../fixtures/gpt2/config.json", import.meta.url), "utf8");
const options = parseGpt2Config(published, "config.json");
const parse = (change: Record<string, unknown>) =>
  parseGpt2Config(JSON.stringify({ ...JSON.parse(published), ...change }), "d/config.json");

describe("parseGpt2Config", () => {
  test("reads what is published", () => {
    expect(options).toEqual({
      vocabularySize: 280,
      blockSize: 24,
      dModel: 16,
      nhead: 4,
      numLayers: 2,
      dimFeedforward: 64,
      activation: "gelu-tanh",
      normFirst: true,
      layerNormEps: 1e-5,
      positions: "learned",
      tieEmbeddings: true,
      bias: true,
      outputBias: false,
      dropout: 0.1,
      attentionDropout: 0.1,
      activationDropout: 0,
    });
  });

  test.each<[Record<string, unknown>, Record<string, unknown>]>([
    [{ n_positions: 30 }, { blockSize: 30 }],
    [{ n_positions: null, n_ctx: 31 }, { blockSize: 31 }],
    [{ n_inner: 20 }, { dimFeedforward: 20 }],
    [{ n_inner: null }, { dimFeedforward: 64 }],
    [{ activation_function: "gelu" }, { activation: "gelu" }],
    [{ activation_function: "relu" }, { activation: "relu" }],
    [{ activation_function: "gelu_pytorch_tanh" }, { activation: "gelu-tanh" }],
    [{ layer_norm_epsilon: 1e-6 }, { layerNormEps: 1e-6 }],
    [{ tie_word_embeddings: false }, { tieEmbeddings: false }],
    [
      { resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0.2 },
      { dropout: 0, attentionDropout: 0.2 },
    ],
  ])("%j gives %j", (change, wanted) => {
    expect(parse(change)).toEqual({ ...options, ...wanted });
  });

  test.each<[Record<string, unknown>, string]>([
    [{ model_type: "gptj" }, 'd/config.json: model_type: expected "gpt2", got "gptj".'],
    [{ n_layer: undefined }, "n_layer: expected a whole number of at least 1, got nothing."],
    [{ n_layer: 0 }, "n_layer: expected a whole number of at least 1, got 0."],
    [{ vocab_size: "280" }, 'vocab_size: expected a whole number of at least 1, got "280".'],
    [{ n_head: 3 }, "n_embd: expected a multiple of n_head (3), got 16."],
    [{ n_inner: 1.5 }, "n_inner: expected a whole number of at least 1, got 1.5."],
    [{ activation_function: "silu" }, 'activation_function: expected "gelu_new" or "gelu_pytorch_tanh" or'],
    [
      { layer_norm_epsilon: -1 },
      "layer_norm_epsilon: expected a number of at least 0 and at most 1, got -1.",
    ],
    [{ attn_pdrop: "no" }, 'attn_pdrop: expected a number of at least 0 and at most 1, got "no".'],
    [{ embd_pdrop: 0.2 }, "embd_pdrop: expected resid_pdrop (0.1), got 0.2."],
    [{ scale_attn_weights: false }, "scale_attn_weights: expected true, got false."],
    [{ scale_attn_by_inverse_layer_idx: true }, "scale_attn_by_inverse_layer_idx: expected false, got true."],
    [{ add_cross_attention: {} }, "add_cross_attention: expected false, got an object."],
    [{ tie_word_embeddings: 1 }, "tie_word_embeddings: expected true or false, got 1."],
  ])("refuses %j", (change, message) => {
    expect(() => parse(change)).toThrow(FormatError);
    expect(() => parse(change)).toThrow(message);
  });

  test.each([
    ["[]", "config: expected an object, got an array of 0."],
    ['{"n_layer": 1, "n_layer": 2}', "again"],
    ["{", "c at byte 1: JSON: "],
  ])("refuses %s", (text, message) => {
    expect(() => parseGpt2Config(text, "c")).toThrow(FormatError);
    expect(() => parseGpt2Config(text, "c")).toThrow(message);
  });
});

describe("formatGpt2Config", () => {
  test.each<Partial<typeof options>>([
    {},
    { tieEmbeddings: false, dimFeedforward: 20, activation: "gelu", layerNormEps: 1e-6 },
    { dropout: 0, attentionDropout: 0.3, activation: "relu", numLayers: 7, blockSize: 5 },
  ])("%j is read back", (change) => {
    const all = { ...options, ...change };
    expect(parseGpt2Config(formatGpt2Config(all, 279), "x")).toEqual(all);
  });

  test("has the members that other libraries look for", () => {
    expect(JSON.parse(formatGpt2Config(options, 279))).toMatchObject({
      model_type: "gpt2",
      architectures: ["GPT2LMHeadModel"],
      activation_function: "gelu_new",
      bos_token_id: 279,
      eos_token_id: 279,
    });
    expect(JSON.parse(formatGpt2Config(options, null)).eos_token_id).toBeNull();
  });

  test.each<[Partial<typeof options>, string]>([
    [{ normFirst: false }, "normFirst of a model in GPT-2's layout: expected true, got false."],
    [{ positions: "rotary" }, 'positions of a model in GPT-2\'s layout: expected "learned", got "rotary".'],
    [{ bias: false }, "bias of a model"],
    [{ outputBias: true }, "outputBias of a model"],
    [{ activationDropout: 0.1 }, "activationDropout of a model in GPT-2's layout: expected 0, got 0.1."],
    [
      { activation: "swiglu" },
      'activation of a model in GPT-2\'s layout: expected gelu-tanh, gelu, relu, got "swiglu".',
    ],
  ])("refuses %j", (change, message) => {
    expect(() => formatGpt2Config({ ...options, ...change }, 0)).toThrow(OptionError);
    expect(() => formatGpt2Config({ ...options, ...change }, 0)).toThrow(message);
  });
});
