/** Recurrent layers: stacked, one or two directions, over padded batches; PyTorch's weights and results. */
import { OptionError, ShapeError } from "../base/errors.ts";
import { checkChoice, checkNumber, describe, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { formatShape, type Shape, sameShape } from "../base/shape.ts";
import {
  concat,
  type DType,
  empty,
  gruSequence,
  type Indices,
  indices,
  lstmSequence,
  ops,
  type RecurrentWeights,
  rnnSequence,
  type SequenceOptions,
  stack,
  Tensor,
  tensor,
  zeros,
} from "../tensor/index.ts";
import type { Embedded } from "./embedding.ts";
import { defaultRandom, uniform } from "./init.ts";
import { Module, Parameter } from "./module.ts";

export interface RecurrentOptions {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** Default 1. */
  readonly numLayers?: number;
  /** Run a second stack of weights from the end to the start. Default false. */
  readonly bidirectional?: boolean;
  /** Dropout on the output of every layer but the last. Default 0. */
  readonly dropout?: number;
  readonly random?: Random;
}

export interface RecurrentForwardOptions {
  /** Number of valid steps of each sequence, `[B]`. Outputs past them are 0, final states are those of the last. */
  readonly lengths?: Indices;
}

/** States of one direction of one layer, each `[B, H]`: h, and for the LSTM also c. */
type States = readonly Tensor[];

/**
 * What RNN, LSTM and GRU share: weights `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`,
 * `weight_ih_l0_reverse` ... uniform in +-1/sqrt(hiddenSize), and the walk over layers and directions.
 */
abstract class Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bidirectional: boolean;
  readonly dropout: number;
  readonly #random: Random;
  /** How many state tensors a cell has: 1, or 2 for the LSTM. */
  readonly #stateCount: number;

  constructor(
    options: RecurrentOptions,
    gates: number,
    stateCount: number,
    extraKeys: readonly string[] = [],
  ) {
    super();
    const keys = ["inputSize", "hiddenSize", "numLayers", "bidirectional", "dropout", "random", ...extraKeys];
    rejectUnknownKeys("recurrent layer", options, keys);
    const { numLayers = 1, bidirectional = false, dropout = 0, random = defaultRandom } = options;
    this.inputSize = checkNumber("inputSize", options.inputSize, { integer: true, min: 1 });
    this.hiddenSize = checkNumber("hiddenSize", options.hiddenSize, { integer: true, min: 1 });
    this.numLayers = checkNumber("numLayers", numLayers, { integer: true, min: 1 });
    this.dropout = checkNumber("dropout", dropout, { min: 0, max: 1 });
    this.bidirectional = bidirectional;
    this.#random = random;
    this.#stateCount = stateCount;
    const bound = 1 / Math.sqrt(this.hiddenSize);
    const width = gates * this.hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      const inputs = layer === 0 ? this.inputSize : this.hiddenSize * this.directions;
      for (const suffix of this.#suffixes(layer)) {
        this.#setParameter(`weight_ih_${suffix}`, [width, inputs], bound, random);
        this.#setParameter(`weight_hh_${suffix}`, [width, this.hiddenSize], bound, random);
        this.#setParameter(`bias_ih_${suffix}`, [width], bound, random);
        this.#setParameter(`bias_hh_${suffix}`, [width], bound, random);
      }
    }
  }

  /** 2 when bidirectional, else 1. */
  get directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  #suffixes(layer: number): string[] {
    return this.bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`];
  }

  /** PyTorch's names have the layer number inside, so these fields are set and read by name. */
  get #named(): Record<string, Parameter> {
    return this as unknown as Record<string, Parameter>;
  }

  #setParameter(name: string, shape: Shape, bound: number, random: Random): void {
    this.#named[name] = new Parameter(uniform(empty(shape), -bound, bound, random));
  }

  /** The weights of one layer, forwards or in reverse. */
  weights(layer: number, direction = 0): RecurrentWeights {
    const suffix = this.#suffixes(layer)[direction];
    const named = this.#named;
    return [
      named[`weight_ih_${suffix}`],
      named[`weight_hh_${suffix}`],
      named[`bias_ih_${suffix}`],
      named[`bias_hh_${suffix}`],
    ];
  }

  /** One direction of one layer: of x `[T, B, D]`, its outputs `[T, B, H]` and final states. */
  protected abstract run(
    x: Tensor,
    states: States,
    weights: RecurrentWeights,
    options: SequenceOptions,
  ): States;

  /** given `[B, T, D]`, each initial state `[layers * directions, B, H]`; zeros when absent. */
  protected walk(
    given: Tensor | Embedded,
    initial: readonly Tensor[] | undefined,
    options: RecurrentForwardOptions,
  ): { output: Tensor; final: Tensor[] } {
    const [x, rows] = timeMajor(given);
    const [steps, batch] = this.#checkInput(x, rows);
    const states = this.#initialStates(batch, x.dtype, initial);
    const lengths = this.#checkLengths(batch, steps, options.lengths);
    const finals: States[] = [];
    let input = x;
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0 && this.training) input = ops.dropout(input, this.dropout, this.#random);
      const outputs = this.#suffixes(layer).map((_suffix, direction) => {
        const at = layer * this.directions + direction;
        const start = states.map((state) => ops.select(state, 0, at));
        const [output, ...final] = this.run(input, start, this.weights(layer, direction), {
          lengths,
          rows: layer === 0 ? rows : null,
          reverse: direction === 1,
        });
        finals.push(final);
        return output;
      });
      input = concat(outputs, 2);
    }
    const final = Array.from({ length: this.#stateCount }, (_, i) =>
      stack(finals.map((states) => states[i])),
    );
    return { output: ops.transpose(input, 0, 1), final };
  }

  /** @returns steps and batch */
  #checkInput(x: Tensor, rows: Tensor | null): readonly number[] {
    if (x.rank === (rows ? 2 : 3) && x.shape[x.rank - 1] === this.inputSize) return (rows ?? x).shape;
    const [steps, batch] = (rows ?? x).shape;
    throw new ShapeError({
      what: `${this.constructor.name} input`,
      expected: `[B, T, ${this.inputSize}]`,
      got: formatShape(x.rank < 2 ? x.shape : [batch, steps, ...x.shape.slice(rows ? 1 : 2)]),
    });
  }

  #initialStates(batch: number, dtype: DType, initial: readonly Tensor[] | undefined): readonly Tensor[] {
    const shape = [this.numLayers * this.directions, batch, this.hiddenSize];
    if (initial === undefined) return Array.from({ length: this.#stateCount }, () => zeros(shape, dtype));
    for (const state of initial) {
      if (sameShape(state.shape, shape)) continue;
      throw new ShapeError({
        what: `${this.constructor.name} state`,
        expected: formatShape(shape),
        got: formatShape(state.shape),
      });
    }
    return initial;
  }

  #checkLengths(batch: number, steps: number, lengths: Indices | undefined): Tensor | null {
    if (lengths === undefined) return null;
    const checked = indices("lengths", lengths, steps + 1);
    if (!sameShape(checked.shape, [batch])) {
      throw new ShapeError({ what: "lengths", expected: `[${batch}]`, got: formatShape(checked.shape) });
    }
    return checked;
  }
}

/**
 * x `[B, T, D]` with time first; or, where x is embedded and the table has fewer rows, the table, and time-major which of
 * its rows they are.
 */
function timeMajor(x: Tensor | Embedded): [x: Tensor, rows: Tensor | null] {
  if (x instanceof Tensor) return [x.rank < 2 ? x : ops.transpose(x, 0, 1), null];
  const { table, ids } = x;
  const { weight, paddingIdx } = table;
  const checked = indices("ids", ids, weight.shape[0]);
  // The row of padding takes part, and yet gets no gradient.
  if (checked.rank !== 2 || paddingIdx !== null || weight.shape[0] >= checked.size) {
    return timeMajor(table.forward(checked));
  }
  const [batch, steps] = checked.shape;
  const [from, to] = [checked.view(), new Int32Array(checked.size)];
  for (let i = 0; i < to.length; i++) to[i] = from[(i % batch) * steps + Math.floor(i / batch)];
  return [weight, tensor(to, [steps, batch], "i32")];
}

/**
 * Elman network: `h_t = f(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)` with f = tanh, or relu (Elman 1990).
 *
 * `forward(x [B, T, inputSize], h0? [layers * directions, B, H], {lengths}?)` gives `[output, h_n]`, output
 * `[B, T, H * directions]`. In place of `x = table.forward(ids)` it also takes `{ table, ids }`, which is faster where the
 * table has fewer rows than there are ids.
 */
export class RNN extends Recurrent {
  readonly nonlinearity: "tanh" | "relu";

  constructor(options: RecurrentOptions & { readonly nonlinearity?: "tanh" | "relu" }) {
    super(options, 1, 1, ["nonlinearity"]);
    this.nonlinearity = checkChoice("nonlinearity", options.nonlinearity ?? "tanh", ["tanh", "relu"]);
  }

  protected override run(
    x: Tensor,
    [h0]: States,
    weights: RecurrentWeights,
    options: SequenceOptions,
  ): States {
    return rnnSequence([x, h0, ...weights], options, this.nonlinearity);
  }

  forward(
    x: Tensor | Embedded,
    state?: Tensor,
    options: RecurrentForwardOptions = {},
  ): [output: Tensor, state: Tensor] {
    const { output, final } = this.walk(x, state && [state], options);
    return [output, final[0]];
  }
}

/**
 * Gated recurrent unit (Cho et al. 2014), gates r, z, n:
 *
 *     r = s(W_ir x + b_ir + W_hr h + b_hr)      n = tanh(W_in x + b_in + r (W_hn h + b_hn))
 *     z = s(W_iz x + b_iz + W_hz h + b_hz)      h' = (1 - z) n + z h
 *
 * Arguments and results as for {@link RNN}.
 */
export class GRU extends Recurrent {
  constructor(options: RecurrentOptions) {
    super(options, 3, 1);
  }

  protected override run(
    x: Tensor,
    [h0]: States,
    weights: RecurrentWeights,
    options: SequenceOptions,
  ): States {
    return gruSequence([x, h0, ...weights], options);
  }

  forward(
    x: Tensor | Embedded,
    state?: Tensor,
    options: RecurrentForwardOptions = {},
  ): [output: Tensor, state: Tensor] {
    const { output, final } = this.walk(x, state && [state], options);
    return [output, final[0]];
  }
}

/** The state of an LSTM: h and c, each `[layers * directions, B, H]`. */
export type LSTMState = readonly [h: Tensor, c: Tensor];

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate of Gers, Schmidhuber and Cummins 2000), gates
 * i, f, g, o:
 *
 *     i, f, o = s(W x + b + W' h + b')     g = tanh(W_ig x + b_ig + W_hg h + b_hg)
 *     c' = f c + i g                       h' = o tanh(c')
 *
 * `forward(x [B, T, inputSize], [h0, c0]?, {lengths}?)` gives `[output, [h_n, c_n]]`.
 *
 * @example
 * const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, bidirectional: true });
 * const [output, [h, c]] = lstm.forward(ones([2, 5, 3]), undefined, { lengths: [5, 3] });
 * output.shape; // [2, 5, 8]
 * h.shape; // [2, 2, 4]
 */
export class LSTM extends Recurrent {
  constructor(options: RecurrentOptions) {
    super(options, 4, 2);
  }

  protected override run(
    x: Tensor,
    [h0, c0]: States,
    weights: RecurrentWeights,
    options: SequenceOptions,
  ): States {
    return lstmSequence([x, h0, c0, ...weights], options);
  }

  forward(
    x: Tensor | Embedded,
    state?: LSTMState,
    options: RecurrentForwardOptions = {},
  ): [output: Tensor, state: [h: Tensor, c: Tensor]] {
    if (state !== undefined && (!Array.isArray(state) || state.length !== 2)) {
      throw new OptionError({ what: "LSTM state", expected: "[h, c]", got: describe(state) });
    }
    const { output, final } = this.walk(x, state, options);
    return [output, [final[0], final[1]]];
  }
}
