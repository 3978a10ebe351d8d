import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  FormatError,
  IoError,
  type LexigradError,
  NumericError,
  OptionError,
} from "../../src/base/errors.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { loadGpt2, saveGpt2 } from "../../src/models/gpt2-files.ts";
import { LanguageModel } from "../../src/models/language-model.ts";
import { memoryInfo } from "../../src/tensor/index.ts";
import { workspace } from "../support/command.ts";

const published = fileURLToPath(new URL("../fixtures/gpt2", import.meta.url));
const { cases } = JSON.parse(readFileSync(`${published}/expected.json`, "utf8")) as {
  cases: { text: string; greedyBehindEnd: number[] }[];
};
const PARTS = ["config.json", "model.safetensors", "tokenizer.json"];

/** A copy of the published files. */
function copy(names: readonly string[] = PARTS) {
  const path = workspace();
  for (const name of names) copyFileSync(`${published}/${name}`, path(name));
  return path;
}

describe("loadGpt2", () => {
  const model = loadGpt2(published);

  test.each(cases)(
    "goes on from $text as the independent implementation does",
    ({ text, greedyBehindEnd }) => {
      const [{ tokens, finished }] = model.generate([text], {
        temperature: 0,
        maxLength: greedyBehindEnd.length,
      });
      expect(tokens).toEqual(greedyBehindEnd.map((id) => model.tokenizer.label(id)));
      expect(finished).toBe(false);
    },
  );

  test("reads vocab.json and merges.txt where there is no tokenizer.json", () => {
    const path = copy(["config.json", "model.safetensors", "vocab.json", "merges.txt"]);
    expect(loadGpt2(path(".")).tokenizer.hash).toBe(model.tokenizer.hash);
  });

  test("is saved and loaded again by the same bytes, in both layouts", () => {
    const path = workspace();
    saveGpt2(model, path("theirs"));
    saveGpt2(loadGpt2(path("theirs")), path("again"));
    for (const name of PARTS) {
      expect(readFileSync(path(`again/${name}`)), name).toEqual(readFileSync(path(`theirs/${name}`)));
    }
    const before = readSafetensors(readFileSync(`${published}/model.safetensors`));
    const after = readSafetensors(readFileSync(path("theirs/model.safetensors")));
    for (const [name, x] of after) expect(x).toEqual(before.get(name.replace("transformer.", "")));
    expect(after.metadata.get("format")).toBe("pt");

    loadGpt2(path("theirs")).save(path("ours"));
    const options = { temperature: 0, maxLength: 5 } as const;
    expect(LanguageModel.load(path("ours")).generate(["the cat"], options)).toEqual(
      model.generate(["the cat"], options),
    );
  });

  const bytes = readFileSync(`${published}/model.safetensors`);
  const config = readFileSync(`${published}/config.json`, "utf8");
  const withTensor = (change: (tensors: ReturnType<typeof readSafetensors>) => void) => {
    const tensors = readSafetensors(bytes);
    change(tensors);
    return writeSafetensors(tensors);
  };
  const nan = withTensor((tensors) => {
    (tensors.get("ln_f.bias")?.data as Float32Array)[3] = Number.NaN;
  });
  const extra = withTensor((tensors) => {
    tensors.set("score.weight", { dtype: "F32", shape: [1], data: new Float32Array(1) });
  });
  const flipped = bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte));

  test.each<[string, string, string | Uint8Array | null, new (...args: never[]) => LexigradError, RegExp]>([
    ["no config", "config.json", null, IoError, /config\.json: expected a file, got nothing/],
    ["a damaged config", "config.json", config.slice(1), FormatError, /config\.json/],
    [
      "another vocabulary",
      "config.json",
      config.replace("280", "281"),
      FormatError,
      /vocab_size: expected 280, .* got 281\./,
    ],
    [
      "another depth",
      "config.json",
      config.replace('"n_layer": 2', '"n_layer": 3'),
      FormatError,
      /one without h\.2\.ln_1/,
    ],
    ["no weights", "model.safetensors", null, IoError, /model\.safetensors: expected a file, got nothing/],
    [
      "truncated weights",
      "model.safetensors",
      bytes.subarray(0, 5000),
      FormatError,
      /safetensors data: expected/,
    ],
    ["a damaged header", "model.safetensors", flipped, FormatError, /model\.safetensors/],
    ["an extra tensor", "model.safetensors", extra, FormatError, /one with unknown score\.weight\./],
    [
      "a NaN",
      "model.safetensors",
      nan,
      NumericError,
      /transformer\.norm\.bias: expected finite numbers, got NaN/,
    ],
    ["no tokenizer", "tokenizer.json", null, IoError, /tokenizer\.json: expected a file, got nothing/],
    ["a damaged tokenizer", "tokenizer.json", "{}", FormatError, /tokenizer\.json/],
  ])("refuses %s and leaves no tensors behind", (_name, file, contents, type, message) => {
    const path = copy();
    if (contents === null) rmSync(path(file));
    else writeFileSync(path(file), contents);
    const before = memoryInfo().liveBytes;
    expect(() => loadGpt2(path("."))).toThrow(type);
    expect(() => loadGpt2(path("."))).toThrow(message);
    if (type !== NumericError) expect(memoryInfo().liveBytes).toBe(before);
  });
});

test("saveGpt2 refuses what GPT-2 does not have, and writes nothing", () => {
  const path = workspace();
  const { tokenizer } = loadGpt2(published);
  const rotary = new LanguageModel({ tokenizer, dModel: 8, nhead: 2, numLayers: 1, positions: "rotary" });
  expect(() => saveGpt2(rotary, path("x"))).toThrow(OptionError);
  expect(() => saveGpt2(rotary, path("x"))).toThrow(
    'positions of a model in GPT-2\'s layout: expected "learned"',
  );
  expect(existsSync(path("x"))).toBe(false);
});
