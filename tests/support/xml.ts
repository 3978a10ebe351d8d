/** A parsed element. Text lies in `text` of the element that holds it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const TOKEN = /<(\/?)([A-Za-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)>|([^<]+)/gy;
/** Stricter than XML, which allows tabs, U+007F and the like. */
const ILLEGAL = /(?!\n)\p{Cc}|[\ufffe\uffff\p{Cs}]/u;

/**
 * Parses well-formed XML without comments and processing instructions, and
 * fails on anything else: a stray `<`, a bare `&`, a tag left open, a character
 * that XML forbids. `voids` need no end tag.
 */
export function parseXml(xml: string, voids: readonly string[] = []): XmlElement {
  const top: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [top];
  if (ILLEGAL.test(xml)) throw new Error(`illegal character in ${xml}`);
  TOKEN.lastIndex = 0;
  for (let at = 0; at < xml.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(xml);
    if (match === null) throw new Error(`no markup at ${at}: ${xml.slice(at, at + 60)}`);
    const [, slash, name, attributes, text] = match;
    const parent = open[open.length - 1];
    if (text !== undefined) parent.text += decode(text);
    else if (slash === "/") {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes <${parent.name}>`);
    } else {
      const pairs = Array.from(attributes.matchAll(/([\w:-]+)="([^"]*)"/g), ([, key, value]) => [
        key,
        decode(value),
      ]);
      const child = { name, attributes: Object.fromEntries(pairs), children: [], text: "" };
      parent.children.push(child);
      if (!voids.includes(name)) open.push(child);
    }
  }
  if (open.length !== 1 || top.children.length !== 1) throw new Error(`<${open.at(-1)?.name}> left open`);
  return top.children[0];
}

/** All elements of a name below `root`, in document order. */
export function findAll(root: XmlElement, name: string): XmlElement[] {
  return root.children.flatMap((child) => [...(child.name === name ? [child] : []), ...findAll(child, name)]);
}

function decode(text: string): string {
  return text.replace(/&(?:(amp|lt|gt|quot)|#(\d+));|&/g, (all, name, code) => {
    if (all === "&") throw new Error(`bare & in ${text}`);
    if (code !== undefined) return String.fromCodePoint(Number(code));
    return { amp: "&", lt: "<", gt: ">", quot: '"' }[name as "amp"] as string;
  });
}
