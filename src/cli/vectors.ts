/** The work of `lexigrad vectors nearest`, `analogy`, `evaluate`, `map` and `phrases`. */
import { FormatError, OptionError } from "../base/errors.ts";
import { readText, writeText } from "../base/files.ts";
import { wordMap } from "../plot/word-map.ts";
import {
  type AnalogyCount,
  type AnalogyResult,
  parseAnalogies,
  parseRatedPairs,
} from "../vectors/evaluate.ts";
import { joinPhrases } from "../vectors/phrases.ts";
import { principalComponents } from "../vectors/projection.ts";
import { type Neighbour, WordVectors } from "../vectors/word-vectors.ts";
import { inputLines } from "./input.ts";
import { type Io, note, printJson, printLines } from "./io.ts";
import { type CommonOptions, defined } from "./option-values.ts";

interface CountOptions extends CommonOptions {
  readonly count?: number;
}

function load(io: Io, path: string): WordVectors {
  const vectors = WordVectors.load(path);
  if (vectors.duplicates > 0)
    note(io, `${path}: ${vectors.duplicates} words come twice; their first vector counts`);
  return vectors;
}

export async function nearest(
  io: Io,
  path: string,
  words: string[],
  options: CountOptions,
): Promise<undefined> {
  const vectors = load(io, path);
  const found = words.map((word) => ({ word, neighbours: vectors.nearest(word, options.count ?? 10) }));
  if (options.json) return void (await printJson(io, { words: found }));
  const lines = found.flatMap(({ word, neighbours }) => [word, ...neighbours.map(spell)]);
  await printLines(io, lines);
}

const spell = ({ word, score }: Neighbour): string => `  ${score.toFixed(4)}  ${word}`;

interface AnalogyOptions extends CountOptions {
  readonly method?: "add" | "mul";
}

export async function analogy(
  io: Io,
  path: string,
  a: string,
  b: string,
  c: string,
  { method, count, json }: AnalogyOptions,
): Promise<undefined> {
  const answers = load(io, path).analogy(a, b, c, defined({ method, k: count }));
  if (json) await printJson(io, { answers });
  else await printLines(io, answers.map(spell));
}

interface EvaluateOptions extends CommonOptions {
  readonly similarity?: string;
  readonly analogies?: string;
  readonly limit?: number;
}

export async function evaluate(io: Io, path: string, options: EvaluateOptions): Promise<undefined> {
  const { similarity, analogies, limit, json } = options;
  if (similarity === undefined && analogies === undefined) {
    throw new OptionError({
      what: "vectors evaluate",
      expected: "--similarity, --analogies or both",
      got: "neither",
    });
  }
  const pairs = similarity === undefined ? undefined : parseRatedPairs(readText(similarity), similarity);
  const sections = analogies === undefined ? undefined : parseAnalogies(readText(analogies), analogies);
  if (pairs?.length === 0) throw noQuestions("word similarity", "two words and a rating a line", similarity);
  if (sections?.every(({ questions }) => questions.length === 0)) {
    throw noQuestions("analogies", "four words a line", analogies);
  }
  const result = load(io, path).evaluate({ similarity: pairs, analogies: sections, limit });
  if (json) return void (await printJson(io, result));
  const { similarity: rated, analogies: answered } = result;
  const lines: string[] = [];
  if (rated) {
    const { spearman, covered, pairs: all } = rated;
    lines.push(
      `Spearman ${Number.isNaN(spearman) ? "-" : spearman.toFixed(4)} over ${covered} of ${all} pairs`,
    );
  }
  await printLines(io, answered ? [...lines, ...spellAnalogies(answered)] : lines);
}

function noQuestions(what: string, expected: string, file = ""): FormatError {
  return new FormatError({ what, expected, got: "none" }, { file });
}

function spellAnalogies(result: AnalogyResult): string[] {
  const line = (name: string, { correct, asked, questions }: AnalogyCount) => {
    const share = asked === 0 ? "   -  " : `${((100 * correct) / asked).toFixed(2).padStart(6)}`;
    return `${share} %  ${correct} of ${asked} (${questions} questions)  ${name}`;
  };
  return [
    ...result.sections.map((section) => line(section.name, section)),
    line("semantic: the first five", result.semantic),
    line("syntactic: the others", result.syntactic),
    line("all", result),
  ];
}

interface MapOptions extends CountOptions {
  readonly out: string;
  readonly title?: string;
}

export async function map(io: Io, path: string, words: string[], options: MapOptions): Promise<undefined> {
  const { out, count = 100, title, json } = options;
  checkSvg(out);
  const vectors = load(io, path);
  const drawn = words.length > 0 ? [...new Set(words)] : vectors.words.slice(0, count);
  if (drawn.length < 2) {
    throw new OptionError({ what: "vectors map", expected: "at least two words", got: `${drawn.length}` });
  }
  const rows = new Float32Array(drawn.length * vectors.dim);
  for (const [i, word] of drawn.entries()) rows.set(vectors.vector(word), i * vectors.dim);
  const { positions, shares } = principalComponents(rows, vectors.dim);
  const points = drawn.map((name, i) => ({ name, x: positions[2 * i], y: positions[2 * i + 1] }));
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const caption = `across: ${percent(shares[0])} of the variance; upwards: ${percent(shares[1])}`;
  writeText(out, wordMap(points, { caption, ...defined({ title }) }));
  if (json) await printJson(io, { out, points, shares });
  else note(io, `${out}: ${drawn.length} words; ${caption}`);
}

function checkSvg(out: string): void {
  if (/\.svg$/i.test(out) || !/\.\w+$/.test(out)) return;
  throw new OptionError({ what: "--out", expected: "a name ending in .svg", got: out });
}

interface PhraseOptions extends CommonOptions {
  readonly minCount?: number;
  readonly threshold?: number;
}

export async function phrases(io: Io, path: string, options: PhraseOptions): Promise<undefined> {
  const { minCount, threshold, json } = options;
  const sentences = (await inputLines(io, path)).map((line) => line.split(/\s+/).filter(Boolean));
  const lines = joinPhrases(sentences, defined({ minCount, threshold })).map((words) => words.join(" "));
  if (json) await printJson(io, { lines });
  else await printLines(io, lines);
}
