/** The part of the kernels' contract that trains word vectors. */

/**
 * Skip-gram and CBOW with negative sampling (Mikolov et al. 2013, "Distributed Representations", section 2.2), by
 * stochastic gradient descent in place.
 */
export interface WordVectorTraining {
  /**
   * One pass over the n words `words`, i32 numbers below `vocabulary` in which a negative one ends a sentence.
   *
   * Position i has random bits of its own: with `mix` as in `dropout`, `h = mix(seed0 + i (seed1 | 1))`
   * and draw j is `mix(h + j 0x9e3779b9)`; `draw * m >> 32` is a number below m.
   *
   * - The word w at i is kept when draw 0 is at most `keep[w]` (u32; `keep` 0: always). At most 1000 kept words are a
   *   sentence. The contexts of a position are those up to `1 + number below window` (draw 1) places away.
   * - A noise word is `c = number below vocabulary` when the low 32 bits of the product are at most the u32 at
   *   `noise[c][0]`, else `noise[c][1]`. Draws 2, 3, ... give `negatives` of them for each set of targets; one that is
   *   in the set already is left out.
   * - For inputs x, rows of `input`, and targets y, rows of `output`, the first of them true and the others noise, the
   *   loss of a pair is `-log s(x . y_0) - sum_k log s(-x . y_k)`, s being the logistic function and scores beyond 30
   *   counting as 30. The gradient of the sum of the losses, times `rate`, is taken from all rows at once.
   *
   * Skip-gram: the inputs are the contexts, all with the word and the same noise words as targets (Ji et al. 2016,
   * section III: rows are read once for many products). With `cbow` there is one input, the mean of the contexts, and each context gets its
   * whole gradient, as in all peers. When `starts` is not 0, word w is the mean of the rows
   * `parts[starts[w]] .. parts[starts[w + 1] - 1]`, to each of which goes the whole gradient; in skip-gram the word is
   * then the input, and each context with noise words of its own a set of targets (Bojanowski et al. 2017).
   *
   * Row w of a table starts at element `w*width`; width is a multiple of 4, at most 2048; window is at most 64,
   * negatives at most 128. `losses[i]` and `pairs[i]` receive the loss and the number of pairs of each position.
   *
   * When `threads` is more than 1, so many threads each take a stretch of the words, and update the tables without
   * locks (Niu et al. 2011, "Hogwild!"): the one kernel whose result then depends on how they happen to interleave.
   */
  negativeSampling(
    words: number, n: number, keep: number, noise: number, vocabulary: number, starts: number, parts: number,
    input: number, output: number, width: number, window: number, negatives: number, cbow: number,
    rate: number, losses: number, pairs: number, threads: number, seed0: number, seed1: number,
  ): void;
}
