/** Weights to and from PyTorch; scripts/fixtures/exchange.py makes the files and checks ours. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  FormatError,
  IoError,
  type LexigradError,
  NumericError,
  ShapeError,
  StateError,
} from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import type { SavedTensor } from "../../src/formats/safetensors-dtype.ts";
import { Linear } from "../../src/nn/linear.ts";
import type { Module } from "../../src/nn/module.ts";
import { GRU, LSTM, RNN } from "../../src/nn/recurrent.ts";
import { Transformer } from "../../src/nn/transformer.ts";
import { TransformerDecoder } from "../../src/nn/transformer-decoder.ts";
import { TransformerEncoder } from "../../src/nn/transformer-encoder.ts";
import { decodeWeights, encodeWeights, loadWeights, saveWeights } from "../../src/nn/weights.ts";
import { Scope, type Tensor, tensor } from "../../src/tensor/index.ts";
import { expectClose, type Numbers } from "../support/close.ts";
import { workspace } from "../support/command.ts";
import type { NamedArrays, Nested } from "../support/fixture.ts";
import { array } from "../support/golden.ts";

const folder = fileURLToPath(new URL("../fixtures/exchange/", import.meta.url));

interface Exchanged {
  readonly name: string;
  readonly module: keyof typeof kinds;
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own options, checked by its constructor.
  readonly options: any;
  readonly inputs: NamedArrays;
  readonly output: Nested;
}

type Inputs = Record<string, Tensor>;
type Made = readonly [module: Module, run: (inputs: Inputs) => Tensor];

const still = (options: object, seed: number) => ({ ...options, dropout: 0, random: new Random(seed) });

/** How to make each module, with fresh weights, and how to run it. */
const kinds = {
  Transformer: (options: never, seed: number): Made => {
    const made = new Transformer(still(options, seed) as never);
    return [made, ({ source, target }) => made.forward(source, target, { causal: true })];
  },
  TransformerEncoder: (options: never, seed: number): Made => {
    const made = new TransformerEncoder(still(options, seed) as never);
    return [made, ({ x }) => made.forward(x)];
  },
  TransformerDecoder: (options: never, seed: number): Made => {
    const made = new TransformerDecoder(still(options, seed) as never);
    return [made, ({ source, target }) => made.forward(target, source, { causal: true })];
  },
  LSTM: (options: never, seed: number): Made => recurrent(new LSTM(still(options, seed) as never)),
  GRU: (options: never, seed: number): Made => recurrent(new GRU(still(options, seed) as never)),
  RNN: (options: never, seed: number): Made => recurrent(new RNN(still(options, seed) as never)),
};

function recurrent(made: LSTM | GRU | RNN): Made {
  return [made, ({ x }) => made.forward(x)[0]];
}

const exchange = JSON.parse(readFileSync(`${folder}exchange.json`, "utf8")) as { cases: Exchanged[] };
const create = ({ module, options }: Exchanged, seed: number) => kinds[module](options as never, seed);
const tensorsOf = (inputs: NamedArrays): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, array(values)]));

describe("a state dict from PyTorch", () => {
  test.each(exchange.cases)("$name: loads and gives the same output", (entry) => {
    using _scope = new Scope();
    const [module, run] = create(entry, 1);
    loadWeights(module, `${folder}${entry.name}.safetensors`);
    expectClose(run(tensorsOf(entry.inputs)).toArray() as Numbers, entry.output as Numbers);
  });

  test.each(exchange.cases)("$name: is written again under the same names, with the same bytes", (entry) => {
    const path = workspace()("copy.safetensors");
    const [module] = create(entry, 1);
    loadWeights(module, `${folder}${entry.name}.safetensors`);
    saveWeights(module, path);
    const original = readSafetensors(readFileSync(`${folder}${entry.name}.safetensors`));
    expect(new Map(readSafetensors(readFileSync(path)))).toEqual(new Map(original));
  });
});

/** The output of the checking script, or undefined where there is no Python with PyTorch. */
function checkInPyTorch(directory: string): string | undefined {
  const script = fileURLToPath(new URL("../../scripts/fixtures/exchange.py", import.meta.url));
  for (const python of ["python3", "/usr/bin/python3"]) {
    const { status, stdout, stderr } = spawnSync(python, [script, "--check", directory], {
      encoding: "utf8",
    });
    if (status === 0) return stdout;
    if (status !== null && !/No module named '(torch|numpy)'/.test(stderr)) throw new Error(stderr);
  }
  return undefined;
}

test("PyTorch loads ours with strict=True and gives the same output", { timeout: 60_000 }, ({ skip }) => {
  using _scope = new Scope();
  const path = workspace();
  const cases = exchange.cases.map((entry, i) => {
    const [module, run] = create(entry, 10 + i);
    saveWeights(module, path(`${entry.name}.safetensors`), new Map([["by", "lexigrad"]]));
    return { ...entry, output: run(tensorsOf(entry.inputs)).toArray() };
  });
  writeFileSync(path("exchange.json"), JSON.stringify({ cases }));
  const printed = checkInPyTorch(path("."));
  if (printed === undefined) return skip("needs python3 with torch and numpy");
  expect(printed.trim().split("\n")).toHaveLength(cases.length + 1);
  expect(Number(/largest difference: (.*)/.exec(printed)?.[1])).toBeLessThan(1e-5);
});

describe("loadWeights", () => {
  const linear = () => new Linear({ inFeatures: 2, outFeatures: 1, random: new Random(1) });
  const good: [string, SavedTensor][] = [
    ["weight", { dtype: "F64", shape: [1, 2], data: new Float64Array([1.5, -2]) }],
    ["bias", { dtype: "F16", shape: [1], data: new Float32Array([0.5]) }],
  ];
  const file = (...changes: [string, SavedTensor][]) => writeSafetensors(new Map([...good, ...changes]));

  test("reads double and half precision", () => {
    const module = linear();
    loadWeights(module, workspace({ w: file() })("w"));
    expect([module.weight.toArray(), module.bias?.toArray()]).toEqual([[[1.5, -2]], [0.5]]);
  });

  const floats = (...data: number[]) =>
    ({ dtype: "F32", shape: [data.length], data: new Float32Array(data) }) as const;
  test.each<[string, Uint8Array | null, new (...args: never[]) => LexigradError, string]>([
    ["no file", null, IoError, "expected a file, got nothing at that path."],
    ["a truncated file", file().subarray(0, -1), FormatError, "safetensors data: expected"],
    ["a missing tensor", writeSafetensors(new Map(good.slice(1))), StateError, "got one without weight."],
    ["an extra tensor", file(["wieght", floats(1)]), StateError, "got one with unknown wieght."],
    ["another shape", file(["bias", floats(1, 2)]), ShapeError, "parameter bias: expected [1], got [2]."],
    [
      "a NaN",
      file(["bias", floats(Number.NaN)]),
      NumericError,
      "parameter bias: expected finite numbers, got NaN.",
    ],
    [
      "long integers",
      file(["bias", { dtype: "I64", shape: [1], data: new BigInt64Array(1) }]),
      FormatError,
      'weights: expected numbers of at most 32 bits or floats, got I64 in "bias".',
    ],
  ])("refuses %s and changes nothing", (_name, bytes, type, message) => {
    const path = workspace(bytes === null ? {} : { w: bytes })("w");
    const module = linear();
    const before = module.weight.toArray();
    expect(() => loadWeights(module, path)).toThrow(type);
    expect(() => loadWeights(module, path)).toThrow(message);
    expect(module.weight.toArray()).toEqual(before);
  });
});

describe("shared weights once", () => {
  const [a, b] = [tensor([1, 2]), tensor([3])];
  const state = new Map([["embedding", a], ["bias", b], ["output", a], ["again", a]]); // biome-ignore format: pairs

  test("are a file without their copies, and have all their names when read", () => {
    const file = encodeWeights(state, new Map([["step", "7"]]), { sharedOnce: true });
    const saved = readSafetensors(file);
    expect([...saved.keys()]).toEqual(["bias", "embedding"]);
    expect(saved.metadata.get("step")).toBe("7");
    const { tensors } = decodeWeights(file, "x");
    expect(new Set(tensors.keys())).toEqual(new Set(state.keys()));
    expect(tensors.get("output")).toBe(tensors.get("embedding"));
    expect(tensors.get("again")).toBe(tensors.get("embedding"));
    expect(tensors.get("embedding")?.toArray()).toEqual([1, 2]);
  });

  test("are written under each name for PyTorch's load_state_dict, and nothing is said where nothing is shared", () => {
    expect(readSafetensors(encodeWeights(state)).size).toBe(4);
    const alone = encodeWeights(new Map([["bias", b]]), new Map(), { sharedOnce: true });
    expect(alone).toEqual(encodeWeights(new Map([["bias", b]])));
  });

  test.each([
    ["{", "x"],
    ['{"output":"embedding"}', "weights that are shared: expected pairs"],
    ['[["output"]]', "weights that are shared: expected pairs"],
    ['[["output", 1]]', "weights that are shared: expected pairs"],
    ['[["output","absent"]]', "got output for absent."],
    ['[["bias","bias"]]', "got bias for bias."],
  ])("%s is refused", (shared, message) => {
    const bias = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
    const file = writeSafetensors(new Map([["bias", bias]]), new Map([["shared", shared]]));
    expect(() => decodeWeights(file, "x")).toThrow(FormatError);
    expect(() => decodeWeights(file, "x")).toThrow(message);
  });
});
