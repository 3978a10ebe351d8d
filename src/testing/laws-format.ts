/** Laws of file formats, to be asserted with fast-check for any reader and writer. */
import * as fc from "fast-check";
import { LexigradError } from "../base/errors.ts";

/** Properties of a format. Assert each with `fc.assert`. */
export interface FormatLaws {
  /** What is written is read, and written again as the same bytes. */
  readonly roundTrip: fc.IProperty<unknown>;
  /** Reading leaves its argument alone. */
  readonly readOnly: fc.IProperty<unknown>;
  /** Damaged bytes are refused with a {@link LexigradError} or read as some value that round-trips. */
  readonly damage: fc.IProperty<unknown>;
}

/**
 * The laws of a format.
 *
 * @param parse reads bytes; throws a {@link LexigradError} when they are wrong.
 * @param write gives the bytes of a value.
 * @param values any value that can be written.
 * @example
 * const tensor = { dtype: "U8", shape: [1], data: Uint8Array.of(7) } as const;
 * const files = fc.string().map((name) => writeSafetensors(new Map([[`_${name}`, tensor]])));
 * const parse = (bytes: Uint8Array) => writeSafetensors(readSafetensors(bytes));
 * fc.assert(formatLaws(parse, (bytes) => bytes, files).damage);
 */
export function formatLaws<T>(
  parse: (bytes: Uint8Array) => T,
  write: (value: T) => Uint8Array,
  values: fc.Arbitrary<T>,
): FormatLaws {
  const roundTrips = (value: T) => {
    const bytes = write(value);
    return sameBytes(write(parse(bytes)), bytes);
  };
  const readsOnly = (value: T) => {
    const bytes = write(value);
    const before = bytes.slice();
    parse(bytes);
    return sameBytes(bytes, before);
  };
  const survives = (value: T, damage: (bytes: Uint8Array) => Uint8Array) => {
    let read: T;
    try {
      read = parse(damage(write(value)));
    } catch (error) {
      if (error instanceof LexigradError) return true;
      throw error;
    }
    return roundTrips(read);
  };
  return {
    roundTrip: fc.property(values, roundTrips),
    readOnly: fc.property(values, readsOnly),
    damage: fc.property(values, damages, survives),
  };
}

/** Flips bits, cuts, repeats or inserts bytes. The function it gives leaves its argument alone. */
export const damages: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc
  .array(
    fc.record({
      kind: fc.constantFrom("flip", "set", "cut", "drop", "insert", "repeat"),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      byte: fc.nat(255),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((steps) => (bytes: Uint8Array) => {
    let damaged: number[] = Array.from(bytes);
    for (const { kind, at, byte } of steps) {
      const i = Math.floor(at * damaged.length);
      if (kind === "cut") damaged = damaged.slice(0, i);
      else if (kind === "drop") damaged.splice(i, 1);
      else if (kind === "insert") damaged.splice(i, 0, byte);
      else if (kind === "repeat") damaged.splice(i, 0, ...damaged.slice(i, i + 8));
      else if (damaged.length > 0) damaged[i] = kind === "flip" ? damaged[i] ^ (1 << (byte & 7)) : byte;
    }
    return Uint8Array.from(damaged);
  });

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
