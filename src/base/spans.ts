/** How many units `String.fromCharCode` takes at a time. */
const CHUNK = 4096;

/**
 * A text as UTF-16 units, and stretches of it in order: what cutting a text into words gives, without a string for each.
 * Made to be used again from text to text.
 *
 * @example
 * const spans = new Spans();
 * spans.load("to be");
 * spans.add(0, 2);
 * spans.add(3, 5);
 * spans.strings(); // ["to", "be"]
 */
export class Spans {
  /** The units of the text, and behind them what is left of longer ones. */
  units = new Uint16Array(64);
  /** Units in the text. */
  length = 0;
  /** Stretches so far. */
  count = 0;
  #bounds = new Int32Array(32);

  /** Takes up a text, without stretches. */
  load(text: string): void {
    this.reserve(text.length);
    const { units } = this;
    for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
    this.length = text.length;
    this.count = 0;
  }

  /** Makes room for `length` units. What was there is gone. */
  reserve(length: number): void {
    if (this.units.length < length) this.units = new Uint16Array(Math.max(length, 2 * this.units.length));
  }

  /** Adds the stretch `[start, end)`. */
  add(start: number, end: number): void {
    const at = 2 * this.count++;
    if (at === this.#bounds.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.#bounds);
      this.#bounds = larger;
    }
    this.#bounds[at] = start;
    this.#bounds[at + 1] = end;
  }

  /** Moves the end of the last stretch. */
  extend(end: number): void {
    this.#bounds[2 * this.count - 1] = end;
  }

  /** Where stretch `i` starts. */
  start(i: number): number {
    return this.#bounds[2 * i];
  }

  /** Where stretch `i` ends. */
  end(i: number): number {
    return this.#bounds[2 * i + 1];
  }

  /** The code point at unit `i`; a lone surrogate is one. */
  codePoint(i: number): number {
    const first = this.units[i];
    if ((first & 0xfc00) !== 0xd800 || i + 1 >= this.length) return first;
    const second = this.units[i + 1];
    return (second & 0xfc00) === 0xdc00 ? 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff) : first;
  }

  /** How many units the code point at unit `i` has: 1 or 2. */
  width(i: number): number {
    return this.codePoint(i) > 0xffff ? 2 : 1;
  }

  /** The stretches as strings. */
  strings(): string[] {
    const strings = new Array<string>(this.count);
    for (let i = 0; i < this.count; i++) strings[i] = unitsToString(this.units, this.start(i), this.end(i));
    return strings;
  }
}

/** The string of `units[start..end)`. */
export function unitsToString(units: Uint16Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += CHUNK) {
    const chunk = units.subarray(at, Math.min(at + CHUNK, end));
    text += String.fromCharCode.apply(null, chunk as unknown as number[]);
  }
  return text;
}
