/** The work of `lexigrad mt translate`. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { OptionError } from "../base/errors.ts";
import type { EnsembleOptions } from "../decode/ensemble.ts";
import type { LengthPenalty } from "../decode/hypothesis.ts";
import type { ModelWeights } from "../models/model-files.ts";
import type { Translation } from "../models/translation.ts";
import { Translator } from "../models/translator.ts";
import { type Attention, attentionMap } from "../plot/attention-map.ts";
import type { HeadChoice } from "../plot/head-choice.ts";
import { attentionTable } from "../plot/terminal.ts";
import { applyComputeOptions } from "./compute.ts";
import type { ComputeOptions } from "./compute-options.ts";
import { checkPlaces, drawHeads, sendPicture } from "./heads.ts";
import { STANDARD_OUTPUT, TERMINAL } from "./heads-options.ts";
import { inputLines, STANDARD_INPUT } from "./input.ts";
import { type Io, note, printJson, printLines } from "./io.ts";
import { type CommonOptions, defined, MAX_SOURCE_LENGTH, parseNumber } from "./option-values.ts";
import { grouped } from "./progress.ts";

export interface DecodingOptions extends ComputeOptions {
  readonly beam?: number;
  readonly lengthPenalty?: string;
  readonly coveragePenalty?: number;
  readonly batchSize?: number;
  readonly maxSourceLength?: number;
  readonly weights?: ModelWeights;
  /** Further runs, to translate together with the first. */
  readonly ensemble?: string[];
  readonly combine?: EnsembleOptions["combine"];
}

interface TranslateOptions extends DecodingOptions, CommonOptions {
  readonly nbest?: number;
  readonly attention?: string;
  readonly heads?: string;
  readonly head?: HeadChoice;
}

const DEFAULT_BEAM = 5;
/** Sentences translated before any of them is printed. */
const AT_ONCE = 256;
/** Lines that a remark on many of them names. */
const MOST_NAMED = 10;

export async function translate(
  io: Io,
  run: string,
  path: string,
  options: TranslateOptions,
): Promise<undefined> {
  const translator = loadTranslator(run, options);
  const { nbest = 1 } = options;
  const decoding = { ...decodingOptions(translator, options, nbest), nBest: nbest };
  if (path === STANDARD_INPUT && io.stdin.isTTY && !options.json)
    return converse(io, translator, decoding, options);

  const pictures = [options.attention, options.heads];
  checkPlaces(options.json, pictures);
  const lines = await inputLines(io, path);
  noteCut(io, translator, lines, decoding.maxSourceLength);
  const all: Translation[] = [];
  for (let start = 0; start < lines.length; start += AT_ONCE) {
    const found = translator.translateDetailed(lines.slice(start, start + AT_ONCE), decoding);
    if (start === 0) await showPictures(io, translator, found, decoding, options);
    if (options.json) all.push(...found);
    else if (!pictures.includes(STANDARD_OUTPUT)) await printLines(io, asLines(found, start, nbest));
  }
  if (options.json) await printJson(io, { translations: all.map(asJson) });
}

export function loadTranslator(run: string, { weights, ...compute }: DecodingOptions): Translator {
  applyComputeOptions(compute);
  return Translator.load(run, defined({ weights }));
}

/** Says which lines are too long to be read to their end. */
export function noteCut(
  io: Io,
  translator: Translator,
  lines: readonly string[],
  maxSourceLength: number,
): void {
  // A unit of UTF-16 is at most three bytes, and a token at least one.
  const isCut = (line: string) =>
    3 * line.length > maxSourceLength && translator.source.encode(line).length > maxSourceLength;
  const cut = lines.flatMap((line, i) => (isCut(line) ? [i + 1] : []));
  if (cut.length === 0) return;
  const named = `${cut.slice(0, MOST_NAMED).join(", ")}${cut.length > MOST_NAMED ? ", ..." : ""}`;
  const count = `${cut.length} ${cut.length === 1 ? "line" : "lines"}`;
  note(io, `cut to ${grouped(maxSourceLength)} tokens (--max-source-length): ${count}: ${named}`);
}

/** Options of the library, with the further translators loaded; a beam holds at least the hypotheses asked for. */
export function decodingOptions(translator: Translator, options: DecodingOptions, nbest = 1) {
  const { beam = Math.max(DEFAULT_BEAM, nbest), lengthPenalty, coveragePenalty, batchSize } = options;
  if (nbest > beam) {
    throw new OptionError({ what: "--nbest", expected: `at most the beam's ${beam}`, got: String(nbest) });
  }
  const penalty = lengthPenalty === undefined ? undefined : parseLengthPenalty(lengthPenalty);
  const ensemble = options.ensemble?.map((run) => loadTranslator(run, options));
  const together = { ensemble, combine: options.combine };
  // Beside the end of sentence.
  const readable = Math.min(...[translator, ...(ensemble ?? [])].map(({ network }) => network.maxLength - 1));
  const maxSourceLength = Math.min(options.maxSourceLength ?? MAX_SOURCE_LENGTH, readable);
  const given = defined({ lengthPenalty: penalty, coveragePenalty, batchSize, ...together });
  return { ...given, beamSize: beam, maxSourceLength };
}

/** `none`, `gnmt:0.6` or `fairseq:1`. @throws {OptionError} for anything else. */
function parseLengthPenalty(text: string): LengthPenalty {
  if (text === "none") return text;
  const [type, exponent = "", ...rest] = text.split(":");
  if ((type !== "gnmt" && type !== "fairseq") || rest.length > 0) {
    const expected = "none, gnmt:ALPHA or fairseq:EXPONENT";
    throw new OptionError({ what: "--length-penalty", expected, got: JSON.stringify(text) });
  }
  const value = parseNumber(`--length-penalty ${type}`, exponent, { min: -10, max: 10 });
  return type === "gnmt" ? { type, alpha: value } : { type, lenpen: value };
}

/** One line a sentence; for n-best lists the sentence's number, score and text, with tabs between. */
function* asLines(translations: readonly Translation[], start: number, nbest: number): Generator<string> {
  for (const [i, { text, nBest }] of translations.entries()) {
    if (nbest === 1) yield oneLine(text);
    else for (const one of nBest) yield `${start + i + 1}\t${one.score.toFixed(4)}\t${oneLine(one.text)}`;
  }
}

/** Byte-level tokenizers can make line ends, which would break the correspondence of lines. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

function asJson({ source, sourceTokens, attention: _, nBest, ...best }: Translation): object {
  const list = nBest.map(({ attention: _, ...hypothesis }) => hypothesis);
  return { source, sourceTokens, ...best, nBest: list };
}

/**
 * Pictures of the first sentence as SVG, into a file or in place of the translations, or on the terminal; there the
 * attention, without heads, of all sentences.
 */
async function showPictures(
  io: Io,
  translator: Translator,
  translations: readonly Translation[],
  decoding: ReturnType<typeof decodingOptions>,
  { attention, heads, head = {} }: TranslateOptions,
): Promise<void> {
  const width = io.stderr.columns ?? 80;
  if (attention === TERMINAL) {
    for (const one of translations) note(io, `${attentionTable(attentionOf(one), width)}\n`);
  } else if (attention !== undefined) {
    await sendPicture(io, attention, attentionMap(attentionOf(translations[0])));
  }
  if (heads === undefined) return;
  const found = translator.attentionOf(translations[0].source, undefined, decoding);
  await sendPicture(io, heads, drawHeads(found, head, heads, width));
}

function attentionOf({ sourceTokens, tokens, attention }: Translation): Attention {
  return { source: sourceTokens, target: tokens, weights: attention };
}

/** A prompt: translates each line as it is entered. */
async function converse(
  io: Io,
  translator: Translator,
  decoding: ReturnType<typeof decodingOptions>,
  options: TranslateOptions,
): Promise<undefined> {
  const prompt = createInterface({ input: io.stdin as unknown as Readable, output: io.stderr, prompt: "> " });
  prompt.prompt();
  for await (const line of prompt) {
    noteCut(io, translator, [line], decoding.maxSourceLength);
    const found = translator.translateDetailed([line], decoding);
    await showPictures(io, translator, found, decoding, options);
    await printLines(io, asLines(found, 0, options.nbest ?? 1));
    prompt.prompt();
  }
}
