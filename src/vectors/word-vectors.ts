/** Words with their vectors, and what can be asked of them. */
import { OptionError } from "../base/errors.ts";
import type { FileSystem } from "../base/file-system.ts";
import {
  checkChoice,
  checkInstance,
  checkList,
  checkNumber,
  describe,
  rejectUnknownKeys,
} from "../base/options.ts";
import type { NgramVectors } from "../formats/word-vectors.ts";
import { Embedding } from "../nn/embedding.ts";
import { tensor } from "../tensor/index.ts";
import {
  type AnalogyResult,
  type AnalogySection,
  evaluateAnalogies,
  evaluateSimilarity,
  type RatedPair,
  type SimilarityResult,
} from "./evaluate.ts";
import { loadVectors, saveVectors } from "./files.ts";
import { meanOfNgrams } from "./subwords.ts";

/** A word and how near it is: a cosine, or the value that an analogy gives it. */
export interface Neighbour {
  readonly word: string;
  readonly score: number;
}

export interface AnalogyOptions {
  /** How many answers. @defaultValue 10 */
  readonly k?: number;
  /** @defaultValue "add" */
  readonly method?: "add" | "mul";
}

/**
 * Words with a vector each.
 *
 * @example
 * const vectors = new WordVectors(["king", "queen", "car"], Float32Array.of(1, 1, 1, 0.8, -1, 0.5));
 * vectors.nearest("king", 1)[0].word; // "queen"
 */
export class WordVectors {
  readonly words: readonly string[];
  /** Elements of a vector. */
  readonly dim: number;
  /** `[words.length, dim]` */
  readonly vectors: Float32Array;
  /** How often each word occurred in training; undefined where it is not known. */
  readonly counts: Float64Array | undefined;
  /** Words that were given twice: of these the first vector is found. */
  readonly duplicates: number;
  readonly #numbers = new Map<string, number>();
  /** The numbers of words that came before: no search finds them. */
  readonly #again = new Set<number>();
  /** For words that are not among {@link words}. */
  readonly ngrams: NgramVectors | undefined;
  #units: Float32Array | undefined;

  /**
   * @param vectors `[words.length, dim]`; not copied
   * @throws {OptionError} when the vectors are not as many as the words.
   */
  constructor(
    words: readonly string[],
    vectors: Float32Array,
    {
      counts,
      ngrams,
    }: { readonly counts?: Float64Array | undefined; readonly ngrams?: NgramVectors | undefined } = {},
  ) {
    checkList("words of WordVectors", words);
    checkInstance("vectors of WordVectors", vectors, Float32Array);
    const dim = vectors.length / words.length;
    if (!Number.isInteger(dim) || dim === 0) {
      throw new OptionError({
        what: "WordVectors",
        expected: "vectors of equal length, one for each word",
        got: `${vectors.length} numbers for ${words.length} words`,
      });
    }
    this.words = words;
    this.dim = dim;
    this.vectors = vectors;
    this.counts = counts;
    this.ngrams = ngrams;
    for (const [i, word] of words.entries()) {
      if (this.#numbers.has(word)) this.#again.add(i);
      else this.#numbers.set(word, i);
    }
    this.duplicates = this.#again.size;
  }

  has(word: string): boolean {
    return this.#numbers.has(word);
  }

  /** The number of a word, or undefined. */
  index(word: string): number | undefined {
    return this.#numbers.get(word);
  }

  /**
   * A copy of the vector of a word; with vectors of n-grams, also of one that is not in the vocabulary: their mean.
   *
   * @throws {OptionError} for a word without a vector.
   */
  vector(word: string): Float32Array {
    const i = this.#numbers.get(word);
    if (i !== undefined) return this.vectors.slice(i * this.dim, (i + 1) * this.dim);
    const made = this.ngrams && meanOfNgrams(word, this.dim, this.ngrams);
    if (made) return made;
    throw new OptionError({
      what: "word",
      expected: `one of the ${this.words.length} words that have a vector`,
      got: describe(word),
      ...this.#hint(word),
    });
  }

  /** Another spelling of a word that has no vector. */
  #hint(word: unknown): { hint?: string } {
    if (typeof word !== "string") return {};
    const lower = word.toLowerCase();
    const known = this.words.find((other) => other.toLowerCase() === lower);
    return known === undefined ? {} : { hint: `Did you mean ${describe(known)}?` };
  }

  /**
   * The cosine of the angle between the vectors of two words, in [-1, 1]; 0 where one is zero.
   *
   * @throws {OptionError} for a word without a vector.
   */
  similarity(a: string, b: string): number {
    const [x, y] = [unit(this.vector(a)), unit(this.vector(b))];
    let dot = 0;
    for (let d = 0; d < x.length; d++) dot += x[d] * y[d];
    return Math.min(Math.max(dot, -1), 1);
  }

  /**
   * The k words whose vectors have the largest cosine with that of a word, or with a vector; the word itself is left
   * out. Of equally near ones the first in the vocabulary comes first.
   *
   * @param k at most so many
   * @throws {OptionError} for a word without a vector, or a vector of another length.
   */
  nearest(query: string | ArrayLike<number>, k = 10): Neighbour[] {
    checkNumber("k", k, { integer: true, min: 1 });
    if (typeof query === "string") {
      return this.#best(this.#cosines(unit(this.vector(query))), k, new Set([this.#numbers.get(query)]));
    }
    const length = (query as ArrayLike<number> | null | undefined)?.length;
    if (length !== this.dim) {
      const got = length === undefined ? describe(query) : `${length}`;
      throw new OptionError({ what: "nearest", expected: `a word or ${this.dim} numbers`, got });
    }
    return this.#best(this.#cosines(unit(Float32Array.from(query))), k, new Set());
  }

  /**
   * The words d for which "a is to b as c is to d", those three left out. `add` is 3CosAdd, the cosine of `b - a + c`
   * (of unit vectors) with d; `mul` is 3CosMul, `cos(d, b) cos(d, c) / (cos(d, a) + 0.001)` with cosines moved to [0, 1]
   * (Levy and Goldberg 2014, equations 3 and 4).
   *
   * @throws {OptionError} for a word without a vector.
   * @example
   * // vectors.analogy("man", "king", "woman")[0].word is "queen" where things go well
   */
  analogy(a: string, b: string, c: string, options: AnalogyOptions = {}): Neighbour[] {
    rejectUnknownKeys("analogy", options, ["k", "method"]);
    const k = checkNumber("k", options.k ?? 10, { integer: true, min: 1 });
    const method = checkChoice("method", options.method ?? "add", ["add", "mul"]);
    const [x, y, z] = [a, b, c].map((word) => unit(this.vector(word)));
    const asked = new Set([a, b, c].map((word) => this.#numbers.get(word)));
    if (method === "add") return this.#best(this.#cosines(unit(y.map((v, d) => v - x[d] + z[d]))), k, asked);
    const shifted = (to: Float32Array) => this.#cosines(to).map((cosine) => (1 + cosine) / 2);
    const [toA, toB, toC] = [x, y, z].map(shifted);
    const scores = toB.map((near, i) => (near * toC[i]) / (toA[i] + 0.001));
    return this.#best(scores, k, asked);
  }

  /** Of length 1 each, zeros staying zeros: `[words.length, dim]`. */
  get unitVectors(): Float32Array {
    if (this.#units) return this.#units;
    const units = this.vectors.slice();
    for (let i = 0; i < units.length; i += this.dim) unit(units.subarray(i, i + this.dim), true);
    this.#units = units;
    return units;
  }

  /**
   * How well the vectors agree with people's ratings of pairs, and how many analogies they solve: see
   * {@link evaluateSimilarity} and {@link evaluateAnalogies}.
   */
  evaluate(questions: {
    readonly similarity?: readonly RatedPair[] | undefined;
    readonly analogies?: readonly AnalogySection[] | undefined;
    /** Words that take part in analogies, 0 for all. @defaultValue 30,000 */
    readonly limit?: number | undefined;
  }): { similarity?: SimilarityResult; analogies?: AnalogyResult } {
    const { similarity, analogies, limit } = questions;
    return {
      ...(similarity && { similarity: evaluateSimilarity(this, similarity) }),
      ...(analogies && {
        analogies: evaluateAnalogies(this, analogies, limit === undefined ? {} : { limit }),
      }),
    };
  }

  /** An embedding with these vectors as its rows, in the order of {@link words}. */
  toEmbedding(): Embedding {
    const made = new Embedding({ numEmbeddings: this.words.length, embeddingDim: this.dim });
    const weight = tensor(this.vectors, [this.words.length, this.dim]);
    made.loadStateDict(new Map([["weight", weight]]));
    return made;
  }

  /**
   * Reads vectors: `*.safetensors` as {@link save} writes it, with those of n-grams; a model of fastText; else a file of
   * word2vec, binary when its name contains `.bin`, else text. `.gz` is decompressed.
   *
   * @throws {IoError} when it cannot be read.
   * @throws {FormatError} when it is damaged or of another kind.
   */
  static load(path: string, fs?: FileSystem): WordVectors {
    const { words, vectors, counts, ngrams } = loadVectors(path, fs);
    return new WordVectors(words, vectors, { counts, ngrams });
  }

  /**
   * Writes the vectors: `*.safetensors` holds everything. The other files hold words and vectors alone, not those of
   * n-grams: word2vec's binary one when the name contains `.bin`; for TensorFlow's projector `*.tsv`, with the words
   * beside it in `*.metadata.tsv`; else word2vec's text. `.gz` is compressed.
   *
   * @throws {OptionError} for a word that the format cannot hold, as one with a blank or NUL in those of word2vec.
   * @throws {IoError} when the file cannot be written.
   */
  save(path: string, fs?: FileSystem): void {
    saveVectors(path, this, fs);
  }

  /** The dot product of a unit vector with every other. */
  #cosines(query: Float32Array): Float64Array {
    const { dim, unitVectors } = this;
    const scores = new Float64Array(this.words.length);
    for (let i = 0, at = 0; i < scores.length; i++) {
      let dot = 0;
      for (let d = 0; d < dim; d++) dot += query[d] * unitVectors[at++];
      scores[i] = dot;
    }
    return scores;
  }

  #best(scores: Float64Array, k: number, without: ReadonlySet<number | undefined>): Neighbour[] {
    const best: number[] = [];
    for (let i = 0; i < scores.length; i++) {
      if (without.has(i) || this.#again.has(i) || (best.length === k && !(scores[i] > scores[best[k - 1]])))
        continue;
      let place = best.length;
      while (place > 0 && scores[i] > scores[best[place - 1]]) place--;
      best.splice(place, 0, i);
      if (best.length > k) best.pop();
    }
    return best.map((i) => ({ word: this.words[i], score: scores[i] }));
  }
}

/** Of length 1; zeros stay zeros. */
function unit(vector: Float32Array, inPlace = false): Float32Array {
  const out = inPlace ? vector : vector.slice();
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares > 0) for (let d = 0; d < out.length; d++) out[d] /= Math.sqrt(squares);
  return out;
}
