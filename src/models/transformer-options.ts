/** Options that the transformers of several models have in common. */
import { checkChoice, checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Activation } from "../nn/feed-forward.ts";

/** How a model tells its tokens' positions: vectors added to the embedding, rotated queries and keys, or not at all. */
export const MODEL_POSITIONS = ["sinusoidal", "sinusoidal-halves", "learned", "rotary", "none"] as const;

export type ModelPositions = (typeof MODEL_POSITIONS)[number];

/** Options of every transformer here. */
export interface TransformerModelOptions {
  /** Width D of all vectors. Default 128. */
  readonly dModel?: number;
  /** Default 4. */
  readonly nhead?: number;
  /** Normalise before each sublayer and at the end, instead of after each sublayer. Default true. */
  readonly normFirst?: boolean;
  /** Of embeddings and of what each sublayer adds. Default 0. */
  readonly dropout?: number;
  /** Inside the feed-forward sublayers. Default 0. */
  readonly activationDropout?: number;
}

/** Options of the language models, whose transformer is one stack of layers. */
export interface TransformerStackOptions extends TransformerModelOptions {
  readonly vocabularySize: number;
  /** Default 4. */
  readonly numLayers?: number;
  /** Default 4 `dModel`. */
  readonly dimFeedforward?: number;
  /** Default `gelu`. */
  readonly activation?: Activation;
  /** Of attention weights. Default `dropout`. */
  readonly attentionDropout?: number;
}

/** Those that are undefined follow from others. */
export const TRANSFORMER_STACK_DEFAULTS = {
  dModel: 128,
  nhead: 4,
  numLayers: 4,
  dimFeedforward: undefined,
  activation: "gelu",
  normFirst: true,
  dropout: 0,
  attentionDropout: undefined,
  activationDropout: 0,
} as const satisfies Record<Exclude<keyof TransformerStackOptions, "vocabularySize">, unknown>;

/**
 * The options of a language model with all defaults.
 *
 * @param shortest the smallest `blockSize`
 * @throws {OptionError} for unknown and impossible options; the layers check their own sizes.
 */
export function resolveStack<
  O extends TransformerStackOptions & { readonly positions?: ModelPositions; readonly blockSize?: number },
>(
  what: string,
  options: O,
  defaults: { readonly [K in Exclude<keyof O, "vocabularySize">]: O[K] | undefined },
  shortest: number,
): Required<O> {
  rejectUnknownKeys(what, options, ["vocabularySize", ...Object.keys(defaults)]);
  const all = { ...defaults, ...options };
  checkNumber("vocabularySize", all.vocabularySize, { integer: true, min: 1 });
  const dModel = checkNumber("dModel", all.dModel, { integer: true, min: 1 });
  checkNumber("blockSize", all.blockSize, { integer: true, min: shortest });
  checkChoice("positions", all.positions, MODEL_POSITIONS);
  const { dimFeedforward = 4 * dModel, attentionDropout = all.dropout } = all;
  return { ...all, dimFeedforward, attentionDropout } as Required<O>;
}
