/**
 * Training exactly as the C program word2vec does it with one thread: its random numbers, vocabulary, noise table,
 * windows, table of the logistic function and order of updates, in f32. What the program does is stated where it is
 * done; it is the specification, also where another choice would be as good.
 */
import { countWords, SENTENCE_END } from "./counts.ts";
import type { Settings, WordVectorOptions } from "./options.ts";
import { WordVectors } from "./word-vectors.ts";

const END_OF_SENTENCE = "</s>";
const LONGEST_SENTENCE = 1000;
const TABLE_SIZE = 1e8;
const LARGEST_SCORE = 6;
const LOGISTIC_CELLS = 1000;
/** Cells for a step of 1: 1000 / 6 / 2 in whole numbers, though 83 1/3 would reach the last cells. */
const CELLS_PER_UNIT = 83;
const WORDS_PER_RATE = 10_000;
const LAST_RATE = 1e-4;
const { fround } = Math;

export function trainStrict(
  sentences: Iterable<readonly string[]>,
  settings: Settings,
  onProgress: NonNullable<WordVectorOptions["onProgress"]>,
): WordVectors {
  const { dim, window, negative, epochs, minCount, architecture } = settings;
  const corpus = countWords(sentences, minCount, END_OF_SENTENCE);
  const { words, counts, ids, knownWords } = corpus;
  const start = fround(settings.alpha);
  const input = new Float32Array(words.length * dim);
  const output = new Float32Array(words.length * dim);
  const initial = new Generator(1);
  for (let i = 0; i < input.length; i++) {
    initial.step();
    input[i] = fround(fround((initial.low & 0xffff) / 65536) - 0.5) / dim;
  }
  const random = new Generator(0);
  const noise = new NoiseTable(counts);
  const logistic = logisticTable();
  const keep = keepShares(counts, knownWords, settings.sample);
  const sentence = new Int32Array(LONGEST_SENTENCE);
  const hidden = new Float32Array(dim);
  const errors = new Float32Array(dim);
  const totalWords = fround(epochs * knownWords + 1);
  let [alpha, loss, pairs] = [start, 0, 0];

  /** One output layer step: the vector `x` at `from`, which its errors are summed up for. */
  function predict(x: Float32Array, from: number, word: number): void {
    for (let k = 0; k <= negative; k++) {
      let target = word;
      if (k > 0) {
        random.step();
        target = noise.at(random.shiftedModulo(TABLE_SIZE));
        if (target === 0) target = random.modulo(words.length - 1) + 1;
        if (target === word) continue;
      }
      const label = k === 0 ? 1 : 0;
      const row = target * dim;
      let score = 0;
      for (let d = 0; d < dim; d++) score = fround(score + x[from + d] * output[row + d]);
      let probability = score > LARGEST_SCORE ? 1 : 0;
      if (score <= LARGEST_SCORE && score >= -LARGEST_SCORE) {
        probability = logistic[Math.trunc(fround(fround(score + LARGEST_SCORE) * CELLS_PER_UNIT))];
      }
      const signed = k === 0 ? score : -score;
      loss += Math.log1p(Math.exp(-Math.abs(signed))) + Math.max(-signed, 0);
      const step = fround(fround(label - probability) * alpha);
      for (let d = 0; d < dim; d++) errors[d] += step * output[row + d];
      for (let d = 0; d < dim; d++) output[row + d] += step * x[from + d];
    }
    pairs++;
  }

  function trainPosition(length: number, center: number): void {
    const word = sentence[center];
    errors.fill(0);
    random.step();
    const radius = window - random.modulo(window);
    const [first, last] = [Math.max(center - radius, 0), Math.min(center + radius, length - 1)];
    if (architecture === "skip-gram") {
      for (let i = first; i <= last; i++) {
        if (i === center) continue;
        const row = sentence[i] * dim;
        errors.fill(0);
        predict(input, row, word);
        for (let d = 0; d < dim; d++) input[row + d] += errors[d];
      }
      return;
    }
    hidden.fill(0);
    let contexts = 0;
    for (let i = first; i <= last; i++) {
      if (i === center) continue;
      for (let d = 0; d < dim; d++) hidden[d] += input[sentence[i] * dim + d];
      contexts++;
    }
    if (contexts === 0) return;
    for (let d = 0; d < dim; d++) hidden[d] /= contexts;
    predict(hidden, 0, word);
    for (let i = first; i <= last; i++) {
      if (i === center) continue;
      for (let d = 0; d < dim; d++) input[sentence[i] * dim + d] += errors[d];
    }
  }

  let [epoch, done, read, readBefore] = [0, 0, 0, 0];
  const report = (epochEnded: boolean): void =>
    onProgress({
      epoch,
      words: Math.round(done * (corpus.allWords / knownWords)),
      totalWords: epochs * corpus.allWords,
      alpha,
      loss: loss / pairs,
      pairs,
      epochEnded,
    });
  function refreshRate(): void {
    if (read - readBefore <= WORDS_PER_RATE) return;
    done += read - readBefore;
    readBefore = read;
    alpha = fround(start * fround(1 - fround(done / totalWords)));
    if (alpha < fround(start * LAST_RATE)) alpha = fround(start * LAST_RATE);
    report(false);
  }
  for (epoch = 1; epoch <= epochs; epoch++) {
    [loss, pairs, read, readBefore] = [0, 0, 0, 0];
    for (let at = 0; at < ids.length; ) {
      refreshRate();
      let length = 0;
      while (at < ids.length && length < LONGEST_SENTENCE) {
        const word = ids[at++];
        read++;
        if (word === SENTENCE_END) break;
        if (keep) {
          random.step();
          if (keep[word] < (random.low & 0xffff) / 65536) continue;
        }
        sentence[length++] = word;
      }
      // A sentence of which nothing is left draws a window all the same.
      for (let center = 0; center < Math.max(length, 1); center++) {
        if (center > 0) refreshRate();
        trainPosition(length, center);
      }
    }
    done += read - readBefore;
    report(true);
  }
  return new WordVectors(words, input, { counts });
}

/** `r = 25214903917 r + 11` modulo 2^64, in two halves. */
class Generator {
  /** The lower 32 bits. */
  low: number;
  #high = 0;

  constructor(seed: number) {
    this.low = seed;
  }

  step(): void {
    // 25214903917 is 5 * 2^32 + 0xdeece66d; products of 16 and 32 bits are exact.
    const [low, upper] = [this.low & 0xffff, this.low >>> 16];
    const first = low * 0xdeece66d + 11;
    const second = upper * 0xdeece66d + Math.floor(first / 65536);
    const carry = Math.floor(second / 65536);
    const high = Math.imul(this.#high, 0xdeece66d) + Math.imul(this.low, 5) + carry;
    this.low = ((second & 0xffff) << 16) | (first & 0xffff);
    this.low >>>= 0;
    this.#high = high >>> 0;
  }

  /** The number modulo m, at most 2^37. */
  modulo(m: number): number {
    const upper = ((this.#high % m) * 65536 + (this.low >>> 16)) % m;
    return (upper * 65536 + (this.low & 0xffff)) % m;
  }

  /** The number without its lowest 16 bits, modulo m. */
  shiftedModulo(m: number): number {
    return (this.#high * 65536 + (this.low >>> 16)) % m;
  }
}

/** The table of 10^8 cells whose shares are those of `count^0.75`, by the last cell of each word. */
class NoiseTable {
  readonly #last: Float64Array;

  constructor(counts: Float64Array) {
    const weights = counts.map((count) => count ** 0.75);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#last = new Float64Array(counts.length);
    let bound = weights[0] / total;
    let cell = 0;
    for (let i = 0; i < counts.length; i++) {
      // The first cell beyond the bound is still of this word.
      cell = Math.max(cell, Math.floor(bound * TABLE_SIZE));
      while (cell / TABLE_SIZE <= bound) cell++;
      this.#last[i] = cell++;
      if (i + 1 < counts.length) bound += weights[i + 1] / total;
    }
    this.#last[counts.length - 1] = Number.POSITIVE_INFINITY;
  }

  /** The word of a cell. */
  at(cell: number): number {
    let [low, high] = [0, this.#last.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#last[middle] < cell) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The logistic function at 1000 places from -6 on. */
function logisticTable(): Float32Array {
  const table = new Float32Array(LOGISTIC_CELLS);
  for (let i = 0; i < table.length; i++) {
    const power = fround(
      Math.exp(fround(fround(fround(fround(i / LOGISTIC_CELLS) * 2) - 1) * LARGEST_SCORE)),
    );
    table[i] = power / fround(power + 1);
  }
  return table;
}

/** Shares to keep, to be held against 16 random bits; undefined where all is kept. */
function keepShares(counts: Float64Array, total: number, sample: number): Float32Array | undefined {
  if (sample === 0) return undefined;
  const threshold = fround(fround(sample) * fround(total));
  return Float32Array.from(
    counts,
    (count) => ((Math.sqrt(fround(count / threshold)) + 1) * threshold) / count,
  );
}
