/** How the work of a kernel call is divided into chunks. */
/** A way to divide calls of a kernel. */
export interface Split {
  /** Index of the argument that counts the units to divide: rows, elements, columns, batch entries. */
  readonly count: number;
  /** Cuts are made at multiples of so many units. */
  readonly granule: number;
  /**
   * The offsets among the arguments, and which other arguments multiply to the elements that each moves by for one
   * unit: `[3, 5, 6]` says that argument 3 moves by argument 5 times argument 6. An offset of 0 is that of no array.
   */
  readonly moves: readonly (readonly [pointer: number, ...factors: number[]])[];
  /** For dropout: where the seed of its random sequence is, and the factors of the elements it numbers for one unit. */
  readonly seed?: readonly [seed: number, ...factors: number[]];
  /** Work of the whole call, of which a thread does about a thousand million a second. */
  work(args: readonly number[]): number;
}

/** Handing out a chunk costs a thread one to two microseconds. */
export const MIN_CHUNK = 5000;
const F32 = 4;

/**
 * Number of chunks for so many threads: one each, since every chunk of a matrix product packs its operands anew; 1 when
 * more are not worth their while.
 */
export function chunksOf(split: Split, args: readonly number[], threads: number): number {
  const units = Math.floor(args[split.count] / split.granule);
  return Math.max(1, Math.min(Math.floor(split.work(args) / MIN_CHUNK), units, threads));
}

/** Fills `part` with the arguments of chunk `index` of `chunks`, of which there may be one for each granule. */
export function writeChunk(
  split: Split,
  args: readonly number[],
  index: number,
  chunks: number,
  part: number[],
): void {
  const { count, granule, moves, seed } = split;
  const total = args[count];
  const start = cut(total, granule, index, chunks);
  const end = index === chunks - 1 ? total : cut(total, granule, index + 1, chunks);
  part.length = args.length;
  for (let i = 0; i < args.length; i++) part[i] = args[i];
  part[count] = end - start;
  for (const move of moves) {
    if (args[move[0]] !== 0) part[move[0]] += elementsOf(start, args, move) * F32;
  }
  if (seed) {
    const [at] = seed;
    part[at] = (args[at] + Math.imul(elementsOf(start, args, seed), args[at + 1] | 1)) | 0;
  }
}

/** Where chunk `index` begins: at the nearest granule to its share. */
export const cut = (total: number, granule: number, index: number, chunks: number): number =>
  Math.round((total * index) / chunks / granule) * granule;

/** `units` times the arguments at the factors behind the first entry. */
function elementsOf(units: number, args: readonly number[], move: readonly number[]): number {
  let elements = units;
  for (let i = 1; i < move.length; i++) elements *= args[move[i]];
  return elements;
}
