import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import {
  checkChoice,
  checkNumber,
  describe as describeValue,
  rejectUnknownKeys,
} from "../../src/base/options.ts";

describe("rejectUnknownKeys", () => {
  test("accepts known keys, in any number", () => {
    expect(() => rejectUnknownKeys("train", {}, ["epochs"])).not.toThrow();
    expect(() => rejectUnknownKeys("train", { epochs: undefined }, ["epochs", "seed"])).not.toThrow();
  });

  test.each<[object, string]>([
    [{ epoch: 3 }, 'train option: expected one of epochs, seed, got "epoch". Did you mean "epochs"?'],
    [{ shuffle: true }, 'train option: expected one of epochs, seed, got "shuffle".'],
    [JSON.parse('{"__proto__": 1}'), 'train option: expected one of epochs, seed, got "__proto__".'],
    [{ constructor: 1 }, 'train option: expected one of epochs, seed, got "constructor".'],
  ])("refuses %j", (options, message) => {
    const check = () => rejectUnknownKeys("train", options, ["epochs", "seed"]);
    expect(check).toThrow(OptionError);
    expect(check).toThrow(message);
  });
});

describe("checkNumber", () => {
  test("returns what follows the rule, bounds included", () => {
    expect(checkNumber("p", 0, { min: 0, max: 1 })).toBe(0);
    expect(checkNumber("p", 1, { min: 0, max: 1 })).toBe(1);
    expect(checkNumber("p", -0.5)).toBe(-0.5);
    expect(checkNumber("n", 3, { integer: true })).toBe(3);
  });

  test.each<[unknown, object, string]>([
    [1.5, { min: 0, max: 1 }, "p: expected a number of at least 0 and at most 1, got 1.5."],
    [1, { min: 0, below: 1 }, "p: expected a number of at least 0 and below 1, got 1."],
    [0, { above: 0, max: 5 }, "p: expected a number above 0 and at most 5, got 0."],
    [0, { above: 0 }, "p: expected a number above 0, got 0."],
    [-1, { min: 0 }, "p: expected a number of at least 0, got -1."],
    [2, { max: 1 }, "p: expected a number of at most 1, got 2."],
    [0.5, { integer: true, min: 1 }, "p: expected a whole number of at least 1, got 0.5."],
    [Number.NaN, {}, "p: expected a number, got NaN."],
    [Number.POSITIVE_INFINITY, {}, "p: expected a number, got Infinity."],
    ["1", {}, 'p: expected a number, got "1".'],
    [null, {}, "p: expected a number, got null."],
    [undefined, {}, "p: expected a number, got undefined."],
    [[1, 2], {}, "p: expected a number, got an array of 2."],
    [{}, {}, "p: expected a number, got an object."],
    [() => 1, {}, "p: expected a number, got a function."],
    [1n, {}, "p: expected a number, got a bigint."],
  ])("refuses %s under %j", (value, rule, message) => {
    expect(() => checkNumber("p", value, rule)).toThrow(OptionError);
    expect(() => checkNumber("p", value, rule)).toThrow(message);
  });
});

describe("checkChoice", () => {
  test("returns a choice", () => {
    expect(checkChoice("mode", "sum", ["mean", "sum"])).toBe("sum");
  });

  test.each([
    ["Sum", 'mode: expected one of mean, sum, got "Sum". Did you mean "sum"?'],
    ["average", 'mode: expected one of mean, sum, got "average".'],
    [3, "mode: expected one of mean, sum, got 3."],
    [undefined, "mode: expected one of mean, sum, got undefined."],
  ])("refuses %j", (value, message) => {
    expect(() => checkChoice("mode", value, ["mean", "sum"])).toThrow(OptionError);
    expect(() => checkChoice("mode", value, ["mean", "sum"])).toThrow(message);
  });
});

test("long text is cut in messages", () => {
  expect(describeValue("x".repeat(61))).toBe(`"${"x".repeat(60)}..."`);
  expect(describeValue("x".repeat(60))).toBe(`"${"x".repeat(60)}"`);
  expect(describeValue("a\nb")).toBe('"a\\nb"');
});
