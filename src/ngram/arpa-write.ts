/** ARPA files, the text form in which n-gram models are exchanged: written. */
import { FormatError } from "../base/errors.ts";
import { replaceFile } from "../base/files.ts";
import { checkInstance, describe } from "../base/options.ts";
import { MOST_DIGITS, writeLog } from "./decimal.ts";
import { type NgramKind, NgramModel } from "./model.ts";
import { isSpace } from "./scanner.ts";
import { EXTENDS_RIGHT } from "./table.ts";
import { BEGIN_ID, type Words } from "./words.ts";

/** Takes bytes, which are only valid during the call. */
export type ByteSink = (bytes: Uint8Array) => void;

/** What begins the comment that says how a model is unusual. KenLM skips lines that begin with `#`. */
export const KIND_COMMENT = "# lexigrad ";

const CHUNK = 2 ** 22;
const [TAB, NEWLINE, SPACE] = [9, 10, 32];

/** Writes entry by entry. */
export class ArpaWriter {
  readonly #sink: ByteSink;
  readonly #words: Words;
  readonly #longest: number;
  #out = new Uint8Array(CHUNK);
  #at = 0;

  /** @throws {FormatError} when a word cannot stand in an ARPA file. */
  constructor(sink: ByteSink, words: Words, order: number) {
    this.#sink = sink;
    this.#words = words;
    let longest = 0;
    for (let id = 0; id < words.size; id++) {
      checkWord(words, id);
      longest = Math.max(longest, words.starts[id + 1] - words.starts[id]);
    }
    this.#longest = 2 * MOST_DIGITS + order * (longest + 1);
    if (this.#longest > CHUNK) this.#out = new Uint8Array(2 * this.#longest);
  }

  /** @param counts of n-grams of 1, 2, ... words */
  begin(counts: readonly number[], kind: NgramKind = {}): void {
    if (Object.keys(kind).length > 0) this.#text(`${KIND_COMMENT}${JSON.stringify(kind)}\n`);
    this.#text(`\\data\\\n${counts.map((count, i) => `ngram ${i + 1}=${count}\n`).join("")}\n`);
  }

  beginOrder(n: number): void {
    this.#text(`\\${n}-grams:\n`);
  }

  /**
   * @param ids holds the words at `at..at+n`, the last one first
   * @param backoff undefined in the highest order
   */
  entry(ids: ArrayLike<number>, at: number, n: number, logProb: number, backoff: number | undefined): void {
    if (this.#at + this.#longest > this.#out.length) this.#flush();
    const out = this.#out;
    const { bytes, starts } = this.#words;
    let end = writeLog(logProb, out, this.#at);
    out[end++] = TAB;
    for (let i = at + n - 1; i >= at; i--) {
      const id = ids[i];
      const stop = starts[id + 1];
      for (let k = starts[id]; k < stop; k++) out[end++] = bytes[k];
      out[end++] = SPACE;
    }
    end--;
    if (backoff !== undefined) {
      out[end++] = TAB;
      end = writeLog(backoff, out, end);
    }
    out[end++] = NEWLINE;
    this.#at = end;
  }

  endOrder(): void {
    this.#text("\n");
  }

  end(): void {
    this.#text("\\end\\\n");
    this.#flush();
  }

  #text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    if (this.#at + bytes.length > this.#out.length) this.#flush();
    this.#out.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #flush(): void {
    this.#sink(this.#out.subarray(0, this.#at));
    this.#at = 0;
  }
}

function checkWord(words: Words, id: number): void {
  const { bytes, starts } = words;
  let isFine = starts[id] < starts[id + 1];
  for (let i = starts[id]; i < starts[id + 1]; i++) if (isSpace(bytes[i])) isFine = false;
  if (isFine) return;
  throw new FormatError({
    what: "ARPA file",
    expected: "words without white space or NUL",
    got: describe(words.word(id)),
    hint: "Save the model in the binary form.",
  });
}

/**
 * Writes a model as an ARPA file, compressed where the name ends in `.gz`. KenLM and SRILM read it; log10 values have
 * 7 decimals. Two kinds of model are not all that such files can say: stupid backoff's factor for contexts that are not
 * listed goes into a comment, which {@link readArpa} understands; and additive smoothing keeps the probabilities of all
 * sentences, but between shorter contexts, which no sentence asks for, only the uniform distribution.
 *
 * @throws {FormatError} when a word holds white space.
 * @throws {IoError} when the file cannot be written; an older one is then unchanged.
 */
export function writeArpa(model: NgramModel, path: string): void {
  replaceFile(path, (sink) => produceArpa(model, sink));
}

/** {@link writeArpa} into memory. */
export function formatArpa(model: NgramModel): Uint8Array {
  const parts: Uint8Array[] = [];
  produceArpa(model, (bytes) => parts.push(bytes.slice()));
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function produceArpa(model: NgramModel, sink: ByteSink): void {
  checkInstance("ARPA file", model, NgramModel);
  const { order, counts, parts } = model;
  const { words, unigrams, flags, tables, kind = {} } = parts;
  const writer = new ArpaWriter(sink, words, order);
  const { uniform, ...sayable } = kind;
  writer.begin(counts, sayable);
  const ids = new Int32Array(order);
  const write = (n: number, logProb: number, backoff: number, flag: number) => {
    if (uniform === undefined || n === order) {
      writer.entry(ids, 0, n, logProb, n === order ? undefined : backoff);
    } else {
      const isStart = ids[n - 1] === BEGIN_ID;
      const isContext = (isStart || n === order - 1) && (flag & EXTENDS_RIGHT) !== 0;
      writer.entry(ids, 0, n, isStart && n > 1 ? logProb : uniform, isContext ? backoff - uniform : 0);
    }
  };
  writer.beginOrder(1);
  for (let id = 0; id < words.size; id++) {
    ids[0] = id;
    write(1, unigrams[2 * id], unigrams[2 * id + 1], flags[id]);
  }
  writer.endOrder();
  for (const [i, table] of tables.entries()) {
    const n = i + 2;
    writer.beginOrder(n);
    for (let slot = 0; slot < table.slots; slot++) {
      if (table.isFree(slot)) continue;
      let node = slot;
      for (let k = n - 1; k > 0; k--) {
        ids[k] = tables[k - 1].word(node);
        node = tables[k - 1].parent(node);
      }
      ids[0] = node;
      write(n, table.logProb(slot), table.width === 3 ? table.backoff(slot) : 0, table.flags(slot));
    }
    writer.endOrder();
  }
  writer.end();
}
