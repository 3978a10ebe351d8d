/** The work of `lexigrad mt translate`. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { OptionError } from "../base/errors.ts";
import { writeText } from "../base/files.ts";
import type { LengthPenalty } from "../decode/hypothesis.ts";
import type { Translation } from "../models/translation.ts";
import { Translator } from "../models/translator.ts";
import { type Attention, attentionMap } from "../plot/attention-map.ts";
import { attentionTable } from "../plot/terminal.ts";
import { configure, type RuntimeOptions } from "../tensor/index.ts";
import { inputLines, STANDARD_INPUT } from "./input.ts";
import { type Io, note, print, printJson, printLines } from "./io.ts";
import { type CommonOptions, defined, parseNumber } from "./option-values.ts";

export interface DecodingOptions {
  readonly beam?: number;
  readonly lengthPenalty?: string;
  readonly coveragePenalty?: number;
  readonly batchSize?: number;
  readonly weights?: "best" | "last";
  readonly backend?: NonNullable<RuntimeOptions["backend"]>;
}

interface TranslateOptions extends DecodingOptions, CommonOptions {
  readonly nbest?: number;
  readonly attention?: string;
}

const DEFAULT_BEAM = 5;
/** Sentences translated before any of them is printed. */
const AT_ONCE = 256;

export async function translate(
  io: Io,
  run: string,
  path: string,
  options: TranslateOptions,
): Promise<undefined> {
  const translator = loadTranslator(run, options);
  const { nbest = 1 } = options;
  const decoding = { ...decodingOptions(options, nbest), nBest: nbest };
  if (path === STANDARD_INPUT && io.stdin.isTTY && !options.json)
    return converse(io, translator, decoding, options);

  const lines = await inputLines(io, path);
  const all: Translation[] = [];
  for (let start = 0; start < lines.length; start += AT_ONCE) {
    const found = translator.translateDetailed(lines.slice(start, start + AT_ONCE), decoding);
    if (start === 0 && options.attention !== undefined) await showAttention(io, found, options.attention);
    if (options.json) all.push(...found);
    else if (options.attention !== STANDARD_OUTPUT) await printLines(io, asLines(found, start, nbest));
  }
  if (options.json) await printJson(io, { translations: all.map(asJson) });
}

export function loadTranslator(run: string, { backend, weights }: DecodingOptions): Translator {
  configure(defined({ backend }));
  return Translator.load(run, defined({ weights }));
}

/** Options of the library; a beam holds at least the hypotheses asked for. */
export function decodingOptions(options: DecodingOptions, nbest = 1) {
  const { beam = Math.max(DEFAULT_BEAM, nbest), lengthPenalty, coveragePenalty, batchSize } = options;
  if (nbest > beam) {
    throw new OptionError({ what: "--nbest", expected: `at most the beam's ${beam}`, got: String(nbest) });
  }
  const penalty = lengthPenalty === undefined ? undefined : parseLengthPenalty(lengthPenalty);
  return defined({ beamSize: beam, lengthPenalty: penalty, coveragePenalty, batchSize });
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

const STANDARD_OUTPUT = "-";
const TERMINAL = "terminal";

/** Attention of the first sentence as SVG, into a file or in place of the translations; or of all on the terminal. */
async function showAttention(io: Io, translations: readonly Translation[], where: string): Promise<void> {
  if (where === TERMINAL) {
    for (const one of translations)
      note(io, `${attentionTable(attentionOf(one), io.stderr.columns ?? 80)}\n`);
    return;
  }
  const svg = attentionMap(attentionOf(translations[0]));
  if (where === STANDARD_OUTPUT) await print(io, `${svg}\n`);
  else writeText(where, `${svg}\n`);
}

function attentionOf({ sourceTokens, tokens, attention }: Translation): Attention {
  return { source: sourceTokens, target: tokens, weights: attention };
}

/** A prompt: translates each line as it is entered. */
async function converse(
  io: Io,
  translator: Translator,
  decoding: ReturnType<typeof decodingOptions>,
  { attention, nbest = 1 }: TranslateOptions,
): Promise<undefined> {
  const prompt = createInterface({ input: io.stdin as unknown as Readable, output: io.stderr, prompt: "> " });
  prompt.prompt();
  for await (const line of prompt) {
    const found = translator.translateDetailed([line], decoding);
    if (attention !== undefined) await showAttention(io, found, attention);
    await printLines(io, asLines(found, 0, nbest));
    prompt.prompt();
  }
}
