/** The commands of `lexigrad lm`, and `plot`, on a model of a small text. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, lexigrad, workspace } from "../support/command.ts";

const TEXT = "the cat sat on the mat.\nthe dog sat on the log.\n".repeat(12);
const SIZES = ["--layers", "1", "--d-model", "16", "--heads", "2", "--block-size", "16"];
const FEW = [...SIZES, "--steps", "20", "--validate-every", "10", "--log-every", "10", "--seed", "3"];

const directory = mkdtempSync(join(tmpdir(), "lexigrad-lm-"));
const corpus = join(directory, "corpus.txt");
const trained = join(directory, "run");
let training: Finished;

beforeAll(async () => {
  writeFileSync(corpus, TEXT);
  training = await lexigrad([
    "lm",
    "train",
    corpus,
    "--out",
    trained,
    ...FEW,
    "--steps",
    "150",
    "--lr",
    "0.01",
  ]);
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const firstError = ({ stderr }: Finished) => stderr.split("\n").find((line) => line.startsWith("lexigrad: "));

describe("train", () => {
  test("tells what it reads, uses and makes, and leaves a whole run directory", () => {
    expect(training.status, training.stderr).toBe(0);
    for (const line of [
      /^backend: \S/m,
      /^17 tokens, special ones included: <\/s> <unk>$/m,
      /^[\d,]+ parameters$/m,
      /^step 10 {2}epoch \d+\.\d\d {2}loss \d\.\d{3} {2}rate \S+ {2}[\d,]+ tokens\/s$/m,
      /^step 10 {2}validation loss \d\.\d{3} {2}perplexity \S+ {2}best$/m,
    ]) {
      expect(training.stderr).toMatch(line);
    }
    expect(training.stdout).toMatch(/^trained {6}150 steps, \S+ epochs, 28,800 target tokens$/m);
    expect(training.stdout).toMatch(/^best {9}step \d+ {2}validation loss \d\.\d{3} {2}perplexity \S+$/m);
    expect(readdirSync(trained).sort()).toEqual(
      ["best.safetensors", "config.json", "log.jsonl", "model.safetensors", "optimizer.safetensors"].concat([
        "options.json",
        "report.html",
        "state.json",
        "tokenizer.json",
        "valid.txt",
      ]),
    );
    expect(readFileSync(join(trained, "valid.txt"), "utf8")).toBe(TEXT.slice(Math.floor(0.9 * TEXT.length)));
  });

  test("the recipe where nothing else is said", () => {
    const { training: plan } = JSON.parse(readFileSync(join(trained, "config.json"), "utf8"));
    expect(plan).toMatchObject({
      optimizer: { type: "adamw", lr: 0.01, betas: [0.9, 0.99], weightDecay: 0.1, decay: "matrices" },
      schedule: { type: "cosine", lr: 0.01, warmup: 15, minLr: 0.001, totalSteps: 150 },
      clipNorm: 1,
    });
  });

  test("the report shows curves and texts with their lines", () => {
    const page = readFileSync(join(trained, "report.html"), "utf8");
    expect(page.includes("Loss (nats per token)")).toBe(true);
    expect(page.match(/<dt>text<\/dt><dd dir="auto">[^<]*<br>/g)).toHaveLength(3);
    expect(page.includes("hypothesis")).toBe(false);
  });

  test("--resume needs no other option and goes on to the same bytes", async () => {
    const path = workspace();
    const train = ["lm", "train", "--backend", "simd", corpus, ...FEW, "--schedule", "constant"];
    await lexigrad([...train, "--dropout", "0.1", "--out", path("whole")]);
    await lexigrad([...train, "--dropout", "0.1", "--out", path("parts"), "--steps", "13"]);
    const more = ["lm", "train", "--backend", "simd", "--resume", "--out", path("parts"), "--steps", "20"];
    const resumed = await lexigrad(more);
    expect(resumed, resumed.stderr).toMatchObject({ status: 0 });
    expect(resumed.stderr).toMatch(/parameters, resumed at step 13/);
    for (const name of ["model.safetensors", "optimizer.safetensors"]) {
      expect(hashOf(path(`parts/${name}`)), name).toBe(hashOf(path(`whole/${name}`)));
    }
  });

  test("several files, standard input, a validation file, and none", async () => {
    const [one, two] = [TEXT.slice(0, 240), TEXT.slice(240)];
    const path = workspace({
      "one.txt": one.trimEnd(),
      "two.txt": two,
      "valid.txt": "the cat sat on the log.",
    });
    const train = async (name: string, args: string[], stdin = "") => {
      const options = ["--out", path(name), "--tokenizer", "word", ...FEW, "--steps", "2"];
      const { status, stderr } = await lexigrad(["lm", "train", ...args, ...options], { stdin });
      expect(status, stderr).toBe(0);
      return hashOf(path(`${name}/model.safetensors`));
    };
    const whole = await train("a", [corpus]);
    expect(await train("b", [path("one.txt"), path("two.txt")])).toBe(whole);
    expect(await train("c", ["-"], TEXT)).toBe(whole);
    expect(existsSync(path("a/valid.txt"))).toBe(true);
    expect(await train("d", [corpus, "--valid", path("valid.txt")])).not.toBe(whole);
    expect(existsSync(path("d/valid.txt"))).toBe(false);
    await train("e", [corpus, "--valid-fraction", "0", "--validate-every", "1"].slice(0, 3));
    expect(existsSync(path("e/best.safetensors"))).toBe(false);
  });

  test("a tokenizer already made, and every option of the network", async () => {
    const path = workspace();
    const bytes = ["--type", "byte-bpe", "--vocab-size", "280", "--out", path("bytes.json")];
    await lexigrad(["tokenizer", "train", corpus, ...bytes]);
    const network =
      "--feed-forward 20 --positions rotary --activation swiglu --norm post --no-tie-embeddings";
    const more = "--no-bias --output-bias --dropout 0.1 --attention-dropout 0.2 --activation-dropout 0.3";
    const options = [...FEW, "--steps", "2", ...network.split(" "), ...more.split(" ")];
    const given = ["--tokenizer-file", path("bytes.json"), "--out", path("run")];
    const { status, stderr } = await lexigrad(["lm", "train", corpus, ...given, ...options]);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(readFileSync(path("run/config.json"), "utf8")).model).toMatchObject({
      ...{ dimFeedforward: 20, positions: "rotary", activation: "swiglu", normFirst: false },
      ...{ tieEmbeddings: false, bias: false, outputBias: true },
      ...{ dropout: 0.1, attentionDropout: 0.2, activationDropout: 0.3, stream: "text" },
    });
    const clash = await lexigrad(["lm", "train", corpus, ...given, "--vocab-size", "9"]);
    expect(clash.status).toBe(2);
    expect(clash.stderr).toContain("--tokenizer-file");
  });

  test.each(["rnn", "lstm", "gru"])("a recurrent network: %s", async (model) => {
    const path = workspace();
    const options = "--layers 1 --hidden-size 12 --embedding-size 12 --tie-embeddings --dropout 0.1 --bptt 9";
    const training = "--epochs 2 --batch-size 4 --optimizer rmsprop --beta2 0.95 --lr 0.002 --clip-value 5";
    const plateau = "--schedule plateau --plateau-factor 0.25 --plateau-patience 0";
    const given = [...options.split(" "), ...training.split(" "), ...plateau.split(" "), "--log-every", "10"];
    const made = await lexigrad(["lm", "train", corpus, "--model", model, "--out", path("run"), ...given]);
    expect(made.status, made.stderr).toBe(0);
    // 4 streams of 129 characters in windows of 9, validated after each epoch.
    expect(made.stdout).toMatch(/^trained {6}30 steps, 2 epochs, 1,032 target tokens$/m);
    expect(made.stderr.match(/validation loss/g)).toHaveLength(2);
    const config = JSON.parse(readFileSync(path("run/config.json"), "utf8"));
    expect(config.model).toMatchObject({ model, numLayers: 1, hiddenSize: 12, tieEmbeddings: true });
    expect(config.training).toMatchObject({
      ...{ bptt: 9, clipValue: 5, optimizer: { type: "rmsprop", alpha: 0.95 } },
      schedule: { type: "plateau", factor: 0.25, patience: 0 },
    });
    expect(readFileSync(path("run/log.jsonl"), "utf8")).toMatch(
      /"kind":"train".*"gradientNorm":[\d.]+.*"clippedSteps":[\d.]+,"clippedElements":[\d.]+/,
    );
    const evaluated = await lexigrad(["lm", "evaluate", path("run"), corpus, "--json"]);
    expect(JSON.parse(evaluated.stdout).tokens).toBe(TEXT.length);
    const generated = await lexigrad(["lm", "generate", path("run"), "--prompt", "the ", "--length", "9"]);
    expect(generated.stdout).toMatch(/^the .{0,9}/);
  });

  test("options of other kinds of network", async () => {
    const path = workspace();
    const train = async (...args: string[]) => {
      const { status, ...result } = await lexigrad(["lm", "train", corpus, "--out", path("run"), ...args]);
      return [status, firstError({ status, ...result })];
    };
    const refused = (option: string, kind: string) => [
      2,
      expect.stringContaining(`${option}: expected an option of --model ${kind}, got one of another model`),
    ];
    expect(await train("--bptt", "5")).toEqual(refused("--bptt", "transformer"));
    expect(await train("--model", "bert", "--bptt", "5")).toEqual(refused("--bptt", "bert"));
    expect(await train("--hidden-size", "5")).toEqual(refused("--hidden-size", "transformer"));
    expect(await train("--model", "lstm", "--heads", "2")).toEqual(refused("--heads", "lstm"));
    expect(await train("--plateau-factor", "0.5")).toEqual([
      2,
      expect.stringContaining("--plateau-factor: expected --schedule plateau with it, got --schedule cosine"),
    ]);
  });

  test("bad data and options", async () => {
    const path = workspace({
      "empty.txt": "",
      "blank.txt": " \n\n",
      "short.txt": "ab",
      bin: Uint8Array.of(255, 254, 0),
    });
    const train = async (...args: string[]) => {
      const result = await lexigrad(["lm", "train", "--out", path("run"), ...FEW, ...args]);
      expect(result.stdout).toBe("");
      expect(existsSync(path("run/config.json"))).toBe(false);
      return [result.status, firstError(result)];
    };
    expect(await train()).toEqual([2, "lexigrad: training data: expected one or more files, got none."]);
    expect(await train(path("none.txt"))).toEqual([1, expect.stringContaining("none.txt")]);
    writeFileSync(path("one.txt"), "a");
    expect(await train(path("one.txt"))).toEqual([
      2,
      expect.stringMatching(/one\.txt: expected enough text .* apart for validation, got 1 character\. /),
    ]);
    for (const name of ["empty.txt", "blank.txt"]) {
      expect(await train(path(name))).toEqual([
        1,
        expect.stringContaining(`${name}: empty corpus: expected text`),
      ]);
    }
    expect(await train(path("bin"))).toEqual([1, expect.stringMatching(/bin/)]);
    expect(await train(path("short.txt"))).toEqual([2, expect.stringContaining("at least 17 tokens")]);
    expect(await train(corpus, "--valid", corpus, "--valid-fraction", "0.1")).toEqual([
      2,
      expect.stringContaining("expected one of --valid, --valid-fraction, got --valid and --valid-fraction"),
    ]);
    expect(await train(corpus, "--heads", "3")).toEqual([
      2,
      expect.stringContaining("multiple of the 3 heads"),
    ]);
    expect(await train(corpus, "--tokenizer", "word", "--stream", "text")).toEqual([
      2,
      expect.stringContaining("expected a tokenizer that keeps line ends"),
    ]);
    expect(await train(corpus, "--model", "transfomer")).toEqual([
      2,
      expect.stringContaining('Did you mean "transformer"?'),
    ]);
  });
});

describe("evaluate", () => {
  test("the text kept apart, and any other", async () => {
    const kept = await lexigrad(["lm", "evaluate", trained]);
    expect(kept.status, kept.stderr).toBe(0);
    expect(kept.stdout).toMatch(
      /^loss {11}\d\.\d{4} nats per token\nperplexity {5}\S+ per token\n {15}\S+ per word\nbits per byte {2}\d\.\d{4}\ntext {11}58 tokens, 17 words with line ends, 58 bytes\nunknown {8}0 tokens, scored as <unk>\n$/,
    );
    const named = await lexigrad(["lm", "evaluate", trained, join(trained, "valid.txt"), "--json"]);
    const { loss, tokens, unknown } = JSON.parse(named.stdout);
    expect(kept.stdout).toContain(`${loss.toFixed(4)} nats`);
    expect({ tokens, unknown }).toEqual({ tokens: 58, unknown: 0 });
    const [best] = training.stdout.match(/validation loss (\d\.\d{3})/)?.slice(1) ?? [];
    expect(loss.toFixed(3)).toBe(best);
    const stdin = "the cat, the dog!\n";
    const odd = await lexigrad(["lm", "evaluate", trained, "-", "--stride", "2"], { stdin });
    expect(odd.stdout).toMatch(/^unknown {8}2 tokens, scored as <unk>; \S+ per token without them$/m);
    const skip = await lexigrad(["lm", "evaluate", trained, "-", "--unknown", "skip"], { stdin });
    expect(skip.stdout).toMatch(/^unknown {8}2 tokens, left out$/m);
    expect(skip.stdout).not.toContain("per byte");
  });

  test("n-gram models, several models, and their mixture", async () => {
    const entries = ["-1\t<unk>", "-99\t<s>", "-0.6\t</s>", "-0.7\tthe", "-1.5\tcat", "-1.5\tsat"];
    const arpa = `\\data\\\nngram 1=6\n\n\\1-grams:\n${entries.join("\n")}\n\n\\end\\\n`;
    const path = workspace({
      "words.arpa": arpa,
      "text.txt": "the cat sat\nthe cat\n",
      "one.txt": "cat\n",
      blank: "\n",
    });
    const words = ["--tokenizer", "word", "--model", "gru", "--hidden-size", "8", "--vocab-size", "5"];
    const few = ["--epochs", "2", "--batch-size", "2", "--valid-fraction", "0"];
    await lexigrad(["lm", "train", path("text.txt"), ...words, ...few, "--out", path("gru")]);
    const evaluate = (...args: string[]) => lexigrad(["lm", "evaluate", ...args]);

    const alone = await evaluate(path("words.arpa"), path("text.txt"), "--json");
    const expected = 10 ** ((0.7 * 2 + 1.5 * 3 + 0.6 * 2) / 7);
    expect(JSON.parse(alone.stdout).perplexity).toBeCloseTo(expected, 4);

    const both = [path("words.arpa"), path("text.txt"), "--with", path("gru")];
    const mixed = await evaluate(...both, "--tune", path("one.txt"));
    expect(mixed.stdout, mixed.stderr).toMatch(
      /words\.arpa +\S+ per token {2}\S+ per word {2}\S+ bits per byte\n.*\/gru +\S+ per token.*\nmixture +\S+ per token.*\nweights +\d\.\d{4} {2}\d\.\d{4}\nunknown +0 tokens, scored as <unk>\n$/,
    );
    const { models, weights } = JSON.parse(
      (await evaluate(...both, "--tune", path("one.txt"), "--json")).stdout,
    );
    expect(models.map(({ model }: { model: string }) => model)).toEqual([
      path("words.arpa"),
      path("gru"),
      "mixture",
    ]);
    expect(weights[0] + weights[1]).toBeCloseTo(1, 9);

    const other = await evaluate(path("words.arpa"), path("text.txt"), "--with", trained);
    expect(other.stdout).toMatch(
      /tokens +differ: "the" and "t" as token 1; only figures per word and per byte compare\n$/,
    );
    expect(other.stdout).not.toContain("per token ");
    // A model that knows no word pays for none of their letters.
    const strange = arpa.replace("cat", "dog");
    writeFileSync(path("strange.arpa"), strange);
    const lower = await evaluate(path("strange.arpa"), path("text.txt"), "--with", trained);
    expect(lower.stdout).toMatch(
      /strange\.arpa +\S+ bits per byte {2}without the letters of 2 unknown of 7 tokens\n.* \S+ bits per byte\n/,
    );
    expect(lower.stdout).toMatch(/; only bits per byte of models without unknown tokens compare\n$/);

    const gone = await evaluate(path("nope"));
    expect([gone.status, gone.stdout]).toEqual([1, ""]);
    expect(firstError(gone)).toMatch(/nope\/config\.json: expected a file, got nothing at that path/);
    const textless = await evaluate(path("words.arpa"));
    expect([textless.status, textless.stderr]).toEqual([
      2,
      "lexigrad: text: expected a file to evaluate on, got none. An n-gram model keeps no text: name one.\n",
    ]);
    const told = JSON.parse(
      (await evaluate(path("words.arpa"), path("text.txt"), "--with", trained, "--json")).stdout,
    );
    expect(told.models[0]).toHaveProperty("bitsPerByte");
    expect(told.models[0]).not.toHaveProperty("perplexity");

    writeFileSync(path("cut.arpa"), arpa.slice(0, 60));
    const cut = await evaluate(path("cut.arpa"), path("text.txt"));
    expect([cut.status, cut.stdout]).toEqual([1, ""]);
    expect(firstError(cut)).toMatch(/cut\.arpa:\d+: ARPA file: /);

    const refused = await evaluate(
      path("words.arpa"),
      path("text.txt"),
      "--with",
      trained,
      "--tune",
      path("one.txt"),
    );
    expect([refused.status, refused.stdout]).toEqual([2, ""]);
    expect(firstError(refused)).toContain("language models to compare: expected the same tokens");
    const lone = await evaluate(path("words.arpa"), path("text.txt"), "--tune", path("one.txt"));
    expect([lone.status, firstError(lone)]).toEqual([
      2,
      "lexigrad: --tune: expected --with and other models, got none.",
    ]);
    const blank = await evaluate(...both, "--tune", path("blank"));
    expect([blank.status, firstError(blank)]).toEqual([
      1,
      expect.stringContaining("empty corpus: expected text to tune on"),
    ]);
  });

  test("gradients through time, of several runs", async () => {
    const path = workspace();
    for (const model of ["rnn", "gru"]) {
      const few = ["--hidden-size", "6", "--steps", "2", "--batch-size", "2", "--out", path(model)];
      await lexigrad(["lm", "train", corpus, "--model", model, ...few]);
    }
    const tiny = path("tiny.txt");
    writeFileSync(tiny, "twelve chars");
    const gradients = (...args: string[]) => lexigrad(["lm", "gradients", ...args, "--length", "12"]);
    const both = await gradients(path("rnn"), path("gru"), "--text", corpus, "--out", path("out.svg"));
    expect(both.stdout, both.stderr).toMatch(
      /^\S+\/rnn: 10 stretches of 12 tokens \(char\)\n {2}1 back: norm \S+\n(.*\n)*\S+\/gru: .*\n(.*\n)* {2}bptt 10: cosine -?[01]\.\d{4} to the full gradient\n$/,
    );
    expect(readFileSync(path("out.svg"), "utf8")).toMatch(/^<svg[\s\S]*tokens back[\s\S]*<\/svg>\n$/);
    const { runs } = JSON.parse((await gradients(path("gru"), "--text", corpus, "--json")).stdout);
    expect(runs[0].norms).toHaveLength(13);
    expect(runs[0].norms[0]).toBe(1);
    // More than there is: as many as there are beside each other.
    const long = ["--length", "100000", "--stretches", "3", "--json"];
    const whole = await lexigrad(["lm", "gradients", path("gru"), "--text", tiny, ...long]);
    expect(JSON.parse(whole.stdout).runs[0]).toMatchObject({ stretches: 1, length: 12, tokens: "char" });
    const transformer = await gradients(trained, "--text", corpus);
    expect([transformer.status, firstError(transformer)]).toEqual([
      2,
      expect.stringContaining("expected a run of a recurrent model, got one of a transformer"),
    ]);
  });

  test("bad texts", async () => {
    const path = workspace();
    cpSync(trained, path("run"), { recursive: true });
    rmSync(path("run/valid.txt"));
    const none = await lexigrad(["lm", "evaluate", path("run")]);
    expect(none).toMatchObject({ status: 2, stdout: "" });
    expect(none.stderr).toContain(
      "text: expected a file to evaluate on, got none. This run kept no text apart.",
    );
    const blank = await lexigrad(["lm", "evaluate", trained, "-"], { stdin: "\n" });
    expect(blank).toMatchObject({ status: 1, stdout: "" });
    expect(blank.stderr).toContain("standard input: empty corpus: expected text to evaluate on, got none.");
  });
});

describe("generate", () => {
  const generate = async (...args: string[]) => {
    const { status, stdout, stderr } = await lexigrad(["lm", "generate", trained, ...args]);
    expect(status, stderr).toBe(0);
    return stdout;
  };

  test("says what of a prompt it does not know", async () => {
    const { stderr } = await lexigrad([
      "lm",
      "generate",
      trained,
      "--prompt",
      "t\u2603e\u2603",
      "--length",
      "2",
    ]);
    expect(stderr).toContain("the model does not know 2 of the 4 tokens of the prompt: as <unk>");
    expect((await lexigrad(["lm", "generate", trained, "--prompt", "the"])).stderr).not.toContain("prompt");
  });

  test("goes on from prompts, the same text for the same seed", async () => {
    const greedy = await generate("--prompt", "the cat s", "--greedy", "--length", "30");
    expect(greedy).toMatch(/^the cat sat on the (mat|log)\.\nthe /);
    const sampled = [
      "--prompt",
      "the",
      "--prompt",
      "the dog",
      "--samples",
      "2",
      "--length",
      "20",
      "--top-p",
      "0.95",
    ];
    const first = await generate(...sampled, "--seed", "5");
    expect(await generate(...sampled, "--seed", "5", "--batch-size", "1")).toBe(first);
    expect(await generate(...sampled, "--seed", "6")).not.toBe(first);
    const texts = first.split(/^---\n/m);
    expect(texts).toHaveLength(4);
    expect(texts.map((text) => text.slice(0, 3))).toEqual(["the", "the", "the", "the"]);
    expect(texts[2].startsWith("the dog")).toBe(true);
  });

  test("--json holds tokens and log probabilities", async () => {
    const { generations } = JSON.parse(await generate("--json", "--length", "4"));
    expect(generations).toEqual([
      {
        prompt: "",
        text: expect.any(String),
        tokens: expect.any(Array),
        logProb: expect.any(Number),
        finished: false,
      },
    ]);
    expect(generations[0].tokens).toHaveLength(4);
  });

  test("options that contradict each other", async () => {
    const wrong = await lexigrad(["lm", "generate", trained, "--greedy", "--top-k", "3"]);
    expect(wrong).toMatchObject({ status: 2, stdout: "" });
    expect(wrong.stderr).toMatch(/--greedy.*--top-k/);
    const run = await lexigrad(["lm", "generate", join(directory, "absent")]);
    expect(run).toMatchObject({ status: 1, stdout: "" });
  });
});

test("plot writes the same report again", async () => {
  const path = workspace();
  cpSync(trained, path("run"), { recursive: true });
  const before = readFileSync(path("run/report.html"), "utf8");
  rmSync(path("run/report.html"));
  const { status, stdout } = await lexigrad(["plot", path("run")]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^validation perplexity\n/m);
  expect(readFileSync(path("run/report.html"), "utf8") === before).toBe(true);
  const attention = await lexigrad(["plot", path("run"), "--attention"]);
  expect(attention).toMatchObject({ status: 2, stdout: "" });
});
