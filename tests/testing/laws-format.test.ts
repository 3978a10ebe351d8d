import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { damages, formatLaws } from "../../src/testing/laws-format.ts";
import { runs } from "../support/fc.ts";

/** A format of one length byte and that many bytes. */
const write = (value: Uint8Array) => Uint8Array.of(value.length, ...value);
const read = (bytes: Uint8Array) => {
  if (bytes.length > 0 && bytes[0] === bytes.length - 1) return bytes.slice(1);
  throw new FormatError({ what: "bytes", expected: "as many as the first says", got: `${bytes.length}` });
};
const values = fc.uint8Array({ maxLength: 9 });

/** The laws that a reader breaks. */
const broken = (parse: (bytes: Uint8Array) => Uint8Array) =>
  Object.entries(formatLaws(parse, write, values))
    .filter(([, law]) => fc.check(law as fc.IRawProperty<unknown, false>, { numRuns: 500, seed: 1 }).failed)
    .map(([name]) => name);

describe("formatLaws", () => {
  test.each(Object.entries(formatLaws(read, write, values)))("%s holds for a right format", (_, law) => {
    fc.assert(law, runs);
  });

  test("find a reader that loses a byte", () => {
    expect(broken((bytes) => read(bytes).slice(1))).toContain("roundTrip");
  });

  test("find a reader that writes into its argument", () => {
    expect(broken((bytes) => read(bytes.fill(0, 1)))).toContain("readOnly");
  });

  test("find a reader with errors of its own", () => {
    expect(broken((bytes) => new Uint8Array(bytes.buffer, 1, bytes[0]))).toEqual(["damage"]);
  });
});

test("damages leave their argument alone and change most files", () => {
  let changed = 0;
  fc.assert(
    fc.property(values, damages, (bytes, damage) => {
      const before = bytes.slice();
      if (damage(bytes).join() !== before.join()) changed++;
      expect(bytes).toEqual(before);
    }),
    { numRuns: 200, seed: 1 },
  );
  expect(changed).toBeGreaterThan(120);
});
