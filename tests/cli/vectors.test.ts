import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { lexigrad, workspace } from "../support/command.ts";
import { topicSentences } from "../support/topics.ts";

const TEXT = topicSentences(4, 400)
  .map((words) => `${words.join(" ")}\n`)
  .join("");
const QUICK = ["--dim", "12", "--min-count", "1", "--epochs", "10", "--sample", "0", "--alpha", "0.05"];

test("train, then nearest, analogy, evaluate and map", async () => {
  const path = workspace({
    "text.txt": TEXT,
    "pairs.csv": "a,b,rating\n0.1,0.2,9\n0.1,3.2,1\n1.1,1.2,8\n1.1,2.2,2\n",
    "analogies.txt": ": same\n0.1 0.2 1.1 1.2\n",
  });
  const [out, curve, map] = [path("v.bin"), path("loss.svg"), path("map.svg")];
  const made = await lexigrad([
    "vectors",
    "train",
    ...QUICK,
    "--out",
    out,
    "--loss-curve",
    curve,
    path("text.txt"),
  ]);
  expect(made).toMatchObject({ status: 0, stdout: "" });
  expect(made.stderr).toMatch(/100 % {2}epoch 10 {2}loss \d\.\d{4} {2}[\d,]+ words\/s\n/);
  expect(made.stderr).toMatch(/v\.bin: 32 vectors of 12 elements, [\d,]+ words\/s with counting\n$/);
  expect(readFileSync(curve, "utf8")).toMatch(/^<svg/);

  const near = await lexigrad(["vectors", "nearest", out, "2.3", "-k", "7"]);
  expect(near.stdout).toMatch(/^2\.3\n( {2}0\.\d{4} {2}2\.\d\n){7}$/);
  const { stdout } = await lexigrad(["vectors", "nearest", out, "2.3", "1.0", "--json"]);
  expect(JSON.parse(stdout).words[1].neighbours).toHaveLength(10);

  const answers = await lexigrad([
    "vectors",
    "analogy",
    out,
    "0.1",
    "0.2",
    "1.1",
    "--method",
    "mul",
    "-k",
    "3",
  ]);
  expect(answers.stdout).toMatch(/^( {2}\d\.\d{4} {2}1\.\d\n){3}$/);

  const questions = ["--similarity", path("pairs.csv"), "--analogies", path("analogies.txt")];
  const evaluated = await lexigrad(["vectors", "evaluate", out, ...questions]);
  expect(evaluated.stdout).toMatch(
    /^Spearman 0\.\d{4} over 4 of 4 pairs\n.* same\n.*the first five\n.*the others\n.* all\n$/,
  );
  const asJson = await lexigrad(["vectors", "evaluate", out, ...questions, "--json"]);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ similarity: { covered: 4 }, analogies: { asked: 1 } });

  const drawn = await lexigrad(["vectors", "map", out, "--out", map, "--count", "20"]);
  expect(drawn.stderr).toMatch(
    /map\.svg: 20 words; across: \d+\.\d % of the variance; upwards: \d+\.\d %\n$/,
  );
  expect(readFileSync(map, "utf8").match(/<circle/g)).toHaveLength(20);
});

test("the same seed writes the same bytes; --strict and --subwords train too; --json tells", async () => {
  const path = workspace({ "text.txt": TEXT });
  const train = (out: string, ...more: string[]) =>
    lexigrad([
      "vectors",
      "train",
      "--dim",
      "4",
      "--epochs",
      "1",
      "--out",
      path(out),
      ...more,
      path("text.txt"),
    ]);
  await train("a.bin", "--seed", "5");
  await train("b.bin", "--seed", "5");
  expect(readFileSync(path("a.bin"))).toEqual(readFileSync(path("b.bin")));
  const { stdout } = await train("c.txt", "--json", "--subwords", "--max-n", "4");
  expect(JSON.parse(stdout)).toMatchObject({ words: 32, dim: 4, epochLosses: [expect.any(Number)] });
  await train("d.txt", "--strict");
  expect(readFileSync(path("d.txt"), "utf8")).toMatch(/^33 4\n<\/s> /);
  await train("e.tsv");
  expect(readFileSync(path("e.metadata.tsv"), "utf8").split("\n")).toHaveLength(33);
});

test("--subwords and safetensors: words that were never seen have neighbours, from the file", async () => {
  const path = workspace({ "text.txt": "walking talking singing\nunhappy unkind unwell\n".repeat(200) });
  const train = (out: string) =>
    lexigrad(["vectors", "train", ...QUICK, "--subwords", "--out", path(out), path("text.txt")]);
  expect((await train("v.safetensors.gz")).stderr).not.toContain("n-grams");
  const near = await lexigrad([
    "vectors",
    "nearest",
    path("v.safetensors.gz"),
    "balking",
    "unkindly",
    "-k",
    "1",
  ]);
  expect(near.stdout).toMatch(/^balking\n.* {2}\w+king\nunkindly\n.* {2}unkind\n$/);
  expect((await train("v.bin")).stderr).toContain(
    "v.bin: only vectors of words; *.safetensors keeps those of n-grams, for unseen words\n",
  );
  const unseen = await lexigrad(["vectors", "nearest", path("v.bin"), "balking"]);
  expect(unseen).toMatchObject({ status: 2, stdout: "" });
  expect(unseen.stderr).toContain('expected one of the 6 words that have a vector, got "balking".');
});

test("where every word is left out at random, that is said", async () => {
  const path = workspace({ "text.txt": "a b\n".repeat(9) });
  const { status, stderr } = await lexigrad([
    ...["vectors", "train", "--epochs", "1", "--sample", "1e-9"],
    ...["--out", path("v.txt"), path("text.txt")],
  ]);
  expect(status).toBe(0);
  expect(stderr).toMatch(
    /^100 % {2}epoch 1 {2}loss - {2}[\d,]+ words\/s\nno pairs of words in the last epoch/,
  );
});

test("phrases", async () => {
  const stdin = "in new york\nnew york again\nthe new car\n";
  const { stdout } = await lexigrad(["vectors", "phrases", "--min-count", "1", "--threshold", "1"], {
    stdin,
  });
  expect(stdout).toBe("in new_york\nnew_york again\nthe new car\n");
});

test.each([
  [
    ["train", "--out", "OUT/v.txt", "--dim", "0", "TEXT"],
    2,
    "--dim: expected a whole number of at least 1 and at most 2048, got 0.",
  ],
  [["train", "--out", "OUT/v.txt", "--buckets", "9", "TEXT"], 2, "expected the option --subwords, got none."],
  [["train", "--out", "OUT/v.txt", "--strict", "--threads", "2", "TEXT"], 2, "strict: expected one thread"],
  [
    ["train", "--out", "OUT/v.txt", "--min-count", "9999", "TEXT"],
    2,
    "Use more text, or a smaller --min-count.",
  ],
  [["train", "TEXT"], 2, "expected the option --out <file>, got none."],
  [
    ["train", "--out", "OUT/no/v.txt", "TEXT"],
    1,
    "v.txt: expected an existing directory, got none at that path.",
  ],
  [["train", "--out", "OUT", "TEXT"], 1, "expected a file, got a directory."],
  [
    ["train", "--out", "OUT/v.txt", "--loss-curve", "OUT/no/c.svg", "TEXT"],
    1,
    "c.svg: expected an existing directory",
  ],
  [
    ["evaluate", "TEXT", "--similarity", "EMPTY"],
    1,
    "empty.txt: word similarity: expected two words and a rating a line, got none.",
  ],
  [
    ["evaluate", "TEXT", "--analogies", "EMPTY"],
    1,
    "empty.txt: analogies: expected four words a line, got none.",
  ],
  [["nearest", "TEXT", "a"], 1, "word vectors: expected a first line of two numbers above 0"],
  [["train", "--out", "TEXT", "TEXT"], 2, "--out: expected another file than those that are read"],
  [
    ["train", "--out", "OUT/v.txt", "--loss-curve", "OUT/v.txt", "TEXT"],
    2,
    "--loss-curve: expected another file than --out",
  ],
  [["train", "--out", "OUT/v.txt", "NUL"], 1, "text: expected words without NUL, which word2vec's files"],
  [["map", "ONE", "--out", "OUT/m.svg"], 2, "vectors map: expected at least two words, got 1."],
  [["evaluate", "TEXT"], 2, "expected --similarity, --analogies or both, got neither."],
])("vectors %j: one clear line", async (args, status, message) => {
  const path = workspace({
    "text.txt": TEXT,
    "empty.txt": "\n",
    "nul.txt": "a\0 b\n",
    "one.txt": "1 2\na 1 2\n",
  });
  const files = (one: string) =>
    one
      .replace("OUT", path(""))
      .replace("TEXT", path("text.txt"))
      .replace("EMPTY", path("empty.txt"))
      .replace("NUL", path("nul.txt"))
      .replace("ONE", path("one.txt"));
  const given = args.map(files);
  const { status: actual, stderr } = await lexigrad(["vectors", ...given]);
  expect(stderr).toContain(message);
  expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
  expect(actual).toBe(status);
  expect(existsSync(path("v.txt"))).toBe(false);
});
