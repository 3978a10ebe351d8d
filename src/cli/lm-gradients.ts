/** The work of `lexigrad lm gradients`. */
import { OptionError } from "../base/errors.ts";
import type { LanguageModel } from "../models/language-model.ts";
import { RecurrentLanguageModel } from "../models/recurrent-language-model.ts";
import { type TruncationEffect, truncationEffects } from "../models/truncation.ts";
import { gradientsThroughTime } from "../nn/gradients-through-time.ts";
import { lineChart } from "../plot/line-chart.ts";
import { noGrad, ops, scoped } from "../tensor/index.ts";
import { checkPlaces, sendPicture } from "./heads.ts";
import { readInput } from "./input.ts";
import { type Io, print, printJson } from "./io.ts";
import { loadLanguageModel, type ModelUseOptions } from "./lm-evaluate.ts";

interface GradientsOptions extends ModelUseOptions {
  readonly text: string;
  readonly length: number;
  readonly stretches: number;
  readonly out?: string;
}

/** One run, over stretches from all over the text. */
interface Found {
  readonly run: string;
  /** What a step is: a word, a character, a piece of BPE. */
  readonly tokens: string;
  readonly stretches: number;
  readonly length: number;
  /** By steps back from the last state, 1 at 0: geometric means, since they differ by orders of magnitude. */
  readonly norms: readonly number[];
  /** Means. */
  readonly truncation: readonly TruncationEffect[];
}

const HORIZONS = [1, 2, 5, 10, 20, 50, 100];
/** Steps back of which the norms are told. */
const TOLD = [1, 5, 10, 20, 50, 100];

export async function gradients(io: Io, runs: string[], options: GradientsOptions): Promise<undefined> {
  const { out, json } = options;
  checkPlaces(json, [out]);
  const text = await readInput(io, options.text);
  const found = runs.map((run) => measure(run, loadLanguageModel(run, options), text, options));
  if (out !== undefined) await sendPicture(io, out, draw(found));
  if (json) return void (await printJson(io, { runs: found }));
  if (out === "-") return;
  for (const { run, norms, truncation, ...of } of found) {
    const told = TOLD.filter((steps) => steps < norms.length);
    const stretches = of.stretches === 1 ? "1 stretch" : `${of.stretches} stretches`;
    await print(io, `${run}: ${stretches} of ${of.length} tokens (${of.tokens})\n`);
    await print(io, told.map((steps) => `  ${steps} back: norm ${figure(norms[steps])}\n`).join(""));
    await print(
      io,
      truncation
        .map(({ bptt, cosine }) => `  bptt ${bptt}: cosine ${cosine.toFixed(4)} to the full gradient\n`)
        .join(""),
    );
  }
}

const figure = (value: number): string => String(Number(value.toPrecision(4)));

function measure(
  run: string,
  { network, stream, tokenizer }: LanguageModel,
  text: string,
  { length, stretches: wanted }: GradientsOptions,
): Found {
  if (!(network instanceof RecurrentLanguageModel)) {
    throw new OptionError({ what: run, expected: "a run of a recurrent model", got: "one of a transformer" });
  }
  const ids = stream.encode(text);
  const all = ids.length - 1;
  if (all < 1) throw new OptionError({ what: "--text", expected: "at least one token", got: "none" });
  network.eval();
  const tokens = Math.min(length, all);
  const stretches = Math.min(wanted, Math.floor(all / tokens));
  const horizons = HORIZONS.filter((bptt) => bptt < tokens);
  const logs = new Float64Array(tokens + 1);
  const effects = horizons.map((bptt) => ({ bptt, cosine: 0, ratio: 0 }));
  for (let i = 0; i < stretches; i++) {
    const start = stretches === 1 ? 0 : Math.floor((i * (all - tokens)) / (stretches - 1));
    const stretch = ids.subarray(start, start + tokens + 1);
    normsOf(network, stretch.subarray(0, tokens)).forEach((norm, t) => {
      logs[tokens - t] += Math.log(norm) / stretches;
    });
    truncationEffects(network, stretch, horizons).forEach(({ cosine, ratio }, j) => {
      effects[j].cosine += cosine / stretches;
      effects[j].ratio += ratio / stretches;
    });
  }
  return {
    run,
    tokens: tokenizer.type,
    stretches,
    length: tokens,
    norms: Array.from(logs, Math.exp),
    truncation: effects,
  };
}

const normsOf = (network: RecurrentLanguageModel, ids: Int32Array): Float64Array =>
  scoped(() => {
    const embedded = noGrad(() => network.embedding.forward([Array.from(ids)])); // [1, T, E]
    return gradientsThroughTime(network.recurrent, ops.reshape(embedded, [ids.length, embedded.shape[2]]));
  });

const draw = (found: readonly Found[]): string =>
  lineChart(
    found.map(({ run, tokens, norms }) => ({
      name: `${run} (${tokens})`,
      points: norms.map((norm, steps) => [steps, norm] as const),
    })),
    {
      title: "Derivative of the last state by earlier ones",
      xLabel: "tokens back",
      yScale: "log",
      width: 640,
    },
  );
