/** The config.json of GPT-2 checkpoints and the options of a {@link TransformerLanguageModel}, in both directions. */
import { FormatError, OptionError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import { type JsonObject, type JsonValue, parseStrictJson } from "../formats/strict-json.ts";
import type { TransformerLanguageModelOptions } from "./transformer-language-model.ts";

type Options = Required<TransformerLanguageModelOptions>;

/** What GPT-2's names of activations mean here; the first name of each is the one that is written. */
const ACTIVATIONS = new Map([
  ["gelu_new", "gelu-tanh"],
  ["gelu_pytorch_tanh", "gelu-tanh"],
  ["gelu", "gelu"],
  ["relu", "relu"],
] as const);

/** What GPT-2 always is, and a {@link TransformerLanguageModel} can be. */
const FIXED = {
  normFirst: true,
  positions: "learned",
  bias: true,
  outputBias: false,
  activationDropout: 0,
} as const;

/** Settings that change what is computed, with the only value of each that is supported. */
const REQUIRED = {
  model_type: "gpt2",
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  add_cross_attention: false,
} as const;

/**
 * Reads a config.json. Keys that do not change what is computed are passed over.
 *
 * @param file named in errors
 * @throws {FormatError} for text that is no such file, and for a model that a {@link TransformerLanguageModel} cannot be.
 * @example
 * const sizes = { n_layer: 12, n_head: 12, n_embd: 768, n_positions: 1024, vocab_size: 50257 };
 * parseGpt2Config(JSON.stringify({ model_type: "gpt2", ...sizes }), "config.json").dimFeedforward; // 3072
 */
export function parseGpt2Config(text: string, file: string): Options {
  const config = new Config(parseStrictJson(text, "JSON", file), file);
  for (const [key, value] of Object.entries(REQUIRED)) config.choice(key, value, new Map([[value, true]]));
  const dModel = config.size("n_embd");
  const nhead = config.size("n_head");
  if (dModel % nhead !== 0) config.fail("n_embd", `a multiple of n_head (${nhead})`);
  const dropout = config.number("resid_pdrop", 0.1);
  if (config.number("embd_pdrop", 0.1) !== dropout) config.fail("embd_pdrop", `resid_pdrop (${dropout})`);
  return {
    vocabularySize: config.size("vocab_size"),
    blockSize: config.size(config.has("n_positions") ? "n_positions" : "n_ctx"),
    dModel,
    nhead,
    numLayers: config.size("n_layer"),
    dimFeedforward: config.has("n_inner") ? config.size("n_inner") : 4 * dModel,
    activation: config.choice("activation_function", "gelu_new", ACTIVATIONS),
    layerNormEps: config.number("layer_norm_epsilon", 1e-5),
    tieEmbeddings: config.choice("tie_word_embeddings", true, new Map([true, false].map((x) => [x, x]))),
    dropout,
    attentionDropout: config.number("attn_pdrop", 0.1),
    ...FIXED,
  };
}

class Config {
  readonly #members: JsonObject;
  readonly #file: string;

  constructor(value: JsonValue, file: string) {
    this.#file = file;
    if (!(value instanceof Map)) {
      throw new FormatError({ what: "config", expected: "an object", got: describe(value) }, { file });
    }
    this.#members = value;
  }

  /** Null counts as absent. */
  has(key: string): boolean {
    return (this.#members.get(key) ?? null) !== null;
  }

  fail(key: string, expected: string): never {
    const value = this.#members.get(key);
    const got = value instanceof Map ? "an object" : value === undefined ? "nothing" : describe(value);
    throw new FormatError({ what: key, expected, got }, { file: this.#file });
  }

  size(key: string): number {
    const value = this.#members.get(key);
    return Number.isSafeInteger(value) && (value as number) > 0
      ? (value as number)
      : this.fail(key, "a whole number of at least 1");
  }

  number(key: string, fallback: number): number {
    const value = this.#members.get(key) ?? fallback;
    const good = typeof value === "number" && value >= 0 && value <= 1;
    return good ? value : this.fail(key, "a number of at least 0 and at most 1");
  }

  choice<K extends string | boolean, V>(key: string, fallback: K, choices: ReadonlyMap<K, V>): V {
    const found = choices.get((this.#members.get(key) ?? fallback) as K);
    return found ?? this.fail(key, [...choices.keys()].map((choice) => JSON.stringify(choice)).join(" or "));
  }
}

/**
 * The config.json of a network, with the members that published checkpoints have.
 *
 * @param endId the id of the token that ends texts, or null
 * @throws {OptionError} naming what GPT-2 does not have.
 */
export function formatGpt2Config(options: Options, endId: number | null): string {
  for (const [key, value] of Object.entries(FIXED)) {
    const got = options[key as keyof typeof FIXED];
    if (got !== value) refuse(key, describe(value), describe(got));
  }
  const activation = [...ACTIVATIONS].find(([, ours]) => ours === options.activation)?.[0];
  if (activation === undefined) {
    refuse("activation", [...new Set(ACTIVATIONS.values())].join(", "), describe(options.activation));
  }
  const config = {
    activation_function: activation,
    architectures: ["GPT2LMHeadModel"],
    attn_pdrop: options.attentionDropout,
    bos_token_id: endId,
    embd_pdrop: options.dropout,
    eos_token_id: endId,
    layer_norm_epsilon: options.layerNormEps,
    model_type: "gpt2",
    n_ctx: options.blockSize,
    n_embd: options.dModel,
    n_head: options.nhead,
    n_inner: options.dimFeedforward,
    n_layer: options.numLayers,
    n_positions: options.blockSize,
    resid_pdrop: options.dropout,
    tie_word_embeddings: options.tieEmbeddings,
    vocab_size: options.vocabularySize,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function refuse(key: string, expected: string, got: string): never {
  const hint = "GPT-2 has nothing else.";
  throw new OptionError({ what: `${key} of a model in GPT-2's layout`, expected, got, hint });
}
