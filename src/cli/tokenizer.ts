/** The work of `lexigrad tokenizer train`, `encode` and `decode`. */
import { FormatError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import { type TrainTokenizerOptions, trainTokenizer } from "../text/train-tokenizer.ts";
import { corpusLines, inputLines, nameOf } from "./input.ts";
import { type Io, note, printJson, printLines } from "./io.ts";
import { type CommonOptions, defined } from "./option-values.ts";

interface TrainOptions extends TrainTokenizerOptions, CommonOptions {
  readonly out: string;
}

export async function train(io: Io, paths: string[], options: TrainOptions): Promise<undefined> {
  const { type, vocabSize, merges, minFrequency, lowercase, split, out, json } = options;
  const lines = await corpusLines(io, paths);
  const given = { type, vocabSize, merges, minFrequency, lowercase, split };
  const tokenizer = trainTokenizer(lines, defined(given));
  tokenizer.save(out);
  const made = { out, type, tokens: tokenizer.tokens.length, merges: tokenizer.merges.length };
  if (json) await printJson(io, { ...made, hash: tokenizer.hash });
  else note(io, `${out}: ${made.tokens} tokens, ${made.merges} merges from ${lines.length} lines`);
}

interface ConvertOptions extends CommonOptions {
  readonly tokenizer: string;
  readonly ids?: true;
}

export async function encode(io: Io, path: string, options: ConvertOptions): Promise<undefined> {
  const tokenizer = Tokenizer.load(options.tokenizer);
  const lines = await inputLines(io, path);
  if (options.json) {
    const encoded = lines.map((line) => ({ tokens: tokenizer.tokenize(line), ids: tokenizer.encode(line) }));
    return void (await printJson(io, { lines: encoded }));
  }
  const text = options.ids
    ? (line: string) => tokenizer.encode(line).join(" ")
    : (line: string) => spellTokens(tokenizer, line);
  await printLines(io, map(lines, text));
}

/** As subword-nmt does, "bpe" leaves spaces at both ends of a line where they are. */
function spellTokens(tokenizer: Tokenizer, line: string): string {
  const tokens = tokenizer.tokenize(line).join(" ");
  if (tokenizer.type !== "bpe" || tokens === "") return tokens;
  let [start, end] = [0, line.length];
  while (line[start] === " ") start++;
  while (line[end - 1] === " ") end--;
  return line.slice(0, start) + tokens + line.slice(end);
}

export async function decode(io: Io, path: string, options: ConvertOptions): Promise<undefined> {
  const tokenizer = Tokenizer.load(options.tokenizer);
  const lines = await inputLines(io, path);
  const texts = lines.map((line, i) =>
    options.ids
      ? tokenizer.decode(parseIds(line, nameOf(path), i + 1))
      : tokenizer.detokenize(parseTokens(tokenizer, line)),
  );
  if (options.json) await printJson(io, { lines: texts });
  else await printLines(io, texts);
}

function parseIds(line: string, file: string, number: number): number[] {
  return line
    .split(/\s+/)
    .filter(Boolean)
    .map((field) => {
      if (/^\d+$/.test(field)) return Number(field);
      throw new FormatError(
        {
          what: "token id",
          expected: "a whole number",
          got: describe(field),
          hint: "Without --ids, tokens are read.",
        },
        { file, line: number },
      );
    });
}

/** A token of type "char" may itself be a space: then it stands between two separating ones. */
function parseTokens(tokenizer: Tokenizer, line: string): string[] {
  if (tokenizer.type !== "char") return line.split(" ").filter(Boolean);
  return Array.from(line.matchAll(/([^ ]+| )(?: |$)/g), ([, token]) => token);
}

function* map<T, U>(items: Iterable<T>, convert: (item: T) => U): Generator<U> {
  for (const item of items) yield convert(item);
}
