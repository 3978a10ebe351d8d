/** Who learns word vectors from a text, all with the same settings: skip-gram, 100 elements, 3 epochs. */
import {
  type Contestant,
  commandExists,
  inPython,
  oursAlone,
  pythonWith,
  threadsText,
} from "./contestants.ts";

export interface VectorWork {
  readonly text: string;
  /** Where the vectors go. */
  readonly out: string;
  readonly threads: number;
  readonly seed: number;
  /** The compiled C program, which has no seed. */
  readonly word2vec?: string | undefined;
}

export const oursOnVectors = ({ text, out, threads, seed }: VectorWork): Contestant => ({
  ...oursAlone("vectors.ts", [text, out, String(threads), String(seed)]),
  name: `lexigrad, ${threadsText(threads)}`,
});

/** gensim twice: with sentences from Python, and reading the file itself. */
export function peersOnVectors({ text, out, threads, seed, word2vec }: VectorWork): Contestant[] {
  const gensim = pythonWith("gensim");
  const python = pythonWith("json");
  const peer = (name: string, interpreter: string | undefined, ...kind: string[]) => {
    const args = [text, out, String(threads), String(seed), ...kind];
    return inPython(`${name}, ${threadsText(threads)}`, "word_vectors.py", args, interpreter);
  };
  return [
    ...peer("gensim", gensim, "gensim"),
    ...peer("gensim's corpus_file", gensim, "gensim-file"),
    ...(word2vec === undefined ? [] : peer("word2vec.c", python, "word2vec", word2vec)),
    ...(commandExists("fasttext") ? peer("fastText without n-grams", python, "fasttext") : []),
  ];
}
