/** Cases of scaled dot-product attention and of rotary positions, for the table of all ops. */
import { DTypeError, IndexError, OptionError, ShapeError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import {
  type AttentionOptions,
  type NestedArray,
  ones,
  ops,
  type RotaryOptions,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.ts";
import { gives, type OpCase, refuses } from "./op-cases.ts";

/** Options that do not depend on the type of the tensors, or a function that makes them for it. */
type Options = AttentionOptions | ((like: (data: NestedArray) => Tensor) => AttentionOptions);

const optionsFor = (options: Options, { dtype }: Tensor): AttentionOptions =>
  typeof options === "function" ? options((data) => tensor(data, undefined, dtype)) : options;
const attend = (options: Options) => (query: Tensor, key: Tensor, value: Tensor) =>
  ops.scaledDotProductAttention(query, key, value, optionsFor(options, query));
const weigh = (options: Options) => (query: Tensor, key: Tensor) =>
  ops.attentionWeights(query, key, optionsFor(options, query));
const attendBiased = (options: Options) => (query: Tensor, key: Tensor, value: Tensor, bias: Tensor) =>
  ops.scaledDotProductAttention(query, key, value, { ...optionsFor(options, query), bias });
/** The first three columns of x as query, key and value. */
const attendPacked = (options: AttentionOptions) => (x: Tensor) => {
  const [query, key, value] = [0, 1, 2].map((start) => ({ of: x, start, width: 1 }));
  return ops.scaledDotProductAttention(query, key, value, options);
};
const rotate = (options: RotaryOptions) => (x: Tensor) => ops.rotary(x, options);

const ln2 = Math.log(2);
const none = Number.NEGATIVE_INFINITY;
/** `[1, T, 1]`. */
const column = (...values: number[]): NestedArray => [values.map((value) => [value])];
/** Weights of the query 1 with these keys: 1/4, 1/2, 1/4. */
const quarters = column(0, ln2, 0);
/** A query, keys and values `[2, 2, 2]` that weigh all allowed keys alike, a column a head. */
const alike = [
  [
    [
      [0, 0],
      [0, 0],
    ],
    [
      [0, 0],
      [0, 0],
    ],
  ],
  [
    [
      [1, 2],
      [0, 1],
    ],
    [
      [3, 1],
      [1, 1],
    ],
  ],
  [
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ],
];
const two = { heads: 2 };
const masked = (mask: NestedArray, expected: NestedArray): OpCase =>
  gives(
    attend((like) => ({ ...two, mask: like(mask) })),
    alike,
    expected,
    "once",
  );
const x124 = () => ones([1, 2, 4]);
const refusesOptions = (
  error: Parameters<typeof refuses>[0],
  message: string,
  options: object,
  prefix = "scaledDotProductAttention",
): OpCase =>
  refuses(error, `${prefix}${message}`, () =>
    ops.scaledDotProductAttention(x124(), x124(), x124(), { heads: 1, ...options }),
  );
const refusesInputs = (
  error: Parameters<typeof refuses>[0],
  message: string,
  query: unknown,
  key: unknown = query,
  value = key,
): OpCase =>
  refuses(error, `scaledDotProductAttention${message}`, () =>
    ops.scaledDotProductAttention(query as Tensor, key as Tensor, value as Tensor, { heads: 1 }),
  );

// biome-ignore format: one case a line.
export const attentionCases = {
  attentionWeights: [
    gives(weigh({ heads: 1 }), [column(1), quarters], [[[[0.25, 0.5, 0.25]]]], "not"),
    gives(weigh({ heads: 1, scale: 2 }), [column(1), quarters], [[[[1 / 6, 4 / 6, 1 / 6]]]], "not"),
    gives(weigh({ heads: 2, causal: true, offset: 1, lengths: [2] }), [[[[1, 2], [1, 0]]], [[[0, 0], [ln2, ln2], [9, 9]]]], [[[[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0]], [[0.2, 0.8, 0], [0.5, 0.5, 0]]]], "not"),
    gives(weigh((like) => ({ heads: 1, mask: like([[1, 0, 1], [0, 0, 0]]), bias: like([[ln2, 0, 0]]) })), [column(1, 1), quarters], [[[[2 / 3, 0, 1 / 3], [0, 0, 0]]]], "not"),
    gives((x) => ops.attentionWeights({ of: x, start: 2, width: 1 }, { of: x, start: 0, width: 1 }, { heads: 1, lengths: [1] }), [[[[1, 2, 3]]]], [[[[1]]]], "not"),
    gives((x) => ops.attentionWeights(x, zeros([1, 0, 1], x.dtype), { heads: 1 }), [column(1, 1)], [[[[], []]]], "not"),
    refuses(OptionError, "attentionWeights option: expected one of heads, causal, offset, lengths, mask, bias, scale, got \"dropout\".", () => ops.attentionWeights(x124(), x124(), { heads: 1, dropout: 0.1 } as AttentionOptions)),
    refuses(ShapeError, "attentionWeights: expected query [B, T, E] and key [B, S, E] with E a multiple of 3 heads, got [1, 2, 4] and [1, 2, 4].", () => ops.attentionWeights(x124(), x124(), { heads: 3 })),
    refuses(DTypeError, "attentionWeights: expected float tensors of one type, got f32 and f64 and none.", () => ops.attentionWeights(x124(), ones([1, 2, 4], "f64"), { heads: 1 })),
    refuses(ShapeError, "attentionWeights bias: expected [T, S], [B, T, S] or [B, H, T, S] for [1, 1, 2, 2], any but S possibly 1, got [2].", () => ops.attentionWeights(x124(), x124(), { heads: 1, bias: ones([2]) })),
  ],
  rotary: [
    gives(rotate({ heads: 1 }), [[[[1, 0], [1, 0]]]], [[[1, 0], [Math.cos(1), Math.sin(1)]]]),
    gives(rotate({ heads: 1, offset: 2 }), [[[[0, 3]]]], [[[-3 * Math.sin(2), 3 * Math.cos(2)]]]),
    gives(rotate({ heads: 1, base: 100, offset: 1 }), [[[[1, 0, 1, 0]]]], [[[Math.cos(1), Math.sin(1), Math.cos(0.1), Math.sin(0.1)]]]),
    gives(rotate({ heads: 1, base: 100, offset: 1, layout: "halves" }), [[[[1, 2, 0, 0]]]], [[[Math.cos(1), 2 * Math.cos(0.1), Math.sin(1), 2 * Math.sin(0.1)]]]),
    gives(rotate({ heads: 2, offset: 1 }), [[[[1, 0, 0, 1]]]], [[[Math.cos(1), Math.sin(1), -Math.sin(1), Math.cos(1)]]]),
    gives(rotate({ heads: 1, width: 2, offset: 1 }), [[[[1, 0, 7, 8, 9]]]], [[[Math.cos(1), Math.sin(1), 7, 8, 9]]]),
    gives((x) => ops.rotary(x.reshape([1, 0, 2]), { heads: 1 }), [[]], [[]]),
    refuses(OptionError, "rotary option: expected one of heads, width, offset, base, layout, got \"theta\".", () => ops.rotary(x124(), { heads: 1, theta: 1 } as RotaryOptions)),
    refuses(OptionError, "rotary heads: expected a whole number of at least 1, got 0.", () => ops.rotary(x124(), { heads: 0 })),
    refuses(ShapeError, "rotary: expected [B, T, C] with columns for 1 heads, got [2, 4].", () => ops.rotary(ones([2, 4]), { heads: 1 })),
    refuses(ShapeError, "rotary: expected [B, T, C] with columns for 3 heads, got [1, 2, 4].", () => ops.rotary(x124(), { heads: 3, width: 2 })),
    refuses(OptionError, "rotary width: expected an even number of columns a head, got 1.", () => ops.rotary(x124(), { heads: 4 })),
    refuses(OptionError, "rotary offset: expected a whole number of at least 0, got -1.", () => ops.rotary(x124(), { heads: 1, offset: -1 })),
    refuses(OptionError, "rotary base: expected a number of at least 5e-324, got 0.", () => ops.rotary(x124(), { heads: 1, base: 0 })),
    refuses(OptionError, "rotary layout: expected one of interleaved, halves, got \"half\".", () => ops.rotary(x124(), { heads: 1, layout: "half" as "halves" })),
    refuses(DTypeError, "rotary: expected float tensors of one type, got i32.", () => ops.rotary(tensor([[[1, 2], [3, 4]]], undefined, "i32"), { heads: 1 })),
  ],
  scaledDotProductAttention: [
    gives(attend({ heads: 1 }), [column(1), quarters, column(4, 8, 24)], column(11), "once"),
    gives(attend({ heads: 1, scale: 2 }), [column(1), quarters, column(4, 8, 24)], column(10), "once"),
    gives(attend({ heads: 2 }), [[[[1, 2]]], [[[0, 0], [ln2, ln2]]], [[[3, 5], [6, 10]]]], [[[5, 9]]], "once"),
    // The default scale is 1 / sqrt(4).
    gives(attend({ heads: 1 }), [[[[2, 0, 0, 0]]], [[[0, 1, 2, 3], [ln2, 0, 0, 0]]], [[[3, 0, -3, 6], [6, 3, 0, 9]]]], [[[5, 2, -1, 8]]], "once"),
    gives(attend({ heads: 1, causal: true }), [column(0, 0), column(5, 6), column(2, 4)], column(2, 3), "once"),
    gives(attend({ heads: 1, causal: true, offset: 1 }), [column(0, 0), column(5, 6, 7), column(2, 4, 6)], column(3, 4), "once"),
    gives(attend({ ...two, lengths: [1, 2] }), alike, [[[1, 2], [1, 2]], [[6, 7], [6, 7]]], "once"),
    gives(attend({ ...two, lengths: [0, 1] }), alike, [[[0, 0], [0, 0]], [[5, 6], [5, 6]]], "once"),
    masked([[1, 0], [1, 1]], [[[1, 2], [2, 3]], [[5, 6], [6, 7]]]),
    masked([[0, 1]], [[[3, 4], [3, 4]], [[7, 8], [7, 8]]]),
    masked([[[1, 0], [0, 1]], [[0, 1], [1, 1]]], [[[1, 2], [3, 4]], [[7, 8], [6, 7]]]),
    masked([[[1, 0]], [[0, 1]]], [[[1, 2], [1, 2]], [[7, 8], [7, 8]]]),
    masked([[[0, 1], [1, 0]]], [[[3, 4], [1, 2]], [[7, 8], [5, 6]]]),
    masked([[[[1, 0]], [[0, 1]]]], [[[1, 4], [1, 4]], [[5, 8], [5, 8]]]),
    masked([[[[1, 0], [0, 1]], [[0, 1], [1, 1]]], [[[0, 0], [1, 0]], [[1, 1], [0, 0]]]], [[[1, 4], [3, 3]], [[0, 7], [5, 0]]]),
    gives(attendBiased({ heads: 1 }), [column(0, 0), column(5, 6), column(3, 6), [[0, ln2], [ln2, 0]]], column(5, 4), "once"),
    gives(attendBiased({ heads: 1 }), [column(0, 0), column(5, 6), column(3, 6), [[0, none], [none, none]]], column(3, 0), "once"),
    gives(attendBiased(two), [...alike, [[[[0, none]], [[none, 0]]]]], [[[1, 4], [1, 4]], [[5, 8], [5, 8]]], "once"),
    // A mask for each row and a bias for all: gradients to the bias are summed over the rows.
    gives(attendBiased((like) => ({ ...two, mask: like([[[1, 1]], [[0, 1]]]) })), [...alike, [[0, ln2], [ln2, 0]]], [[[7 / 3, 10 / 3], [5 / 3, 8 / 3]], [[7, 8], [7, 8]]], "once"),
    gives(attendBiased((like) => ({ heads: 1, causal: true, lengths: [1], mask: like([[0, 1], [1, 1]]) })), [column(1, 2), column(5, 6), column(3, 6), [[ln2, 0]]], column(0, 3), "once"),
    gives(attendPacked({ heads: 1 }), [[[[1, 0, 3, 7], [2, ln2, 6, 7]]]], column(5, 5.4), "once"),
    gives((x) => ops.scaledDotProductAttention(x, x, x, { heads: 1 }), [column(0, ln2)], column(ln2 / 2, ln2 / (1 + Math.exp(-ln2 * ln2))), "once"),
    gives(attend({ heads: 1, dropout: 0 }), [column(1), quarters, column(4, 8, 24)], column(11), "once"),
    gives(attend({ heads: 1, dropout: 1, random: new Random(1) }), [column(1), quarters, column(4, 8, 24)], column(0), "once"),
    gives((q) => ops.scaledDotProductAttention(q, zeros([1, 0, 1], q.dtype), zeros([1, 0, 1], q.dtype), { heads: 1, causal: true }), [column(1, 2)], column(0, 0), "once"),
    gives((q, k) => ops.scaledDotProductAttention(q.reshape([1, 0, 1]), k, k, { heads: 1 }), [[], column(1, 2)], [[]], "once"),
    gives((x) => ops.scaledDotProductAttention(x.reshape([0, 2, 1]), x.reshape([0, 3, 1]), x.reshape([0, 3, 1]), { heads: 1, lengths: [] }), [[]], [], "once"),
    gives((x) => ops.scaledDotProductAttention(x.reshape([1, 2, 0]), x.reshape([1, 2, 0]), x.reshape([1, 2, 0]), { heads: 2 }), [[]], [[[], []]], "once"),
    refusesOptions(OptionError, " option: expected one of heads, causal, offset, lengths, mask, bias, scale, dropout, random, got \"casual\". Did you mean \"causal\"?", { casual: true }),
    refusesOptions(OptionError, " heads: expected a whole number of at least 1, got undefined.", { heads: undefined }),
    refusesOptions(OptionError, " causal: expected true or false, got 1.", { causal: 1 }),
    refusesOptions(OptionError, " offset: expected a whole number of at least 0 and at most 1073741824, got 0.5.", { offset: 0.5 }),
    refusesOptions(OptionError, " scale: expected a number, got NaN.", { scale: Number.NaN }),
    refusesOptions(OptionError, " dropout: expected a number of at least 0 and at most 1, got 2.", { dropout: 2 }),
    refusesOptions(OptionError, " random: expected a Random, to draw the dropout, got none.", { dropout: 0.5 }),
    refusesOptions(ShapeError, " lengths: expected [1], got [2].", { lengths: [1, 2] }),
    refusesOptions(IndexError, " lengths: expected whole numbers in 0..2, got 3.", { lengths: [3] }),
    refusesOptions(ShapeError, " mask: expected [T, S], [B, T, S] or [B, H, T, S] for [1, 1, 2, 2], any but S possibly 1, got [2, 1].", { mask: ones([2, 1]) }),
    refusesOptions(ShapeError, " bias: expected [T, S], [B, T, S] or [B, H, T, S] for [1, 1, 2, 2], any but S possibly 1, got [1, 1, 1, 2, 2].", { bias: ones([1, 1, 1, 2, 2]) }),
    refusesOptions(ShapeError, " mask: expected [T, S], [B, T, S] or [B, H, T, S] for [1, 1, 2, 2], any but S possibly 1, got [].", { mask: tensor(1) }),
    refusesOptions(DTypeError, " mask: expected a tensor of f32, got i32.", { mask: tensor([[1, 1]], undefined, "i32") }),
    refusesOptions(DTypeError, " bias: expected a tensor of f32, got an array of 1.", { bias: [[0, 0]] }),
    refusesInputs(DTypeError, ": expected a tensor, or { of, start, width } with one, got null.", null),
    refusesInputs(ShapeError, ": expected three axes [batch, time, columns], the columns inside the last, got [2].", ones([2])),
    refusesInputs(ShapeError, ": expected three axes [batch, time, columns], the columns inside the last, got [].", tensor(1)),
    refusesInputs(ShapeError, ": expected three axes [batch, time, columns], the columns inside the last, got columns 2..4 of [1, 2, 4].", { of: x124(), start: 2, width: 3 }),
    refusesInputs(ShapeError, ": expected query [B, T, E] and key [B, S, E] with E a multiple of 1 heads, got [1, 2, 4] and [2, 2, 4].", x124(), ones([2, 2, 4])),
    refusesInputs(ShapeError, ": expected query [B, T, E] and key [B, S, E] with E a multiple of 1 heads, got [1, 2, 4] and [1, 2, 3].", x124(), { of: x124(), start: 1, width: 3 }),
    refusesInputs(ShapeError, " value: expected [1, 2, 4], got [1, 3, 4].", x124(), x124(), ones([1, 3, 4])),
    refusesInputs(DTypeError, ": expected float tensors of one type, got f32 and f32 and f64 and none.", x124(), x124(), ones([1, 2, 4], "f64")),
    refusesInputs(DTypeError, ": expected float tensors of one type, got i32 and i32 and i32 and none.", tensor([[[1]]], undefined, "i32")),
  ],
};
