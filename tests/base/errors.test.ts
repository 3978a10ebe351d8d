import { describe, expect, test } from "vitest";
import {
  BackendError,
  DTypeError,
  FormatError,
  IndexError,
  IoError,
  LexigradError,
  NumericError,
  nearest,
  OptionError,
  OutOfMemoryError,
  ShapeError,
  StateError,
  WorkerError,
} from "../../src/base/errors.ts";

const complaint = { what: "thing", expected: "one", got: "two" };
const message = "thing: expected one, got two.";

describe("errors", () => {
  test.each([
    [new ShapeError(complaint), "ShapeError", "SHAPE"],
    [new DTypeError(complaint), "DTypeError", "DTYPE"],
    [new IndexError(complaint), "IndexError", "INDEX"],
    [new OptionError(complaint), "OptionError", "OPTION"],
    [new FormatError(complaint), "FormatError", "FORMAT"],
    [new StateError(complaint), "StateError", "STATE"],
    [new NumericError(complaint, "exp", 3), "NumericError", "NUMERIC"],
    [new OutOfMemoryError(complaint), "OutOfMemoryError", "OUT_OF_MEMORY"],
    [new IoError(complaint, "a.txt"), "IoError", "IO"],
    [new BackendError(complaint), "BackendError", "BACKEND"],
    [new WorkerError(complaint), "WorkerError", "WORKER"],
  ])("%s has its name, code, message and complaint", (error, name, code) => {
    expect(error).toBeInstanceOf(LexigradError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, message, complaint });
    expect(String(error)).toBe(`${name}: ${message}`);
  });

  test("a hint follows the sentence", () => {
    expect(new StateError({ ...complaint, hint: "Do this." }).message).toBe(`${message} Do this.`);
  });

  test("a cause is kept", () => {
    const cause = new TypeError("inner");
    expect(new IoError(complaint, "a.txt", { cause })).toMatchObject({ cause, path: "a.txt" });
    expect(new FormatError(complaint, {}, { cause }).cause).toBe(cause);
  });

  test.each([
    [{ file: "a.txt" }, "a.txt: "],
    [{ file: "a.txt", line: 3 }, "a.txt:3: "],
    [{ file: "a.txt", line: 3, column: 5 }, "a.txt:3:5: "],
    [{ line: 3 }, "line 3: "],
    [{ line: 3, column: 5 }, "line 3:5: "],
    [{ file: "a.bin", offset: 0 }, "a.bin at byte 0: "],
    [{ offset: 17 }, "at byte 17: "],
    [{}, ""],
  ])("a FormatError at %j begins with %j", (location, prefix) => {
    const error = new FormatError(complaint, location);
    expect(error.message).toBe(prefix + message);
    expect(error.location).toEqual(location);
  });

  test("a NumericError names op and step", () => {
    expect(new NumericError(complaint, "exp", 3)).toMatchObject({ op: "exp", step: 3 });
    expect(new NumericError(complaint, "exp").step).toBeUndefined();
  });
});

describe("nearest", () => {
  test.each([
    ["adma", ["sgd", "adam"], "adam"],
    ["adam", ["adam", "adamw"], "adam"],
    ["epoch", ["epochs", "seed"], "epochs"],
    ["labelSmoothign", ["labelSmoothing", "labels"], "labelSmoothing"],
    ["xyz", ["sgd", "adam"], undefined],
    ["", ["sgd"], undefined],
    ["a", [], undefined],
    ["vocabularySizes", ["vocabSize"], undefined],
  ])("of %j among %j is %j", (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });

  test("takes the first of equally near words", () => {
    expect(nearest("cat", ["bat", "rat"])).toBe("bat");
  });
});
