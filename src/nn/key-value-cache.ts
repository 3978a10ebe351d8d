/** Keys and values of the positions a model has already seen, so that each new one is projected once. */
import { DTypeError, ShapeError, StateError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { formatShape } from "../base/shape.ts";
import { type Columns, type ColumnsLike, empty, Tensor } from "../tensor/index.ts";
import { columnsOf } from "../tensor/ops/columns.ts";
import { copyStrided } from "../tensor/ops/strided.ts";

export interface KeyValueCacheOptions {
  /** Positions to make room for at first. Default: those of the first {@link KeyValueCache.append}. */
  readonly capacity?: number;
}

/**
 * The keys and values of one attention, `[B, capacity, E]` each, of which the first `length` positions are filled.
 * Room grows by doubling, so that a sequence of T positions is copied O(1) times a position. The data lives outside
 * scopes until {@link dispose}, and no gradient flows through it: fill it inside `noGrad`.
 *
 * @example
 * const cache = new KeyValueCache();
 * cache.append(ones([2, 3, 4]), ones([2, 3, 4]));
 * cache.append(ones([2, 1, 4]), ones([2, 1, 4]));
 * [cache.length, cache.capacity]; // [4, 6]
 */
export class KeyValueCache {
  #keys: Tensor | null = null;
  #values: Tensor | null = null;
  #length = 0;
  readonly #firstCapacity: number;

  constructor(options: KeyValueCacheOptions = {}) {
    rejectUnknownKeys("KeyValueCache", options, ["capacity"]);
    this.#firstCapacity = checkNumber("capacity", options.capacity ?? 0, { integer: true, min: 0 });
  }

  /** Number of filled positions. */
  get length(): number {
    return this.#length;
  }

  /** Number of positions there is room for. */
  get capacity(): number {
    return this.#keys?.shape[1] ?? this.#firstCapacity;
  }

  /** `[B, capacity, E]`. What lies behind `length` is undefined. */
  get keys(): Tensor {
    return filled(this.#keys);
  }

  /** `[B, capacity, E]`. What lies behind `length` is undefined. */
  get values(): Tensor {
    return filled(this.#values);
  }

  /**
   * Adds the keys and values `[B, T, E]` of T new positions.
   *
   * @throws {ShapeError} when the two differ in shape, or from what is cached in B or E.
   * @throws {DTypeError} for another type of numbers.
   * @throws {StateError} for tensors that gradients should flow through.
   */
  append(keys: ColumnsLike, values: ColumnsLike): void {
    const [k, v] = [columnsOf("cached keys", keys), columnsOf("cached values", values)];
    const [batch, time, width] = this.#checkNew(k, v);
    const room = this.#keys === null ? this.#firstCapacity : this.capacity;
    const needed = this.#length + time;
    if (this.#keys === null || needed > room) this.#reserve(k, batch, width, grown(room, needed));
    copyIn(k, this.keys, this.#length);
    copyIn(v, this.values, this.#length);
    this.#length = needed;
  }

  #checkNew(keys: Columns, values: Columns): readonly number[] {
    const shape = shapeOf(keys);
    const [batch, , width] = shape;
    const own = this.#keys?.shape ?? shape;
    const agrees = formatShape(shape) === formatShape(shapeOf(values));
    if (!agrees || own[0] !== batch || own[2] !== width) {
      throw new ShapeError({
        what: "key-value cache",
        expected: this.#keys ? `keys and values [${own[0]}, T, ${own[2]}]` : "keys and values [B, T, E]",
        got: `${formatShape(shape)} and ${formatShape(shapeOf(values))}`,
      });
    }
    const dtype = this.#keys?.dtype ?? keys.of.dtype;
    if (keys.of.dtype !== dtype || values.of.dtype !== dtype) {
      throw new DTypeError({
        what: "key-value cache",
        expected: `tensors of ${dtype}`,
        got: `${keys.of.dtype} and ${values.of.dtype}`,
      });
    }
    if (keys.of.requiresGrad || values.of.requiresGrad) {
      throw new StateError({
        what: "key-value cache",
        expected: "keys and values without gradients",
        got: "some that gradients should flow through",
        hint: "Wrap the computation in noGrad.",
      });
    }
    return shape;
  }

  /** Makes room for `capacity` positions and moves what is filled there. */
  #reserve({ of: { dtype } }: Columns, batch: number, width: number, capacity: number): void {
    const moved = (old: Tensor | null): Tensor => {
      const made = empty([batch, capacity, width], dtype);
      made.storage.moveTo(null);
      if (old === null) return made;
      copyFilled(old, made, this.#length);
      old.dispose();
      return made;
    };
    this.#keys = moved(this.#keys);
    this.#values = moved(this.#values);
  }

  /**
   * Makes row i what row `rows[i]` was, as beam search needs when it drops and doubles hypotheses. Rows that stay where
   * they are cost nothing, and memory is only taken when rows become more.
   *
   * @throws {ShapeError} for a row that is not there.
   */
  select(rows: Int32Array | readonly number[]): void {
    if (this.#keys === null || this.#values === null) return;
    const [batch] = this.#keys.shape;
    for (const row of rows) {
      if (Number.isInteger(row) && row >= 0 && row < batch) continue;
      throw new ShapeError({ what: "cached row", expected: `one of 0..${batch - 1}`, got: String(row) });
    }
    const moves = rows.length > batch ? null : inPlaceMoves(rows);
    this.#keys = selectRows(this.#keys, rows, moves, this.#length);
    this.#values = selectRows(this.#values, rows, moves, this.#length);
  }

  /** Frees the data at once and empties the cache. */
  dispose(): void {
    this.#keys?.dispose();
    this.#values?.dispose();
    this.#keys = null;
    this.#values = null;
    this.#length = 0;
  }
}

function filled(x: Tensor | null): Tensor {
  if (x !== null) return x;
  throw new StateError({ what: "key-value cache", expected: "keys and values", got: "an empty cache" });
}

const shapeOf = ({ of: { shape }, width }: Columns): readonly number[] => [...shape.slice(0, -1), width];

/** Twice the room, or what is needed where that is more. */
const grown = (room: number, needed: number): number => (needed > room ? Math.max(needed, 2 * room) : room);

/** Writes x `[B, T, width]` to positions `at`, at + 1, ... of `out`. */
function copyIn({ of, start, width }: Columns, out: Tensor, at: number): void {
  const [batch, time, step] = of.shape;
  const to = [out.shape[1] * width, width, 1];
  copyStrided(of, start, [time * step, step, 1], out, at * width, to, [batch, time, width]);
}

/** Copies the first `length` positions of every row. */
function copyFilled(from: Tensor, to: Tensor, length: number): void {
  const [batch, , width] = from.shape;
  const strides = (x: Tensor) => [x.shape[1] * width, 1];
  copyStrided(from, 0, strides(from), to, 0, strides(to), [batch, length * width]);
}

/** A copy from one row to another; -1 is a spare row. */
type Move = readonly [from: number, to: number];

/**
 * An order in which rows can be copied within one tensor: no row is written while another still has to be made of it.
 * What remains after that are rings of rows, each opened by putting one row aside.
 */
function inPlaceMoves(rows: Int32Array | readonly number[]): Move[] {
  const moves: Move[] = [];
  const source = new Map<number, number>();
  const readers = new Map<number, number>();
  for (const [to, from] of rows.entries()) {
    if (from === to) continue;
    source.set(to, from);
    readers.set(from, (readers.get(from) ?? 0) + 1);
  }
  const ready = [...source.keys()].filter((row) => !readers.has(row));
  for (let to = ready.pop(); to !== undefined; to = ready.pop()) {
    const from = source.get(to) as number;
    source.delete(to);
    moves.push([from, to]);
    const left = (readers.get(from) as number) - 1;
    readers.set(from, left);
    if (left === 0 && source.has(from)) ready.push(from);
  }
  for (const first of source.keys()) {
    moves.push([first, -1]);
    let to = first;
    for (let from = source.get(to) as number; from !== first; from = source.get(to) as number) {
      moves.push([from, to]);
      source.delete(to);
      to = from;
    }
    moves.push([-1, to]);
    source.delete(to);
  }
  return moves;
}

/** The rows `rows` of x, made in place by `moves`, or anew where that is null. */
function selectRows(
  x: Tensor,
  rows: Int32Array | readonly number[],
  moves: readonly Move[] | null,
  length: number,
): Tensor {
  const [, capacity, width] = x.shape;
  const shape = [rows.length, capacity, width];
  const [step, size] = [capacity * width, length * width];
  if (moves === null) {
    const out = empty(shape, x.dtype);
    out.storage.moveTo(null);
    const [to, from] = [out.view(), x.view()];
    rows.forEach((row, i) => {
      to.set(from.subarray(row * step, row * step + size), i * step);
    });
    x.dispose();
    return out;
  }
  const view = x.view();
  let spare = view.slice(0, 0);
  for (const [from, to] of moves) {
    if (to < 0) spare = view.slice(from * step, from * step + size);
    else if (from < 0) view.set(spare, to * step);
    else view.copyWithin(to * step, from * step, from * step + size);
  }
  return new Tensor(x.storage, x.offset, shape, x.dtype);
}
