/** The work of `lexigrad ngram score` and `lexigrad ngram sample`. */
import { FormatError } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import { NO_UNKNOWN } from "../ngram/arpa-read.ts";
import { loadNgram } from "../ngram/binary.ts";
import { type NgramModel, perplexities } from "../ngram/model.ts";
import { splitWords, TextScanner } from "../ngram/scanner.ts";
import { checkUtf8, UNKNOWN_ID } from "../ngram/words.ts";
import { inputChunks, nameOf } from "./input.ts";
import { type Io, note, print, printJson, printLines } from "./io.ts";
import { type CommonOptions, defined } from "./option-values.ts";
import { duration, grouped } from "./progress.ts";

interface ScoreOptions extends CommonOptions {
  readonly words?: true;
  readonly summary?: true;
}

interface LineScore {
  logProb: number;
  tokens: number;
  unknown: number;
}

const LINES_AT_ONCE = 4096;

export async function score(io: Io, path: string, text: string, options: ScoreOptions): Promise<undefined> {
  const model = loadNgram(path);
  const began = performance.now();
  const showsLines = !options.summary && !options.json;
  const lines: LineScore[] = [];
  let shown: string[] = [];
  const scorer = new TextScorer(
    model,
    options.words ? (word) => void shown.push(word) : undefined,
    (line) => {
      if (options.json && !options.summary) lines.push(line);
      if (showsLines) shown.push(`${fixed(line.logProb)}\t${line.tokens}\t${line.unknown}`);
    },
  );
  for await (const chunk of inputChunks(io, text)) {
    scorer.scanner.addBytes(chunk, nameOf(text));
    if (shown.length < LINES_AT_ONCE) continue;
    await printLines(io, shown);
    shown = [];
  }
  scorer.scanner.endText(nameOf(text));
  await printLines(io, shown);
  const { total, sentences } = scorer;
  if (total.tokens === 0) {
    const complaint = { what: "empty corpus", expected: "at least one line", got: "none" };
    throw new FormatError(complaint, { file: nameOf(text) });
  }
  const seconds = (performance.now() - began) / 1000;
  const figures = { ...total, sentences, ...perplexities(total) };
  if (options.json) {
    return void (await printJson(io, {
      text: nameOf(text),
      seconds,
      ...figures,
      ...(options.summary ? {} : { lines }),
    }));
  }
  const { perplexity, perplexityOfKnown } = figures;
  const rate = `${grouped(total.tokens)} words with line ends in ${duration(seconds)}, ${grouped(total.tokens / seconds)} a second`;
  note(io, rate);
  const rows = [
    ["log10 probability", fixed(total.logProb)],
    ["perplexity", shortened(perplexity)],
    [
      "without unknown words",
      Number.isNaN(perplexityOfKnown) ? "all are unknown" : shortened(perplexityOfKnown),
    ],
    ["unknown words", `${grouped(total.unknown)} of ${grouped(total.tokens)}, ${howUnknown(model)}`],
  ];
  await print(io, rows.map(([name, value]) => `${name.padEnd(22)} ${value}\n`).join(""));
}

const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(6) : String(value));

const shortened = (perplexity: number): string =>
  perplexity < 1e6 ? perplexity.toFixed(3) : perplexity.toExponential(3);

/** How a model scores words that it lacks: where its file lists no `<unk>`, as KenLM does. */
function howUnknown({ parts }: NgramModel): string {
  const logProb = parts.unigrams[2 * UNKNOWN_ID];
  return logProb > NO_UNKNOWN ? "scored as <unk>" : `each with log10 P = ${logProb}: the model has no <unk>`;
}

/** Scores the lines of a text as its bytes come. */
class TextScorer {
  readonly scanner: TextScanner;
  readonly total = { logProb: 0, knownLogProb: 0, tokens: 0, unknown: 0 };
  sentences = 0;

  constructor(
    model: NgramModel,
    onWord: ((line: string) => void) | undefined,
    onLine: (line: LineScore) => void,
  ) {
    const { words } = model.parts;
    const start = model.start();
    const end = model.endId;
    // Two states by turns: none is made for a word.
    let from = model.nothing();
    let into = model.nothing();
    let last = start;
    let [logProb, knownLogProb, tokens, unknown] = [0, 0, 0, 0];
    const take = (id: number) => {
      model.extend(last, id, into);
      logProb += into.logProb;
      tokens++;
      if (id === UNKNOWN_ID) unknown++;
      else knownLogProb += into.logProb;
      onWord?.(`${model.word(id)}\t${into.matched}\t${fixed(into.logProb)}`);
      last = into;
      into = from;
      from = last;
    };
    this.scanner = new TextScanner({
      word(bytes, begin, stop, hash) {
        const id = words.findBytes(bytes, begin, stop, hash);
        // What is known is UTF-8.
        if (id < 0) checkUtf8(bytes, begin, stop);
        take(Math.max(UNKNOWN_ID, id));
      },
      endLine: () => {
        if (end !== undefined) take(end);
        this.total.logProb += logProb;
        this.total.knownLogProb += knownLogProb;
        this.total.tokens += tokens;
        this.total.unknown += unknown;
        this.sentences++;
        onLine({ logProb, tokens, unknown });
        logProb = knownLogProb = tokens = unknown = 0;
        last = start;
      },
    });
  }
}

interface SampleOptions extends CommonOptions {
  readonly prompt?: string;
  readonly samples: number;
  readonly length: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly allowUnknown?: true;
}

export async function sampleSentences(io: Io, path: string, options: SampleOptions): Promise<undefined> {
  const { samples, length, seed = 1, prompt, temperature, topK, topP, allowUnknown, json } = options;
  const model = loadNgram(path);
  const random = new Random(seed);
  const how = defined({ prompt, temperature, topK, topP, allowUnknown });
  const sentences: string[] = [];
  const strange = splitWords(prompt ?? "").filter((word) => !model.has(word));
  if (strange.length > 0) note(io, `the model lacks ${strange.join(" ")} of the prompt: as <unk>`);
  for (let i = 0; i < samples; i++) {
    const [sentence] = model.sample({ random, maxLength: length, ...how });
    if (json) sentences.push(sentence);
    else await print(io, `${sentence}\n`);
  }
  if (json) await printJson(io, { sentences });
}
