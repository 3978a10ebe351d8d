/** ARPA files, the text form in which n-gram models are exchanged: read. */
import { FormatError, OptionError } from "../base/errors.ts";
import { readBytes } from "../base/files.ts";
import { describe } from "../base/options.ts";
import { otherFormat } from "../base/utf8.ts";
import { KIND_COMMENT } from "./arpa-write.ts";
import { LOG_ZERO, readDecimal } from "./decimal.ts";
import { type NgramKind, NgramModel } from "./model.ts";
import { chain, EXTENDS_LEFT, EXTENDS_RIGHT, hashOf, NgramTable } from "./table.ts";
import { BEGIN_ID, END_ID, HASH_START, hashByte, UNKNOWN_ID, Words } from "./words.ts";

/** Another spelling of `<unk>` in files, which KenLM takes too. */
const OTHER_UNKNOWN = [...new TextEncoder().encode("<UNK>")];
/** What KenLM takes as log10 P(`<unk>`) where a file lists none. */
export const NO_UNKNOWN = -100;
/** An entry has at least a digit, a tab, a letter and a line end. */
const SHORTEST_ENTRY = 4;

const NEWLINE = 10;

/**
 * Reads an ARPA file, from its path (decompressed where that ends in `.gz`) or its bytes. Values of -99 and below
 * stand for log10 0, as in SRILM. Suffixes that a pruned model lacks are filled in with the probability they have
 * anyway, as KenLM does; without `<unk>`, unknown words get log10 P = -100, as there.
 *
 * @throws {IoError} when the file cannot be read.
 * @throws {FormatError} with the line where it is not an ARPA file: wrong counts, orders out of turn, positive
 *   log-probabilities, contexts that are not listed, a missing end, and so on.
 * @example
 * const text = "\\data\\\nngram 1=3\n\n\\1-grams:\n-0.5\t<unk>\n-99\t<s>\n-0.165\t</s>\n\n\\end\\\n";
 * readArpa(new TextEncoder().encode(text)).logProb("tea"); // -0.5
 */
export function readArpa(source: string | Uint8Array, file?: string): NgramModel {
  if (typeof source === "string") return readArpa(readBytes(source), source);
  if (!(source instanceof Uint8Array)) {
    throw new OptionError({ what: "readArpa", expected: "a path or a Uint8Array", got: describe(source) });
  }
  // Room for the suffixes that are not listed is only known after reading: seldom needed, so found by trying.
  for (let spare = 1 / 16; ; spare *= 4) {
    const model = new ArpaReader(source, file, spare).read();
    if (model) return model;
  }
}

class ArpaReader {
  readonly #bytes: Uint8Array;
  readonly #file: string | undefined;
  readonly #spare: number;
  readonly #words = new Words();
  #at = 0;
  #line = 0;
  /** The fields of the line: start, end, and hash, of each. */
  readonly #fields: number[] = [];
  #kind: NgramKind = {};
  #counts: number[] = [];
  #unigrams = new Float64Array(0);
  #flags = new Int32Array(0);
  readonly #tables: NgramTable[] = [];
  #isFull = false;

  constructor(bytes: Uint8Array, file: string | undefined, spare: number) {
    this.#bytes = bytes;
    this.#file = file;
    this.#spare = spare;
  }

  /** Undefined when there was not room enough for suffixes that are not listed. */
  read(): NgramModel | undefined {
    this.#readHeader();
    const order = this.#counts.length;
    this.#readUnigrams(this.#counts[0]);
    for (let n = 2; n <= order; n++) {
      this.#readOrder(n, this.#counts[n - 1]);
      if (this.#isFull) return undefined;
    }
    this.#expectLine("\\end\\");
    if (this.#skipBlank()) this.#fail("nothing after \\end\\", this.#lineText());
    const [words, unigrams, flags, tables, kind] = [
      this.#words,
      this.#unigrams,
      this.#flags,
      this.#tables,
      this.#kind,
    ];
    return new NgramModel({ order, words, unigrams, flags, tables, kind });
  }

  #readHeader(): void {
    if (this.#bytes.length === 0) this.#fail("\\data\\", "an empty file");
    const other = otherFormat(this.#bytes)?.name;
    while (this.#skipBlank() && this.#bytes[this.#fields[0]] === 35) this.#readComment();
    const first = this.#fields.length > 0 ? this.#lineText() : "the end of the file";
    if (first !== "\\data\\")
      this.#fail("\\data\\", other ?? (first === describe("iARPA") ? "an IRSTLM iARPA file" : first));
    while (this.#nextLine() && this.#fields.length > 0) {
      const match = /^ngram\s+(\d+)\s*=\s*(\d+)$/.exec(this.#rawLine());
      if (!match) return void this.#fail("ngram N=COUNT or an empty line", this.#lineText());
      const [n, count] = [Number(match[1]), Number(match[2])];
      if (n !== this.#counts.length + 1)
        this.#fail(`the number of ${this.#counts.length + 1}-grams`, `that of ${n}-grams`);
      if (count * SHORTEST_ENTRY > this.#bytes.length)
        this.#fail("a number of n-grams that fits the file", String(count));
      this.#counts.push(count);
    }
    if (this.#counts.length === 0) this.#fail("ngram 1=COUNT", "no counts");
  }

  #readComment(): void {
    const text = this.#rawLine();
    if (!text.startsWith(KIND_COMMENT)) return;
    try {
      const { padding, unseenBackoff } = JSON.parse(text.slice(KIND_COMMENT.length));
      this.#kind = {
        ...(padding === "none" ? { padding } : {}),
        ...(Number.isFinite(unseenBackoff) ? { unseenBackoff } : {}),
      };
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      this.#fail("JSON after # lexigrad", this.#lineText());
    }
  }

  #readUnigrams(count: number): void {
    const words = this.#words;
    const seen = new Uint8Array(count + 3);
    this.#unigrams = new Float64Array(2 * (count + 3));
    this.#flags = new Int32Array(count + 3);
    this.#unigrams[2 * UNKNOWN_ID] = NO_UNKNOWN;
    this.#expectLine("\\1-grams:");
    for (let i = 0; i < count; i++) {
      this.#readEntry(1, count, i);
      const [, , , start, end, hash] = this.#fields;
      const id = this.#isOtherUnknown(start, end)
        ? UNKNOWN_ID
        : words.addBytes(this.#bytes, start, end, hash);
      if (seen[id]) this.#fail("each word once", `${describe(words.word(id))} again`);
      seen[id] = 1;
      this.#unigrams[2 * id] = this.#probability();
      const backoff = this.#backoff(1);
      this.#unigrams[2 * id + 1] = backoff;
      if (backoff !== 0) this.#flags[id] = EXTENDS_RIGHT;
    }
    this.#unigrams = this.#unigrams.slice(0, 2 * words.size);
    this.#flags = this.#flags.slice(0, words.size);
    for (const id of [BEGIN_ID, END_ID]) {
      if (!seen[id] && this.#kind.padding !== "none")
        this.#fail(`${words.word(id)} among the 1-grams`, "none");
    }
  }

  #isOtherUnknown(start: number, end: number): boolean {
    return (
      end - start === OTHER_UNKNOWN.length &&
      OTHER_UNKNOWN.every((byte, i) => this.#bytes[start + i] === byte)
    );
  }

  #readOrder(n: number, count: number): void {
    const isHighest = n === this.#counts.length;
    const room = count + Math.ceil(this.#spare * count) + 64;
    const table = NgramTable.for(isHighest ? count : room, isHighest);
    this.#tables.push(table);
    this.#expectLine(`\\${n}-grams:`);
    // The words of this entry and of the one before, the last first, and the nodes of the latter's suffixes.
    let ids = new Int32Array(n);
    let before = new Int32Array(n).fill(-1);
    const path = new Float64Array(n);
    for (let i = 0; i < count; i++) {
      this.#readEntry(n, count, i);
      for (let k = 0; k < n; k++) ids[k] = this.#wordAt(n - k);
      let same = 0;
      while (same < n - 1 && ids[same] === before[same]) same++;
      for (let k = same; k < n - 1; k++) {
        path[k] = k === 0 ? ids[0] : this.#suffix(ids, k, path[k - 1]);
        if (this.#isFull) return;
      }
      this.#markContext(ids, n);
      const backoff = this.#backoff(n);
      const hash = hashOf(ids, 0, n);
      const slot = table.insert(hash, path[n - 2], ids[n - 1], this.#probability(), backoff);
      if (slot < 0) this.#fail("each n-gram once", `${describe(this.#wordsText(ids, n))} again`);
      if (backoff !== 0 && !isHighest) table.mark(slot, EXTENDS_RIGHT);
      this.#mark(n - 1, path[n - 2], EXTENDS_LEFT);
      [ids, before] = [before, ids];
    }
    if (this.#skipBlank() && this.#bytes[this.#fields[0]] !== 92) {
      this.#fail(`${count} ${n}-grams, as announced`, "more");
    }
    this.#again = true;
  }

  /** The node of `ids[0..k]`, child of `parent`: filled in where it is not listed. */
  #suffix(ids: Int32Array, k: number, parent: number): number {
    const table = this.#tables[k - 1];
    const hash = hashOf(ids, 0, k + 1);
    const known = table.find(hash, parent, ids[k]);
    if (known >= 0) return known;
    if ((table.size + 1) * 1.25 > table.slots) {
      this.#isFull = true;
      return 0;
    }
    const context = this.#node(ids, 1, k + 1);
    const backoff = context < 0 ? 0 : this.#backoffOf(k, context);
    const slot = table.insert(hash, parent, ids[k], backoff + this.#logProbOf(k, parent), 0);
    this.#mark(k, parent, EXTENDS_LEFT);
    if (context >= 0) this.#mark(k, context, EXTENDS_RIGHT);
    return slot;
  }

  /** The node of the n-gram `ids[from..to)`, or -1. */
  #node(ids: Int32Array, from: number, to: number): number {
    let node = ids[from];
    let hash = node;
    for (let k = from + 1; k < to && node >= 0; k++) {
      hash = chain(hash, ids[k]);
      node = this.#tables[k - from - 1].find(hash, node, ids[k]);
    }
    return node;
  }

  #markContext(ids: Int32Array, n: number): void {
    const node = this.#node(ids, 1, n);
    if (node < 0)
      this.#fail(
        `the context ${describe(this.#wordsText(ids.subarray(1), n - 1))} among the ${n - 1}-grams`,
        "none",
      );
    this.#mark(n - 1, node, EXTENDS_RIGHT);
  }

  #mark(n: number, node: number, flag: number): void {
    if (n === 1) this.#flags[node] |= flag;
    else this.#tables[n - 2].mark(node, flag);
  }

  #logProbOf(n: number, node: number): number {
    return n === 1 ? this.#unigrams[2 * node] : this.#tables[n - 2].logProb(node);
  }

  #backoffOf(n: number, node: number): number {
    return n === 1 ? this.#unigrams[2 * node + 1] : this.#tables[n - 2].backoff(node);
  }

  #wordsText(ids: Int32Array, n: number): string {
    return Array.from({ length: n }, (_, k) => this.#words.word(ids[n - 1 - k])).join(" ");
  }

  /** Goes to the next entry of a section. */
  #readEntry(n: number, count: number, i: number): void {
    if (
      !this.#nextLine() ||
      this.#fields.length === 0 ||
      (this.#bytes[this.#fields[0]] === 92 && this.#fields.length <= 6)
    ) {
      const got =
        this.#fields.length > 0
          ? this.#lineText()
          : this.#at >= this.#bytes.length
            ? "the end of the file"
            : "an empty line";
      this.#fail(`${count} ${n}-grams, as announced`, `${i} and then ${got}`);
    }
    const fields = this.#fields.length / 3;
    if (fields !== n + 1 && fields !== n + 2) {
      this.#fail(`a number, ${n} word${n === 1 ? "" : "s"} and perhaps another number`, this.#lineText());
    }
  }

  #wordAt(field: number): number {
    const [start, end, hash] = [
      this.#fields[3 * field],
      this.#fields[3 * field + 1],
      this.#fields[3 * field + 2],
    ];
    const id = this.#words.findBytes(this.#bytes, start, end, hash);
    if (id >= 0) return id;
    if (this.#isOtherUnknown(start, end)) return UNKNOWN_ID;
    return this.#fail(
      "words of the 1-grams",
      describe(new TextDecoder().decode(this.#bytes.subarray(start, end))),
    );
  }

  #probability(): number {
    const value = readDecimal(this.#bytes, this.#fields[0], this.#fields[1]);
    if (value <= 0) return value <= LOG_ZERO ? Number.NEGATIVE_INFINITY : value;
    return this.#fail("a log10 probability of at most 0", this.#fieldText(0));
  }

  #backoff(n: number): number {
    if (this.#fields.length < 3 * (n + 2)) return 0;
    const value = readDecimal(this.#bytes, this.#fields[3 * n + 3], this.#fields[3 * n + 4]);
    if (Number.isNaN(value)) this.#fail("a log10 backoff", this.#fieldText(n + 1));
    if (value !== 0 && n === this.#counts.length)
      this.#fail("no backoff in the highest order", this.#fieldText(n + 1));
    return value <= LOG_ZERO ? Number.NEGATIVE_INFINITY : value;
  }

  #expectLine(expected: string): void {
    if (!this.#skipBlank()) this.#fail(expected, "the end of the file");
    if (this.#rawLine().trim() !== expected) this.#fail(expected, this.#lineText());
  }

  /** Whether the line just read is still to be used. */
  #again = false;

  #skipBlank(): boolean {
    if (this.#again) {
      this.#again = false;
      return this.#fields.length > 0;
    }
    while (this.#nextLine()) if (this.#fields.length > 0) return true;
    return false;
  }

  /** Cuts the next line into fields. False at the end. */
  #nextLine(): boolean {
    const bytes = this.#bytes;
    const fields = this.#fields;
    fields.length = 0;
    let at = this.#at;
    if (at >= bytes.length) return false;
    this.#line++;
    for (;;) {
      let byte = bytes[at];
      while (byte === 32 || byte === 9 || byte === 13) byte = bytes[++at];
      if (at >= bytes.length || byte === NEWLINE) break;
      const start = at;
      let hash = HASH_START;
      while (at < bytes.length && byte !== 32 && byte !== 9 && byte !== 13 && byte !== NEWLINE) {
        hash = hashByte(hash, byte);
        byte = bytes[++at];
      }
      fields.push(start, at, hash);
    }
    this.#at = at + 1;
    return true;
  }

  /** The line from its first field to its last. */
  #rawLine(): string {
    const fields = this.#fields;
    return new TextDecoder().decode(this.#bytes.subarray(fields[0], fields[fields.length - 2]));
  }

  #lineText(): string {
    const text = this.#rawLine();
    return text === "\\data\\" || text === "\\end\\" || /^\\\d+-grams:$/.test(text) ? text : describe(text);
  }

  #fieldText(field: number): string {
    return describe(
      new TextDecoder().decode(this.#bytes.subarray(this.#fields[3 * field], this.#fields[3 * field + 1])),
    );
  }

  #fail(expected: string, got: string): never {
    const where = {
      ...(this.#file === undefined ? {} : { file: this.#file }),
      line: Math.max(1, this.#line),
    };
    throw new FormatError({ what: "ARPA file", expected, got }, where);
  }
}
