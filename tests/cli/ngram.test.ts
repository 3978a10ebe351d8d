import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { lexigrad, workspace } from "../support/command.ts";

const TEXT = "the cat sat\nthe dog sat\nthe cat ran\na dog ran\n";
const train = (path: (name: string) => string, ...more: string[]) =>
  lexigrad(["ngram", "train", "--out", path("m.arpa"), path("t.txt"), ...more]);

test("train, score and sample", async () => {
  const path = workspace({ "t.txt": TEXT });
  const made = await train(path, "--smoothing", "witten-bell");
  expect(made).toMatchObject({ status: 0, stdout: "" });
  expect(made.stderr).toContain("m.arpa: 9 1-grams, 11 2-grams, 11 3-grams\n");
  expect(made.stderr).toMatch(/16 words with line ends in \S+ s, .* a second\n$/);

  const scored = await lexigrad(["ngram", "score", path("m.arpa")], { stdin: "the cat sat\nthe cow sat" });
  expect(scored.status).toBe(0);
  const lines = scored.stdout.split("\n");
  expect(lines[0]).toMatch(/^-\d\.\d{6}\t4\t0$/);
  expect(lines[1]).toMatch(/^-\d\.\d{6}\t4\t1$/);
  expect(lines[3]).toMatch(/^perplexity +\d+\.\d{3}$/);
  expect(lines[4]).toMatch(/^without unknown words +\d+\.\d{3}$/);
  expect(lines[5]).toBe("unknown words          1 of 8, scored as <unk>");
  const words = await lexigrad(["ngram", "score", path("m.arpa"), "--words"], { stdin: "the cat" });
  expect(words.stdout).toMatch(/^the\t2\t-0\.\d+\ncat\t3\t-0\.\d+\n<\/s>\t1\t-\d\.\d+\n/);
  const json = JSON.parse(
    (await lexigrad(["ngram", "score", path("m.arpa"), "--json"], { stdin: TEXT })).stdout,
  );
  expect(json).toMatchObject({ tokens: 16, unknown: 0, sentences: 4 });
  expect(json.lines).toHaveLength(4);
  expect(json.perplexity).toBeCloseTo(10 ** (-json.logProb / 16), 10);

  const args = ["ngram", "sample", path("m.arpa"), "--samples", "5", "--seed", "3", "--prompt", "the"];
  const sampled = await lexigrad(args);
  expect(
    sampled.stdout
      .split("\n")
      .slice(0, 5)
      .every((line) => line.startsWith("the")),
  ).toBe(true);
  expect((await lexigrad(args)).stdout).toBe(sampled.stdout);
  expect(JSON.parse((await lexigrad([...args, "--json"])).stdout).sentences).toHaveLength(5);
});

test("every smoothing writes a file that scores, in both forms", async () => {
  const path = workspace({ "t.txt": TEXT.repeat(3), "v.txt": "the cat sat\na cat ran\n" });
  const smoothings = [
    "mle",
    "laplace",
    "lidstone",
    "witten-bell",
    "absolute",
    "kneser-ney",
    "modified-kneser-ney",
  ];
  for (const smoothing of [...smoothings, "stupid-backoff"]) {
    for (const name of ["m.arpa.gz", "m.ngram"]) {
      const out = path(name);
      const given = [
        "ngram",
        "train",
        "--smoothing",
        smoothing,
        "--out",
        out,
        path("t.txt"),
        "--discount-fallback",
      ];
      expect((await lexigrad(given)).status).toBe(0);
    }
    const score = async (name: string) =>
      JSON.parse((await lexigrad(["ngram", "score", path(name), path("v.txt"), "--json"])).stdout);
    const [arpa, binary] = [await score("m.arpa.gz"), await score("m.ngram")];
    if (smoothing === "mle") expect(binary.perplexity).toBeNull();
    else expect(Math.abs(arpa.logProb - binary.logProb)).toBeLessThan(1e-5);
  }
});

test("options reach the training", async () => {
  const path = workspace({ "t.txt": `${TEXT}<unk> a\n`, "v.txt": "the cat dog" });
  const result = await train(
    path,
    ...["--order", "2", "--smoothing", "absolute", "--discount", "0.5", "--prune", "0", "1"],
    ...["--vocabulary", path("v.txt"), "--specials", "unknown", "--memory", "1M", "--json"],
  );
  expect(JSON.parse(result.stdout)).toMatchObject({
    order: 2,
    smoothing: "absolute",
    counts: [6, 6],
    discounts: [
      [0.5, 0.5, 0.5],
      [0.5, 0.5, 0.5],
    ],
    spilled: 0,
  });
});

test("standard input, compressed text, several files; a warning for small texts", async () => {
  const path = workspace({ "t.txt.gz": gzipSync(TEXT), "u.txt": "the end" });
  const args = ["ngram", "train", "--out", path("m.arpa"), path("t.txt.gz"), "-", path("u.txt")];
  const made = await lexigrad(args, { stdin: "\uFEFFthe end" });
  expect(made.status).toBe(0);
  expect(made.stderr).toContain("warning: discounts of 3-grams: ");
  expect(made.stderr).toContain("22 words");
  expect(readFileSync(path("m.arpa"), "utf8")).not.toContain("\uFEFF");
});

describe("bad input: one clear line, and nothing is lost", () => {
  const cases: [string, string | Uint8Array, string[], number, RegExp][] = [
    ["empty text", "", [], 1, /empty corpus: expected at least one word, got no line\./],
    ["blank lines", "\n \n\n", [], 1, /empty corpus: expected at least one word, got 3 blank lines\./],
    [
      "specials",
      "a\nb </s> c\n",
      [],
      1,
      /t\.txt:2: text: expected no <unk>, <s> or <\/s>, got "<\/s>"\. They mark/,
    ],
    ["binary data", new Uint8Array(100), [], 1, /t\.txt:1: text: expected UTF-8, got binary data/],
    ["gzip", gzipSync("a"), [], 1, /t\.txt:1: text: expected UTF-8, got gzip data\. Name the file \*\.gz/],
    [
      "not UTF-8",
      Uint8Array.of(97, 10, 98, 0xff, 10),
      [],
      1,
      /t\.txt:2: word: expected UTF-8, got bytes that are not/,
    ],
    [
      "order 0",
      "a",
      ["--order", "0"],
      2,
      /--order: expected a whole number of at least 1 and at most 64, got 0\./,
    ],
    ["smoothing", "a", ["--smoothing", "knesser-ney"], 2, /--smoothing: .*Did you mean "kneser-ney"\?/],
    ["order 65", "a", ["--order", "65"], 2, /--order: expected a whole number of at least 1 and at most 64/],
    [
      "an option of another smoothing",
      "a",
      ["--smoothing", "witten-bell", "--additive", "0.5"],
      2,
      /additive: expected none with smoothing witten-bell, got 0\.5\./,
    ],
    [
      "memory",
      "a",
      ["--memory", "1T"],
      2,
      /--memory: expected a size of at least 1M, such as 512M or 1\.5G, got "1T"\./,
    ],
    [
      "prune",
      "a",
      ["--prune", "1"],
      2,
      /--prune: expected 0 and then at most 2 numbers that never fall, got 1\./,
    ],
  ];
  test.each(cases)("%s", async (_, text, options, status, message) => {
    const path = workspace({ "t.txt": text, "m.arpa": "old" });
    const result = await train(path, ...options);
    expect(result).toMatchObject({ status, stdout: "" });
    expect(result.stderr).toMatch(message);
    expect(result.stderr.trimEnd()).not.toContain("\n");
    expect(readFileSync(path("m.arpa"), "utf8")).toBe("old");
    expect(readdirSync(path(".")).sort()).toEqual(["m.arpa", "t.txt"]);
  });

  test("an output that would replace what is read", async () => {
    const path = workspace({ "t.txt": TEXT, "v.txt": "the cat" });
    const tries = [
      ["--out", path("t.txt"), path("t.txt")],
      ["--out", path("v.txt"), "--vocabulary", path("v.txt"), path("t.txt")],
    ];
    for (const args of tries) {
      const { status, stderr } = await lexigrad(["ngram", "train", ...args]);
      expect(status).toBe(2);
      expect(stderr).toMatch(
        /^lexigrad: --out: expected another file than those that are read, got ".*"\. It/,
      );
    }
    expect(readFileSync(path("t.txt"), "utf8")).toBe(TEXT);
    expect(readFileSync(path("v.txt"), "utf8")).toBe("the cat");
    const dash = await lexigrad(["ngram", "train", "--out", "-", path("t.txt")]);
    expect([dash.status, dash.stderr]).toEqual([
      2,
      'lexigrad: --out: expected the name of a file, got "-".\n',
    ]);
  });

  test("a vocabulary without words", async () => {
    const path = workspace({ "t.txt": TEXT, "v.txt": " \n" });
    const { status, stderr } = await train(path, "--vocabulary", path("v.txt"));
    expect([status, stderr]).toEqual([2, "lexigrad: --vocabulary: expected at least one word, got none.\n"]);
  });

  test("damaged models", async () => {
    const path = workspace({ "t.txt": TEXT, "cut.arpa": "\\data\\\nngram 1=3\n\n\\1-grams:\n-1\t<unk>\n" });
    await lexigrad(["ngram", "train", "--out", path("m.ngram"), path("t.txt"), "--discount-fallback"]);
    const bytes = readFileSync(path("m.ngram"));
    const { writeFileSync } = await import("node:fs");
    for (const length of [4, 12, 40, bytes.length - 8]) {
      writeFileSync(path("cut.ngram"), bytes.subarray(0, length));
      const { status, stderr } = await lexigrad(["ngram", "score", path("cut.ngram"), path("t.txt")]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^lexigrad: .*cut\.ngram: n-gram model: expected .* The file is damaged/);
    }
    bytes[bytes.length - 3] ^= 4;
    writeFileSync(path("flip.ngram"), bytes);
    const flipped = await lexigrad(["ngram", "score", path("flip.ngram"), path("t.txt")]);
    expect(flipped.stderr).toMatch(/expected the checksum that it was written with/);
    const cut = await lexigrad(["ngram", "sample", path("cut.arpa")]);
    expect(cut.stderr).toMatch(
      /cut\.arpa:5: ARPA file: expected 3 1-grams, as announced, got 1 and then the end/,
    );
  });

  test.runIf(existsSync("/dev/full"))("a full disk", async () => {
    const path = workspace({ "t.txt": TEXT });
    const args = ["ngram", "train", "--out", "/dev/full", path("t.txt"), "--discount-fallback"];
    const { status, stderr } = await lexigrad(args);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^lexigrad: writing \/dev\/full: expected room on the disk, got a full disk \(ENOSPC\)/,
    );
  });

  test("texts to score that are not UTF-8, unknown words of a model without <unk>, prompts", async () => {
    const unlisted = "\\data\\\nngram 1=3\n\n\\1-grams:\n-1\t<s>\n-0.5\t</s>\n-0.5\ttea\n\n\\end\\\n";
    const path = workspace({ "m.arpa": unlisted, "t.txt": Uint8Array.of(116, 101, 97, 10, 0xff, 10) });
    const bytes = await lexigrad(["ngram", "score", path("m.arpa"), path("t.txt")]);
    expect(bytes).toMatchObject({ status: 1 });
    expect(bytes.stderr).toMatch(/t\.txt:2: word: expected UTF-8, got bytes that are not/);
    const { stdout } = await lexigrad(["ngram", "score", path("m.arpa"), "--summary"], {
      stdin: "coffee milk",
    });
    expect(stdout).toMatch(/^perplexity +6\.813e\+66$/m);
    expect(stdout).toMatch(/^unknown words +2 of 3, each with log10 P = -100: the model has no <unk>$/m);
    const sampled = await lexigrad(["ngram", "sample", path("m.arpa"), "--prompt", "tea xyzzy"]);
    expect(sampled.stderr).toBe("the model lacks xyzzy of the prompt: as <unk>\n");
  });

  test("an empty text to score", async () => {
    const path = workspace({ "t.txt": TEXT });
    await train(path, "--discount-fallback");
    const { status, stderr } = await lexigrad(["ngram", "score", path("m.arpa")], { stdin: "" });
    expect([status, stderr]).toEqual([
      1,
      "lexigrad: standard input: empty corpus: expected at least one line, got none.\n",
    ]);
  });
});
