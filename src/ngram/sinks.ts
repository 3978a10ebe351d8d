/** Where estimated n-grams go: into tables that can be asked, or straight into an ARPA file. */
import type { ArpaWriter } from "./arpa-write.ts";
import type { NgramSink } from "./estimate.ts";
import { type NgramKind, NgramModel } from "./model.ts";
import { EXTENDS_LEFT, EXTENDS_RIGHT, hashOf, NgramTable } from "./table.ts";
import type { Words } from "./words.ts";

/** Builds an {@link NgramModel}. */
export class ModelSink implements NgramSink {
  readonly #words: Words;
  readonly #kind: NgramKind;
  #order = 0;
  #unigrams = new Float64Array(0);
  #flags = new Int32Array(0);
  readonly #tables: NgramTable[] = [];
  /** The nodes of the order that is being filled and of the one below it, by place. */
  #nodes = new Uint32Array(0);
  #lowerNodes = new Uint32Array(0);
  #current = 1;
  #filled = 0;

  constructor(words: Words, kind: NgramKind) {
    this.#words = words;
    this.#kind = kind;
  }

  begin(counts: readonly number[]): void {
    this.#order = counts.length;
    this.#unigrams = new Float64Array(2 * counts[0]);
    this.#flags = new Int32Array(counts[0]);
    for (let n = 2; n <= counts.length; n++) {
      this.#tables.push(NgramTable.for(counts[n - 1], n === counts.length));
    }
  }

  entry(
    ids: Uint32Array,
    at: number,
    n: number,
    suffix: number,
    logProb: number,
    backoff: number,
    isContext: boolean,
  ): void {
    const flag = isContext ? EXTENDS_RIGHT : 0;
    if (n === 1) {
      const id = ids[at];
      this.#unigrams[2 * id] = logProb;
      this.#unigrams[2 * id + 1] = backoff;
      this.#flags[id] = flag;
      return;
    }
    if (n > this.#current) this.#beginOrder(n);
    const table = this.#tables[n - 2];
    const parent = n === 2 ? suffix : this.#lowerNodes[suffix];
    const node = table.insert(hashOf(ids, at, at + n), parent, ids[at + n - 1], logProb, backoff);
    if (flag !== 0) table.mark(node, flag);
    if (n === 2) this.#flags[parent] |= EXTENDS_LEFT;
    else this.#tables[n - 3].mark(parent, EXTENDS_LEFT);
    if (n < this.#order) this.#nodes[this.#filled++] = node;
  }

  end(): void {
    this.#lowerNodes = this.#nodes = new Uint32Array(0);
  }

  model(): NgramModel {
    const [words, unigrams, flags, tables, kind] = [
      this.#words,
      this.#unigrams,
      this.#flags,
      this.#tables,
      this.#kind,
    ];
    return new NgramModel({ order: this.#order, words, unigrams, flags, tables, kind });
  }

  #beginOrder(n: number): void {
    this.#current = n;
    this.#lowerNodes = this.#nodes;
    this.#nodes = new Uint32Array(n < this.#order ? Math.floor(this.#tables[n - 2].slots / 1.5) : 0);
    this.#filled = 0;
  }
}

/** Writes an ARPA file as the entries come. */
export class ArpaSink implements NgramSink {
  readonly #writer: ArpaWriter;
  readonly #kind: NgramKind;
  #order = 0;
  #current = 0;

  constructor(writer: ArpaWriter, kind: NgramKind) {
    this.#writer = writer;
    this.#kind = kind;
  }

  begin(counts: readonly number[]): void {
    this.#order = counts.length;
    this.#writer.begin(counts, this.#kind);
  }

  entry(ids: Uint32Array, at: number, n: number, _suffix: number, logProb: number, backoff: number): void {
    while (this.#current < n) this.#nextOrder();
    this.#writer.entry(ids, at, n, logProb, n < this.#order ? backoff : undefined);
  }

  end(): void {
    while (this.#current < this.#order) this.#nextOrder();
    this.#writer.endOrder();
    this.#writer.end();
  }

  #nextOrder(): void {
    if (this.#current > 0) this.#writer.endOrder();
    this.#writer.beginOrder(++this.#current);
  }
}
