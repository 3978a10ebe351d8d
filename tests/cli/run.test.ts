import { describe, expect, test } from "vitest";
import { lexigrad } from "../support/command.ts";

describe("help and version", () => {
  test("go to standard output with status 0", async () => {
    const help = await lexigrad(["--help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    for (const name of ["tokenizer", "mt", "score", "plot"]) expect(help.stdout).toContain(`\n  ${name} `);
    expect(await lexigrad(["--version"])).toEqual({ status: 0, stdout: "0.1.0\n", stderr: "" });
  });

  test.each([
    ["tokenizer", "train"],
    ["tokenizer", "encode"],
    ["tokenizer", "decode"],
    ["mt", "train"],
    ["mt", "translate"],
    ["mt", "evaluate"],
    ["score"],
    ["plot"],
  ])("%s %s has --help, --seed, --json and --debug", async (...command) => {
    const names = command.filter(Boolean);
    const { status, stdout } = await lexigrad([...names, "--help"]);
    expect(status).toBe(0);
    for (const option of ["--help", "--seed <n>", "--json", "--debug"]) expect(stdout).toContain(option);
    expect((await lexigrad(["help", ...names])).stdout).toBe(stdout);
  });

  test("a missing command shows the help on standard error", async () => {
    const { status, stdout, stderr } = await lexigrad(["mt"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: lexigrad mt /);
  });
});

describe("wrong usage is one line and status 2", () => {
  test.each([
    [["scor"], "lexigrad: unknown command 'scor'. Did you mean score?"],
    [["mt", "trian"], "lexigrad: unknown command 'trian'. Did you mean train?"],
    [["score", "h", "--referense", "r"], "lexigrad: unknown option '--referense'. Did you mean --reference?"],
    [["plot", "run", "--zzz"], "lexigrad: unknown option '--zzz'. See lexigrad plot --help."],
    [["plot"], "lexigrad: missing required argument 'run'. See lexigrad plot --help."],
    [["mt", "train", "--epochs"], /^lexigrad: option '--epochs <n>' argument missing\. See/],
    [
      ["score", "h"],
      /^lexigrad: lexigrad score: expected the option --reference <file\.\.\.>, got none\. See/,
    ],
    [["plot", "a", "b"], /^lexigrad: too many arguments for 'plot'\. Expected 1 argument but got 2\. See/],
    [
      ["mt", "train", "--cell", "lstn"],
      'lexigrad: --cell: expected one of lstm, gru, got "lstn". Did you mean "lstm"?',
    ],
    [
      ["mt", "train", "--epochs", "ten"],
      'lexigrad: --epochs: expected a whole number of at least 1, got "ten".',
    ],
    [["mt", "train", "--epochs", "0x10"], /at least 1, got "0x10"/],
    [["mt", "train", "--epochs", "1.5"], /at least 1, got 1\.5/],
    [["mt", "train", "--dropout", "2"], /--dropout: expected a number of at least 0 and below 1, got 2/],
    [
      ["tokenizer", "train", "--type", "bpe", "--out", "o", "--merges", "1", "--vocab-size", "9", "t"],
      /'--merges <n>' cannot be used with option '--vocab-size <n>'/,
    ],
  ])("%j", async (args, line) => {
    const { status, stdout, stderr } = await lexigrad(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr.slice(0, -1)).toMatch(line);
    expect(stderr.split("\n")).toHaveLength(2);
  });
});

test("--debug shows the stack and its cause", async () => {
  const plain = await lexigrad(["plot", "nowhere"]);
  expect(plain).toMatchObject({ status: 1, stdout: "" });
  expect(plain.stderr).toMatch(/^lexigrad: reading nowhere\/log\.jsonl: expected a file, got nothing .*\n$/);
  const { status, stderr } = await lexigrad(["plot", "nowhere", "--debug"]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/\n {4}at /);
  expect(stderr).toContain("caused by Error: ENOENT");
});
