/** Training of word vectors: skip-gram and CBOW with negative sampling. */
import { Random } from "../base/random.ts";
import { configure } from "../tensor/index.ts";
import { heap, kernelsFor } from "../tensor/runtime.ts";
import { type CountedCorpus, countWords } from "./counts.ts";
import { type Settings, settingsOf, type WordVectorOptions } from "./options.ts";
import { keepTable, noiseTable } from "./sampling.ts";
import { trainStrict } from "./strict.ts";
import { subwordRows, withNgrams } from "./subwords.ts";
import { WordVectors } from "./word-vectors.ts";

/** Words between two learning rates, for each thread. */
const BATCH_WORDS = 2 ** 15;
/** The learning rate ends at this share of the first. */
export const LAST_RATE = 1e-4;

/**
 * Learns word vectors from sentences (Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
 * Compositionality", section 2.2).
 *
 * Each word that is near another, at most a random distance up to `window` away, is to score higher with it than
 * `negative` noise words do, drawn in proportion to their frequency to the power 0.75: the loss of a pair is
 * `-log s(x . y) - sum_k log s(-x . y_k)` in nats, x being the vectors that are returned and s the logistic function.
 * All pairs of a position share their noise words (Ji et al. 2016).
 *
 * With one thread, the same seed gives the same vectors.
 *
 * @throws {OptionError} for options out of range, and for text with fewer than two words that are frequent enough.
 * @throws {OutOfMemoryError} when the vectors do not fit.
 * @example
 * const sentences = ["a cat purrs", "a dog barks", "the cat sleeps", "the dog sleeps"].map((s) => s.split(" "));
 * const vectors = trainWordVectors(sentences, { dim: 8, minCount: 1, epochs: 2 });
 * vectors.words; // ["a", "cat", "dog", "the", "sleeps", "purrs", "barks"]
 */
export function trainWordVectors(
  sentences: Iterable<readonly string[]>,
  options: WordVectorOptions = {},
): WordVectors {
  const settings = settingsOf(options);
  const { onProgress = () => undefined } = options;
  if (settings.strict) return trainStrict(sentences, settings, onProgress);
  const corpus = countWords(sentences, settings.minCount);
  const { threads } = settings;
  const usual = configure().threads;
  if (threads <= usual) return train(corpus, settings, onProgress);
  configure({ threads });
  try {
    return train(corpus, settings, onProgress);
  } finally {
    configure({ threads: usual });
  }
}

function train(
  corpus: CountedCorpus,
  settings: Settings,
  onProgress: NonNullable<WordVectorOptions["onProgress"]>,
): WordVectors {
  const { words, counts, ids, knownWords, allWords } = corpus;
  const { dim, window, negative, epochs, sample, alpha, threads, seed, subwords } = settings;
  const cbow = settings.architecture === "cbow" ? 1 : 0;
  const width = 4 * Math.ceil(dim / 4);
  const rows = subwords && subwordRows(words, subwords);
  const inputRows = rows?.count ?? words.length;
  const random = new Random(seed);
  const blocks: number[] = [];
  const allocate = (elements: number): number => {
    const block = heap.allocate(4 * elements);
    blocks.push(block);
    return block;
  };
  const place = (values: ArrayLike<number>): number => {
    const block = allocate(values.length);
    heap.i32.set(values, block / 4);
    return block;
  };
  try {
    const [input, output] = [allocate(inputRows * width), allocate(words.length * width)];
    heap.f32.fill(0, output / 4, output / 4 + words.length * width);
    heap.f32.fill(0, input / 4, input / 4 + inputRows * width);
    for (let row = 0; row < inputRows; row++) {
      const start = input / 4 + row * width;
      for (let d = 0; d < dim; d++) heap.f32[start + d] = random.uniform(-0.5, 0.5) / dim;
    }
    const keep = sample === 0 ? 0 : place(keepTable(counts, knownWords, sample));
    const noise = place(noiseTable(counts));
    const [starts, parts] = rows ? [place(rows.starts), place(rows.parts)] : [0, 0];
    const batch = BATCH_WORDS * threads;
    const [batchIds, losses, pairCounts] = [allocate(batch), allocate(batch), allocate(batch)];
    const { negativeSampling } = kernelsFor("f32");
    const total = epochs * ids.length;
    const wordsPerId = allWords / ids.length;
    for (let epoch = 1, done = 0; epoch <= epochs; epoch++) {
      let [loss, pairs] = [0, 0];
      for (let at = 0; at < ids.length; at += batch) {
        const part = ids.subarray(at, at + batch);
        heap.i32.set(part, batchIds / 4);
        const rate = alpha * Math.max(1 - done / total, LAST_RATE);
        const [seed0, seed1] = [random.bits() | 0, random.bits() | 0];
        negativeSampling(
          batchIds,
          part.length,
          keep,
          noise,
          words.length,
          starts,
          parts,
          input,
          output,
          width,
          window,
          negative,
          cbow,
          rate,
          losses,
          pairCounts,
          threads,
          seed0,
          seed1,
        );
        loss += sum(losses, part.length);
        pairs += sum(pairCounts, part.length);
        done += part.length;
        onProgress({
          epoch,
          words: Math.round(done * wordsPerId),
          totalWords: epochs * allWords,
          alpha: rate,
          loss: loss / pairs,
          pairs,
          epochEnded: at + batch >= ids.length,
        });
      }
    }
    const read = (wanted: Iterable<number>, n: number): Float32Array => {
      const vectors = new Float32Array(n * dim);
      let at = 0;
      for (const row of wanted) {
        const start = input / 4 + row * width;
        vectors.set(heap.f32.subarray(start, start + dim), at);
        at += dim;
      }
      return vectors;
    };
    const own = read(words.keys(), words.length);
    if (!rows || !subwords) return new WordVectors(words, own, { counts });
    const numbers = Int32Array.from(rows.rows.keys()).sort();
    const ngramRows = Array.from(numbers, (number) => rows.rows.get(number) as number);
    const ngrams = { ...subwords, numbers, vectors: read(ngramRows, numbers.length) };
    return new WordVectors(words, withNgrams(words, own, ngrams), { counts, ngrams });
  } finally {
    for (const block of blocks) heap.free(block);
  }
}

/** Of f32 on the heap, in f64. */
function sum(pointer: number, n: number): number {
  let total = 0;
  for (const value of heap.f32.subarray(pointer / 4, pointer / 4 + n)) total += value;
  return total;
}
