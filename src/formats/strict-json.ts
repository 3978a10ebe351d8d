/**
 * A JSON reader for files nobody vouches for.
 *
 * `JSON.parse` keeps the last of two equal keys, treats the key `__proto__`
 * like any other only until the result is copied, and nests without limit.
 * This one refuses duplicate keys, stops at a depth limit, and gives objects as
 * Maps, so no key can touch a prototype.
 */

import { FormatError } from "../base/errors.ts";
import { checkText } from "../base/options.ts";

/** A JSON value with objects as Maps, in the order of the file. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = Map<string, JsonValue>;

/** How deep arrays and objects may nest. */
const MAX_JSON_DEPTH = 64;

/**
 * Parses JSON text (RFC 8259). Names within one object must differ, numbers
 * must fit a double, and nothing may follow the value.
 *
 * @param what names the text in errors
 * @param file named in errors, before the offset
 * @throws {FormatError} with the offset, in UTF-8 bytes, of the first offence.
 * @example
 * parseStrictJson('{"a": [1, true]}', "config"); // Map { "a" => [1, true] }
 */
export function parseStrictJson(text: string, what: string, file?: string): JsonValue {
  checkText(`JSON of ${file ?? what}`, text);
  return new Scanner(text, what, file).document();
}

const LITERALS: ReadonlyMap<string, JsonValue> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
/** All that may stand unescaped in a string: not a quote, a backslash or a control character. */
const PLAIN = /[ !#-[\]-\uffff]*/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

class Scanner {
  #at = 0;
  #depth = 0;
  readonly #text: string;
  readonly #what: string;
  readonly #file: string | undefined;

  constructor(text: string, what: string, file: string | undefined) {
    this.#text = text;
    this.#what = what;
    this.#file = file;
  }

  document(): JsonValue {
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail("the end of the text");
    return value;
  }

  #value(): JsonValue {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_JSON_DEPTH) this.#fail(`nesting of at most ${MAX_JSON_DEPTH} levels`);
    this.#at++;
    const value = parse();
    this.#depth--;
    return value;
  }

  #object(): JsonObject {
    const members: JsonObject = new Map();
    this.#skipSpace();
    if (this.#accept("}")) return members;
    do {
      this.#skipSpace();
      const start = this.#at;
      const name = this.#string();
      if (members.has(name))
        this.#fail("each name once in an object", `${JSON.stringify(name)} again`, start);
      this.#skipSpace();
      if (!this.#accept(":")) this.#fail('":"');
      members.set(name, this.#value());
      this.#skipSpace();
    } while (this.#accept(","));
    if (!this.#accept("}")) this.#fail('"," or "}"');
    return members;
  }

  #array(): JsonValue[] {
    const items: JsonValue[] = [];
    this.#skipSpace();
    if (this.#accept("]")) return items;
    do {
      items.push(this.#value());
      this.#skipSpace();
    } while (this.#accept(","));
    if (!this.#accept("]")) this.#fail('"," or "]"');
    return items;
  }

  #string(): string {
    if (!this.#accept('"')) this.#fail("a string");
    let value = "";
    for (;;) {
      const start = this.#at;
      this.#skip(PLAIN);
      value += this.#text.slice(start, this.#at);
      if (this.#accept('"')) return value;
      if (!this.#accept("\\")) this.#fail('a closing "');
      value += this.#escape();
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? "";
    const plain = ESCAPES.get(letter);
    if (plain !== undefined) {
      this.#at++;
      return plain;
    }
    const digits = this.#text.slice(this.#at + 1, this.#at + 5);
    if (letter !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail("an escape sequence");
    this.#at += 5;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #scalar(): JsonValue {
    for (const [word, value] of LITERALS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = this.#at;
    const digits = NUMBER.exec(this.#text)?.[0] ?? this.#fail("a value");
    const number = Number(digits);
    if (!Number.isFinite(number)) this.#fail("a number that fits a double", digits.slice(0, 40));
    this.#at += digits.length;
    return number;
  }

  #skipSpace(): void {
    this.#skip(SPACE);
  }

  /** Moves past all that a sticky pattern, which may match nothing, matches here. */
  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    pattern.test(this.#text);
    this.#at = pattern.lastIndex;
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #fail(expected: string, got?: string, at = this.#at): never {
    const next = this.#text.codePointAt(at);
    const found = next === undefined ? "the end" : JSON.stringify(String.fromCodePoint(next));
    const offset = new TextEncoder().encode(this.#text.slice(0, at)).length;
    throw new FormatError(
      { what: this.#what, expected, got: got ?? found },
      {
        ...(this.#file === undefined ? {} : { file: this.#file }),
        offset,
      },
    );
  }
}
