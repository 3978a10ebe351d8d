/**
 * The two 16-bit floating-point types, exactly: half precision (IEEE 754
 * binary16: 5 exponent and 10 fraction bits) and bfloat16 (the upper half of an
 * f32). Integer arithmetic on the bits keeps infinities, subnormals and the
 * payloads of NaNs.
 */

/** Half precision to f32. Exact. */
export function halfToFloat(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = (halves[i] & 0x8000) << 16;
    const exponent = (halves[i] >>> 10) & 0x1f;
    const fraction = halves[i] & 0x3ff;
    if (exponent === 0x1f) bits[i] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent > 0) bits[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else if (fraction === 0) bits[i] = sign;
    else {
      // Subnormal, fraction * 2^-24: shift its leading one to the place of the implicit one.
      const shift = Math.clz32(fraction) - 21;
      bits[i] = sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
    }
  }
  return new Float32Array(bits.buffer);
}

/** f32 to half precision, rounded to nearest, ties to even. */
export function floatToHalf(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) {
    const sign = (bits[i] >>> 16) & 0x8000;
    const magnitude = bits[i] & 0x7fffffff;
    halves[i] = sign | halfMagnitude(magnitude);
  }
  return halves;
}

function halfMagnitude(magnitude: number): number {
  if (magnitude > 0x7f800000) return 0x7c00 | quietPayload((magnitude >>> 13) & 0x3ff, 0x200);
  if (magnitude >= 0x477ff000) return 0x7c00; // 65520 and above round to infinity
  if (magnitude >= 0x38800000) return roundShift(magnitude - 0x38000000, 13); // 2^-14 and above are normal
  const exponent = magnitude >>> 23;
  if (exponent < 102) return 0; // below 2^-25
  return roundShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** bfloat16 to f32. Exact. */
export function bfloatToFloat(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

/** f32 to bfloat16, rounded to nearest, ties to even. */
export function floatToBfloat(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) {
    const notANumber = (bits[i] & 0x7fffffff) > 0x7f800000;
    halves[i] = notANumber
      ? ((bits[i] >>> 16) & 0xff80) | quietPayload((bits[i] >>> 16) & 0x7f, 0x40)
      : roundShift(bits[i], 16);
  }
  return halves;
}

/** The kept payload of a NaN; where nothing would be kept, the quiet bit, since 0 would mean infinity. */
function quietPayload(kept: number, quietBit: number): number {
  return kept === 0 ? quietBit : kept;
}

/** value / 2^shift, rounded to nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const floor = value >>> shift;
  const rest = value - floor * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && floor & 1) ? floor + 1 : floor;
}
