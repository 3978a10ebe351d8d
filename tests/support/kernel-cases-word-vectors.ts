/** Cases of the kernel that trains word vectors. */
import type { KernelCase } from "./kernel-arena.ts";

const VOCABULARY = 30;
const ROWS = 50;

export const wordVectorCases = {
  negativeSampling: (arena, n) => {
    const { random } = arena;
    const width = 4 * (1 + random.integer(8));
    // Small values, so that what a few dozen steps make of rounding stays within the tolerance; and no NaN, which steps
    // pass on from word to word.
    const values = { draw: () => 0.1 * random.normal(), nan: false };
    const words = arena.numbers(n, (r) => r.integer(VOCABULARY + 1) - 1);
    const keep = random.integer(2) * arena.numbers(VOCABULARY, (r) => r.bits());
    const noise = arena.numbers(2 * VOCABULARY, (r, i) => (i % 2 === 0 ? r.bits() : r.integer(VOCABULARY)));
    const partial = random.integer(2);
    let end = 0;
    const starts = partial * arena.numbers(VOCABULARY + 1, (r, i) => (end += i === 0 ? 0 : 1 + r.integer(3)));
    const parts = partial * arena.indices(3 * VOCABULARY, ROWS);
    const [input, output] = [arena.output(ROWS * width, values), arena.output(VOCABULARY * width, values)];
    const [window, negatives, cbow] = [1 + random.integer(6), 1 + random.integer(12), random.integer(2)];
    const [losses, pairs] = [arena.output(n), arena.output(n)];
    const [seed0, seed1] = [random.bits() | 0, random.bits() | 0];
    return [
      words,
      n,
      keep,
      noise,
      VOCABULARY,
      starts,
      parts,
      input,
      output,
      width,
      window,
      negatives,
      cbow,
      0.05,
      losses,
      pairs,
      1,
      seed0,
      seed1,
    ];
  },
} satisfies { negativeSampling: KernelCase<"negativeSampling"> };
