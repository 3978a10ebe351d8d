/**
 * How much does it help to see what comes after a word? Hides tokens of a text from a masked language model, which sees
 * both sides of them, and asks a left-to-right model, which sees what comes before, for the same tokens.
 *
 * Both runs must cut text into the same tokens: made with the same tokenizer, or of type word with equally many words.
 *
 *     npx tsx scripts/compare-masked-and-causal.ts MASKED_RUN CAUSAL_RUN TEXT
 *         [--hide random|each] [--mask-rate 0.15] [--seed 1] [--lines N]
 */
import { parseArgs } from "node:util";
import { MaskedLanguageModel, Masking, Random, readLines } from "../src/index.ts";
import { LanguageModel } from "../src/models/language-model.ts";
import { hiddenLogProbs } from "../src/models/masked-inference.ts";
import { noGrad, ops, scoped, tensor } from "../src/tensor/index.ts";
import { COUNTED_ELSEWHERE, evaluationWindows } from "../src/text/evaluation-windows.ts";
import type { MaskedSequence } from "../src/text/masking.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    hide: { type: "string", default: "random" },
    "mask-rate": { type: "string", default: "0.15" },
    seed: { type: "string", default: "1" },
    lines: { type: "string", default: "Infinity" },
  },
});
const [maskedRun, causalRun, path] = positionals;
if (path === undefined) throw new Error("expected MASKED_RUN CAUSAL_RUN TEXT");
const masked = MaskedLanguageModel.load(maskedRun);
const causal = LanguageModel.load(causalRun);
const lines = readLines(path).slice(0, Number(values.lines));

/** Log probability of each token of the stream but the first, from at least half a block before it. */
function leftToRight(ids: Int32Array): Float64Array {
  const { network } = causal;
  network.eval();
  const found: number[] = [];
  const windows = { time: network.blockSize, stride: Math.ceil(network.blockSize / 2), batchSize: 16 };
  for (const { inputs, targets, shape } of evaluationWindows(ids, windows)) {
    scoped(() => {
      const hidden = noGrad(() => network.hidden(tensor(inputs, shape, "i32")));
      const next = tensor(targets, shape, "i32");
      const options = { ignoreIndex: COUNTED_ELSEWHERE, reduction: "none" } as const;
      const { weight, bias } = network.output;
      const losses = noGrad(() => ops.linearCrossEntropy(hidden, weight, bias, next, options)).view();
      targets.forEach((target, i) => {
        if (target !== COUNTED_ELSEWHERE) found.push(-losses[i]);
      });
    });
  }
  return Float64Array.from(found);
}

// What is hidden, and where it stands in the stream of the left-to-right model.
const masking = new Masking(masked.tokenizer, {
  maskRate: Number(values["mask-rate"]),
  maskShare: 1,
  randomShare: 0,
});
const random = new Random(Number(values.seed));
const hidden: MaskedSequence[] = [];
const places: number[][] = [];
const stream = causal.stream.encode(lines.map((line) => `${line}\n`).join(""));
let lineStart = 1; // behind the start token
for (const line of lines) {
  let start = lineStart;
  for (const ids of masked.sequences(line)) {
    const drawn =
      values.hide === "each"
        ? Array.from(masking.candidates(ids), (at) => masking.at(ids, Int32Array.of(at)))
        : [masking.draw(ids, random)];
    for (const sequence of drawn) {
      // Each sequence begins with a token of its own.
      const at = Array.from(sequence.positions, (position) => start + position - 1);
      at.forEach((place, i) => {
        const [ours, theirs] = [
          masked.tokenizer.label(sequence.targets[i]),
          causal.tokenizer.label(stream[place]),
        ];
        if (ours !== theirs) throw new Error(`the runs cut text into other tokens: ${ours} and ${theirs}`);
      });
      hidden.push(sequence);
      places.push(at);
    }
    start += ids.length - 2;
  }
  lineStart = start + 1; // behind the end of the line
}

const before = leftToRight(stream);
const both = hiddenLogProbs(masked.network, hidden, 32);
const sides = both.flatMap((logProbs) => [...logProbs]);
const left = places.flat().map((place) => before[place - 1]);

const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const gains = sides.map((logProb, i) => logProb - left[i]);
const gain = mean(gains);
const deviation = Math.sqrt(mean(gains.map((x) => (x - gain) ** 2)) / gains.length);
const figures = (logProbs: readonly number[]) => {
  const loss = -mean(logProbs);
  return `${loss.toFixed(4)} nats, perplexity ${Math.exp(loss).toFixed(2)}`;
};
console.log(`hidden tokens   ${gains.length} (${values.hide}) of ${stream.length - 1 - lines.length}`);
console.log(`both sides      ${figures(sides)}  (${masked.network.parameterCount()} parameters)`);
console.log(`left side only  ${figures(left)}  (${causal.network.parameterCount()} parameters)`);
console.log(`both sides gain ${gain.toFixed(4)} nats a token, standard error ${deviation.toFixed(4)};`);
console.log(
  `                more probable at ${((100 * gains.filter((x) => x > 0).length) / gains.length).toFixed(1)} % of them`,
);
