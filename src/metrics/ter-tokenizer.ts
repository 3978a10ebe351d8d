import { splitWords, trimEnd } from "./python-text.ts";

export interface TerOptions {
  /** Undo XML escapes and set punctuation apart. @defaultValue false */
  readonly normalized?: boolean;
  /** Remove punctuation. @defaultValue false */
  readonly noPunct?: boolean;
  /** With `normalized`, split CJK characters; with `noPunct`, remove CJK punctuation. @defaultValue false */
  readonly asianSupport?: boolean;
  /** @defaultValue false */
  readonly caseSensitive?: boolean;
}

const ASIAN_PUNCTUATION = /[\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb]/g;
const FULL_WIDTH_PUNCTUATION = /[\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09]/g;

/** The words of Tercom (its class Normalizer), as sacreBLEU's `tercom` tokenizer. */
export function terWords(text: string, options: TerOptions): string[] {
  let words = trimEnd(text);
  if (!options.caseSensitive) words = words.toLowerCase();
  if (options.normalized) {
    words = normalizeWestern(words);
    if (options.asianSupport) words = normalizeAsian(words);
  }
  if (options.noPunct) {
    words = words.replace(/[.,?:;!"()]/g, "");
    if (options.asianSupport)
      words = words.replace(ASIAN_PUNCTUATION, "").replace(FULL_WIDTH_PUNCTUATION, "");
  }
  return splitWords(words);
}

function normalizeWestern(text: string): string {
  const unescaped = text
    .replaceAll("\n-", "")
    .replaceAll("\n", " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
  return ` ${unescaped} `
    .replace(/[{-~[-` -&(-+:-@/]/g, " $& ")
    .replaceAll("'s ", " 's ")
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");
}

/**
 * Tercom's rules for runs of kana apply only to text that starts with one; here
 * it starts with a space, so they never do and are left out. The last range ends
 * at U+3F22 in sacreBLEU, where U+32FF was meant.
 */
function normalizeAsian(text: string): string {
  return text
    .replace(/[\u4e00-\u9fff\u3400-\u4dbf]/g, " $& ")
    .replace(/[\u31c0-\u31ef\u2e80-\u2eff]/g, " $& ")
    .replace(/[\u3300-\u33ff\uf900-\ufaff\ufe30-\ufe4f]/g, " $& ")
    .replace(/[\u3200-\u3f22]/g, " $& ")
    .replace(ASIAN_PUNCTUATION, " $& ")
    .replace(FULL_WIDTH_PUNCTUATION, " $& ");
}
