/** `lexigrad lm` with a masked model, which learns which words go together. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MaskedLanguageModel } from "../../src/models/masked-language-model.ts";
import { type Finished, lexigrad } from "../support/command.ts";

const directory = mkdtempSync(join(tmpdir(), "lexigrad-bert-"));
const path = (name: string) => join(directory, name);
const TEXT = "cats drink milk\ndogs chew bones\n".repeat(30);
const SMALL =
  "--model bert --tokenizer word --d-model 16 --heads 2 --layers 1 --batch-size 8 --lr 0.01".split(" ");

let training: Finished;
beforeAll(async () => {
  writeFileSync(path("text"), TEXT);
  writeFileSync(path("valid"), "cats drink milk\n");
  const data = [path("text"), "--valid", path("valid"), "--out", path("run"), "--steps", "60"];
  training = await lexigrad(["lm", "train", ...SMALL, ...data, "--mask-share", "1", "--random-share", "0"]);
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("train", () => {
  test("makes a run of a masked model", () => {
    expect(training.stderr).toMatch(/^11 tokens, special ones included: <pad> <s> <\/s> <unk> <mask>$/m);
    expect(training.status).toBe(0);
    const config = JSON.parse(readFileSync(path("run/config.json"), "utf8"));
    expect(config).toMatchObject({ format: "lexigrad-masked-language-model", training: { maskShare: 1 } });
    expect(readFileSync(path("run/report.html"), "utf8")).toContain("&lt;mask&gt;");
  });

  test("plot writes the same report again", async () => {
    const before = readFileSync(path("run/report.html"), "utf8");
    rmSync(path("run/report.html"));
    expect(await lexigrad(["plot", path("run")])).toMatchObject({ status: 0 });
    expect(readFileSync(path("run/report.html"), "utf8") === before).toBe(true);
  });

  test.each([
    [["--model", "bert", "--no-bias"], "--no-bias: expected an option of --model bert"],
    [["--model", "bert", "--stream", "lines"], "--stream: expected an option of --model bert"],
    [["--mask-rate", "0.3"], "--mask-rate: expected an option of --model transformer"],
    [["--model", "bort"], 'Did you mean "bert"?'],
  ])("refuses %j", async (options, message) => {
    const { status, stderr } = await lexigrad(["lm", "train", ...options, "--out", path("no"), path("text")]);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("fill", () => {
  test("prints the number of the mask, the probability and the word", async () => {
    const { stdout } = await lexigrad([
      "lm",
      "fill",
      path("run"),
      "--text",
      "cats [MASK] <mask>",
      "--top-k",
      "2",
    ]);
    expect(stdout).toMatch(/^1\t0\.\d{4}\tdrink\n1\t0\.\d{4}\t\w+\n2\t0\.\d{4}\t\w+\n2\t0\.\d{4}\t\w+\n$/);
  });

  test("gives the same as JSON", async () => {
    const { stdout } = await lexigrad(["lm", "fill", path("run"), "--text", "dogs <mask> bones", "--json"]);
    const { masks } = JSON.parse(stdout);
    expect(masks).toEqual(MaskedLanguageModel.load(path("run")).fill("dogs <mask> bones"));
    expect(masks[0][0].token).toBe("chew");
  });

  test("needs a mask", async () => {
    const { status, stderr } = await lexigrad(["lm", "fill", path("run"), "--text", "dogs"]);
    expect(status).toBe(2);
    expect(stderr).toContain("text to fill in: expected a [MASK] or <mask>, got none.");
  });
});

test("vectors prints a line of numbers for each line of text", async () => {
  const lines = ["cats drink", "", "dogs"];
  const { stdout } = await lexigrad(["lm", "vectors", path("run"), "--pooling", "first"], {
    stdin: lines.join("\n"),
  });
  const printed = stdout.trimEnd().split("\n");
  const expected = MaskedLanguageModel.load(path("run")).sentenceVectors(lines, { pooling: "first" });
  expect(printed.map((line) => line.split(" ").map((number) => Math.fround(Number(number))))).toEqual(
    expected.map((vector) => vector.map(Math.fround)),
  );
});

describe("evaluate", () => {
  test("measures hidden tokens, random ones or each in turn", async () => {
    const { stdout } = await lexigrad(["lm", "evaluate", path("run"), path("text"), "--hide", "each"]);
    expect(stdout).toMatch(/^loss {11}\d\.\d{4} nats per hidden token$/m);
    expect(stdout).toMatch(/^hidden {9}180 tokens, each alone$/m);
    const json = await lexigrad([
      "lm",
      "evaluate",
      path("run"),
      path("text"),
      "--mask-rate",
      "0.6",
      "--json",
    ]);
    expect(JSON.parse(json.stdout)).toMatchObject({ tokens: 120 });
  });

  test("refuses options of other models", async () => {
    const { status, stderr } = await lexigrad(["lm", "evaluate", path("run"), path("text"), "--stride", "3"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--stride: expected a run of a model that reads from left to right");
  });
});
