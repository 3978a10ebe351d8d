/** Scaled dot-product attention of many heads, as one op: heads are read in place and weights never stored. */
import { DTypeError, OptionError, ShapeError } from "../../base/errors.ts";
import { checkNumber, describe, rejectUnknownKeys } from "../../base/options.ts";
import type { Random } from "../../base/random.ts";
import { broadcastShapes, formatShape, type Shape, stridesOf } from "../../base/shape.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import { full, type Indices, indices } from "../create.ts";
import { checkFinite, commonType, defineFusedOp } from "../op.ts";
import { kernelsFor } from "../runtime.ts";
import { empty, type Gradients, Tensor } from "../tensor.ts";
import { type Columns, type ColumnsLike, columnGradients, columnPointer, columnsOf } from "./columns.ts";
import { expandTo } from "./elementwise.ts";
import { reshape } from "./shape.ts";

/** Options of {@link attentionWeights}. */
export interface AttentionWeightsOptions {
  /** The columns of query, key and value are so many heads side by side. */
  readonly heads: number;
  /** Whether query t may attend the keys s <= t + offset only. @defaultValue false */
  readonly causal?: boolean;
  /** Position of the first query among the keys, when earlier keys come from a cache. @defaultValue 0 */
  readonly offset?: number;
  /** Number of valid keys of each batch row, `[B]`. @defaultValue all */
  readonly lengths?: Indices;
  /** 1 where a query may attend a key, 0 where not: `[T, S]`, `[B, T, S]` or `[B, H, T, S]`; any extent but S may be 1. */
  readonly mask?: Tensor;
  /** Added to the scores, in a shape that mask may have. May hold -Infinity, for keys that may not be attended. */
  readonly bias?: Tensor;
  /** Factor of the scores. @defaultValue 1 / sqrt(width of a head) */
  readonly scale?: number;
}

/** Options of {@link scaledDotProductAttention}. */
export interface AttentionOptions extends AttentionWeightsOptions {
  /** Probability of dropping each weight; the others are divided by 1 - dropout. @defaultValue 0 */
  readonly dropout?: number;
  /** Draws what is dropped. */
  readonly random?: Random;
}

const WEIGHT_OPTIONS = ["heads", "causal", "offset", "lengths", "mask", "bias", "scale"];

/** What the kernels take beside the arrays that gradients flow to, checked. */
interface Setting {
  readonly sizes: Sizes;
  readonly lengths: Tensor | null;
  /** `[B|1, H|1, T|1, S]`. */
  readonly allowed: Tensor | null;
  readonly scale: number;
  readonly causal: number;
  readonly offset: number;
}

interface Dropping {
  readonly p: number;
  readonly seed0: number;
  readonly seed1: number;
}

type Sizes = readonly [batch: number, heads: number, queries: number, positions: number, width: number];
type Inputs = readonly [query: Tensor, key: Tensor, value: Tensor, bias: Tensor | null];
type Parts = readonly [query: Columns, key: Columns, value: Columns];

/** Elements from one batch row to the next, and from one row to the next. */
const strides = ({ of }: Columns): [batch: number, row: number] => [of.shape[1] * of.shape[2], of.shape[2]];

/** Strides of a mask `[B|1, H|1, T|1, S]`: 0 along extents of 1. */
function maskStrides(mask: Tensor | null): [batch: number, head: number, row: number] {
  if (mask === null) return [0, 0, 0];
  const [batch, head, row] = stridesOf(mask.shape).map((stride, axis) => (mask.shape[axis] === 1 ? 0 : stride));
  return [batch, head, row];
}

const attentionOp = defineFusedOp<Inputs, [Parts, Setting, Dropping], [Tensor]>(
  "scaledDotProductAttention",
  (kernels, dtype, [, , , bias], parts, setting, { p, seed0, seed1 }) => {
    const [q, k, v] = parts;
    const { sizes, lengths, allowed, scale, causal, offset } = setting;
    const mask = additiveMask(bias, allowed);
    const [batch, heads, queries, , width] = sizes;
    const out = empty([batch, queries, heads * width], dtype);
    const logSumExp = empty([batch, heads, queries], dtype);
    const rest = [
      ...sizes, ...strides(q), ...strides(k), ...strides(v), ...maskStrides(mask), scale, causal, offset, p, seed0,
      seed1,
    ] as const;
    const inputs = () =>
      [
        columnPointer(q), columnPointer(k), columnPointer(v), mask?.pointer ?? 0, lengths?.pointer ?? 0,
        out.pointer, logSumExp.pointer,
      ] as const;
    kernels.attention(...inputs(), ...rest);
    return {
      outputs: [out],
      backward: ([g], needs) => {
        const { gradients, columns } = columnGradients(kernels, parts);
        // The gradient to the mask is 0 where nothing is allowed, so it is that of the bias too.
        const dmask = mask !== null && needs[3] ? zerosLike(kernels, mask) : null;
        const [dq, dk, dv] = columns.map(columnPointer);
        kernels.attentionGrad(
          ...inputs(), (g as Tensor).pointer, dq, dk, dv, dmask?.pointer ?? 0, ...rest,
        );
        return [...gradients, dmask] as Gradients;
      },
    };
  },
);

function zerosLike(k: Kernels, x: Tensor): Tensor {
  const out = empty(x.shape, x.dtype);
  k.fill(out.pointer, 0, out.size);
  return out;
}

/**
 * Attention of H heads (Vaswani et al. 2017, section 3.2.1 and 3.2.2), for each of them
 *
 *     softmax(scale Q K^T + bias) V
 *
 * over the keys that `lengths`, `causal` and `mask` allow. A query that may attend no key gives zeros and passes no
 * gradient on, and nothing leaks from keys that may not be attended, not even NaN. The bits of a query's output do not
 * depend on other queries, on keys it may not attend, or on the batch. Differentiable once.
 *
 * @param query `[B, T, E]`, or so many columns of a tensor; E is the number of heads times their width
 * @param key `[B, S, E]`
 * @param value `[B, S, E]`
 * @returns `[B, T, E]`
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {OptionError} for an unknown option, a value out of range, or dropout without `random`.
 * @example
 * const query = tensor([[[0, 0], [0, 0]]]);
 * const value = tensor([[[2, 4], [6, 8]]]);
 * scaledDotProductAttention(query, query, value, { heads: 1, causal: true }).toArray(); // [[[2, 4], [4, 6]]]
 */
export function scaledDotProductAttention(
  query: ColumnsLike,
  key: ColumnsLike,
  value: ColumnsLike,
  options: AttentionOptions,
): Tensor {
  const what = "scaledDotProductAttention";
  rejectUnknownKeys(what, options, [...WEIGHT_OPTIONS, "dropout", "random"]);
  const [q, k, v] = [columnsOf(what, query), columnsOf(what, key), columnsOf(what, value)];
  const setting = settingOf(what, q, k, options);
  if (v.of.shape[0] !== k.of.shape[0] || v.of.shape[1] !== k.of.shape[1] || v.width !== k.width) {
    throw new ShapeError({
      what: `${what} value`,
      expected: describeColumns(k),
      got: describeColumns(v),
    });
  }
  const bias = options.bias === undefined ? null : fourAxes(`${what} bias`, options.bias, q, setting.sizes);
  return attentionOp([q.of, k.of, v.of, bias], [q, k, v], setting, droppingOf(what, options))[0];
}

/**
 * The weights with which {@link scaledDotProductAttention} sums the values, before dropout, for looking at. No gradient
 * flows through them.
 *
 * @param query `[B, T, E]`
 * @param key `[B, S, E]`
 * @returns `[B, H, T, S]`; rows sum to 1, or to 0 where a query may attend no key
 * @throws {ShapeError} when the shapes do not fit.
 * @example
 * const x = tensor([[[0], [0]]]);
 * attentionWeights(x, x, { heads: 1, causal: true }).toArray(); // [[[[1, 0], [0.5, 0.5]]]]
 */
export function attentionWeights(
  query: ColumnsLike,
  key: ColumnsLike,
  options: AttentionWeightsOptions,
): Tensor {
  const what = "attentionWeights";
  rejectUnknownKeys(what, options, WEIGHT_OPTIONS);
  const [q, k] = [columnsOf(what, query), columnsOf(what, key)];
  const setting = settingOf(what, q, k, options);
  const { sizes, lengths, allowed, scale, causal, offset } = setting;
  const bias = options.bias === undefined ? null : fourAxes(`${what} bias`, options.bias, q, sizes);
  const mask = additiveMask(bias, allowed);
  const dtype = commonType(what, [q.of, k.of, mask]);
  const [batch, heads, queries, positions] = sizes;
  const out = empty([batch, heads, queries, positions], dtype);
  kernelsFor(dtype).attentionWeights(
    columnPointer(q), columnPointer(k), mask?.pointer ?? 0, lengths?.pointer ?? 0, out.pointer, ...sizes,
    ...strides(q), ...strides(k), ...maskStrides(mask), scale, causal, offset,
  );
  checkFinite(what, out);
  return out;
}

const describeColumns = ({ of, width }: Columns): string => formatShape([of.shape[0], of.shape[1], width]);

function settingOf(what: string, q: Columns, k: Columns, options: AttentionWeightsOptions): Setting {
  const heads = checkNumber(`${what} heads`, options.heads, { integer: true, min: 1 });
  const [batch, queries] = q.of.shape;
  const positions = k.of.shape[1];
  if (k.of.shape[0] !== batch || k.width !== q.width || q.width % heads !== 0) {
    throw new ShapeError({
      what,
      expected: `query [B, T, E] and key [B, S, E] with E a multiple of ${heads} heads`,
      got: `${describeColumns(q)} and ${describeColumns(k)}`,
    });
  }
  const { lengths, mask, causal = false, offset = 0 } = options;
  if (typeof causal !== "boolean") {
    throw new OptionError({ what: `${what} causal`, expected: "true or false", got: describe(causal) });
  }
  const width = q.width / heads;
  const scale = options.scale ?? (width === 0 ? 1 : 1 / Math.sqrt(width));
  const sizes: Sizes = [batch, heads, queries, positions, width];
  return {
    sizes,
    lengths: lengths === undefined ? null : checkLengths(what, lengths, batch, positions),
    allowed: mask === undefined ? null : fourAxes(`${what} mask`, mask, q, sizes),
    scale: checkNumber(`${what} scale`, scale),
    causal: Number(causal),
    offset: checkNumber(`${what} offset`, offset, { integer: true, min: 0, max: 2 ** 30 }),
  };
}

function checkLengths(what: string, lengths: Indices, batch: number, positions: number): Tensor {
  const checked = indices(`${what} lengths`, lengths, positions + 1);
  if (checked.rank === 1 && checked.size === batch) return checked;
  throw new ShapeError({
    what: `${what} lengths`,
    expected: formatShape([batch]),
    got: formatShape(checked.shape),
  });
}

function droppingOf(what: string, { dropout = 0, random }: AttentionOptions): Dropping {
  const p = checkNumber(`${what} dropout`, dropout, { min: 0, max: 1 });
  if (p === 0) return { p, seed0: 0, seed1: 0 };
  if (random !== undefined) return { p, seed0: random.bits() | 0, seed1: random.bits() | 0 };
  throw new OptionError({ what: `${what} random`, expected: "a Random, to draw the dropout", got: "none" });
}

/** What is added to the scores, `[B|1, H|1, T|1, S]`: the bias (0 without one) where `allowed` is not 0, else -Infinity. */
function additiveMask(bias: Tensor | null, allowed: Tensor | null): Tensor | null {
  if (allowed === null) return bias;
  const { dtype } = allowed;
  const shape = bias === null ? allowed.shape : broadcastShapes("attention mask", allowed.shape, bias.shape);
  const out = full(shape, Number.NEGATIVE_INFINITY, dtype);
  const condition = expandTo(allowed, shape);
  const kept = bias === null ? full(shape, 0, dtype) : expandTo(bias, shape);
  kernelsFor(dtype).select(condition.pointer, kept.pointer, out.pointer, out.pointer, out.size);
  return out;
}

/** x as `[B|1, H|1, T|1, S]`. */
function fourAxes(what: string, x: Tensor, q: Columns, sizes: Sizes): Tensor {
  const [batch, heads, queries, positions] = sizes;
  if (!(x instanceof Tensor) || x.dtype !== q.of.dtype) {
    throw new DTypeError({ what, expected: `a tensor of ${q.of.dtype}`, got: x instanceof Tensor ? x.dtype : describe(x) });
  }
  const leading: Shape = [[], [], [1, 1], [x.shape[0], 1], x.shape.slice(0, 2)][x.rank] ?? [];
  const shape = [...leading, ...x.shape.slice(-2)];
  const wanted = [batch, heads, queries, positions];
  const fits = shape.length === 4 && shape.every((extent, i) => extent === wanted[i] || (extent === 1 && i < 3));
  if (fits) return reshape(x, shape);
  throw new ShapeError({
    what,
    expected: `[T, S], [B, T, S] or [B, H, T, S] for ${formatShape(wanted)}, any but S possibly 1`,
    got: formatShape(x.shape),
  });
}
