/**
 * SVG and HTML as values. Strings are text and always escaped; only
 * {@link element} makes markup, so no token, label or translation can ever
 * become a tag or an attribute.
 */

/** Finished, safe markup. */
export class Markup {
  readonly text: string;

  /** @param text must be safe already */
  constructor(text: string) {
    this.text = text;
  }
}

export type Child = Markup | string;

/** An attribute that is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** HTML elements without content, written without an end tag. */
const VOID = new Set(["br", "meta"]);

/**
 * `<name attributes>children</name>`; string children and all attribute values are escaped.
 *
 * @param name an element name from the source code, never from data
 */
export function element(name: string, attributes: Attributes = {}, children: readonly Child[] = []): Markup {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${key}="${escapeText(String(value))}"`;
  }
  if (VOID.has(name)) return new Markup(`${text}>`);
  const inner = children.map((child) => (child instanceof Markup ? child.text : escapeText(child)));
  return new Markup(`${text}>${inner.join("")}</${name}>`);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text for XML and HTML, in content and in quoted attributes. What XML cannot
 * hold (control characters, halves of surrogate pairs) is made {@link visible}.
 */
export function escapeText(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/**
 * Text with every control character shown by its Unicode picture and every
 * half of a surrogate pair by U+FFFD: safe in XML and on terminals.
 *
 * @example
 * visible("a\u001b[2J"); // "a␛[2J"
 */
export function visible(text: string): string {
  // Cs: with the flag u, only surrogates that stand alone.
  return text.replace(/[\p{Cc}\p{Cs}\u2028\u2029\ufffe\uffff]/gu, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}
