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
  readonly out?: string;
}

/** One run on the beginning of the text. */
interface Found {
  readonly run: string;
  /** By steps back from the last state, 1 at 0. */
  readonly norms: readonly number[];
  readonly truncation: readonly TruncationEffect[];
}

const HORIZONS = [1, 2, 5, 10, 20, 50, 100];
/** Steps back of which the norms are told. */
const TOLD = [1, 5, 10, 20, 50, 100];

export async function gradients(io: Io, runs: string[], options: GradientsOptions): Promise<undefined> {
  const { length, out, json } = options;
  checkPlaces(json, [out]);
  const text = await readInput(io, options.text);
  const found = runs.map((run) => measure(run, loadLanguageModel(run, options), text, length));
  if (out !== undefined) await sendPicture(io, out, draw(found));
  if (json) return void (await printJson(io, { runs: found }));
  if (out === "-") return;
  for (const { run, norms, truncation } of found) {
    const told = TOLD.filter((steps) => steps < norms.length);
    await print(io, `${run}\n`);
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

function measure(run: string, { network, stream }: LanguageModel, text: string, length: number): Found {
  if (!(network instanceof RecurrentLanguageModel)) {
    throw new OptionError({ what: run, expected: "a run of a recurrent model", got: "one of a transformer" });
  }
  const ids = stream.encode(text).subarray(0, length + 1);
  const tokens = ids.length - 1;
  if (tokens < 1) throw new OptionError({ what: "--text", expected: "at least one token", got: "none" });
  network.eval();
  return scoped(() => {
    const inputs = Array.from(ids.subarray(0, tokens));
    const embedded = noGrad(() => network.embedding.forward([inputs])); // [1, T, E]
    const norms = gradientsThroughTime(network.recurrent, ops.reshape(embedded, [tokens, embedded.shape[2]]));
    const horizons = HORIZONS.filter((bptt) => bptt < tokens);
    return { run, norms: Array.from(norms).reverse(), truncation: truncationEffects(network, ids, horizons) };
  });
}

const draw = (found: readonly Found[]): string =>
  lineChart(
    found.map(({ run, norms }) => ({
      name: run,
      points: norms.map((norm, steps) => [steps, norm] as const),
    })),
    {
      title: "Derivative of the last state by earlier ones",
      xLabel: "steps back",
      yScale: "log",
      width: 640,
    },
  );
