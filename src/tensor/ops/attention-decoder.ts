/**
 * A recurrent decoder with additive attention and input feeding over a whole target sequence, as one op: what does not
 * depend on the step before is one product for all steps, and so is the gradient of every weight. Arrays are
 * time-major, `[T, B, ...]`, so that the rows of a step, and those of all steps but one, are neighbours.
 *
 * B batch, T target positions, S source positions, E embedding, H state, A attention space, K memory, F fed state,
 * G gates.
 */
import { ShapeError } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import { formatShape, sameShape } from "../../base/shape.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import type { LaneKernels } from "../../kernels/lanes.ts";
import { defineFusedOp } from "../op.ts";
import { type DType, inLanes } from "../runtime.ts";
import { empty, type Gradients, type Tensor } from "../tensor.ts";
import { type Cell, gruCell, lstmCell } from "./cells.ts";
import type { Columns } from "./columns.ts";
import { addProduct, backProduct, weightGradient, wholeOf } from "./dense.ts";
import {
  cloneOf, fillRows, inputProduct, type RecurrentWeights, recurrentBias, recurrentGradient, sumOf, zerosLike,
} from "./sequence.ts";
import { Walk } from "./walk.ts";

type Inputs = readonly [
  /** `[T, B, E]` */
  embedded: Tensor,
  /** `[B, S, K]` */
  values: Tensor,
  /** `[B, S, A]` */
  keys: Tensor,
  /** `[B, H]` */
  h0: Tensor,
  /** `[B, H]`; null for the GRU. */
  c0: Tensor | null,
  /** The cell's; the columns of weightIh are `[embedded, fed]`. */
  ...cell: RecurrentWeights,
  /** `[A, H]` */
  query: Tensor,
  /** `[A]` */
  v: Tensor,
  /** `[F, K + H]` */
  combine: Tensor,
  /** `[F]`; null for none. */
  bias: Tensor | null,
];

export interface AttentionDecoderOptions {
  /** 1 where a position may be attended, `[B, S]` in any shape; null when all may. */
  readonly mask: Tensor | null;
  /** Dropout of the attentional states, with the draws of a dropout op for each step; null for none. */
  readonly dropout: { readonly p: number; readonly random: Random } | null;
}

/**
 * With f before the first step 0, for every step t:
 *
 *     s_t = cell([embedded_t; f_(t-1)], s_(t-1))            a_t = softmax(v . tanh(query s_t + keys))
 *     f_t = dropout(tanh(combine [a_t values; s_t] + bias))
 *
 * Gives f `[T, B, F]` (Bahdanau, Cho and Bengio 2015, A.1.2; Luong, Pham and Manning 2015, eq. 5 and section 3.3).
 *
 * @throws {ShapeError} when the shapes do not fit.
 */
export const attentionDecoder = defineFusedOp<Inputs, [AttentionDecoderOptions], readonly [Tensor]>(
  "attentionDecoder",
  (k, dtype, inputs, options) => {
    checkInputs(inputs, options);
    const run = new Run(k, dtype, inputs, options);
    run.forward();
    return { outputs: [run.fed], backward: ([g]) => run.backward(g as Tensor) };
  },
);

/** The arrays of one run, forwards and back. */
class Run {
  readonly #k: Kernels;
  readonly #dtype: DType;
  readonly #inputs: Inputs;
  readonly #mask: Tensor | null;
  readonly #p: number;
  /** Two a step. */
  readonly #seeds: Int32Array;
  readonly #walk: Walk;
  readonly #cell: Cell & { dc?: Tensor | null };
  readonly #states: Tensor;
  readonly #queries: Tensor;
  /** `[T, B, S]` */
  readonly #weights: Tensor;
  readonly #contexts: Tensor;
  /** The attentional states before dropout. */
  readonly #combined: Tensor;
  readonly fed: Tensor;

  constructor(k: Kernels, dtype: DType, inputs: Inputs, { mask, dropout }: AttentionDecoderOptions) {
    const [embedded, values, keys, h0, c0, weightIh, , biasIh, biasHh, , , combine] = inputs;
    const [steps] = embedded.shape;
    this.#k = k;
    this.#dtype = dtype;
    this.#inputs = inputs;
    this.#mask = mask;
    this.#p = dropout?.p ?? 0;
    this.#seeds = Int32Array.from({ length: dropout ? 2 * steps : 0 }, () => dropout?.random.bits() ?? 0);
    const walk = new Walk(embedded.shape, h0.shape[1], dtype, { lengths: null, rows: null, reverse: false });
    this.#walk = walk;
    this.#states = walk.array();
    if (c0) {
      const gates = inputProduct(k, walk, embedded, weightIh, sumOf(k, biasIh, biasHh), 4);
      this.#cell = lstmCell(gates, walk.array(), c0);
    } else {
      const gh = walk.array(3);
      fillRows(k, gh, biasHh);
      this.#cell = gruCell(inputProduct(k, walk, embedded, weightIh, biasIh, 3), gh);
    }
    this.#queries = this.#array(keys.shape[2]);
    this.#weights = this.#array(values.shape[1]);
    this.#contexts = this.#array(values.shape[2]);
    this.#combined = this.#array(combine.shape[0]);
    this.fed = dropout ? this.#array(combine.shape[0]) : this.#combined;
  }

  #array(width: number): Tensor {
    return empty([this.#walk.steps, this.#walk.batch, width], this.#dtype);
  }

  /** A weight matrix, or its gradient, taken apart by what its columns are multiplied with. */
  #parts(weightIh: Tensor, combine: Tensor) {
    const [embedded, values] = this.#inputs;
    return {
      embeddedPart: { of: weightIh, start: 0, width: embedded.shape[2] },
      fedPart: { of: weightIh, start: embedded.shape[2], width: combine.shape[0] },
      contextPart: { of: combine, start: 0, width: values.shape[2] },
      statePart: { of: combine, start: values.shape[2], width: this.#walk.hidden },
    } satisfies Record<string, Columns>;
  }

  /** Multiplications for a sequence in the smallest product of a step. */
  #products(): number {
    const [, values, keys, , , , , , , , , combine] = this.#inputs;
    const { hidden } = this.#walk;
    const fed = combine.shape[0];
    return Math.min(hidden, fed) * Math.min(this.#cell.gates * hidden, keys.shape[2], fed, values.shape[2]);
  }

  forward(): void {
    const k = this.#k;
    const bias = this.#inputs[12];
    k.fill(this.#queries.pointer, 0, this.#queries.size);
    if (bias) fillRows(k, this.#combined, bias);
    else k.fill(this.#combined.pointer, 0, this.#combined.size);
    inLanes(this.#dtype, this.#walk.batch, this.#products(), (lane, start, count) =>
      this.#forward(lane, this.#walk.part(start, count), start),
    );
  }

  /** The sequences that `walk` walks, of which the first is number `start`. */
  #forward(k: LaneKernels, walk: Walk, start: number): void {
    const cell = this.#cell;
    const [, , , h0, , weightIh, weightHh, , , query, , combine] = this.#inputs;
    const { fedPart, contextPart, statePart } = this.#parts(weightIh, combine);
    const [recurrent, asking] = [wholeOf(weightHh), wholeOf(query)];
    const { batch } = walk;
    for (let t = 0; t < walk.steps; t++) {
      const step = walk.step(t, this.#states, h0);
      if (t > 0) addProduct(k, walk.at(this.fed, t - 1), fedPart, walk.at(cell.gx, t), batch);
      addProduct(k, step.h0, recurrent, walk.at(cell.gh, t), batch);
      cell.forward(k, walk, t, step);
      addProduct(k, step.h1, asking, walk.at(this.#queries, t), batch);
      this.#attend(k, walk, t);
      const combined = walk.at(this.#combined, t);
      addProduct(k, walk.at(this.#contexts, t), contextPart, combined, batch);
      addProduct(k, step.h1, statePart, combined, batch);
      k.tanh(combined, combined, batch * combine.shape[0]);
      if (this.fed !== this.#combined) this.#drop(k, t, combined, walk.at(this.fed, t), batch, start);
    }
  }

  /** The attentional states of step t, of `batch` sequences from `start` on. */
  #drop(k: LaneKernels, t: number, x: number, out: number, batch: number, start: number): void {
    const width = this.fed.shape[2];
    const [seed, increment] = [this.#seeds[2 * t], this.#seeds[2 * t + 1]];
    k.dropout(x, out, batch * width, this.#p, (seed + Math.imul(start * width, increment | 1)) | 0, increment);
  }

  /** Weights and contexts of step `t` from its queries. */
  #attend(k: LaneKernels, walk: Walk, t: number): void {
    const [, values, keys, , , , , , , , v] = this.#inputs;
    const [, positions, memory] = values.shape;
    k.additiveAttention(
      walk.at(this.#queries, t), walk.at(keys, 0, positions * v.size), v.pointer, walk.at(values, 0, positions * memory),
      this.#mask ? walk.at(this.#mask, 0, positions) : 0, walk.at(this.#weights, t), walk.at(this.#contexts, t),
      walk.batch, positions, v.size, memory,
    );
  }

  backward(g: Tensor): Gradients {
    const [k, walk, cell, dtype] = [this.#k, this.#walk, this.#cell, this.#dtype];
    const [embedded, values, keys, h0, c0, weightIh, weightHh, , , query, v, combine, bias] = this.#inputs;
    const { fedPart, contextPart, statePart, embeddedPart } = this.#parts(weightIh, combine);
    const [recurrent, asking] = [wholeOf(weightHh), wholeOf(query)];
    const { batch, steps } = walk;
    const [, positions, memory] = values.shape;
    const [width, fed] = [weightIh.shape[0], combine.shape[0]];

    const dFed = cloneOf(k, g);
    const dCombined = this.#array(fed);
    const dContexts = this.#array(memory);
    const dQueries = this.#array(keys.shape[2]);
    const dScores = empty([batch, positions], dtype);
    const dState = empty(h0.shape, dtype);
    const dgx = walk.array(cell.gates);
    const dgh = cell.gh === cell.gx ? dgx : walk.array(cell.gates);
    const dKeys = zerosLike(k, keys.shape, dtype);
    const dvRows = zerosLike(k, [batch, v.size], dtype);
    const dh = zerosLike(k, h0.shape, dtype);
    const dc = c0 && zerosLike(k, c0.shape, dtype);
    const nothing = zerosLike(k, [batch, fed], dtype);
    cell.dc = dc;
    inLanes(dtype, batch, this.#products(), (lane, start, count) => {
      const part = walk.part(start, count);
      const dStatePart = part.at(dState, 0);
      for (let t = steps - 1; t >= 0; t--) {
        const step = part.step(t, this.#states, h0);
        const [df, dcombined, dqueries] = [part.at(dFed, t), part.at(dCombined, t), part.at(dQueries, t)];
        if (t < steps - 1) backProduct(lane, part.at(dgx, t + 1), fedPart, df, count, 1);
        if (this.fed !== this.#combined) this.#drop(lane, t, df, df, count, start);
        lane.rnnCellGrad(
          part.at(this.#combined, t), part.at(nothing, 0), df, dcombined, count, fed, fed, fed, fed, 0, t, 0,
        );
        backProduct(lane, dcombined, contextPart, part.at(dContexts, t), count, 0);
        backProduct(lane, dcombined, statePart, dStatePart, count, 0);
        lane.additiveAttentionGrad(
          part.at(this.#queries, t), part.at(keys, 0, positions * v.size), v.pointer,
          part.at(values, 0, positions * memory), part.at(this.#weights, t), part.at(dContexts, t),
          part.at(dScores, 0), dqueries, part.at(dKeys, 0, positions * v.size), part.at(dvRows, 0), count, positions,
          v.size, memory,
        );
        backProduct(lane, dqueries, asking, dStatePart, count, 1);
        cell.backward(lane, part, t, step, dStatePart, part.at(dh, 0), dgx, dgh);
        backProduct(lane, part.at(dgh, t), recurrent, part.at(dh, 0), count, 1);
      }
    });

    const rows = steps * batch;
    const laterRows = Math.max(rows - batch, 0);
    const dEmbedded = empty(embedded.shape, dtype);
    backProduct(k, dgx.pointer, embeddedPart, dEmbedded.pointer, rows, 0);
    const dValues = empty(values.shape, dtype);
    // For each b: weights [T, S] transposed times contexts' gradients [T, K].
    k.matmul(
      this.#weights.pointer, dContexts.pointer, dValues.pointer, positions, memory, steps, batch * positions,
      batch * memory, memory, 1, 0, 0, batch, positions, memory, positions * memory,
    );
    const dWeightIh = empty(weightIh.shape, dtype);
    const dCombine = empty(combine.shape, dtype);
    const dParts = this.#parts(dWeightIh, dCombine);
    weightGradient(k, dgx.pointer, embedded.pointer, dParts.embeddedPart, rows, 0);
    weightGradient(k, walk.at(dgx, 1), this.fed.pointer, dParts.fedPart, laterRows, 0);
    weightGradient(k, dCombined.pointer, this.#contexts.pointer, dParts.contextPart, rows, 0);
    weightGradient(k, dCombined.pointer, this.#states.pointer, dParts.statePart, rows, 0);
    const dWeightHh = empty(weightHh.shape, dtype);
    recurrentGradient(k, walk, dgh, this.#states, h0, dWeightHh);
    const dQuery = empty(query.shape, dtype);
    weightGradient(k, dQueries.pointer, this.#states.pointer, wholeOf(dQuery), rows, 0);
    const [dBiasIh, dv] = [empty([width], dtype), empty(v.shape, dtype)];
    k.sum(dgx.pointer, dBiasIh.pointer, 1, rows, width, width);
    const dBiasHh = recurrentBias(k, dgx, dgh, dBiasIh);
    k.sum(dvRows.pointer, dv.pointer, 1, batch, v.size, v.size);
    const dBias = bias && empty(bias.shape, dtype);
    if (dBias) k.sum(dCombined.pointer, dBias.pointer, 1, rows, fed, fed);
    return [
      dEmbedded, dValues, dKeys, dh, dc, dWeightIh, dWeightHh, dBiasIh, dBiasHh, dQuery, dv, dCombine, dBias,
    ];
  }
}

function checkInputs(inputs: Inputs, { mask }: AttentionDecoderOptions): void {
  const [embedded, values, keys, h0, c0, weightIh, weightHh, biasIh, biasHh, query, v, combine, bias] = inputs;
  const [, batch, embedding] = embedded.shape;
  const [, positions, memory] = values.shape;
  const [fed, hidden, space] = [combine.shape[0], h0.shape[1], v.size];
  const width = (c0 ? 4 : 3) * hidden;
  const expected: readonly (readonly [Tensor | null, readonly number[]])[] = [
    [embedded, [embedded.shape[0], batch, embedding]],
    [values, [batch, positions, memory]],
    [keys, [batch, positions, space]],
    [h0, [batch, hidden]],
    [c0, [batch, hidden]],
    [weightIh, [width, embedding + fed]],
    [weightHh, [width, hidden]],
    [biasIh, [width]],
    [biasHh, [width]],
    [query, [space, hidden]],
    [v, [space]],
    [combine, [fed, memory + hidden]],
    [bias, [fed]],
  ];
  const bad = expected.find(([tensor, shape]) => tensor && !sameShape(tensor.shape, shape));
  if (bad === undefined && (mask === null || mask.size === batch * positions)) return;
  throw new ShapeError({
    what: "attentionDecoder",
    expected: bad ? `inputs that fit each other, and here ${formatShape(bad[1])}` : `a mask of [${batch}, ${positions}]`,
    got: formatShape((bad?.[0] ?? mask as Tensor).shape),
  });
}
