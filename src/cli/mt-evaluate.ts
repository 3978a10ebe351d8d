/** The work of `lexigrad mt evaluate`. */
import { FormatError, OptionError } from "../base/errors.ts";
import { readText, writeText } from "../base/files.ts";
import { bleu } from "../metrics/bleu.ts";
import type { BleuTokenizer } from "../metrics/bleu-tokenizers.ts";
import { chrf } from "../metrics/chrf.ts";
import { formatScore } from "../metrics/metric.ts";
import { splitLines } from "../text/corpus-lines.ts";
import { inputLines, nameOf, readReferences } from "./input.ts";
import { type Io, note, print, printJson } from "./io.ts";
import { heldOutPaths } from "./mt-data.ts";
import { type DecodingOptions, decodingOptions, loadTranslator, noteCut } from "./mt-translate.ts";
import type { CommonOptions } from "./option-values.ts";
import { duration } from "./progress.ts";

interface EvaluateOptions extends DecodingOptions, CommonOptions {
  readonly source?: string;
  readonly reference?: string[];
  readonly tsv?: string;
  readonly hypotheses?: string;
  readonly width: number;
  readonly tokenize?: BleuTokenizer;
  readonly lowercase?: boolean;
}

export async function evaluate(io: Io, run: string, options: EvaluateOptions): Promise<undefined> {
  const { sources, references } = await readTest(io, run, options);
  const translator = loadTranslator(run, options);
  const decoding = decodingOptions(translator, options);
  noteCut(io, translator, sources, decoding.maxSourceLength);
  const began = performance.now();
  const hypotheses = translator.translate(sources, decoding);
  const seconds = (performance.now() - began) / 1000;
  note(io, `${sources.length} sentences with beam ${decoding.beamSize} in ${duration(seconds)}`);
  if (options.hypotheses !== undefined) {
    writeText(options.hypotheses, hypotheses.map((line) => `${line}\n`).join(""));
  }
  const { tokenize = "13a", lowercase = false } = options;
  const scores = {
    bleu: bleu(hypotheses, references, { tokenize, lowercase }),
    chrf: chrf(hypotheses, references, { lowercase }),
  };
  if (options.json) {
    return void (await printJson(io, {
      sentences: sources.length,
      beam: decoding.beamSize,
      seconds,
      ...scores,
    }));
  }
  const lines = Object.values(scores).map((score) => `${formatScore(score, options.width)}\n`);
  await print(io, lines.join(""));
}

interface Test {
  readonly sources: string[];
  readonly references: string[][];
}

/** Sentences of the files named or, where none is, those that `mt train` kept apart. */
async function readTest(io: Io, run: string, options: EvaluateOptions): Promise<Test> {
  const { source, reference, tsv } = options;
  if (tsv !== undefined && source === undefined && reference === undefined) return readTable(tsv);
  const kept = (tsv ?? source ?? reference) ? undefined : heldOutPaths(run, "test");
  const paths = kept ? { source: kept.source, reference: [kept.references] } : { source, reference };
  if (paths.source === undefined || paths.reference === undefined || tsv !== undefined) {
    throw new OptionError({
      what: "test data",
      expected: "--source with --reference, or --tsv",
      got:
        [source && "--source", reference && "--reference", tsv && "--tsv"].filter(Boolean).join(" and ") ||
        "none",
    });
  }
  const sources = await inputLines(io, paths.source);
  const counted = { name: nameOf(paths.source), count: sources.length };
  const references = await readReferences(io, paths.reference, counted);
  if (sources.length === 0) throw noSentence(nameOf(paths.source));
  return { sources, references };
}

/** Rows of a source and its references. */
function readTable(path: string): Test {
  const sources: string[] = [];
  const references: string[][] = [];
  for (const [i, line] of splitLines(readText(path)).entries()) {
    if (!/\S/.test(line)) continue;
    const [source, ...cells] = line.split("\t");
    const present = cells.filter((cell) => /\S/.test(cell));
    if (present.length === 0) {
      const complaint = {
        what: "row",
        expected: "a source and at least one reference",
        got: `${cells.length + 1} columns`,
      };
      throw new FormatError(complaint, { file: path, line: i + 1 });
    }
    sources.push(source);
    references.push(present);
  }
  if (sources.length === 0) throw noSentence(path);
  return { sources, references };
}

function noSentence(file: string): FormatError {
  return new FormatError({ what: "empty corpus", expected: "at least one sentence", got: "none" }, { file });
}
