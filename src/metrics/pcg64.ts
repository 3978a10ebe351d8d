/**
 * NumPy's default generator, bit for bit, because sacreBLEU draws its
 * resamples from it: with the same seed, intervals and p-values are the same.
 */

const WORDS = 4;

/** The 128-bit multiplier of PCG64 in 16-bit digits, lowest first. */
const MULTIPLIER = [0xf645, 0x9fcc, 0xdf64, 0x4385, 0x5da4, 0x1fc6, 0xed05, 0x2360];

/**
 * PCG XSL-RR 128/64 (O'Neill, "PCG", HMC-CS-2014-0905, section 6.3.3), seeded
 * through NumPy's SeedSequence, read 32 bits at a time.
 */
export class Pcg64 {
  /** 128 bits, lowest word first. */
  #state: Uint32Array;
  #increment: Uint32Array;
  #product = new Float64Array(2 * WORDS);
  #kept: number | undefined;
  #bitBuffer = 0;
  #bitsLeft = 0;

  /** @param seed a whole number of at least 0 */
  constructor(seed: number) {
    const words = seedWords(seed, 4 * 2);
    // SeedSequence gives the high half of each 128-bit number first.
    const initial = Uint32Array.of(words[2], words[3], words[0], words[1]);
    const sequence = [words[6], words[7], words[4], words[5]];
    this.#increment = Uint32Array.from(sequence, (word, i) => (word << 1) | (i ? sequence[i - 1] >>> 31 : 1));
    this.#state = Uint32Array.from(this.#increment);
    addWords(this.#state, initial);
    this.#step();
  }

  /** 32 random bits. */
  bits(): number {
    if (this.#kept !== undefined) {
      const kept = this.#kept;
      this.#kept = undefined;
      return kept;
    }
    this.#step();
    const state = this.#state;
    const turn = state[3] >>> 26;
    const swap = turn >= 32;
    const even = state[0] ^ state[2];
    const odd = state[1] ^ state[3];
    const low = swap ? odd : even;
    const high = swap ? even : odd;
    const by = turn & 31;
    // A shift by 32 is a shift by 0, hence the two steps of the left shift.
    this.#kept = ((high >>> by) | ((low << 1) << (31 - by))) >>> 0;
    return ((low >>> by) | ((high << 1) << (31 - by))) >>> 0;
  }

  /** A whole number in 0..n-1, as `rng.choice(n)` (Lemire's method). @param n 1..2^32-1 */
  integer(n: number): number {
    if (n === 1) return 0;
    for (;;) {
      const bits = this.bits();
      const low = (bits & 0xffff) * n;
      const high = (bits >>> 16) * n + Math.floor(low / 65536);
      const rest = Math.imul(bits, n) >>> 0;
      if (rest >= n || rest >= (4294967296 - n) % n) return Math.floor(high / 65536);
    }
  }

  /** A random bit, as the elements of one `rng.integers(2, size, dtype=bool)`. */
  bit(): number {
    if (this.#bitsLeft === 0) {
      this.#bitBuffer = this.bits();
      this.#bitsLeft = 32;
    }
    return (this.#bitBuffer >>> (32 - this.#bitsLeft--)) & 1;
  }

  /** state = state * MULTIPLIER + increment, modulo 2^128. */
  #step(): void {
    const state = this.#state;
    const product = this.#product.fill(0);
    for (let i = 0; i < WORDS; i++) {
      for (let j = 0; 2 * i + j < 2 * WORDS; j++) product[2 * i + j] += state[i] * MULTIPLIER[j];
    }
    let carry = 0;
    for (let i = 0; i < WORDS; i++) {
      const low = carry + product[2 * i];
      const high = Math.floor(low / 65536) + product[2 * i + 1];
      carry = Math.floor(high / 65536);
      // low mod 2^16 + (high mod 2^16) 2^16; the % of doubles would be ten times as slow.
      state[i] = low - Math.floor(low / 65536) * 65536 + (high - carry * 65536) * 65536;
    }
    addWords(state, this.#increment);
  }
}

function addWords(sum: Uint32Array, other: Uint32Array): void {
  let carry = 0;
  for (let i = 0; i < WORDS; i++) {
    carry += sum[i] + other[i];
    sum[i] = carry;
    carry = carry > 0xffffffff ? 1 : 0;
  }
}

/** `numpy.random.SeedSequence(seed).generate_state(count)`, after C++'s `seed_seq`. */
function seedWords(seed: number, count: number): Uint32Array {
  const entropy = [seed >>> 0, Math.floor(seed / 4294967296)];
  let constant = 0x43b0d7e5;
  const hash = (value: number) => {
    const mixed = value ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    const product = Math.imul(mixed, constant);
    return product ^ (product >>> 16);
  };
  const pool = Array.from({ length: 4 }, (_, i) => hash(entropy[i] ?? 0));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from === to) continue;
      const mixed = Math.imul(pool[to], 0xca01f9dd) - Math.imul(hash(pool[from]), 0x4973f715);
      pool[to] = mixed ^ (mixed >>> 16);
    }
  }
  constant = 0x8b51f9dd;
  return Uint32Array.from({ length: count }, (_, i) => {
    const mixed = pool[i % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    const product = Math.imul(mixed, constant);
    return product ^ (product >>> 16);
  });
}
