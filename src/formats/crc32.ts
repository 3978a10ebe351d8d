/** CRC-32 (IEEE 802.3), the checksum of gzip and PNG. */

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  return remainder;
});

/**
 * The checksum of `bytes`, or of what `start` is the checksum of followed by them.
 *
 * @example
 * crc32(new TextEncoder().encode("123456789")).toString(16); // "cbf43926"
 */
export function crc32(bytes: Uint8Array, start = 0): number {
  let remainder = ~start;
  for (let i = 0; i < bytes.length; i++) {
    remainder = (remainder >>> 8) ^ TABLE[(remainder ^ bytes[i]) & 0xff];
  }
  return ~remainder >>> 0;
}
