import { existsSync, readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lexigrad, workspace } from "../support/command.ts";
import { runs } from "../support/fc.ts";

const TEXT =
  "low low low low low lower lower\nnewest newest newest newest newest newest\nwidest widest widest\n";
const LINES = ["lower  newest ", "", "a low-lying é 🙂", " widest"];

describe("train, encode and decode", () => {
  test.each([
    ["word", ["--split", "punctuation"]],
    ["char", []],
    ["bpe", ["--merges", "12"]],
    ["bpe", ["--merges", "12", "--split", "punctuation"]],
    ["byte-bpe", ["--vocab-size", "270"]],
  ])("%s %j gives texts back, from tokens and from ids", async (type, more) => {
    const path = workspace({ "text.txt": `${TEXT}${LINES.join("\n")}\n` });
    const out = path("tokenizer.json");
    const made = await lexigrad([
      "tokenizer",
      "train",
      "--type",
      type,
      ...more,
      "--out",
      out,
      path("text.txt"),
    ]);
    expect(made).toMatchObject({ status: 0, stdout: "" });
    expect(made.stderr).toMatch(/tokenizer\.json: \d+ tokens, \d+ merges from 7 lines\n$/);
    const stdin = LINES.join("\n");
    for (const ids of [[], ["--ids"]]) {
      const encoded = await lexigrad(["tokenizer", "encode", "--tokenizer", out, ...ids], { stdin });
      expect(encoded.status).toBe(0);
      const back = await lexigrad(["tokenizer", "decode", "--tokenizer", out, ...ids], {
        stdin: encoded.stdout,
      });
      // Words come back with single spaces between them.
      const expected =
        type === "word" || type === "bpe" ? LINES.map((line) => line.trim().replace(/ +/g, " ")) : LINES;
      expect(back.stdout.split("\n").slice(0, -1)).toEqual(expected);
    }
  });

  test("byte-bpe gives any line back", async () => {
    const path = workspace({ "text.txt": "a b\n" });
    const out = path("t.json");
    await lexigrad(["tokenizer", "train", "--type", "byte-bpe", "--out", out, path("text.txt")]);
    const line = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, " "));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1 }), async (lines) => {
        const stdin = lines.map((one) => `${one}\n`).join("");
        const { stdout } = await lexigrad(["tokenizer", "encode", "--tokenizer", out], { stdin });
        const back = await lexigrad(["tokenizer", "decode", "--tokenizer", out], { stdin: stdout });
        expect(back.stdout).toBe(stdin);
      }),
      { numRuns: Math.ceil(runs.numRuns / 10) },
    );
  });

  // The first merges of subword-nmt's toy corpus; its apply-bpe keeps spaces at both ends of a line.
  test("bpe into *.codes writes subword-nmt's format", async () => {
    const path = workspace({ "text.txt": TEXT });
    const out = path("toy.codes");
    await lexigrad(["tokenizer", "train", "--type", "bpe", "--merges", "4", "--out", out, path("text.txt")]);
    expect(readFileSync(out, "utf8").split("\n").slice(0, 3)).toEqual([
      "#version: 0.2",
      "s t</w>",
      "e st</w>",
    ]);
    const { stdout } = await lexigrad(["tokenizer", "encode", "--tokenizer", out], {
      stdin: "  lowest low  \n",
    });
    expect(stdout).toMatch(/^ {2}l.*est l.*w {2}\n$/);
  });

  test("--json prints one object", async () => {
    const path = workspace({ "text.txt": "a b a\n" });
    const out = path("t.json");
    const train = ["tokenizer", "train", "--type", "word", "--out", out, "--json", path("text.txt")];
    expect(JSON.parse((await lexigrad(train)).stdout)).toMatchObject({
      out,
      type: "word",
      tokens: 6,
      merges: 0,
    });
    const encode = await lexigrad(["tokenizer", "encode", "--tokenizer", out, "--json"], {
      stdin: "b a c\n",
    });
    expect(JSON.parse(encode.stdout)).toEqual({ lines: [{ tokens: ["b", "a", "c"], ids: [5, 4, 3] }] });
    const decode = ["tokenizer", "decode", "--tokenizer", out, "--ids", "--json"];
    const { stdout } = await lexigrad(decode, { stdin: "5 4 3\n" });
    expect(JSON.parse(stdout)).toEqual({ lines: ["b a <unk>"] });
  });

  test("- is standard input, and .gz is unpacked", async () => {
    const path = workspace();
    const out = path("t.json.gz");
    const train = ["tokenizer", "train", "--type", "word", "--lowercase", "--out", out, "-"];
    expect(await lexigrad(train, { stdin: "A b\n" })).toMatchObject({ status: 0 });
    expect(
      (await lexigrad(["tokenizer", "encode", "--tokenizer", out, "--ids"], { stdin: "a B" })).stdout,
    ).toBe("4 5\n");
  });
});

describe("bad input is one line, and no file is lost", () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0);
  const utf16 = Uint8Array.of(0xff, 0xfe, 65, 0, 66, 0);
  test.each([
    ["an empty file", "", 1, /empty corpus: expected at least one line of text, got 0 blank lines/],
    ["blank lines", " \n\n", 1, /empty corpus: .* got 2 blank lines/],
    ["an image", png, 1, /expected UTF-8, got a PNG image/],
    ["UTF-16", utf16, 1, /expected UTF-8, got UTF-16 text/],
    ["bad UTF-8", Uint8Array.of(97, 0xff), 1, /at byte 1: text: expected UTF-8, got the byte 0xff/],
  ])("%s", async (_, contents, status, message) => {
    const path = workspace({ "text.txt": contents, "t.json": "precious" });
    const out = path("t.json");
    const result = await lexigrad(["tokenizer", "train", "--type", "word", "--out", out, path("text.txt")]);
    expect(result).toMatchObject({ status, stdout: "" });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(/^lexigrad: .*\n$/);
    expect(readFileSync(out, "utf8")).toBe("precious");
  });

  test("missing files, directories and full disks", async () => {
    const path = workspace({ "text.txt": TEXT });
    const train = (out: string, text: string) =>
      lexigrad(["tokenizer", "train", "--type", "word", "--out", out, text]);
    expect((await train(path("t.json"), path("none"))).stderr).toMatch(
      /expected a file, got nothing at that path/,
    );
    expect((await train(path("t.json"), path("."))).stderr).toMatch(/expected a file, got a directory/);
    expect((await train(path("no/t.json"), path("text.txt"))).stderr).toMatch(
      /expected an existing directory/,
    );
    expect((await train(path("."), path("text.txt"))).stderr).toMatch(/expected a file, got a directory/);
    expect(existsSync(path("t.json"))).toBe(false);
    if (existsSync("/dev/full")) {
      const full = await train("/dev/full", path("text.txt"));
      expect(full).toMatchObject({ status: 1, stdout: "" });
      expect(full.stderr).toMatch(
        /writing \/dev\/full: expected room on the disk, got a full disk \(ENOSPC\)/,
      );
    }
  });

  test("a type that does not go with the other options is wrong usage", async () => {
    const path = workspace({ "text.txt": TEXT });
    const train = ["tokenizer", "train", "--out", path("t.json"), path("text.txt")];
    const merges = await lexigrad([...train, "--type", "word", "--merges", "4"]);
    expect(merges).toMatchObject({ status: 2 });
    expect(merges.stderr).toBe("lexigrad: --merges: expected none for type word, got 4.\n");
    const small = await lexigrad([...train, "--type", "byte-bpe", "--vocab-size", "10"]);
    expect(small.stderr).toBe("lexigrad: --vocab-size: expected a whole number of at least 260, got 10.\n");
    const twice = await lexigrad([...train, "--type", "word", "-", "-"]);
    expect(twice.stderr).toBe("lexigrad: standard input: expected - for at most one file, got 2 times.\n");
  });

  test("decoding what is no token or id", async () => {
    const path = workspace({ "text.txt": TEXT });
    const out = path("t.json");
    await lexigrad(["tokenizer", "train", "--type", "word", "--out", out, path("text.txt")]);
    const decode = (stdin: string) =>
      lexigrad(["tokenizer", "decode", "--tokenizer", out, "--ids"], { stdin });
    expect((await decode("4\n5 low\n")).stderr).toBe(
      'lexigrad: standard input:2: token id: expected a whole number, got "low". Without --ids, tokens are read.\n',
    );
    expect(await decode("99")).toMatchObject({ status: 1, stdout: "" });
  });

  test("damaged and foreign tokenizer files", async () => {
    const path = workspace({ "text.txt": TEXT });
    const out = path("t.json");
    await lexigrad(["tokenizer", "train", "--type", "word", "--out", out, path("text.txt")]);
    const whole = readFileSync(out, "utf8");
    for (const damaged of [whole.slice(0, whole.length / 2), "[]", "not JSON", ""]) {
      writeFileSync(out, damaged);
      const result = await lexigrad(["tokenizer", "encode", "--tokenizer", out], { stdin: "low" });
      expect(result).toMatchObject({ status: 1, stdout: "" });
      expect(result.stderr).toMatch(/^lexigrad: .*t\.json.*expected .*, got .*\n$/);
    }
  });
});
