/**
 * Seeded random numbers. The same seed gives the same numbers in every engine:
 * only integer arithmetic and exactly rounded f64 operations are used, never
 * `Math.log` or `Math.cos`, whose last bits may differ between engines.
 */
import { naturalLog } from "./elementary.ts";
import { checkNumber } from "./options.ts";

/** A snapshot of a {@link Random}, for checkpoints. Four 32-bit words. */
export type RandomState = readonly [number, number, number, number];

/**
 * xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021, section 3), seeded through SplitMix32.
 *
 * @example
 * const random = new Random(7);
 * random.integer(6); // a die roll in 0..5, always the same for seed 7
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** @param seed any safe integer; both 32-bit halves are used. */
  constructor(seed = 0) {
    checkNumber("seed", seed, { integer: true, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    // The upper half is spread out, or seeds -1 and 0 would cancel to the same state.
    let mixer = (seed ^ Math.imul(Math.floor(seed / 4294967296), 0x85ebca6b)) | 0;
    const next = () => {
      mixer = (mixer + 0x9e3779b9) | 0;
      let z = mixer;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.state = [next(), next(), next(), next()];
  }

  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#d];
  }

  set state(state: RandomState) {
    [this.#a, this.#b, this.#c, this.#d] = state;
    // The all-zero state is the one state the generator cannot leave.
    if ((this.#a | this.#b | this.#c | this.#d) === 0) this.#d = 1;
  }

  /** The next 32 random bits, as an unsigned integer. */
  bits(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A number in [low, high), with 53 random bits. */
  uniform(low = 0, high = 1): number {
    const unit = (this.bits() * 2097152 + (this.bits() >>> 11)) / 9007199254740992;
    return low + unit * (high - low);
  }

  /** A whole number in 0..n-1, without modulo bias. */
  integer(n: number): number {
    checkNumber("Random.integer", n, { integer: true, min: 1, max: 4294967296 });
    if (n === 4294967296) return this.bits();
    for (;;) {
      const bits = this.bits();
      const rest = bits % (n >>> 0);
      // Behind the last whole run of 0..n-1 among the 32-bit numbers, some remainders are missing.
      if (bits - rest <= 4294967296 - n) return rest;
    }
  }

  /** A normally distributed number (Marsaglia's polar method). */
  normal(mean = 0, std = 1): number {
    for (;;) {
      const u = this.uniform(-1, 1);
      const v = this.uniform(-1, 1);
      const s = u * u + v * v;
      if (s > 0 && s < 1) return mean + std * u * Math.sqrt((-2 * naturalLog(s)) / s);
    }
  }

  /** One of `items`, each equally likely. */
  choice<T>(items: readonly T[]): T {
    return items[this.integer(items.length)];
  }

  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T, A extends { length: number; [index: number]: T }>(items: A): A {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }

  /** A new generator whose stream does not overlap this one's in practice. */
  fork(): Random {
    const child = new Random(0);
    child.state = [this.bits() | 0, this.bits() | 0, this.bits() | 0, this.bits() | 0];
    return child;
  }
}
