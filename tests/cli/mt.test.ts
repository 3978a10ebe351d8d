/** The commands of `lexigrad mt`, and `plot`, on translators that learn to reverse letters. */
import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { type Finished, lexigrad, workspace } from "../support/command.ts";

const random = new Random(5);
const PAIRS = Array.from({ length: 300 }, () => {
  const letters = Array.from({ length: 1 + random.integer(3) }, () => random.choice([..."abcde"]));
  return { source: letters.join(" "), target: letters.reverse().join(" ") };
});
const TSV = PAIRS.map(({ source, target }) => `${source}\t${target}\tby nobody\n`).join("");
const SMALL =
  "--tokenizer word --hidden-size 16 --embedding-size 16 --dropout 0 --lr 0.02 --label-smoothing 0".split(
    " ",
  );
const FEW = [
  ...SMALL,
  "--steps",
  "30",
  "--validate-every",
  "10",
  "--valid-size",
  "12",
  "--test-size",
  "8",
  "--seed",
  "3",
];

const directory = mkdtempSync(join(tmpdir(), "lexigrad-mt-"));
const pairs = join(directory, "pairs.tsv");
const trained = join(directory, "run");
let training: Finished;

beforeAll(async () => {
  writeFileSync(pairs, `${TSV} \tblank\nb\t\n`);
  training = await lexigrad(["mt", "train", "--tsv", pairs, "--out", trained, ...FEW, "--steps", "250"]);
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A copy of the trained run to damage. */
function copyOfRun(): (name: string) => string {
  const path = workspace();
  cpSync(trained, path("run"), { recursive: true });
  return (name) => path(`run/${name}`);
}

const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

describe("train", () => {
  test("tells what it reads, uses and makes, and leaves a whole run directory", () => {
    expect(training.status).toBe(0);
    for (const line of [
      /^backend: \S/m,
      /^training data: 300 pairs$/m,
      /^training data: 2 left out because a side is blank \(lines 301, 302\)$/m,
      /^pairs: \d+ for training, \d+ for validation; 8 test sentences$/m,
      /^tokens: 9 source, 9 target$/m,
      /^[\d,]+ parameters$/m,
      /^step 50 {2}epoch \d+\.\d\d {2}loss \d\.\d{3} {2}rate 0\.02 {2}[\d,]+ tokens\/s$/m,
      /^step 10 {2}validation loss \d\.\d{3} {2}perplexity \S+ {2}BLEU \d+\.\d\d {2}best$/m,
    ]) {
      expect(training.stderr).toMatch(line);
    }
    for (const line of [
      /^trained {6}250 steps, \d+(\.\d+)? epochs, [\d,]+ target tokens$/m,
      /^stopped by {3}steps$/m,
      /^best {9}step \d+ {2}validation loss \d\.\d{3} {2}perplexity \S+ {2}BLEU \d+\.\d\d$/m,
      /^peak memory {2}\d+ MiB$/m,
      /^report {7}.*run\/report\.html$/m,
    ]) {
      expect(training.stdout).toMatch(line);
    }
    expect(readdirSync(trained).sort()).toEqual(
      ["best.safetensors", "config.json", "log.jsonl", "model.safetensors", "optimizer.safetensors"].concat(
        ["options.json", "report.html", "state.json", "test.references", "test.source", "tokenizer.json"],
        ["valid.references", "valid.source"],
      ),
    );
  });

  test("no sentence kept apart is trained on", () => {
    const heldOut = ["valid", "test"].map((name) =>
      readFileSync(join(trained, `${name}.source`), "utf8")
        .split("\n")
        .slice(0, -1),
    );
    expect(new Set(heldOut.flat()).size).toBe(heldOut[0].length + heldOut[1].length);
    expect(heldOut[1]).toHaveLength(8);
  });

  test("an existing run is left alone without --resume", async () => {
    const before = hashOf(join(trained, "model.safetensors"));
    const again = await lexigrad(["mt", "train", "--tsv", pairs, "--out", trained, ...FEW]);
    expect(again).toMatchObject({ status: 1, stdout: "" });
    expect(again.stderr).toBe(
      `lexigrad: ${trained}: expected a new run directory, got one with config.json in it. Continue a run with --resume, or choose another --out.\n`,
    );
    expect(hashOf(join(trained, "model.safetensors"))).toBe(before);
  });

  test("other files of the same names are left alone too", async () => {
    const path = workspace({ "test.source": "mine\n" });
    for (const [more, message] of [
      [[], "expected a new run directory, got one with test.source in it"],
      [["--resume"], "expected a run to resume, got a directory without config.json"],
    ] as const) {
      const refused = await lexigrad(["mt", "train", "--tsv", pairs, "--out", path("."), ...FEW, ...more]);
      expect(refused).toMatchObject({ status: 1, stdout: "" });
      expect(refused.stderr).toContain(message);
      expect(readdirSync(path("."))).toEqual(["test.source"]);
    }
  });

  test("--resume makes no new run of a mistyped path", async () => {
    const path = workspace();
    const resumed = await lexigrad(["mt", "train", "--tsv", pairs, "--resume", "--out", path("rnu"), ...FEW]);
    expect(resumed).toMatchObject({ status: 1, stdout: "" });
    expect(resumed.stderr).toBe(
      `lexigrad: ${path("rnu")}: expected a run to resume, got nothing at that path. Check the path, or leave out --resume to begin a run.\n`,
    );
    expect(existsSync(path("rnu"))).toBe(false);
  });

  test("--resume writes a lost or damaged tokenizer again", async () => {
    const path = copyOfRun();
    const whole = hashOf(path("tokenizer.json"));
    const resume = () => lexigrad(["mt", "train", "--resume", "--out", path("")]);
    rmSync(path("tokenizer.json"));
    expect((await resume()).status).toBe(0);
    expect(hashOf(path("tokenizer.json"))).toBe(whole);
    writeFileSync(path("tokenizer.json"), '{"version"');
    expect((await resume()).status).toBe(0);
    expect(hashOf(path("tokenizer.json"))).toBe(whole);
  });

  test("--keep-checkpoints averages the last weights, to the same bytes on resuming", async () => {
    const path = workspace();
    const train = (out: string, ...more: string[]) => {
      const options = [
        "--keep-checkpoints",
        "3",
        "--checkpoint-every",
        "4",
        "--label-smoothing",
        "0.1",
        ...more,
      ];
      return lexigrad([
        "mt",
        "train",
        "--backend",
        "simd",
        "--tsv",
        pairs,
        "--out",
        path(out),
        ...FEW,
        ...options,
      ]);
    };
    const whole = await train("whole", "--no-bleu");
    expect(whole.status).toBe(0);
    expect(whole.stderr).toMatch(/^step 30 {2}epoch \S+ {2}smoothed loss \d/m);
    expect(whole.stderr).toMatch(/^average of 3 {2}validation loss \d\.\d{3} {2}perplexity \S+( {2}best)?$/m);
    expect(whole.stdout).toMatch(/^average {6}of the weights at steps 24, 28, 30$/m);
    await train("parts", "--no-bleu", "--steps", "17");
    await lexigrad(["mt", "train", "--backend", "simd", "--resume", "--out", path("parts"), "--steps", "30"]);
    const names = ["average", "checkpoint-20", "checkpoint-24", "checkpoint-28", "model", "optimizer"];
    for (const name of names) {
      const file = `${name}.safetensors`;
      expect(hashOf(path(`parts/${file}`)), name).toBe(hashOf(path(`whole/${file}`)));
    }
    expect(readdirSync(path("parts")).sort()).toEqual(readdirSync(path("whole")).sort());
    const translate = ["mt", "translate", path("whole"), "--weights", "average"];
    expect(await lexigrad(translate, { stdin: "a b\n" })).toMatchObject({ status: 0 });
    const again = await lexigrad(["mt", "average", path("whole"), "--last", "2", "--json"]);
    const average = path("whole/average.safetensors");
    expect(JSON.parse(again.stdout)).toEqual({ out: average, steps: [24, 28] });
    expect(hashOf(average)).not.toBe(hashOf(path("parts/average.safetensors")));
    expect((await lexigrad(["mt", "average", path("whole")])).stderr).toBe(
      `${average}: mean of the weights at steps 20, 24, 28\n`,
    );
    expect(await lexigrad(["mt", "average", trained])).toMatchObject({
      status: 1,
      stderr: `lexigrad: ${trained}: expected checkpoint-STEP.safetensors, got none. Train with --keep-checkpoints.\n`,
    });
    const none = await lexigrad(["mt", "translate", trained, "--weights", "average"], { stdin: "a b\n" });
    expect(none.stderr).toContain("average.safetensors: expected a file, got nothing at that path");
  });

  test("--resume needs no other option and goes on to the same bytes", async () => {
    const path = workspace();
    const train = ["mt", "train", "--backend", "simd", "--tsv", pairs, ...FEW, "--no-bleu"];
    await lexigrad([...train, "--out", path("whole")]);
    await lexigrad([...train, "--out", path("parts"), "--steps", "17"]);
    const resumed = await lexigrad([
      "mt",
      "train",
      "--backend",
      "simd",
      "--resume",
      "--out",
      path("parts"),
      "--steps",
      "30",
    ]);
    expect(resumed).toMatchObject({ status: 0 });
    expect(resumed.stderr).toMatch(/parameters, resumed at step 17/);
    for (const name of ["model.safetensors", "optimizer.safetensors"]) {
      expect(hashOf(path(`parts/${name}`)), name).toBe(hashOf(path(`whole/${name}`)));
    }
    const other = await lexigrad(["mt", "train", "--resume", "--out", path("parts"), "--hidden-size", "20"]);
    expect(other).toMatchObject({ status: 1 });
    expect(other.stderr).toMatch(
      /hiddenSize on resuming .*: expected 16, got 20\. Use the options the run began with/,
    );
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("%s saves and ends with status %i, passed on twice or not", async (signal, status) => {
    const path = workspace();
    const signals = new EventEmitter();
    setTimeout(() => {
      signals.emit(signal, signal);
      signals.emit("SIGINT", "SIGINT");
    }, 400);
    const train = [
      "mt",
      "train",
      "--tsv",
      pairs,
      "--out",
      path("run"),
      ...FEW,
      "--steps",
      "1000000",
      "--json",
    ];
    const stopped = await lexigrad(train, { signals });
    expect(stopped.status).toBe(status);
    expect(stopped.stderr).toContain(`${signal}: finishing the step and saving. Once more stops at once.`);
    const { steps, interrupted, stoppedBy } = JSON.parse(stopped.stdout);
    expect({ interrupted, stoppedBy }).toEqual({ interrupted: true, stoppedBy: "interrupted" });
    const more = ["mt", "train", "--resume", "--out", path("run"), "--steps", String(steps + 1), "--json"];
    expect(JSON.parse((await lexigrad(more)).stdout)).toMatchObject({ steps: steps + 1, stoppedBy: "steps" });
  });

  test("a bar on a terminal", async () => {
    const path = workspace();
    const train = ["mt", "train", "--tsv", pairs, "--out", path("run"), ...FEW, "--steps", "60"];
    const { status, stderr } = await lexigrad(train, { terminal: true });
    expect(status).toBe(0);
    expect(stderr).toContain("━");
    expect(stderr).toContain("\r\u001b[Kstep 10  validation loss");
  });

  test("options from a file; those of the command line go first", async () => {
    const config = {
      tsv: pairs,
      tokenizer: "word",
      hiddenSize: 16,
      "embedding-size": 16,
      steps: 3,
      bleu: false,
      joint: true,
    };
    const path = workspace({
      "config.json": JSON.stringify(config),
      "wrong.json": '{"hidden-sise": 4}',
      "list.json": "[]",
      "bad.json": "{",
    });
    const train = (name: string, ...more: string[]) =>
      lexigrad(["mt", "train", "--config", path(name), "--out", path("run"), "--json", ...more]);
    expect(JSON.parse((await train("config.json", "--steps", "2")).stdout)).toMatchObject({ steps: 2 });
    const { model } = JSON.parse(readFileSync(path("run/config.json"), "utf8"));
    expect(model).toMatchObject({ hiddenSize: 16, embeddingSize: 16 });
    expect(JSON.parse(readFileSync(path("run/options.json"), "utf8"))).toEqual({
      ...{
        tsv: pairs,
        tokenizer: "word",
        "hidden-size": 16,
        "embedding-size": 16,
        steps: 2,
        bleu: false,
        joint: true,
      },
    });
    const wrong = await train("wrong.json");
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toMatch(
      /wrong\.json: option: expected one of .*, got "hidden-sise"\. Did you mean "hidden-size"\?/,
    );
    expect((await train("list.json")).stderr).toMatch(
      /list\.json: JSON file: expected one object, got an array of 0/,
    );
    expect((await train("bad.json")).stderr).toMatch(
      /bad\.json: JSON file: expected one object, got text that is not JSON/,
    );
  });

  test("every form of data gives the same pairs", async () => {
    const path = workspace({
      "s.txt": PAIRS.map(({ source }) => `${source}\n`).join(""),
      "t.txt": PAIRS.map(({ target }) => `${target}\n`).join(""),
      "p.csv": `de,en\n${PAIRS.map(({ source, target }) => `"${target}",${source}\n`).join("")}`,
      "p.jsonl": PAIRS.map((pair) => `${JSON.stringify(pair)}\n`).join(""),
    });
    const common = [...SMALL, "--steps", "1", "--no-bleu", "--valid-size", "9", "--seed", "2"];
    const train = async (name: string, ...data: string[]) => {
      const { status, stderr } = await lexigrad(["mt", "train", ...data, ...common, "--out", path(name)]);
      expect(status, stderr).toBe(0);
      return hashOf(path(`${name}/model.safetensors`));
    };
    const first = await train("a", "--tsv", pairs);
    expect(await train("b", "--source", path("s.txt"), "--target", path("t.txt"))).toBe(first);
    expect(await train("c", "--csv", path("p.csv"), "--columns", "en,de")).toBe(first);
    expect(await train("d", "--jsonl", path("p.jsonl"))).toBe(first);
    expect(await train("e", "--tsv", pairs, "--columns", "2,1")).not.toBe(first);
  });

  test("bad data and options", async () => {
    const path = workspace({
      "p.tsv": TSV,
      "s.txt": "a\nb\n",
      "t.txt": "a\n",
      "empty.tsv": "",
      "one.tsv": "no tab\n",
      "pair.tsv": "a\tb\n",
    });
    const train = async (...args: string[]) => {
      const { status, stderr, stdout } = await lexigrad([
        "mt",
        "train",
        "--out",
        path("run"),
        ...SMALL,
        ...args,
      ]);
      expect(stdout).toBe("");
      expect(existsSync(path("run/config.json"))).toBe(false);
      return [status, stderr.split("\n").find((line) => line.startsWith("lexigrad: "))];
    };
    const tsv = ["--tsv", path("p.tsv")];
    expect(await train()).toEqual([
      2,
      "lexigrad: training data: expected one of --tsv, --csv, --jsonl, --source with --target, got none.",
    ]);
    expect(await train(...tsv, "--csv", "x")).toEqual([
      2,
      "lexigrad: training data: expected one of --tsv, --csv, --jsonl, --source with --target, got --tsv and --csv.",
    ]);
    expect(await train(...tsv, "--source", "x")).toEqual([
      2,
      "lexigrad: training data: expected one of --tsv, --csv, --jsonl, --source with --target, got --tsv and --source with --target.",
    ]);
    expect(await train("--source", "x")).toEqual([
      2,
      "lexigrad: --source: expected --target with it, got none.",
    ]);
    expect(await train(...tsv, "--valid-tsv", "x", "--valid-size", "5")).toEqual([
      2,
      "lexigrad: validation data: expected one of --valid-tsv, --valid-source with --valid-target, --valid-size, got --valid-tsv and --valid-size.",
    ]);
    expect(await train(...tsv, "--valid-target", "x")).toEqual([
      2,
      "lexigrad: --valid-target: expected --valid-source with it, got none.",
    ]);
    expect(await train(...tsv, "--dropout", "1")).toEqual([
      2,
      "lexigrad: --dropout: expected a number of at least 0 and below 1, got 1.",
    ]);
    expect(await train(...tsv, "--steps", "1", "--valid-size", "0", "--keep-checkpoints", "2")).toEqual([
      2,
      "lexigrad: --keep-checkpoints: expected validation data, or --checkpoint-every with it, got neither.",
    ]);
    expect(await train("--tsv", path("pair.tsv"), "--valid-size", "1")).toEqual([
      2,
      expect.stringContaining(
        "training part: expected pairs left to train on, got none among 1 group of 1 pair.",
      ),
    ]);
    expect(await train(...tsv, "--out", "")).toEqual([
      2,
      'lexigrad: --out: expected the path of a directory, got "".',
    ]);
    expect(await train(...tsv, "--columns", "1")).toEqual([
      2,
      'lexigrad: --columns: expected two columns with a comma between, got "1".',
    ]);
    expect(await train("--source", path("s.txt"), "--target", path("t.txt"))).toEqual([
      1,
      expect.stringContaining("expected equally many lines on both sides, got 2 source and 1 target lines"),
    ]);
    expect(await train("--tsv", path("empty.tsv"))).toEqual([
      1,
      expect.stringMatching(/empty\.tsv: empty corpus: /),
    ]);
    expect(await train("--tsv", path("one.tsv"))).toEqual([
      1,
      expect.stringMatching(/one\.tsv:1:1: row: expected at least 2 columns, got 1/),
    ]);
    expect(await train("--tsv", path("."))).toEqual([
      1,
      expect.stringContaining("expected a file, got a directory"),
    ]);
    expect(await train(...tsv, "--hidden-size", "7")).toEqual([
      2,
      "lexigrad: --hidden-size: expected an even number for a bidirectional encoder, got 7.",
    ]);
    expect(await train(...tsv, "--model", "convolutional")).toEqual([
      2,
      'lexigrad: --model: expected one of rnn, transformer, got "convolutional".',
    ]);
    expect(await train(...tsv, "--model", "transformer")).toEqual([
      2,
      "lexigrad: --embedding-size: expected an option of --model transformer, got one of another model. See lexigrad mt train --help.",
    ]);
    expect(await train(...tsv, "--bpe-dropout", "0.1")).toEqual([
      2,
      "lexigrad: --bpe-dropout: expected a tokenizer of type bpe or byte-bpe, got one of type word.",
    ]);
    expect(await train(...tsv, "--out", path("p.tsv"))).toEqual([
      1,
      expect.stringMatching(/expected a directory, got a file of that name in the way/),
    ]);
    expect(await train(...tsv, "--valid-size", "0", "--patience", "2", "--steps", "1")).toEqual([
      2,
      "lexigrad: --patience: expected validation data, got none.",
    ]);
    const none = await lexigrad(["mt", "train", ...tsv]);
    expect(none.stderr).toMatch(
      /^lexigrad: lexigrad mt train: expected the option --out <run>, got none\. See/,
    );
  });

  test("without validation data the last weights are kept", async () => {
    const path = workspace();
    const train = [
      "mt",
      "train",
      "--tsv",
      pairs,
      ...SMALL,
      "--steps",
      "5",
      "--valid-size",
      "0",
      "--test-size",
      "0",
    ];
    const { status, stdout } = await lexigrad([...train, "--out", path("run")]);
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/^best/m);
    const translated = await lexigrad(["mt", "translate", path("run")], { stdin: "a b\n" });
    expect(translated.stdout.split("\n")).toHaveLength(2);
    expect((await lexigrad(["plot", path("run")])).status).toBe(0);
  });
});

describe("translate", () => {
  test("gives a line for each line, in order", async () => {
    const stdin = "a b c\n\n \nd\r\ne a";
    const { status, stdout, stderr } = await lexigrad(["mt", "translate", trained], { stdin });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "c b a\n\n\nd\na e\n", stderr: "" });
    const path = workspace({ "text.txt": stdin });
    for (const more of [
      ["--beam", "1"],
      ["--batch-size", "1"],
      ["--length-penalty", "gnmt:0.6"],
      ["--weights", "last"],
    ]) {
      expect((await lexigrad(["mt", "translate", trained, path("text.txt"), ...more])).stdout).toBe(stdout);
    }
    expect(await lexigrad(["mt", "translate", trained])).toMatchObject({ status: 0, stdout: "" });
  });

  test("a prompt on a terminal", async () => {
    const { status, stdout, stderr } = await lexigrad(["mt", "translate", trained], {
      stdin: "a b\nc\n",
      terminal: true,
    });
    expect({ status, stdout, prompts: stderr.split("> ").length }).toEqual({
      status: 0,
      stdout: "b a\nc\n",
      prompts: 4,
    });
  });

  test("lines that are too long are cut, and named", async () => {
    const stdin = `a b\n${"a ".repeat(2000)}\na b a b\n`;
    const cut = await lexigrad(["mt", "translate", trained, "--max-source-length", "2"], { stdin });
    expect(cut.stderr).toContain("cut to 2 tokens (--max-source-length): 2 lines: 2, 3\n");
    expect(cut.stdout.split("\n")[2]).toBe(cut.stdout.split("\n")[0]);
    const { stderr } = await lexigrad(["mt", "translate", trained, "--beam", "1"], { stdin });
    expect(stderr).toContain("cut to 1,000 tokens (--max-source-length): 1 line: 2\n");
  });

  test("--ensemble translates with several runs at once", async () => {
    const path = workspace({ "text.txt": "a b c\nd\n" });
    const together = (...more: string[]) =>
      lexigrad(["mt", "translate", trained, path("text.txt"), "--ensemble", trained, trained, ...more]);
    expect(await together()).toMatchObject({ status: 0, stdout: "c b a\nd\n" });
    expect((await together("--combine", "log-probability", "--beam", "1")).stdout).toBe("c b a\nd\n");
    const evaluated = ["mt", "evaluate", trained, "--json", "--ensemble", trained];
    const alone = JSON.parse((await lexigrad(evaluated.slice(0, 4))).stdout);
    expect(JSON.parse((await lexigrad(evaluated)).stdout).bleu).toEqual(alone.bleu);
    const wrong = await lexigrad(["mt", "translate", trained, path("text.txt"), "--combine", "probability"]);
    expect(wrong).toMatchObject({
      status: 2,
      stderr: "lexigrad: --combine: expected an ensemble with it, got none.\n",
    });
    expect(await lexigrad(["mt", "translate", trained, "--ensemble", path("none")])).toMatchObject({
      status: 1,
    });
  });

  test("--nbest gives number, score and text", async () => {
    const args = ["mt", "translate", trained, "--nbest", "3"];
    const { stdout } = await lexigrad(args, { stdin: "a b\nc\n" });
    const rows = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t"));
    expect(rows.map(([number]) => number)).toEqual(["1", "1", "1", "2", "2", "2"]);
    expect(rows[0][2]).toBe("b a");
    expect(Number(rows[0][1])).toBeGreaterThanOrEqual(Number(rows[1][1]));
    const wrong = await lexigrad([...args, "--beam", "2"]);
    expect(wrong).toMatchObject({
      status: 2,
      stderr: "lexigrad: --nbest: expected at most the beam's 2, got 3.\n",
    });
  });

  test("--json holds scores and tokens", async () => {
    const { stdout } = await lexigrad(["mt", "translate", trained, "--json"], { stdin: "a b\n" });
    const { translations } = JSON.parse(stdout);
    expect(translations).toHaveLength(1);
    expect(translations[0]).toMatchObject({
      source: "a b",
      text: "b a",
      sourceTokens: ["a", "b", "</s>"],
      tokens: ["b", "a", "</s>"],
    });
  });

  test("--attention as SVG and on the terminal", async () => {
    const path = workspace();
    const translate = (where: string, more: string[] = []) =>
      lexigrad(["mt", "translate", trained, "--attention", where, ...more], { stdin: "a b\nc\n" });
    expect((await translate(path("map.svg"))).stdout).toBe("b a\nc\n");
    const svg = readFileSync(path("map.svg"), "utf8");
    expect(svg).toMatch(/^<svg[\s\S]*<\/svg>\n$/);
    expect((await translate("-")).stdout).toBe(svg);
    const { stdout, stderr } = await translate("terminal");
    expect(stdout).toBe("b a\nc\n");
    expect(stderr).toMatch(/^ +a +b +<\/s>/);
    expect(await translate(path("no/map.svg"))).toMatchObject({ status: 1, stdout: "" });
  });

  test.each([
    ["foo", 'expected none, gnmt:ALPHA or fairseq:EXPONENT, got "foo"'],
    ["gnmt", 'gnmt: expected a number of at least -10 and at most 10, got ""'],
    ["fairseq:1:2", 'got "fairseq:1:2"'],
  ])("--length-penalty %s is wrong usage", async (rule, message) => {
    const result = await lexigrad(["mt", "translate", trained, "--length-penalty", rule]);
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr).toContain(message);
  });
});

describe("evaluate", () => {
  test("the sentences that training kept apart, in every form", async () => {
    const path = workspace();
    const kept = await lexigrad(["mt", "evaluate", trained, "--hypotheses", path("out.txt")]);
    expect(kept.status).toBe(0);
    expect(kept.stderr).toMatch(/^8 sentences with beam 5 in \S+ s\n$/);
    expect(kept.stdout).toMatch(
      /^BLEU\|nrefs:1\|[^\n]* = \d+\.\d\d [^\n]*\nchrF2\|nrefs:1\|[^\n]* = \d+\.\d\d\n$/,
    );
    const [source, references] = ["source", "references"].map((name) => join(trained, `test.${name}`));
    const named = await lexigrad(["mt", "evaluate", trained, "--source", source, "--reference", references]);
    expect(named.stdout).toBe(kept.stdout);
    const columns = [source, references].map((file) => readFileSync(file, "utf8").split("\n"));
    writeFileSync(
      path("test.tsv"),
      columns[0]
        .map((line, i) => `${line}\t${columns[1][i]}`)
        .slice(0, -1)
        .join("\n"),
    );
    const table = await lexigrad(["mt", "evaluate", trained, "--tsv", path("test.tsv"), "--json"]);
    const { sentences, beam, bleu } = JSON.parse(table.stdout);
    expect({ sentences, beam }).toEqual({ sentences: 8, beam: 5 });
    expect(kept.stdout).toContain(` = ${bleu.score.toFixed(2)} `);
    const scored = await lexigrad(["score", path("out.txt"), "--reference", references, "--width", "2"]);
    expect(kept.stdout.startsWith(scored.stdout)).toBe(true);
  });

  test("bad test data", async () => {
    const path = workspace({ "s.txt": "a\nb\n", "r.txt": "a\n", "empty.tsv": "\n", "one.tsv": "a\n" });
    const evaluate = async (...args: string[]) => {
      const { status, stderr } = await lexigrad(["mt", "evaluate", trained, ...args]);
      return [status, stderr];
    };
    expect(await evaluate("--source", path("s.txt"))).toEqual([
      2,
      "lexigrad: test data: expected --source with --reference, or --tsv, got --source.\n",
    ]);
    expect(await evaluate("--source", path("s.txt"), "--tsv", "x")).toEqual([
      2,
      expect.stringContaining("got --source and --tsv"),
    ]);
    expect(await evaluate("--source", path("s.txt"), "--reference", path("r.txt"))).toEqual([
      1,
      expect.stringMatching(/r\.txt: expected 2 lines, as in .*s\.txt, got 1 line\./),
    ]);
    expect(await evaluate("--tsv", path("empty.tsv"))).toEqual([
      1,
      expect.stringMatching(/empty corpus: .* sentence, got none/),
    ]);
    expect(await evaluate("--tsv", path("one.tsv"))).toEqual([
      1,
      expect.stringMatching(/one\.tsv:1: row: expected a source and at least one reference, got 1 column/),
    ]);
  });
});

describe("plot", () => {
  test("writes the same report again and draws the curves", async () => {
    const path = copyOfRun();
    const before = readFileSync(path("report.html"), "utf8");
    rmSync(path("report.html"));
    const { status, stdout } = await lexigrad(["plot", path(".")]);
    expect(status).toBe(0);
    expect(readFileSync(path("report.html"), "utf8")).toBe(before);
    for (const title of ["training loss", "validation loss", "validation perplexity", "validation BLEU"]) {
      expect(stdout).toMatch(new RegExp(`^${title}\\n`, "m"));
    }
    expect((await lexigrad(["plot", path("."), "--attention"])).stdout).toContain("█");
    const { records, step } = JSON.parse((await lexigrad(["plot", path("."), "--json"])).stdout);
    expect(step).toBe(250);
    expect(records.at(-1).kind).toBe("valid");
  });

  test("a damaged log", async () => {
    const path = copyOfRun();
    writeFileSync(path("log.jsonl"), '{"kind": "train"}\n');
    const { status, stderr } = await lexigrad(["plot", path(".")]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/log\.jsonl:1: log: expected a record of training or validation, got /);
  });
});

describe("damaged and foreign run directories", () => {
  const refuse = async (path: (name: string) => string) => {
    const { status, stdout, stderr } = await lexigrad(["mt", "translate", path("")], { stdin: "a\n" });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^lexigrad: .*expected .*, got .*\n$/);
    return stderr;
  };

  test("truncated, overwritten and missing files", async () => {
    const path = copyOfRun();
    const whole = readFileSync(path("best.safetensors"));
    for (const length of [0, 7, 100, whole.length >> 1, whole.length - 1]) {
      writeFileSync(path("best.safetensors"), whole.subarray(0, length));
      expect(await refuse(path)).toContain("best.safetensors");
    }
    writeFileSync(path("best.safetensors"), "\u0089PNG");
    await refuse(path);
    writeFileSync(path("best.safetensors"), whole);
    writeFileSync(path("config.json"), '{"name": "another"}');
    expect(await refuse(path)).toContain("config.json: expected lexigrad-translator version 1");
    rmSync(path("config.json"));
    expect(await refuse(path)).toContain("expected a file, got nothing at that path");
  });

  test("another tokenizer", async () => {
    const path = copyOfRun();
    const args = ["tokenizer", "train", "--type", "word", "--out", path("tokenizer.json"), "-"];
    await lexigrad(args, { stdin: "b a c d e\n" });
    expect(await refuse(path)).toMatch(
      /source tokenizer: expected the one the model was trained with .*, got another/,
    );
  });
});
