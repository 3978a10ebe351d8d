/** Text to token ids and back: the one class for every type of tokenizer. */
import { OptionError, StateError } from "../base/errors.ts";
import { readText, writeText } from "../base/files.ts";
import {
  checkInstance,
  checkList,
  checkNumber,
  checkObject,
  describe,
  rejectUnknownKeys,
} from "../base/options.ts";
import { Random } from "../base/random.ts";
import { formatBpeCodes, parseBpeCodes } from "../formats/bpe-codes.ts";
import {
  END_OF_WORD,
  formatTokenizerJson,
  type Merge,
  parseTokenizerJson,
  type TokenizerData,
  type TokenizerType,
} from "../formats/tokenizer-json.ts";
import { BpeModel } from "./bpe-model.ts";
import { codesToData } from "./bpe-vocabulary.ts";
import { ByteBpeModel } from "./byte-bpe-model.ts";
import { LookupModel } from "./lookup-model.ts";
import { type MergeDropout, MergeTable } from "./merge-table.ts";
import { JOINER } from "./punctuation.ts";
import { allowedSpecials, encodeBeside, splitSpecials } from "./special-tokens.ts";
import type { TokenDecoder, TokenModel } from "./token-model.ts";
import { Vocabulary } from "./vocabulary.ts";
import { encodeWtf8 } from "./wtf8.ts";

export interface EncodeOptions {
  /**
   * Whether a special token spelled out in the text becomes that token, or
   * which ones do. Off by default, so that nobody can smuggle in an end of
   * sequence with plain text.
   */
  readonly allowSpecials?: boolean | readonly string[];
  /**
   * BPE dropout: each time a merge could be made, it is passed over with this probability, so that rarer pieces of the
   * same words are seen in training. Needs `random`, and a tokenizer with merges. Default 0.
   *
   * Provilkov, Emelianenko and Voita, "BPE-Dropout", 2020; 0.1 is what they use.
   */
  readonly dropout?: number;
  /** What decides where `dropout` strikes. */
  readonly random?: Random;
}

export interface DecodeOptions {
  /** Whether special tokens other than the unknown one are written out. Default false. */
  readonly keepSpecials?: boolean;
}

/**
 * Turns text into token ids and back.
 *
 * Made by {@link trainTokenizer}, {@link Tokenizer.load} or
 * {@link Tokenizer.parse}; never changes.
 *
 * @example
 * const tokenizer = trainTokenizer(["low low lower"], { type: "bpe", merges: 2 });
 * tokenizer.tokenize("lower low"); // ["lo@@", "w@@", "e@@", "r", "low"]
 * tokenizer.decode(tokenizer.encode("lower low")); // "lower low"
 */
export class Tokenizer {
  readonly type: TokenizerType;
  readonly vocabulary: Vocabulary;
  /** Everything that makes this tokenizer, as plain values. */
  readonly data: TokenizerData;
  readonly #model: TokenModel;
  readonly #specialIds: ReadonlySet<number>;
  readonly #unknownId: number | undefined;
  #hash: string | undefined;

  /**
   * @param counts how often each token occurred in training, by id.
   * @throws {OptionError} when a token of `data` occurs twice.
   */
  constructor(data: TokenizerData, counts?: readonly number[]) {
    checkObject("tokenizer data", data);
    checkList("special tokens", data.specials, "tokens");
    this.data = data;
    this.type = data.type;
    this.vocabulary = new Vocabulary(data.tokens, data.specials, counts);
    this.#specialIds = new Set(data.specials.map((special) => this.specialId(special)));
    this.#unknownId = data.unknown === undefined ? undefined : this.specialId(data.unknown);
    this.#model = this.#createModel();
  }

  #createModel(): TokenModel {
    const { type, split, tokens } = this.data;
    // Special tokens are out of reach of plain text, however it is spelled.
    const ids = new Map(tokens.map((token, id) => [token, id]));
    for (const special of this.data.specials) ids.delete(special);
    const unknownId = () => this.unkId;
    if (type === "word" || type === "char") return new LookupModel(tokens, ids, unknownId, split);
    const id = (token: string) => ids.get(token) as number;
    const merges = new MergeTable(
      this.data.merges.map(([left, right]) => ({
        left: id(left),
        right: id(right),
        whole: id(left + right),
      })),
    );
    if (type === "byte-bpe") return new ByteBpeModel(tokens, ids, merges, unknownId);
    return new BpeModel({ tokens, ids, merges, unknownId, split });
  }

  /** The tokens as the vocabulary spells them, by id. */
  get tokens(): readonly string[] {
    return this.vocabulary.tokens;
  }

  /** Whether words are put together by merges: types "bpe" and "byte-bpe". */
  get hasMerges(): boolean {
    return this.type === "bpe" || this.type === "byte-bpe";
  }

  /** The merges of types "bpe" and "byte-bpe", first rank first. */
  get merges(): readonly Merge[] {
    return this.data.merges;
  }

  /** @throws {StateError} when there is no `<pad>`. */
  get padId(): number {
    return this.specialId("<pad>");
  }

  /** @throws {StateError} when there is no `<s>`. */
  get bosId(): number {
    return this.specialId("<s>");
  }

  /** @throws {StateError} when there is no `</s>`. */
  get eosId(): number {
    return this.specialId("</s>");
  }

  /** @throws {StateError} when there is no `<mask>`, as in tokenizers that were not made for masked language models. */
  get maskId(): number {
    return this.specialId("<mask>");
  }

  /** @throws {StateError} when there is no token for unknown text. */
  get unkId(): number {
    return this.#unknownId ?? this.specialId("<unk>");
  }

  /**
   * The id of a special token.
   *
   * @throws {StateError} when this tokenizer lacks it.
   */
  specialId(token: string): number {
    const id = this.data.specials.includes(token) ? this.vocabulary.id(token) : undefined;
    if (id !== undefined) return id;
    throw new StateError({
      what: "special token",
      expected: `one of ${this.data.specials.join(" ") || "none"}`,
      got: describe(token),
      hint: "Train the tokenizer with it among `specials`.",
    });
  }

  /**
   * A hash of all that decides what ids mean: 16 hexadecimal digits, FNV-1a
   * over {@link serialize}. Equal tokenizers have equal hashes.
   */
  get hash(): string {
    this.#hash ??= fnv1a(encodeWtf8(this.serialize()));
    return this.#hash;
  }

  /**
   * The ids of a text. Nothing is added at either end.
   *
   * @throws {StateError} for text that the vocabulary lacks when there is no
   *   token for unknown text.
   * @throws {OptionError} for `dropout` without `random` or without merges.
   * @example
   * const tokenizer = trainTokenizer(["low low lower"], { type: "bpe", merges: 2 });
   * tokenizer.encode("low").length; // 1
   * tokenizer.encode("low", { dropout: 1, random: new Random(1) }).length; // 3
   */
  encode(text: string, options: EncodeOptions = {}): number[] {
    checkText("encode", text);
    rejectUnknownKeys("encode", options, ["allowSpecials", "dropout", "random"]);
    const dropout = this.#dropout(options);
    const parts = splitSpecials(text, allowedSpecials(options.allowSpecials, this.data.specials));
    if (parts.length === 1) return this.#encodePlain(text, dropout);
    return parts.flatMap((part, i) => {
      if (i % 2 === 1) return this.specialId(part);
      if (this.data.split !== "punctuation") return this.#encodePlain(part, dropout);
      const sides = { left: i > 0, right: i + 1 < parts.length };
      return encodeBeside(part, sides, (plain) => this.#encodePlain(plain, dropout));
    });
  }

  #encodePlain(text: string, dropout: MergeDropout | undefined): number[] {
    const ids: number[] = [];
    this.#model.encode(this.#normalize(text), ids, dropout);
    return ids;
  }

  #dropout({ dropout = 0, random }: EncodeOptions): MergeDropout | undefined {
    const probability = checkNumber("dropout", dropout, { min: 0, max: 1 });
    if (probability === 0) return undefined;
    if (!this.hasMerges) {
      const got = `one of type ${this.type}`;
      throw new OptionError({
        what: "dropout of merges",
        expected: "a tokenizer of type bpe or byte-bpe",
        got,
      });
    }
    checkInstance("random", random, Random);
    return { probability, random };
  }

  /**
   * The pieces of a text for people to read: words, characters, subwords with
   * `@@` where their word goes on (type "bpe"), or tokens of byte characters
   * (type "byte-bpe"). Unknown pieces are shown as they are.
   */
  tokenize(text: string): string[] {
    checkText("tokenize", text);
    return this.#model.tokenize(this.#normalize(text));
  }

  /**
   * The token of an id as people read it, for pictures and tables: without joiners (a lone one is a dot),
   * subwords with `@@` where their word goes on.
   *
   * @throws {IndexError} for an id outside the vocabulary.
   * @example
   * trainTokenizer(["no no!"], { type: "word", split: "punctuation" }).tokens[5]; // "\uffed!"
   * trainTokenizer(["no no!"], { type: "word", split: "punctuation" }).label(5); // "!"
   */
  label(id: number): string {
    const token = this.vocabulary.token(id);
    if (this.#specialIds.has(id)) return token;
    const plain = token.replaceAll(JOINER, "");
    if (plain === "" || plain === END_OF_WORD) return "·";
    if (this.type !== "bpe") return plain;
    return plain.endsWith(END_OF_WORD) ? plain.slice(0, -END_OF_WORD.length) : `${plain}@@`;
  }

  /** The text of pieces as {@link tokenize} gives them. */
  detokenize(pieces: readonly string[]): string {
    return this.#model.detokenize(pieces);
  }

  /**
   * The text of token ids. Special tokens are left out, except the unknown one.
   *
   * @throws {IndexError} for an id outside the vocabulary.
   */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const stream = this.stream(options);
    let text = "";
    for (const id of ids) text += stream.push(id);
    return text + stream.end();
  }

  /**
   * Starts decoding ids that come one by one. The parts joined are what
   * {@link decode} gives for all ids.
   *
   * @example
   * const tokenizer = trainTokenizer(["é"], { type: "byte-bpe", vocabSize: 260 });
   * const stream = tokenizer.stream();
   * tokenizer.encode("é").map((id) => stream.push(id)); // ["", "é"]
   */
  stream(options: DecodeOptions = {}): TokenStream {
    rejectUnknownKeys("decode", options, ["keepSpecials"]);
    const decoder = this.#model.decoder();
    const { keepSpecials = false } = options;
    return new TokenStream(decoder, (id) => {
      const token = this.vocabulary.token(id);
      if (!this.#specialIds.has(id)) return decoder.push(id);
      return keepSpecials || id === this.#unknownId ? decoder.pushUnknown(token) : "";
    });
  }

  /** The tokenizer as a tokenizer.json. Equal tokenizers give equal text. */
  serialize(): string {
    return formatTokenizerJson(this.data);
  }

  /**
   * Reads a tokenizer.json: what {@link serialize} wrote, or a HuggingFace file
   * of model "BPE" (byte-level or with `</w>`) or "WordLevel".
   *
   * @param what names the text in errors, e.g. its path.
   * @throws {FormatError} for anything else.
   */
  static parse(json: string, what = "tokenizer.json"): Tokenizer {
    return new Tokenizer(parseTokenizerJson(json, what));
  }

  /**
   * Writes a tokenizer.json, or for paths ending in `.codes` the merges of a
   * "bpe" tokenizer as subword-nmt 0.2 codes, which hold no vocabulary.
   *
   * @throws {OptionError} for codes of another type of tokenizer.
   * @throws {IoError} when the file cannot be written.
   */
  save(path: string): void {
    const codes = isCodesPath(path);
    if (codes && (this.type !== "bpe" || this.data.split === "subword-nmt-0.1")) {
      const got = this.type === "bpe" ? "one of codes 0.1" : `one of type ${this.type}`;
      throw new OptionError({ what: path, expected: "a tokenizer of type bpe to write codes 0.2", got });
    }
    writeText(path, codes ? formatBpeCodes(this.merges) : this.serialize());
  }

  /**
   * Reads a tokenizer.json or subword-nmt codes (paths ending in `.codes`).
   * Codes hold no vocabulary: it is made of the symbols in the merges, and other
   * characters are unknown.
   *
   * @throws {IoError} when the file cannot be read.
   * @throws {FormatError} when its contents cannot be.
   */
  static load(path: string): Tokenizer {
    const text = readText(path);
    if (isCodesPath(path)) return new Tokenizer(codesToData(parseBpeCodes(text, path), path));
    return Tokenizer.parse(text, path);
  }

  #normalize(text: string): string {
    return this.data.lowercase ? text.toLowerCase() : text;
  }
}

/** Decodes token ids as they come; see {@link Tokenizer.stream}. */
export class TokenStream {
  readonly #decoder: TokenDecoder;
  readonly #push: (id: number) => string;

  constructor(decoder: TokenDecoder, push: (id: number) => string) {
    this.#decoder = decoder;
    this.#push = push;
  }

  /**
   * The text that is certain after this token.
   *
   * @throws {IndexError} for an id outside the vocabulary.
   */
  push(id: number): string {
    return this.#push(id);
  }

  /** What is left at the end: U+FFFD when a character is incomplete. */
  end(): string {
    return this.#decoder.end();
  }
}

function isCodesPath(path: string): boolean {
  return /\.codes(?:\.gz)?$/.test(path);
}

function checkText(method: string, text: unknown): void {
  if (typeof text === "string") return;
  throw new OptionError({ what: `Tokenizer.${method} text`, expected: "a string", got: describe(text) });
}

/** FNV-1a with 64 bits, kept as two halves: multiplying by 2^40 + 0x1b3 is a shift and a short product. */
function fnv1a(bytes: Uint8Array): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0;
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

/** @throws {OptionError} for anything but a tokenizer. */
export function checkTokenizer(what: string, value: unknown): void {
  if (value instanceof Tokenizer) return;
  throw new OptionError({ what, expected: "a Tokenizer", got: describe(value) });
}
