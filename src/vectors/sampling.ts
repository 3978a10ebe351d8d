/** The two random choices of word2vec: which frequent words are left out, and which words are noise. */

/** A number in [0, 1] as 32 bits: the chance that 32 random bits are at most it. */
const bitsOf = (probability: number): number =>
  Math.min(Math.max(Math.ceil(probability * 4294967296) - 1, 0), 4294967295);

/**
 * The chance that an occurrence of a word is kept: `min(1, (sqrt(f / sample) + 1) sample / f)` for a word that makes up
 * the share f of the corpus. This is what word2vec.c computes; the paper's `sqrt(sample / f)` (Mikolov et al. 2013,
 * eq. 5) is a little less.
 *
 * @param sample from which share on words are left out; 0 keeps all
 */
export function keepProbability(count: number, total: number, sample: number): number {
  if (sample === 0) return 1;
  const threshold = sample * total;
  return Math.min(1, ((Math.sqrt(count / threshold) + 1) * threshold) / count);
}

/** {@link keepProbability} of each word, as the training kernel reads it. */
export function keepTable(counts: Float64Array, total: number, sample: number): Uint32Array {
  return Uint32Array.from(counts, (count) => bitsOf(keepProbability(count, total, sample)));
}

/**
 * A table to draw numbers from in proportion to their weights, one step each (Walker 1977; Vose 1991): of the cell that
 * a draw hits, entry `[cell, 0]` is the chance, in 32 bits, that it stands for itself, and `[cell, 1]` the number that
 * it stands for otherwise.
 *
 * @returns `[weights.length, 2]`
 */
export function aliasTable(weights: Float64Array): Uint32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => (weight / total) * weights.length);
  const table = new Uint32Array(2 * weights.length);
  const poor: number[] = [];
  const rich: number[] = [];
  for (let i = 0; i < shares.length; i++) {
    table[2 * i] = 4294967295;
    table[2 * i + 1] = i;
    (shares[i] < 1 ? poor : rich).push(i);
  }
  while (poor.length > 0 && rich.length > 0) {
    const [receiver, giver] = [poor.pop()!, rich[rich.length - 1]];
    table[2 * receiver] = bitsOf(shares[receiver]);
    table[2 * receiver + 1] = giver;
    shares[giver] -= 1 - shares[receiver];
    if (shares[giver] < 1) poor.push(rich.pop()!);
  }
  return table;
}

/** Noise words in proportion to `count^0.75` (Mikolov et al. 2013, section 2.2). */
export const noiseTable = (counts: Float64Array): Uint32Array =>
  aliasTable(counts.map((count) => count ** 0.75));
