/** What untyped JavaScript may pass to the public functions: each works or says in a class of ours what is wrong. */
import { afterAll, expect, test } from "vitest";
import * as lexigrad from "../src/index.ts";

/** Parts that others call with what they have checked, and pictures. */
const INNER = [
  ...["LanguageModelDecoding", "Seq2SeqDecoding", "TransformerDecoding", "beamSearch", "greedy", "ensemble"],
  ...["LanguageModellingTask", "MaskedLanguageModellingTask", "TranslationTask", "MaskedBatches", "Masking"],
  ...["Optimizer", "AdamW", "Tensor", "coveragePenalty", "lengthPenalty", "gradcheck", "noGrad"],
  ...["attentionHeads", "attentionHeadsTable", "attentionMap", "attentionTable", "lineChart", "sparkline"],
  ...["terminalCurve", "renderReport", "formatScore", "pairedBootstrap", "pairedRandomization"],
  ...["NgramDecoding", "NgramModel", "NgramState"],
  ...["formatGpt2Config", "fromGpt2", "toGpt2", "saveGpt2", "saveWeights", "loadWeights", "streamLines"],
];
/** Comparisons of scorers and looks at recurrent training: their own tests say what they refuse. */
const ELSEWHERE =
  /^(?:checkSameTokens|compareScorers|gradientsThroughTime|truncationEffects|interpolat\w+|textFigures|tokenDifference|train\w*Vectors?|WordVectors)$/;

const VALUES: [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["{}", {}],
  ['"x"', "x"],
  ["NaN", Number.NaN],
  ["[]", []],
  ["[null]", [null]],
];

type Callable = (...values: unknown[]) => unknown;
type Constructor = new (...values: unknown[]) => unknown;
const isClass = (value: Callable): boolean => /^class\b/.test(Function.prototype.toString.call(value));

const entries = Object.entries(lexigrad).flatMap(([name, value]) => {
  const isError = value === lexigrad.LexigradError || Object.getPrototypeOf(value) === lexigrad.LexigradError;
  const left = typeof value !== "function" || isError || INNER.includes(name) || ELSEWHERE.test(name);
  return left ? [] : [[name, value as unknown as Callable] as const];
});

afterAll(() => {
  lexigrad.configure({ checkNumerics: false });
});

test.each(entries)("%s", async (name, entry) => {
  for (const [label, value] of VALUES) {
    try {
      const made = isClass(entry) ? new (entry as unknown as Constructor)(value) : await entry(value);
      if (made instanceof lexigrad.Scope) made[Symbol.dispose]();
    } catch (cause) {
      expect(cause, `${name}(${label})`).toBeInstanceOf(lexigrad.LexigradError);
    }
  }
});
