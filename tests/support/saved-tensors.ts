/** Any tensors that a safetensors file can hold. */
import fc from "fast-check";
import { CODINGS, SAVED_DTYPES, type SavedTensor } from "../../src/formats/safetensors-dtype.ts";

const tensor: fc.Arbitrary<SavedTensor> = fc
  .tuple(fc.constantFrom(...SAVED_DTYPES), fc.array(fc.nat(3), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const length = CODINGS[dtype].size * shape.reduce((size, extent) => size * extent, 1);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => ({ dtype, shape, data: CODINGS[dtype].decode(bytes.slice().buffer) }) as SavedTensor);
  });

const names = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "__proto__", "constructor", "toString", "1", "0.weight", "\u0000", '"', "\\", "\uffff"),
);

export const savedTensors: fc.Arbitrary<Map<string, SavedTensor>> = fc
  .array(fc.tuple(names, tensor), { maxLength: 5 })
  .map((entries) => new Map(entries.filter(([name]) => name !== "__metadata__")));

export const notes: fc.Arbitrary<Map<string, string>> = fc
  .array(fc.tuple(names, fc.string({ unit: "binary" })), { maxLength: 3 })
  .map((entries) => new Map(entries));
