/** The part of a report that looks inside: what all heads look at in the samples. */
import type { HeadAttention } from "../base/head-attention.ts";
import { drawAttentionHeads } from "./attention-heads.ts";
import { scrollableDrawing } from "./drawing.ts";
import { element, type Markup } from "./markup.ts";
import { clip } from "./text-width.ts";

interface Sample {
  readonly source?: string;
  readonly hypothesis: string;
  readonly heads?: readonly HeadAttention[];
}

/** Characters of all heads' pictures on a page. */
const MOST_CHARACTERS = 1_000_000;
/** Weights of a sample's heads that are drawn to see how long it gets. */
const MOST_WEIGHTS = 200_000;
/** Columns of the text that names the heads of a sample. */
const NAME_COLUMNS = 80;

/** The heads of each sample, folded; of as many as the page has room for, and how many it has no room for. */
export function headSections(samples: readonly Sample[]): Markup[] {
  let room = MOST_CHARACTERS;
  let leftOut = 0;
  const shown: Markup[] = [];
  for (const { source, hypothesis, heads = [] } of samples) {
    if (heads.length === 0) continue;
    const section = weightsOf(heads) > MOST_WEIGHTS ? undefined : headSection(source ?? hypothesis, heads);
    if (section !== undefined && section.text.length <= room) {
      room -= section.text.length;
      shown.push(section);
    } else leftOut++;
  }
  if (leftOut === 0) return shown;
  const note = `Left out, to keep this page small: ${leftOut} of ${shown.length + leftOut} samples.`;
  return [...shown, element("p", { class: "muted" }, [note])];
}

function weightsOf(heads: readonly HeadAttention[]): number {
  return heads.reduce(
    (sum, { queries, keys, layers }) => sum + queries.length * keys.length * layers.flat().length,
    0,
  );
}

function headSection(text: string, heads: readonly HeadAttention[]): Markup {
  const grids = drawAttentionHeads(heads).flatMap(({ name, drawing }) => [
    element("h3", {}, [name]),
    scrollableDrawing(drawing),
  ]);
  return element("details", {}, [element("summary", { dir: "auto" }, [clip(text, NAME_COLUMNS)]), ...grids]);
}
