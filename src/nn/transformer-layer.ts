/** What the layers of a transformer's encoder and decoder share. */
import { checkChoice, checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { ops, type Tensor } from "../tensor/index.ts";
import { Dropout } from "./dropout.ts";
import { ACTIVATIONS, type Activation, feedForward, rowsPerUnit } from "./feed-forward.ts";
import { defaultRandom } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { MultiheadAttention, type RotaryForm } from "./multihead-attention.ts";
import { LayerNorm } from "./norm.ts";

export interface TransformerLayerOptions {
  /** Width D of what goes in and comes out. */
  readonly dModel: number;
  /** Number of attention heads. */
  readonly nhead: number;
  /** Hidden units of the feed-forward sublayer. Default 2048. */
  readonly dimFeedforward?: number;
  /** Probability of dropping: of what each sublayer adds, of attention weights and of hidden units. Default 0.1. */
  readonly dropout?: number;
  /** Of attention weights, when it is to differ. Default `dropout`. */
  readonly attentionDropout?: number;
  /** Of hidden units of the feed-forward sublayer, when it is to differ. Default `dropout`. */
  readonly activationDropout?: number;
  /** Of the feed-forward sublayer; the GLU kinds double the rows of `linear1`. Default `relu`. */
  readonly activation?: Activation;
  /** Normalise the input of each sublayer instead of each sum (Xiong et al. 2020, figure 1). Default false. */
  readonly normFirst?: boolean;
  /** Added to the variance. Default 1e-5. */
  readonly layerNormEps?: number;
  /** Biases in all linear maps and normalisations. Default true. */
  readonly bias?: boolean;
  /** Rotary positions in the self-attention. Default: none. */
  readonly rotary?: RotaryForm;
  readonly random?: Random;
}

/** The names of {@link TransformerLayerOptions}, for stacks that pass them on. */
export const LAYER_KEYS = [
  "dModel",
  "nhead",
  "dimFeedforward",
  "dropout",
  "attentionDropout",
  "activationDropout",
  "activation",
  "normFirst",
  "layerNormEps",
  "bias",
  "rotary",
  "random",
] as const satisfies readonly (keyof TransformerLayerOptions)[];

/** A layer of sublayers, each with a residual connection and a normalisation (Vaswani et al. 2017, section 3.1). */
export abstract class TransformerLayer extends Module {
  abstract linear1: Linear;
  abstract linear2: Linear;
  readonly activation: Activation;
  readonly normFirst: boolean;
  /** On what each sublayer adds. */
  dropout: Dropout;
  /** On the hidden units of the feed-forward sublayer. */
  activationDropout: Dropout;
  readonly #options: TransformerLayerOptions;

  constructor(what: string, options: TransformerLayerOptions) {
    super();
    rejectUnknownKeys(what, options, LAYER_KEYS);
    const { dropout = 0.1, random = defaultRandom } = options;
    this.#options = options;
    this.activation = checkChoice("activation", options.activation ?? "relu", ACTIVATIONS);
    this.normFirst = options.normFirst ?? false;
    this.dropout = new Dropout({ p: dropout, random });
    this.activationDropout = new Dropout({ p: options.activationDropout ?? dropout, random });
  }

  /** The attention to what went in (`self`) or to something else, which has no rotary positions. */
  protected makeAttention(kind: "self" | "memory"): MultiheadAttention {
    const { rotary } = this.#options;
    const { dModel, nhead, bias = true, dropout = 0.1, random = defaultRandom } = this.#options;
    return new MultiheadAttention({
      embedDim: checkNumber("dModel", dModel, { integer: true, min: 1 }),
      numHeads: checkNumber("nhead", nhead, { integer: true, min: 1 }),
      dropout: this.#options.attentionDropout ?? dropout,
      bias,
      ...(rotary && kind === "self" && { rotary }),
      random,
    });
  }

  protected makeFeedForward(): [linear1: Linear, linear2: Linear] {
    const { dModel, dimFeedforward = 2048, bias = true, random = defaultRandom } = this.#options;
    const hidden = checkNumber("dimFeedforward", dimFeedforward, { integer: true, min: 1 });
    const rows = hidden * rowsPerUnit(this.activation);
    return [
      new Linear({ inFeatures: dModel, outFeatures: rows, bias, random }),
      new Linear({ inFeatures: hidden, outFeatures: dModel, bias, random }),
    ];
  }

  protected makeNorm(): LayerNorm {
    return makeNorm(this.#options);
  }

  /** x + sublayer(x), normalised after the sum or before the sublayer. */
  protected residual(x: Tensor, norm: LayerNorm, sublayer: (x: Tensor) => Tensor): Tensor {
    if (this.normFirst) return ops.add(x, this.dropout.forward(sublayer(norm.forward(x))));
    return norm.forward(ops.add(x, this.dropout.forward(sublayer(x))));
  }

  protected feedForward(x: Tensor, norm: LayerNorm): Tensor {
    return this.residual(x, norm, (y) =>
      feedForward(y, this.linear1, this.linear2, this.activation, this.activationDropout),
    );
  }
}

/** A normalisation as the layers have them, for the ends of stacks too. */
export const makeNorm = ({ dModel, layerNormEps = 1e-5, bias = true }: TransformerLayerOptions): LayerNorm =>
  new LayerNorm({ normalizedShape: dModel, eps: layerNormEps, bias });
