import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { loadNgram, parseNgram, saveNgram } from "../../src/ngram/binary.ts";
import { trainNgram } from "../../src/ngram/train.ts";
import { workspace } from "../support/command.ts";

const model = trainNgram(["the cat sat", "the dog sat"], { order: 3, smoothing: "witten-bell" });

test("a saved model scores as it did, compressed or not, and from bytes that are not aligned", () => {
  const path = workspace();
  for (const name of ["m.ngram", "m.ngram.gz"]) {
    saveNgram(model, path(name));
    expect(loadNgram(path(name)).score("the cat ran")).toEqual(model.score("the cat ran"));
  }
  const bytes = readFileSync(path("m.ngram"));
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect(parseNgram(shifted.subarray(1)).score("the cat ran")).toEqual(model.score("the cat ran"));
});

test("a file of format 1 is refused with what to do", () => {
  const path = workspace();
  saveNgram(model, path("m.ngram"));
  const bytes = readFileSync(path("m.ngram"));
  const at = bytes.indexOf('"format":2');
  bytes.write('"format":1', at);
  bytes.writeUInt32LE(crc32(bytes.subarray(16)), 12);
  writeFileSync(path("old.ngram"), bytes);
  expect(() => loadNgram(path("old.ngram"))).toThrow(FormatError);
  expect(() => loadNgram(path("old.ngram"))).toThrow(
    /old\.ngram: n-gram model: expected format 2, got format 1\. Another version of Lexigrad wrote the file: make it again from the text or an ARPA file\.$/,
  );
});

test("every bit of the prologue counts, and where the header ends", () => {
  const path = workspace();
  saveNgram(model, path("m.ngram"));
  const bytes = new Uint8Array(readFileSync(path("m.ngram")));
  for (let bit = 8 * 8; bit < 8 * 16; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    expect(() => parseNgram(flipped, "m.ngram"), `bit ${bit}`).toThrow(
      /^m\.ngram: n-gram model: expected .*\. The file is damaged: make or fetch it again\.$/,
    );
  }
  expect(() => saveNgram({} as never, path("x.ngram"))).toThrow(
    "saveNgram: expected a NgramModel, got an object.",
  );
});
