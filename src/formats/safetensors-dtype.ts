/** The element types of safetensors files and the arrays that hold them here. */
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from "./float16.ts";

interface Arrays {
  BOOL: Uint8Array;
  U8: Uint8Array;
  I8: Int8Array;
  I16: Int16Array;
  U16: Uint16Array;
  F16: Float32Array;
  BF16: Float32Array;
  I32: Int32Array;
  U32: Uint32Array;
  F32: Float32Array;
  F64: Float64Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
}

/** Element types that can be read and written. */
export type SavedDType = keyof Arrays;

/** A tensor as files hold it: row-major data that fill the shape. */
export type SavedTensor = {
  [D in SavedDType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: Arrays[D] };
}[SavedDType];

interface Coding<A> {
  /** Bytes of an element. */
  readonly size: number;
  /** The class of the array here. */
  readonly array: { readonly name: string; new (length: number): A };
  decode(bytes: ArrayBuffer): A;
  encode(data: A): ArrayBufferView;
}

function plain<A extends ArrayBufferView>(array: {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): A;
  new (buffer: ArrayBuffer): A;
}): Coding<A> {
  return {
    size: array.BYTES_PER_ELEMENT,
    array,
    decode: (bytes) => new array(bytes),
    encode: (data) => data,
  };
}

/** In the format's order, widths ascending. */
export const CODINGS: { readonly [D in SavedDType]: Coding<Arrays[D]> } = {
  BOOL: plain(Uint8Array),
  U8: plain(Uint8Array),
  I8: plain(Int8Array),
  I16: plain(Int16Array),
  U16: plain(Uint16Array),
  F16: {
    size: 2,
    array: Float32Array,
    decode: (bytes) => halfToFloat(new Uint16Array(bytes)),
    encode: floatToHalf,
  },
  BF16: {
    size: 2,
    array: Float32Array,
    decode: (bytes) => bfloatToFloat(new Uint16Array(bytes)),
    encode: floatToBfloat,
  },
  I32: plain(Int32Array),
  U32: plain(Uint32Array),
  F32: plain(Float32Array),
  F64: plain(Float64Array),
  I64: plain(BigInt64Array),
  U64: plain(BigUint64Array),
};

/** The names of the types, in the same order. */
export const SAVED_DTYPES = Object.keys(CODINGS) as readonly SavedDType[];

export function isSavedDType(name: unknown): name is SavedDType {
  return (SAVED_DTYPES as readonly unknown[]).includes(name);
}
