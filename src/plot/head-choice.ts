/** Which layers and heads to show. */
import { OptionError } from "../base/errors.ts";
import type { HeadAttention } from "../base/head-attention.ts";
import { checkChoice, checkNumber } from "../base/options.ts";
import { checkAttention } from "./attention-map.ts";

const KINDS = ["encoder", "decoder", "memory"] as const;

const NAMES = {
  encoder: "encoder self-attention",
  decoder: "decoder self-attention",
  memory: "decoder-to-memory attention",
} as const;

/** A part of all heads; what is left out is not limited. */
export interface HeadChoice {
  readonly kind?: HeadAttention["kind"];
  /** From 1. */
  readonly layer?: number;
  /** From 1. */
  readonly head?: number;
}

/** One head of one layer. */
export interface Head {
  readonly layer: number;
  readonly head: number;
  /** `[queries, keys]` */
  readonly weights: readonly ArrayLike<number>[];
}

/** The heads chosen of one kind; a row for each layer. */
export interface HeadGrid {
  /** Such as "encoder self-attention". */
  readonly name: string;
  readonly queries: readonly string[];
  readonly keys: readonly string[];
  readonly rows: readonly (readonly Head[])[];
}

/** The name of a head, as `layer 2, head 3`. */
export function headName({ layer, head }: Head): string {
  return `layer ${layer}, head ${head}`;
}

/** The head of a grid that holds no other. */
export function onlyHead({ rows }: HeadGrid): Head | undefined {
  return rows.length === 1 && rows[0].length === 1 ? rows[0][0] : undefined;
}

/**
 * The grids of heads that `choice` leaves, one for each kind that has any.
 *
 * @throws {ShapeError} when the weights of a head do not fit its tokens.
 * @throws {OptionError} when the choice leaves no head of those there are.
 */
export function chooseHeads(attention: readonly HeadAttention[], choice: HeadChoice): HeadGrid[] {
  const { kind, layer, head } = choice;
  if (kind !== undefined) checkChoice("attention kind", kind, KINDS);
  if (layer !== undefined) checkNumber("layer", layer, { integer: true, min: 1 });
  if (head !== undefined) checkNumber("head", head, { integer: true, min: 1 });
  const grids = attention
    .filter((each) => kind === undefined || each.kind === kind)
    .map(({ kind, queries, keys, layers }) => {
      const all = layers.map((heads, i) =>
        heads.map((weights, j): Head => {
          checkAttention({ source: keys, target: queries, weights });
          return { layer: i + 1, head: j + 1, weights };
        }),
      );
      const rows = all
        .map((heads) => heads.filter((one) => isChosen(one, choice)))
        .filter((heads) => heads.length > 0);
      return { name: NAMES[kind], queries, keys, rows };
    })
    .filter(({ rows }) => rows.length > 0);
  const isLimited = kind !== undefined || layer !== undefined || head !== undefined;
  if (grids.length === 0 && isLimited) {
    throw new OptionError({ what: "chosen head", expected: offer(attention), got: describe(choice) });
  }
  return grids;
}

function isChosen({ layer, head }: Head, choice: HeadChoice): boolean {
  return (
    (choice.layer === undefined || choice.layer === layer) &&
    (choice.head === undefined || choice.head === head)
  );
}

/** What there is to choose from. */
function offer(attention: readonly HeadAttention[]): string {
  const parts = attention.map(({ kind, layers }) => {
    const heads = Math.max(0, ...layers.map((row) => row.length));
    return `${kind} layers 1 to ${layers.length} with heads 1 to ${heads}`;
  });
  return parts.length === 0 ? "none, since there is no attention" : parts.join(", ");
}

function describe({ kind, layer, head }: HeadChoice): string {
  return [
    ...(kind === undefined ? [] : [kind]),
    ...(layer === undefined ? [] : [`layer ${layer}`]),
    ...(head === undefined ? [] : [`head ${head}`]),
  ].join(", ");
}
