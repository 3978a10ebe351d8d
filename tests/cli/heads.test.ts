/** `mt translate --heads` and `lm attention`, on models that have learnt nothing. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { parseHeadChoice } from "../../src/cli/heads-options.ts";
import { LanguageModel } from "../../src/models/language-model.ts";
import { MaskedLanguageModel } from "../../src/models/masked-language-model.ts";
import { Translator } from "../../src/models/translator.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { MASKED_SPECIALS } from "../../src/text/vocabulary.ts";
import { lexigrad, workspace } from "../support/command.ts";

const directory = mkdtempSync(join(tmpdir(), "lexigrad-heads-"));
const at = (name: string) => join(directory, name);
const sizes = { dModel: 8, nhead: 2, dimFeedforward: 16 };

beforeAll(() => {
  const words = trainTokenizer(["a b c"], { type: "word" });
  const masked = trainTokenizer(["a b c"], { type: "word", specials: MASKED_SPECIALS });
  const both = { source: words, target: words, random: new Random(2) };
  const layers = { numEncoderLayers: 2, numDecoderLayers: 2 };
  new Translator({ ...both, model: "transformer", ...sizes, ...layers }).save(at("transformer"));
  new Translator({ ...both, hiddenSize: 4, embeddingSize: 4 }).save(at("rnn"));
  new LanguageModel({ tokenizer: words, ...sizes, numLayers: 2, blockSize: 8 }).save(at("lm"));
  new MaskedLanguageModel({ tokenizer: masked, ...sizes, numLayers: 2, blockSize: 8 }).save(at("bert"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const KINDS = ["encoder self-attention", "decoder self-attention", "decoder-to-memory attention"];

describe("mt translate --heads", () => {
  const translate = (...args: string[]) =>
    lexigrad(["mt", "translate", at("transformer"), "--beam", "2", ...args], { stdin: "a b\nc\n" });

  test("SVG into a file or in place of the translations", async () => {
    const path = workspace();
    const plain = await translate();
    expect((await translate("--heads", path("heads.svg"))).stdout).toBe(plain.stdout);
    const svg = readFileSync(path("heads.svg"), "utf8");
    expect(svg).toMatch(/^<svg[\s\S]*<\/svg>\n$/);
    for (const kind of KINDS) expect(svg).toContain(`>${kind}<`);
    expect(svg.match(/layer \d, head \d/g)).toHaveLength(12);
    expect((await translate("--heads", "-")).stdout).toBe(svg);
    expect(await translate("--heads", path("no/heads.svg"))).toMatchObject({ status: 1, stdout: "" });
  });

  test("the terminal, which is the default of --head", async () => {
    const { stdout, stderr } = await translate("--heads", "terminal");
    expect(stdout).toBe((await translate()).stdout);
    for (const kind of KINDS) expect(stderr).toContain(`${kind}\n`);
    const one = await translate("--head", "encoder:2:1");
    expect(one.stderr).toMatch(/^encoder self-attention, layer 2, head 1\n +a +b +<\/s>/m);
    expect(one.stderr).not.toContain("decoder");
  });

  test("--json beside a file, not beside standard output", async () => {
    const path = workspace();
    const { stdout } = await translate("--heads", path("heads.svg"), "--json");
    expect(JSON.parse(stdout).translations).toHaveLength(2);
    expect(readFileSync(path("heads.svg"), "utf8")).toContain("<svg");
    const both = await translate("--heads", "-", "--json");
    expect(both).toMatchObject({ status: 2, stdout: "" });
    expect(both.stderr).toContain("expected a file for the picture, as standard output is for JSON, got -.");
  });

  test.each([
    [["--head", "3"], "--head: expected encoder layers 1 to 2 with heads 1 to 2, decoder layers"],
    [["--head", "two"], "--head: expected [encoder|decoder|memory:]LAYER[:HEAD], such as memory, 2:3"],
    [["--heads", "-", "--attention", "-"], "cannot be used with"],
  ])("%j is wrong usage", async (args, message) => {
    const result = await translate(...args);
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr).toContain(message);
  });

  test("a recurrent translator has none", async () => {
    const result = await lexigrad(["mt", "translate", at("rnn"), "--heads", "-"], { stdin: "a\n" });
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr).toContain("expected a translator with a transformer, got a recurrent one");
  });
});

describe("lm attention", () => {
  const look = (run: string, ...args: string[]) => lexigrad(["lm", "attention", at(run), ...args]);

  test("in the terminal", async () => {
    const { stdout } = await look("lm", "--text", "a b");
    const lines = stdout.trimEnd().split("\n");
    expect(lines.slice(0, 2)).toEqual(["decoder self-attention", "columns: </s> a b"]);
    expect(stdout.match(/layer \d, head \d/g)).toHaveLength(4);
    expect((await look("bert", "--text", "a [MASK]")).stdout).toContain("columns: <s> a <mask> </s>\n");
  });

  test("as SVG, as JSON, both", async () => {
    const path = workspace();
    const { stdout } = await look("lm", "--text", "a", "--out", "-", "--head", "2:1");
    expect(stdout).toContain("decoder self-attention, layer 2, head 1");
    const json = await look("lm", "--text", "a", "--json", "--out", path("a.svg"));
    expect(readFileSync(path("a.svg"), "utf8")).toContain("<svg");
    const { text, attention } = JSON.parse(json.stdout);
    expect([text, attention[0].queries, attention[0].layers[1][1][0]]).toEqual(["a", ["</s>", "a"], [1, 0]]);
    expect(await look("lm", "--text", "a", "--json", "--out", "-")).toMatchObject({ status: 2, stdout: "" });
  });

  test("too much text, no text", async () => {
    const long = await look("lm", "--text", "a b c a b c a b");
    expect(long.stderr).toContain("at most the 8 tokens that the model looks back on, got 9");
    expect((await look("lm")).status).toBe(2);
  });
});

test("choices of heads", () => {
  expect(parseHeadChoice("memory")).toEqual({ kind: "memory" });
  expect(parseHeadChoice("2")).toEqual({ layer: 2 });
  expect(parseHeadChoice("2:13")).toEqual({ layer: 2, head: 13 });
  expect(parseHeadChoice("decoder:1")).toEqual({ kind: "decoder", layer: 1 });
  expect(parseHeadChoice("encoder:3:4")).toEqual({ kind: "encoder", layer: 3, head: 4 });
  for (const text of ["", "1:2:3", "memory:", "2:memory", "-1", "1.5", "other:1"]) {
    expect(() => parseHeadChoice(text)).toThrow("--head: expected");
  }
  expect(() => parseHeadChoice("0")).toThrow("--head: expected a whole number of at least 1, got 0.");
});
