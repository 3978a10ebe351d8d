import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoint.ts";
import { EMPTY_WINDOW } from "../../src/train/progress.ts";
import { runs } from "../support/fc.ts";

const checkpoint: Checkpoint = {
  state: {
    progress: {
      step: 12,
      tokens: 345,
      skipped: 1,
      seconds: 1.25,
      updateSeconds: 0.1 + 0.2,
      learningRate: 1e-3,
      window: { ...EMPTY_WINDOW, nats: 1 / 3 },
      best: { step: 10, loss: 2.5, perplexity: 12.18, bleu: 33.1, average: 3 },
      validation: null,
      badValidations: 0,
    },
    position: { epoch: 1, batch: 2 },
    random: { initial: [1, -2, 3, 4], now: [5, 6, -7, 8] },
    plateau: { lr: 0.5, best: null, badReports: 1, cooldown: 0 },
    dataHash: "12:ab",
  },
  files: { model: 1, optimizer: 4294967295, best: null, kept: [{ step: 10, crc: 5 }] },
  log: { bytes: 99, crc: 7 },
};

test("comes back with the same numbers, to the last bit", () => {
  expect(decodeCheckpoint(encodeCheckpoint(checkpoint), "state.json")).toEqual(checkpoint);
});

test("law 87: a damaged text is the same checkpoint or a FormatError", () => {
  const text = encodeCheckpoint(checkpoint);
  const damage = fc.record({ at: fc.nat(text.length - 1), cut: fc.nat(4), put: fc.string({ maxLength: 3 }) });
  fc.assert(
    fc.property(damage, ({ at, cut, put }) => {
      const damaged = text.slice(0, at) + put + text.slice(at + cut);
      try {
        expect(decodeCheckpoint(damaged, "state.json")).toEqual(checkpoint);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    runs,
  );
});

test("says what is wrong", () => {
  const message = (text: string) => {
    try {
      decodeCheckpoint(text, "run/state.json");
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      return (error as Error).message;
    }
    throw new TypeError("nothing was thrown");
  };
  expect(message("[]")).toBe(
    "run/state.json: training state: expected lexigrad-training-state version 1, got undefined version undefined.",
  );
  expect(message(encodeCheckpoint(checkpoint).replace('"step": 12', '"step": 13'))).toBe(
    "run/state.json: training state: expected an intact file, got a damaged or edited one. " +
      "Put back a copy, or begin a new run.",
  );
  // A right checksum does not make up for a wrong form.
  const files = [{ kept: [{ step: 10 }] }, { kept: {} }].map((more) => ({ ...checkpoint.files, ...more }));
  for (const wrong of [{ log: null }, { files: files[0] }, { files: files[1] }]) {
    expect(message(encodeCheckpoint({ ...checkpoint, ...wrong } as never))).toContain(
      "expected an intact file",
    );
  }
});
