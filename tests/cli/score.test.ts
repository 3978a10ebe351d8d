import { describe, expect, test } from "vitest";
import { lexigrad, workspace } from "../support/command.ts";

const HYPOTHESES = "The dog bit the man.\nIt wasn't surprising.\nThe man had just bitten him.\n";
const FIRST = "The dog bit the man.\nIt was not unexpected.\nThe man bit him first.\n";
const SECOND = "The dog had bit the man.\nNo one was surprised.\nThe man had bitten the dog.\n";

const files = { "h.txt": HYPOTHESES, "r1.txt": FIRST, "r2.txt": SECOND };

// The figures of sacreBLEU's README for this example.
test("prints sacreBLEU's line", async () => {
  const path = workspace(files);
  const args = ["score", path("h.txt"), "--reference", path("r1.txt"), path("r2.txt")];
  expect(await lexigrad(args)).toEqual({
    status: 0,
    stderr: "",
    stdout:
      "BLEU|nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0 = 48.5 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = 0.944 hyp_len = 17 ref_len = 18)\n",
  });
  const json = JSON.parse((await lexigrad([...args, "--json"])).stdout);
  expect(json.score).toBeCloseTo(48.530827, 6);
  expect(json).toMatchObject({ name: "BLEU", counts: [14, 7, 5, 3], totals: [17, 14, 11, 8] });
});

test("options reach their metrics", async () => {
  const path = workspace(files);
  const { stdout, stderr } = await lexigrad(
    ["score", "-", "--reference", path("r1.txt"), "--width", "3"].concat(
      ["--metric", "bleu", "chrf", "ter", "--tokenize", "intl", "--smooth", "floor", "--smooth-value", "0.5"],
      ["--lowercase", "--max-ngram-order", "3", "--chrf-word-order", "2", "--chrf-lowercase"],
      ["--ter-case-sensitive", "--ter-normalized"],
    ),
    { stdin: HYPOTHESES },
  );
  expect(stderr).toBe("");
  const lines = stdout.split("\n");
  expect(lines[0]).toMatch(
    /^BLEU\|nrefs:1\|case:lc\|eff:no\|tok:intl\|smooth:floor\[0\.50\]\|.* = \d+\.\d{3} /,
  );
  expect(lines[1]).toMatch(/^chrF2\+\+\|nrefs:1\|case:lc\|eff:yes\|nc:6\|nw:2\|space:no\|.* = \d+\.\d{3}$/);
  expect(lines[2]).toMatch(/^TER\|nrefs:1\|case:mixed\|tok:tercom\|norm:yes\|punct:yes\|asian:no\|/);
});

test("files named *.tsv and *.references hold several references a line", async () => {
  const table = FIRST.split("\n").map((line, i) => `${line}\t${SECOND.split("\n")[i]}`);
  const path = workspace({ ...files, "both.references": `${table.slice(0, 3).join("\n")}\n` });
  const one = await lexigrad(["score", path("h.txt"), "--reference", path("both.references")]);
  const two = await lexigrad(["score", path("h.txt"), "--reference", path("r1.txt"), path("r2.txt")]);
  expect(one).toEqual(two);
});

test("--confidence and --seed", async () => {
  const path = workspace(files);
  const args = ["score", path("h.txt"), "--reference", path("r1.txt"), "--confidence", "--samples", "50"];
  const { stdout } = await lexigrad([...args, "--seed", "7"]);
  expect(stdout).toMatch(/^BLEU\|nrefs:1\|bs:50\|seed:7\|.* \(μ = \d+\.\d ± \d+\.\d\) /);
  expect((await lexigrad(args)).stdout).toContain("|bs:50|seed:12345|");
});

describe("--paired", () => {
  test("shows each system with its p-value", async () => {
    const path = workspace(files);
    const args = ["score", path("r1.txt"), "--reference", path("r1.txt"), "--samples", "99"];
    const { stdout } = await lexigrad([
      ...args,
      "--paired",
      path("h.txt"),
      path("r1.txt"),
      "--metric",
      "bleu",
      "chrf",
    ]);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^System +BLEU +chrF2$/);
    expect(lines[1]).toMatch(/^Baseline: r1\.txt +100\.0 \(100\.0 ± 0\.0\) +100\.0 /);
    expect(lines[2]).toMatch(/^h\.txt +\d+\.\d \(\d+\.\d ± \d+\.\d\) \(p = 0\.\d{4}\)/);
    expect(lines[3]).toMatch(/^r1\.txt +100\.0 /);
    expect(lines[4]).toMatch(/^BLEU\|nrefs:1\|bs:99\|seed:12345\|/);
  });

  test("in JSON, by randomization", async () => {
    const path = workspace(files);
    const args = ["score", path("h.txt"), "--reference", path("r1.txt"), "--paired", path("h.txt"), "--json"];
    const { stdout } = await lexigrad([...args, "--paired-test", "randomization", "--samples", "99"]);
    const { baseline, systems, signature } = JSON.parse(stdout);
    expect(systems).toEqual([{ system: path("h.txt"), score: baseline.score, pValue: 0.01 }]);
    expect(signature).toContain("|ar:99|seed:12345|");
  });
});

describe("errors", () => {
  test("unequal line counts are named", async () => {
    const path = workspace({ ...files, "short.txt": "one\ntwo\n" });
    const short = await lexigrad(["score", path("h.txt"), "--reference", path("r1.txt"), path("short.txt")]);
    expect(short).toMatchObject({ status: 1, stdout: "" });
    expect(short.stderr).toBe(
      `lexigrad: ${path("short.txt")}: expected 3 lines, as in ${path("h.txt")}, got 2 lines. Line n of one file must belong to line n of the other.\n`,
    );
    const paired = ["score", "-", "--reference", path("r1.txt"), "--paired", path("short.txt")];
    expect((await lexigrad(paired, { stdin: HYPOTHESES })).stderr).toMatch(
      /3 lines, as in standard input, got 2/,
    );
  });

  test("an empty file has no score", async () => {
    const path = workspace(files);
    const { status, stderr } = await lexigrad(["score", "-", "--reference", path("r1.txt")]);
    expect(status).toBe(1);
    expect(stderr).toBe(
      "lexigrad: standard input: empty corpus: expected at least one translation, got no line.\n",
    );
  });

  test("options of a metric that is not measured, and other wrong usage", async () => {
    const path = workspace(files);
    const args = ["score", path("h.txt"), "--reference", path("r1.txt")];
    const misplaced = await lexigrad([...args, "--chrf-beta", "3"]);
    expect(misplaced.status).toBe(2);
    expect(misplaced.stderr).toBe(
      "lexigrad: --chrf-beta: expected chrf among the metrics, got --metric bleu. Add --metric bleu chrf, or leave the option out.\n",
    );
    const wrong = await lexigrad([...args, "--metric", "blue"]);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain(
      '--metric: expected one of bleu, chrf, ter, got "blue". Did you mean "bleu"?',
    );
  });
});
