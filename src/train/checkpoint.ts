/** state.json: where a run stands besides its tensors, and which files belong together. */
import { FormatError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import type { RandomState } from "../base/random.ts";
import { crc32 } from "../formats/crc32.ts";
import { type JsonValue, parseStrictJson } from "../formats/strict-json.ts";
import type { PlateauState } from "../optim/plateau.ts";
import type { BatchPosition } from "../text/batching.ts";
import { INITIAL_PROGRESS, type Progress } from "./progress.ts";

/** Everything but tensors that the rest of a run depends on. */
export interface TrainingState {
  readonly progress: Progress;
  /** The next batch. */
  readonly position: BatchPosition;
  /** `initial`: before the batches were made; `now`: at this step. */
  readonly random: { readonly initial: RandomState; readonly now: RandomState };
  readonly plateau: PlateauState | null;
  readonly dataHash: string;
}

/** A state with the CRC-32 of each file that belongs to it. */
export interface Checkpoint {
  readonly state: TrainingState;
  readonly files: {
    readonly model: number;
    readonly optimizer: number;
    readonly best: number | null;
    /** What the task carries from batch to batch. */
    readonly carried?: number | null;
    /** The weights kept to be averaged, oldest first. */
    readonly kept?: readonly { readonly step: number; readonly crc: number }[];
  };
  /** The part of the log that belongs to it. */
  readonly log: { readonly bytes: number; readonly crc: number };
}

const FORMAT = "lexigrad-training-state";
const VERSION = 1;

/** The text of state.json. Its own checksum stands inside. */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const crc = checksum(checkpoint);
  return `${JSON.stringify({ format: FORMAT, version: VERSION, crc, checkpoint }, null, 2)}\n`;
}

/**
 * Reads {@link encodeCheckpoint}'s text.
 *
 * @throws {FormatError} for anything else, damaged texts included.
 */
export function decodeCheckpoint(text: string, file: string): Checkpoint {
  const { format, version, crc, checkpoint } = asRecord(plain(parseStrictJson(text, "training state", file)));
  if (format !== FORMAT || version !== VERSION) {
    const got = `${describe(format)} version ${describe(version)}`;
    throw new FormatError(
      { what: "training state", expected: `${FORMAT} version ${VERSION}`, got },
      { file },
    );
  }
  if (crc !== checksum(checkpoint) || !isCheckpoint(checkpoint)) {
    const hint = "Put back a copy, or begin a new run.";
    throw new FormatError(
      { what: "training state", expected: "an intact file", got: "a damaged or edited one", hint },
      { file },
    );
  }
  return checkpoint as Checkpoint;
}

const checksum = (value: unknown): number => crc32(new TextEncoder().encode(JSON.stringify(value) ?? ""));

function plain(value: JsonValue): unknown {
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** Whether a value has the form that a type asks for. */
type Check = (value: unknown) => boolean;
const number: Check = Number.isFinite;
const text: Check = (value) => typeof value === "string";
const nullable =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    Object.entries(fields).every(([key, check]) => check(asRecord(value)[key]));
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const words: Check = (value) => Array.isArray(value) && value.length === 4 && value.every(Number.isInteger);

// A validation loss that was not finite is null in JSON.
const validation = record({
  step: number,
  loss: nullable(number),
  perplexity: nullable(number),
  bleu: optional(nullable(number)),
  average: optional(number),
});

const isCheckpoint = record({
  state: record({
    progress: record({
      step: number,
      tokens: number,
      skipped: number,
      seconds: number,
      updateSeconds: number,
      learningRate: number,
      window: record(Object.fromEntries(Object.keys(INITIAL_PROGRESS.window).map((key) => [key, number]))),
      best: nullable(validation),
      validation: nullable(validation),
      badValidations: number,
    }),
    position: record({ epoch: number, batch: number }),
    random: record({ initial: words, now: words }),
    plateau: nullable(record({ lr: number, best: nullable(number), badReports: number, cooldown: number })),
    dataHash: text,
  }),
  files: record({
    model: number,
    optimizer: number,
    best: nullable(number),
    carried: optional(nullable(number)),
    kept: optional(listOf(record({ step: number, crc: number }))),
  }),
  log: record({ bytes: number, crc: number }),
});
