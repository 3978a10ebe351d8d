import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DTypeError, FormatError, OptionError, ShapeError, StateError } from "../../src/base/errors.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { encodeWeights } from "../../src/nn/weights.ts";
import { memoryInfo, scoped, type Tensor, tensor } from "../../src/tensor/index.ts";
import { averageWeightFiles, averageWeights } from "../../src/train/average.ts";
import { runs } from "../support/fc.ts";

const dict = (weight: Tensor) => new Map([["weight", weight]]);
const meanOf = (...weights: Tensor[]) => averageWeights(weights.map(dict)).get("weight") as Tensor;

describe("averageWeights", () => {
  test("is the mean of each element, rounded once", () => {
    const weights = fc.array(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 2 }),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(weights, (rows) => {
        const mean = [0, 1].map((i) => Math.fround(rows.reduce((sum, row) => sum + row[i], 0) / rows.length));
        expect(meanOf(...rows.map((row) => tensor(row))).toArray()).toEqual(mean);
      }),
      runs,
    );
  });

  test("of equal weights is those weights; f32 sums would not find the mean of large ones", () => {
    const x = tensor([0.1, -3e-8, 3e38]);
    expect(meanOf(x, x, x).toArray()).toEqual(x.toArray());
    expect(meanOf(tensor([16777216]), tensor([1]), tensor([1])).item()).toBe(Math.fround(16777218 / 3));
  });

  test("keeps f64, and of whole numbers the last", () => {
    expect(meanOf(tensor([1], [1], "f64"), tensor([2], [1], "f64"))).toMatchObject({ dtype: "f64" });
    const counted = meanOf(tensor([5], [1], "i32"), tensor([8], [1], "i32"));
    expect(counted).toMatchObject({ dtype: "i32" });
    expect(counted.item()).toBe(8);
  });

  test("shares what all dicts share", () => {
    const tied = (value: number, x = tensor([value])) => new Map([["embedding", x], ["output", x]]); // biome-ignore format: pairs
    const mean = averageWeights([tied(1), tied(2)]);
    expect(mean.get("output")).toBe(mean.get("embedding"));
    expect(mean.get("output")?.item()).toBe(1.5);
    const untied = tied(2).set("output", tensor([5]));
    const both = averageWeights([tied(1), untied]);
    expect([...both.values()].map((x) => x.item())).toEqual([1.5, 3]);
  });

  test("changes none of its inputs", () => {
    const [a, b] = [tensor([1, 2]), tensor([3, 4])];
    const mean = meanOf(a, b);
    expect([a.toArray(), b.toArray(), mean.toArray()]).toEqual([
      [1, 2],
      [3, 4],
      [2, 3],
    ]);
  });

  test.each<[string, new (...args: never[]) => Error, () => unknown]>([
    ["averageWeights: expected at least one state dict, got none.", OptionError, () => averageWeights([])],
    [
      'averageWeights: expected state dicts of one model, got one without "weight".',
      StateError,
      () => averageWeights([dict(tensor([1])), new Map()]),
    ],
    [
      'averageWeights: expected state dicts of one model, got one with "bias".',
      StateError,
      () => averageWeights([dict(tensor([1])), dict(tensor([1])).set("bias", tensor([1]))]),
    ],
    ["averageWeights weight: expected [1], got [2].", ShapeError, () => meanOf(tensor([1]), tensor([1, 2]))],
    [
      "averageWeights weight: expected f32, got f64.",
      DTypeError,
      () => meanOf(tensor([1]), tensor([1], [1], "f64")),
    ],
  ])("%s", (message, kind, action) => {
    expect(action).toThrow(kind);
    expect(action).toThrow(message);
  });
});

describe("averageWeightFiles", () => {
  const file = (value: number) => scoped(() => encodeWeights(dict(tensor([value, 1]))));

  test("keeps one file's tensors at a time, and the notes", () => {
    const before = memoryInfo().liveBytes;
    let most = 0;
    function* files() {
      for (const value of [1, 2, 6]) {
        yield [`${value}.safetensors`, file(value)] as const;
        most = Math.max(most, memoryInfo().liveBytes - before);
      }
    }
    const saved = readSafetensors(averageWeightFiles(files(), new Map([["averaged", "1, 2, 6"]])));
    expect(saved.get("weight")?.data).toEqual(Float32Array.of(3, 1));
    expect(saved.metadata.get("averaged")).toBe("1, 2, 6");
    expect(most).toBe(0);
    expect(memoryInfo().liveBytes).toBe(before);
  });

  test("names the file that is damaged, and leaves no tensor behind", () => {
    const before = memoryInfo().liveBytes;
    const whole = file(1);
    const action = () => averageWeightFiles([["a", whole], ["b", whole.subarray(0, 40)]]); // biome-ignore format: pairs
    expect(action).toThrow(FormatError);
    expect(action).toThrow(/^b/);
    expect(memoryInfo().liveBytes).toBe(before);
  });
});
