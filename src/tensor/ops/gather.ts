/** Ops that pick elements by index, with the scatter ops that are their gradients. */
import { ShapeError } from "../../base/errors.ts";
import { checkNumber } from "../../base/options.ts";
import { formatShape, sameShape } from "../../base/shape.ts";
import { type Indices, indices, tensor } from "../create.ts";
import { RowGradient } from "../gradient.ts";
import { checkTensor, defineOp, type Op, type Unary } from "../op.ts";
import { kernelsFor } from "../runtime.ts";
import { empty, Tensor } from "../tensor.ts";
import { mul } from "./elementwise.ts";

/** Wrapped so that the index, a tensor without gradient, is an argument rather than an input. */
interface IndexArgument {
  readonly index: Tensor;
  /** Rows picked by this index receive no gradient. */
  readonly padding?: number;
}

const gatherOp: Op<Unary, [IndexArgument]> = defineOp<Unary, [IndexArgument]>("gather", {
  shape: (_name, [table], { index }) => [...index.shape, table.shape[1]],
  forward: (k, out, [table], { index }) =>
    k.gatherRows(table.pointer, index.pointer, out.pointer, index.size, table.shape[1]),
  backward: (g, _y, [table], _needs, argument) => [scatterOp(g, argument, table.shape[0])],
  rows: (g, [table], argument) => (argument.index.size < table.shape[0] ? rowGradient(g, table, argument) : null),
});

/** The gradient of the rows that were read, without an array of the size of the table. */
function rowGradient(g: Tensor, { shape, dtype }: Tensor, { index, padding }: IndexArgument): RowGradient {
  const read = new Map<number, number>();
  // The row of padding comes behind the others, where nobody looks.
  const places = Int32Array.from(index.view(), (id) => {
    if (id === padding) return -1;
    const place = read.get(id) ?? read.size;
    if (place === read.size) read.set(id, place);
    return place;
  });
  const count = read.size;
  const width = shape[1];
  for (let i = 0; i < places.length; i++) if (places[i] < 0) places[i] = count;
  const sums = empty([count + 1, width], dtype);
  const k = kernelsFor(dtype);
  k.fill(sums.pointer, 0, sums.size);
  k.scatterAddRows(g.pointer, tensor(places, [places.length], "i32").pointer, sums.pointer, places.length, width, width);
  const values = new Tensor(sums.storage, 0, [count, width], dtype);
  return new RowGradient(shape, tensor(Int32Array.from(read.keys()), [count], "i32"), values);
}

const scatterOp: Op<Unary, [IndexArgument, number]> = defineOp<Unary, [IndexArgument, number]>("scatterAdd", {
  shape: (_name, [g], _argument, rows) => [rows, g.shape[g.rank - 1]],
  forward: (k, out, [g], { index, padding }) => {
    const width = out.shape[1];
    k.fill(out.pointer, 0, out.size);
    k.scatterAddRows(g.pointer, index.pointer, out.pointer, index.size, width, width);
    if (padding !== undefined) out.view().fill(0, padding * width, (padding + 1) * width);
  },
  backward: (g, _y, _inputs, _needs, { index, padding }, rows) => {
    if (padding === undefined) return [gatherOp(g, { index })];
    const kept = Array.from({ length: rows }, (_, row) => [row === padding ? 0 : 1]);
    return [gatherOp(mul(g, tensor(kept, [rows, 1], g.dtype)), { index })];
  },
});

export interface GatherOptions {
  /** Rows picked by this index receive no gradient: the padding of batches. */
  readonly paddingIndex?: number;
}

/**
 * Rows of `table` `[rows, width]` by `index`, giving `[...index, width]`.
 *
 * @throws {IndexError} for an index outside 0..rows-1.
 * @example
 * gather(tensor([[1, 2], [3, 4]]), [1, 1, 0]).toArray(); // [[3, 4], [3, 4], [1, 2]]
 */
export function gather(table: Tensor, index: Indices, { paddingIndex }: GatherOptions = {}): Tensor {
  checkTensor("gather", table);
  if (table.rank !== 2) {
    throw new ShapeError({
      what: "gather",
      expected: "a table [rows, width]",
      got: formatShape(table.shape),
    });
  }
  const checked = indices("gather index", index, table.shape[0]);
  return gatherOp(table, paddingIndex === undefined ? { index: checked } : { index: checked, padding: paddingIndex });
}

/** An index of the shape of x without its last axis. */
function outerIndex(name: string, x: Tensor, index: Indices, limit: number): Tensor {
  if (x.rank === 0) {
    throw new ShapeError({ what: name, expected: "at least one axis", got: formatShape(x.shape) });
  }
  const checked = indices(`${name} index`, index, limit);
  const outer = x.shape.slice(0, -1);
  if (sameShape(checked.shape, outer)) return checked;
  throw new ShapeError({
    what: `${name} index`,
    expected: formatShape(outer),
    got: formatShape(checked.shape),
  });
}

/** Sums the rows of x `[...index, width]` that share an index into a table of `rows` rows: the adjoint of gather. */
export function scatterAdd(x: Tensor, index: Indices, rows: number): Tensor {
  checkTensor("scatterAdd", x);
  checkNumber("scatterAdd rows", rows, { integer: true, min: 0 });
  return scatterOp(x, { index: outerIndex("scatterAdd", x, index, rows) }, rows);
}

const pickOp: Op<Unary, [IndexArgument]> = defineOp<Unary, [IndexArgument]>("pick", {
  shape: (_name, [x]) => x.shape.slice(0, -1),
  forward: (k, out, [x], { index }) =>
    k.pick(x.pointer, index.pointer, out.pointer, index.size, x.shape[x.rank - 1]),
  backward: (g, _y, [x], _needs, { index }) => [unpickOp(g, { index }, x.shape[x.rank - 1])],
});

const unpickOp: Op<Unary, [IndexArgument, number]> = defineOp<Unary, [IndexArgument, number]>("unpick", {
  shape: (_name, [g], _index, cols) => [...g.shape, cols],
  forward: (k, out, [g], { index }) => {
    k.fill(out.pointer, 0, out.size);
    k.scatterAddPick(g.pointer, index.pointer, out.pointer, g.size, out.shape[out.rank - 1]);
  },
  backward: (g, _y, _inputs, _needs, { index }) => [pickOp(g, { index })],
});

/**
 * One element of the last axis by index: `out[...] = x[..., index[...]]`.
 *
 * @throws {ShapeError} when the index does not have the shape of x without its last axis.
 * @example
 * pick(tensor([[1, 2], [3, 4]]), [1, 0]).toArray(); // [2, 3]
 */
export function pick(x: Tensor, index: Indices): Tensor {
  checkTensor("pick", x);
  return pickOp(x, { index: outerIndex("pick", x, index, x.shape[x.rank - 1]) });
}
