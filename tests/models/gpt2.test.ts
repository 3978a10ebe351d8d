/** GPT-2's weights against an independent implementation; scripts/fixtures/gpt2.py makes the checkpoint. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { greedy } from "../../src/decode/greedy.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import type { SavedTensor } from "../../src/formats/safetensors-dtype.ts";
import { fromGpt2, toGpt2 } from "../../src/models/gpt2.ts";
import { parseGpt2Config } from "../../src/models/gpt2-config.ts";
import { LanguageModelDecoding } from "../../src/models/language-model-decoding.ts";
import { TransformerLanguageModel } from "../../src/models/transformer-language-model.ts";
import { noGrad, Scope, type Tensor } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";

const folder = fileURLToPath(new URL("../fixtures/gpt2/", import.meta.url));
const saved = readSafetensors(readFileSync(`${folder}model.safetensors`));
const expected = readSafetensors(readFileSync(`${folder}logits.safetensors`));
const sizes = parseGpt2Config(readFileSync(`${folder}config.json`, "utf8"), "config.json");
const untied = { ...sizes, tieEmbeddings: false };

interface Prompt {
  readonly text: string;
  readonly ids: number[];
  readonly greedy: number[];
}
const prompts: Prompt[] = JSON.parse(readFileSync(`${folder}expected.json`, "utf8")).cases;

type Checkpoint = Map<string, SavedTensor>;

function networkOf(state: ReadonlyMap<string, Tensor>, options = sizes): TransformerLanguageModel {
  const network = new TransformerLanguageModel(options, new Random(1)).eval();
  network.loadStateDict(state);
  return network;
}

const logitsOf = (network: TransformerLanguageModel, ids: number[]) =>
  noGrad(() => network.logits(network.hidden([ids])));

/** The fixture with parts replaced. */
function changed(change: (checkpoint: Checkpoint) => void): Checkpoint {
  const checkpoint = new Map(saved);
  change(checkpoint);
  return checkpoint;
}

const zeros = (...shape: number[]): SavedTensor => ({
  dtype: "F32",
  shape,
  data: new Float32Array(shape.reduce((size, extent) => size * extent, 1)),
});
const prefixed = () => new Map([...saved].map(([name, x]) => [`transformer.${name}`, x]));
const plain = (tensors: ReadonlyMap<string, Tensor>) =>
  new Map(Array.from(tensors, ([name, x]) => [name, { shape: x.shape, data: x.data() }]));

describe("a published checkpoint", () => {
  const network = networkOf(fromGpt2(saved, sizes, "x"));

  test.each(prompts)("$text: logits are those of the independent implementation", ({ text, ids }) => {
    using _scope = new Scope();
    const { shape, data } = expected.get(text) as SavedTensor;
    const logits = logitsOf(network, ids);
    expect(logits.shape).toEqual([1, ...shape]);
    expectClose(logits.data(), data as Float32Array);
  });

  test.each(prompts)("$text: greedy decoding goes on with the same tokens", (prompt) => {
    const steps = new LanguageModelDecoding(network, [prompt.ids], { eosId: -1, forbiddenIds: [] });
    expect(greedy(steps, { maxLength: prompt.greedy.length })[0].tokens).toEqual(prompt.greedy);
  });

  test.each<[string, Checkpoint]>([
    ["a prefix", prefixed()],
    ["a tied head", changed((x) => x.set("lm_head.weight", x.get("wte.weight") as SavedTensor))],
    ["a tied head beside a prefix", prefixed().set("lm_head.weight", saved.get("wte.weight") as SavedTensor)],
    ["no buffers", changed((x) => [0, 1].map((i) => x.delete(`h.${i}.attn.bias`)))],
    ["all buffers", changed((x) => [0, 1].map((i) => x.set(`h.${i}.attn.masked_bias`, zeros())))],
  ])("may have %s", (_name, checkpoint) => {
    using _scope = new Scope();
    expect(plain(fromGpt2(checkpoint, sizes, "x"))).toEqual(plain(fromGpt2(saved, sizes, "x")));
  });

  test("may have a head of its own", () => {
    using _scope = new Scope();
    const [{ text, ids }] = prompts;
    const { shape, data } = saved.get("wte.weight") as SavedTensor;
    const doubled = { dtype: "F32", shape, data: (data as Float32Array).map((x) => 2 * x) } as const;
    const state = fromGpt2(
      changed((x) => x.set("lm_head.weight", doubled)),
      untied,
      "x",
    );
    const logits = logitsOf(networkOf(state, untied), ids).mul(0.5);
    expectClose(logits.data(), (expected.get(text) as SavedTensor).data as Float32Array);
  });
});

describe("toGpt2", () => {
  test("gives the checkpoint again, number by number", () => {
    using _scope = new Scope();
    const written = toGpt2(fromGpt2(saved, sizes, "x"), sizes);
    const original = changed((x) => [0, 1].map((i) => x.delete(`h.${i}.attn.bias`)));
    expect(written.size).toBe(original.size);
    for (const [name, x] of original) {
      expect(written.get(`transformer.${name}`)?.shape).toEqual(x.shape);
      expect(written.get(`transformer.${name}`)?.data()).toEqual(x.data);
    }
  });

  test("keeps a head of its own under its name", () => {
    const state = new TransformerLanguageModel(untied, new Random(1)).stateDict();
    const names = [...toGpt2(state, untied).keys()];
    expect(names.filter((name) => !name.startsWith("transformer."))).toEqual(["lm_head.weight"]);
  });

  test("gives a network of other sizes back", () => {
    using _scope = new Scope();
    const other = {
      ...untied,
      dModel: 6,
      nhead: 3,
      dimFeedforward: 10,
      numLayers: 3,
      blockSize: 5,
      vocabularySize: 7,
    };
    const network = new TransformerLanguageModel(other, new Random(2));
    const written = new Map(
      Array.from(toGpt2(network.stateDict(), other), ([name, x]): [string, SavedTensor] => [
        name,
        { dtype: "F32", shape: x.shape, data: x.data() as Float32Array },
      ]),
    );
    expect(plain(fromGpt2(written, other, "x"))).toEqual(plain(network.stateDict()));
  });
});

describe("fromGpt2 refuses", () => {
  const wte = saved.get("wte.weight") as SavedTensor;
  test.each<[string, Checkpoint, string]>([
    [
      "a missing tensor",
      changed((x) => x.delete("h.1.mlp.c_fc.bias")),
      "x: GPT-2 checkpoint: expected the 28 tensors of its config.json, got one without h.1.mlp.c_fc.bias.",
    ],
    [
      "another number of layers",
      changed((x) => {
        for (const name of saved.keys()) if (name.startsWith("h.1.")) x.delete(name);
      }),
      "got one without h.1.ln_1.weight, h.1.ln_1.bias, h.1.attn.c_attn.weight, h.1.attn.c_attn.bias and 8 more.",
    ],
    [
      "an extra tensor",
      changed((x) => x.set("h.2.ln_1.bias", zeros(16))),
      "got one with unknown h.2.ln_1.bias.",
    ],
    [
      "another shape",
      changed((x) => x.set("h.0.attn.c_attn.weight", zeros(48, 16))),
      "x: h.0.attn.c_attn.weight: expected [16, 48], got [48, 16].",
    ],
    [
      "another number of positions",
      changed((x) => x.set("wpe.weight", zeros(25, 16))),
      "x: wpe.weight: expected [24, 16], got [25, 16].",
    ],
    [
      "whole numbers",
      changed((x) => x.set("ln_f.bias", { dtype: "I8", shape: [16], data: new Int8Array(16) })),
      "x: ln_f.bias: expected F32, F16, BF16, F64, got I8.",
    ],
    [
      "a tensor twice",
      changed((x) => x.set("transformer.wte.weight", wte)),
      "x: wte.weight: expected one tensor, got another as transformer.wte.weight.",
    ],
    [
      "a tied head with other numbers",
      changed((x) => x.set("lm_head.weight", zeros(280, 16))),
      "x: lm_head.weight: expected the numbers of wte.weight, to which it is tied, got others.",
    ],
    ["an empty file", new Map(), "got one without wte.weight, wpe.weight"],
  ])("%s", (_name, checkpoint, message) => {
    expect(() => fromGpt2(checkpoint, sizes, "x")).toThrow(FormatError);
    expect(() => fromGpt2(checkpoint, sizes, "x")).toThrow(message);
  });

  test("a missing head that is not tied", () => {
    expect(() => fromGpt2(saved, untied, "x")).toThrow("got one without lm_head.weight.");
  });
});
