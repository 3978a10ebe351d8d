/**
 * The tokenizer.json format of HuggingFace tokenizers, read strictly and
 * written whole.
 *
 * Only what {@link TokenizerData} can say is accepted: a file that asks for
 * anything else (custom patterns, templates, dropout) is refused rather than
 * read as a tokenizer that cuts text differently. The rules "punctuation" and
 * "subword-nmt-0.1" have no counterpart there and are written as types of our
 * own, "Joiner" and "SubwordNmt".
 */

import { FormatError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import { type JsonObject, type JsonValue, parseStrictJson } from "./strict-json.ts";

/**
 * How text is cut before lookup or merging. "subword-nmt-0.1" also says that
 * `</w>` is a symbol of its own after each word, not a suffix of its last one.
 */
export type SplitRule =
  | "whitespace"
  | "space"
  | "punctuation"
  | "characters"
  | "byte-level"
  | "subword-nmt-0.1";

export type TokenizerType = "word" | "char" | "bpe" | "byte-bpe";

/** All there is to a tokenizer. */
export interface TokenizerData {
  readonly type: TokenizerType;
  readonly split: SplitRule;
  readonly lowercase: boolean;
  /** Every token once; a token's id is its index. */
  readonly tokens: readonly string[];
  /** The tokens that stand for no text. */
  readonly specials: readonly string[];
  /** The special token for what the vocabulary lacks, if there is one. */
  readonly unknown: string | undefined;
  /** Pairs of tokens to merge, first rank first; each side and the whole is a token. */
  readonly merges: readonly Merge[];
}

export type Merge = readonly [left: string, right: string];

/** What marks the last piece of a word in the vocabularies of type "bpe". */
export const END_OF_WORD = "</w>";

/**
 * Whether merging two ordinary tokens gives a token that would be mistaken for
 * a special one or for the end of a word.
 */
export function isMisleadingMerge(
  left: string,
  right: string,
  type: TokenizerType,
  specials: ReadonlySet<string>,
): boolean {
  const merged = left + right;
  if (specials.has(merged)) return true;
  return type === "bpe" && merged.endsWith(END_OF_WORD) && !right.endsWith(END_OF_WORD);
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };

/** Each rule's `pre_tokenizer`. */
const PRE_TOKENIZERS: { readonly [rule in SplitRule]: Json } = {
  whitespace: { type: "WhitespaceSplit" },
  space: { type: "Split", pattern: { Regex: "[ \\r\\n]+" }, behavior: "Removed", invert: false },
  punctuation: { type: "Joiner" },
  characters: { type: "Split", pattern: { Regex: "[\\s\\S]" }, behavior: "Isolated", invert: false },
  "byte-level": BYTE_LEVEL,
  "subword-nmt-0.1": { type: "SubwordNmt", version: "0.1" },
};

function decoderOf(type: TokenizerType, split: SplitRule): Json {
  if (split === "byte-level") return BYTE_LEVEL;
  if (split === "characters") return { type: "Fuse" };
  if (split === "punctuation") return { type: "Joiner" };
  return type === "bpe" ? { type: "BPEDecoder", suffix: END_OF_WORD } : null;
}

/**
 * Writes a tokenizer.json. Equal data gives equal text.
 *
 * @example
 * const { data } = trainTokenizer(["a rose"], { type: "word" });
 * parseTokenizerJson(formatTokenizerJson(data), "copy").tokens.length; // 6
 */
export function formatTokenizerJson(data: TokenizerData): string {
  const { type, split, specials, tokens, merges } = data;
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const added = specials.map((content) => JSON.stringify({ id: ids.get(content) ?? 0, content, ...flags }));
  const entries = tokens.map((token, id) => `${JSON.stringify(token)}: ${id}`);
  const head = (value: Json) => JSON.stringify(value);
  const merging = [
    `"dropout": null`,
    `"continuing_subword_prefix": null`,
    `"end_of_word_suffix": ${head(type === "bpe" ? END_OF_WORD : null)}`,
    `"fuse_unk": false`,
    `"byte_fallback": false`,
    `"ignore_merges": false`,
  ];
  const model = [
    `"type": ${head(hasMerges(type) ? "BPE" : "WordLevel")}`,
    `"unk_token": ${head(data.unknown ?? null)}`,
    ...(hasMerges(type) ? merging : []),
    `"vocab": ${block("{", entries, "}", 4)}`,
    ...(hasMerges(type) ? [`"merges": ${block("[", merges.map(head), "]", 4)}`] : []),
  ];
  const members = [
    `"version": "1.0"`,
    `"truncation": null`,
    `"padding": null`,
    `"added_tokens": ${block("[", added, "]", 2)}`,
    `"normalizer": ${head(data.lowercase ? { type: "Lowercase" } : null)}`,
    `"pre_tokenizer": ${head(PRE_TOKENIZERS[split])}`,
    `"post_processor": null`,
    `"decoder": ${head(decoderOf(type, split))}`,
    `"model": ${block("{", model, "}", 2)}`,
  ];
  return `${block("{", members, "}", 0)}\n`;
}

function block(open: string, items: readonly string[], close: string, indent: number): string {
  if (items.length === 0) return open + close;
  const margin = " ".repeat(indent);
  return `${open}\n${items.map((item) => `${margin}  ${item}`).join(",\n")}\n${margin}${close}`;
}

function hasMerges(type: TokenizerType): boolean {
  return type === "bpe" || type === "byte-bpe";
}

/**
 * Reads a tokenizer.json: models "BPE" (byte-level, or with the word suffix
 * `</w>`) and "WordLevel".
 *
 * @param what names the text in errors, e.g. its path.
 * @throws {FormatError} when the text is no such file, when ids are not exactly
 *   0..n-1, when a merge lacks its tokens, or when it asks for what is not
 *   supported.
 */
export function parseTokenizerJson(text: string, what: string): TokenizerData {
  return readTokenizerJson(parseStrictJson(text, what), what);
}

/** The same for a value that has been parsed; see {@link parseTokenizerJson}. */
export function readTokenizerJson(value: JsonValue, what: string): TokenizerData {
  const fail: Fail = (field, expected, got) => {
    throw new FormatError({ what: field, expected, got }, { file: what });
  };
  const root = readObject(value, "tokenizer.json", ROOT_KEYS, fail);
  for (const key of ["truncation", "padding"]) readOnly(root, key, [null], fail);
  const lowercase = readLowercase(root.get("normalizer") ?? null, fail);
  const postProcessor = root.get("post_processor") ?? null;
  if (!isByteLevel(postProcessor) && postProcessor !== null) {
    fail("post_processor", "null or ByteLevel", show(postProcessor));
  }

  const model = readObject(root.get("model"), "model", MODEL_KEYS, fail);
  const bpe = (model.get("type") ?? (model.has("merges") ? "BPE" : "WordLevel")) === "BPE";
  readOnly(model, "type", [null, bpe ? "BPE" : "WordLevel"], fail);
  const split = readSplit(root.get("pre_tokenizer"), fail);
  const type = typeOf(bpe, split, fail);
  const decoder = root.get("decoder") ?? null;
  const wanted = decoderOf(type, split);
  if (!(split === "byte-level" ? isByteLevel(decoder) : matches(decoder, wanted))) {
    fail("decoder", JSON.stringify(wanted), show(decoder));
  }

  const specials = readAddedTokens(root.get("added_tokens") ?? [], fail);
  const tokens = readVocabulary(model.get("vocab"), specials, fail);
  const unknown = model.get("unk_token") ?? undefined;
  if (unknown !== undefined && (typeof unknown !== "string" || !specials.has(unknown))) {
    fail("model.unk_token", "null or one of added_tokens", show(unknown));
  }
  const data = { type, split, lowercase, tokens, specials: [...specials.keys()], unknown };
  if (!bpe) return { ...data, merges: [] };
  readOnly(model, "dropout", [null], fail);
  readOnly(model, "continuing_subword_prefix", [null, ""], fail);
  const suffixes = type === "bpe" ? [END_OF_WORD] : [null, ""];
  readOnly(model, "end_of_word_suffix", suffixes, fail);
  for (const key of ["fuse_unk", "byte_fallback", "ignore_merges"]) {
    readOnly(model, key, [null, false], fail);
  }
  return { ...data, merges: readMerges(model.get("merges"), type, tokens, specials, fail) };
}

type Fail = (field: string, expected: string, got: string) => never;

const ROOT_KEYS = [
  "version",
  "truncation",
  "padding",
  "added_tokens",
  "normalizer",
  "pre_tokenizer",
  "post_processor",
  "decoder",
  "model",
];
const MODEL_KEYS = [
  "type",
  "dropout",
  "unk_token",
  "continuing_subword_prefix",
  "end_of_word_suffix",
  "fuse_unk",
  "byte_fallback",
  "ignore_merges",
  "vocab",
  "merges",
];
const ADDED_TOKEN_KEYS = ["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"];

function readObject(
  value: JsonValue | undefined,
  field: string,
  keys: readonly string[],
  fail: Fail,
): JsonObject {
  if (!(value instanceof Map)) return fail(field, "an object", show(value));
  for (const key of value.keys()) if (!keys.includes(key)) fail(field, `only ${keys.join(", ")}`, show(key));
  return value;
}

/** Allows a few values only; a missing one counts as null. */
function readOnly(object: JsonObject, key: string, allowed: readonly JsonValue[], fail: Fail): void {
  const value = object.get(key) ?? null;
  if (allowed.includes(value)) return;
  fail(key, allowed.map((choice) => JSON.stringify(choice)).join(" or "), show(value));
}

function readLowercase(value: JsonValue, fail: Fail): boolean {
  if (value === null) return false;
  return matches(value, { type: "Lowercase" }) || fail("normalizer", "null or Lowercase", show(value));
}

function readSplit(value: JsonValue | undefined, fail: Fail): SplitRule {
  for (const rule of Object.keys(PRE_TOKENIZERS) as SplitRule[]) {
    if (matches(value, PRE_TOKENIZERS[rule])) return rule;
  }
  const plain = isByteLevel(value) && value.get("add_prefix_space") === false;
  if (plain && value.get("use_regex") !== false) return "byte-level";
  const known = Object.values(PRE_TOKENIZERS).map((preTokenizer) => JSON.stringify(preTokenizer));
  return fail("pre_tokenizer", `one of ${known.join(", ")}`, show(value));
}

function typeOf(bpe: boolean, split: SplitRule, fail: Fail): TokenizerType {
  if (bpe && split === "characters") fail("pre_tokenizer", "a rule that gives words", "single characters");
  if (!bpe && (split === "byte-level" || split === "subword-nmt-0.1")) {
    fail("model.type", '"BPE" with this pre_tokenizer', '"WordLevel"');
  }
  if (bpe) return split === "byte-level" ? "byte-bpe" : "bpe";
  return split === "characters" ? "char" : "word";
}

/** The added tokens with their ids, in the order of the file. */
function readAddedTokens(value: JsonValue, fail: Fail): Map<string, number> {
  if (!Array.isArray(value)) return fail("added_tokens", "an array", show(value));
  const specials = new Map<string, number>();
  for (const item of value) {
    const token = readObject(item, "added_tokens", ADDED_TOKEN_KEYS, fail);
    const content = token.get("content");
    if (typeof content !== "string" || content === "" || specials.has(content)) {
      return fail("added_tokens content", "a non-empty string, each once", show(content));
    }
    for (const key of ["single_word", "lstrip", "rstrip"]) readOnly(token, key, [null, false], fail);
    readOnly(token, "special", [true], fail);
    specials.set(content, readId(token.get("id"), content, fail));
  }
  return specials;
}

function readId(value: JsonValue | undefined, token: string, fail: Fail): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return fail(`id of ${describe(token)}`, "a whole number of at least 0", show(value));
}

/** The tokens by id; added tokens may repeat an entry of the vocabulary or extend it. */
function readVocabulary(
  value: JsonValue | undefined,
  specials: ReadonlyMap<string, number>,
  fail: Fail,
): string[] {
  if (!(value instanceof Map)) return fail("model.vocab", "an object", show(value));
  const ids = new Map<string, number>();
  for (const [token, id] of value) ids.set(token, readId(id, token, fail));
  for (const [token, id] of specials) {
    const listed = ids.get(token) ?? id;
    if (listed !== id) fail(`id of ${describe(token)}`, `${listed} as in model.vocab`, String(id));
    ids.set(token, id);
  }
  const tokens: (string | undefined)[] = new Array(ids.size).fill(undefined);
  for (const [token, id] of ids) {
    const name = `id of ${describe(token)}`;
    if (id >= tokens.length)
      fail(name, `below ${tokens.length}, the number of tokens, without gaps`, String(id));
    const other = tokens[id];
    if (other !== undefined) fail(name, "an id of its own", `${id}, the id of ${describe(other)}`);
    tokens[id] = token;
  }
  return tokens as string[];
}

function readMerges(
  value: JsonValue | undefined,
  type: TokenizerType,
  tokens: readonly string[],
  specials: ReadonlyMap<string, number>,
  fail: Fail,
): Merge[] {
  if (!Array.isArray(value)) return fail("model.merges", "an array", show(value));
  const ordinary = new Set(tokens.filter((token) => !specials.has(token)));
  const reserved = new Set(specials.keys());
  const seen = new Set<string>();
  return value.map((item, rank) => {
    const field = `model.merges[${rank}]`;
    const pair = typeof item === "string" ? item.split(" ") : item;
    const [left, right] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof left !== "string" || typeof right !== "string" || !left || !right) {
      return fail(field, "two tokens", show(item));
    }
    for (const token of [left, right, left + right]) {
      if (!ordinary.has(token)) fail(field, "tokens of the vocabulary", describe(token));
    }
    if (isMisleadingMerge(left, right, type, reserved)) {
      fail(
        field,
        `a whole that ends in ${END_OF_WORD} only where its right side does`,
        describe(left + right),
      );
    }
    const key = JSON.stringify([left, right]);
    if (seen.has(key)) fail(field, "each pair once", key);
    seen.add(key);
    return [left, right] as const;
  });
}

/** ByteLevel as a decoder or post-processor: its settings do not matter there. */
function isByteLevel(value: JsonValue | undefined): value is JsonObject {
  if (!(value instanceof Map) || value.get("type") !== BYTE_LEVEL.type) return false;
  return [...value].every(
    ([key, setting]) => Object.hasOwn(BYTE_LEVEL, key) && (key === "type" || setting === !!setting),
  );
}

function matches(value: JsonValue | undefined, wanted: Json): boolean {
  if (!(value instanceof Map)) return value === wanted;
  if (wanted === null || typeof wanted !== "object") return false;
  const members = Object.entries(wanted);
  return value.size === members.length && members.every(([key, member]) => matches(value.get(key), member));
}

/** A JSON value in an error message. */
function show(value: JsonValue | undefined): string {
  if (!(value instanceof Map)) return value === undefined ? "nothing" : describe(value);
  const type = value.get("type");
  return typeof type === "string" ? `an object of type ${describe(type)}` : "an object";
}
