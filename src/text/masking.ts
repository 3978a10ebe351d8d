/** Choosing the tokens that a masked language model must predict, and what it is shown in their place. */
import { OptionError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface MaskingOptions {
  /** Share of the tokens to predict, above 0. Default 0.15. */
  readonly maskRate?: number;
  /** Of those, the share shown as the mask token. Default 0.8. */
  readonly maskShare?: number;
  /** Of those, the share shown as a random ordinary token; what is left over is shown as it is. Default 0.1. */
  readonly randomShare?: number;
}

/** A sequence with some tokens to be predicted. */
export interface MaskedSequence {
  /** What the model is shown, `[T]`. */
  readonly ids: Int32Array;
  /** Where tokens are to be predicted, ascending, `[N]`. */
  readonly positions: Int32Array;
  /** The tokens that were there, `[N]`. */
  readonly targets: Int32Array;
}

export const MASKING_KEYS = ["maskRate", "maskShare", "randomShare"] as const;

/**
 * Hides tokens as BERT does (Devlin et al. 2019, section 3.1 and appendix A.1): of n ordinary tokens
 * `max(1, round(maskRate n))` are chosen, each equally likely. Special tokens are neither chosen nor shown in place of
 * others, except the mask.
 *
 * @example
 * const tokenizer = trainTokenizer(["a b c"], { type: "word", specials: MASKED_SPECIALS });
 * const masking = new Masking(tokenizer, { maskRate: 0.5, maskShare: 1, randomShare: 0 });
 * masking.draw(tokenizer.encode("a b"), new Random(1)).targets.length; // 1
 */
export class Masking {
  readonly maskId: number;
  readonly #rate: number;
  readonly #maskShare: number;
  readonly #randomShare: number;
  readonly #isSpecial: Uint8Array;
  readonly #ordinary: Int32Array;

  /**
   * @throws {StateError} when the tokenizer has no `<mask>`.
   * @throws {OptionError} for shares out of range.
   */
  constructor(tokenizer: Tokenizer, options: MaskingOptions = {}) {
    rejectUnknownKeys("masking", options, MASKING_KEYS);
    const { maskRate = 0.15, maskShare = 0.8, randomShare = 0.1 } = options;
    this.#rate = checkNumber("maskRate", maskRate, { min: 0, max: 1 });
    this.#maskShare = checkNumber("maskShare", maskShare, { min: 0, max: 1 });
    this.#randomShare = checkNumber("randomShare", randomShare, { min: 0, max: 1 });
    if (maskShare + randomShare > 1 + 1e-12) {
      const got = `${maskShare} + ${randomShare}`;
      throw new OptionError({ what: "maskShare + randomShare", expected: "at most 1", got });
    }
    this.maskId = tokenizer.maskId;
    this.#isSpecial = new Uint8Array(tokenizer.tokens.length);
    for (const special of tokenizer.data.specials) this.#isSpecial[tokenizer.specialId(special)] = 1;
    this.#ordinary = Int32Array.from(tokenizer.tokens.keys()).filter((id) => this.#isSpecial[id] === 0);
  }

  /** Where ordinary tokens stand. */
  candidates(ids: ArrayLike<number>): Int32Array {
    const found: number[] = [];
    for (let i = 0; i < ids.length; i++) if (this.#isSpecial[ids[i]] === 0) found.push(i);
    return Int32Array.from(found);
  }

  /** Hides some tokens by chance; none where there are only special ones. */
  draw(ids: ArrayLike<number>, random: Random): MaskedSequence {
    const places = this.candidates(ids);
    const count = Math.min(places.length, Math.max(1, Math.round(this.#rate * places.length)));
    // The first steps of a Fisher-Yates shuffle.
    for (let i = 0; i < count; i++) {
      const j = i + random.integer(places.length - i);
      [places[i], places[j]] = [places[j], places[i]];
    }
    return this.#show(ids, places.slice(0, count).sort(), (id) => {
      const chance = random.uniform();
      if (chance < this.#maskShare) return this.maskId;
      if (chance >= this.#maskShare + this.#randomShare) return id;
      return this.#ordinary[random.integer(this.#ordinary.length)];
    });
  }

  /** Shows the mask at the given positions. */
  at(ids: ArrayLike<number>, positions: Int32Array): MaskedSequence {
    return this.#show(ids, positions, () => this.maskId);
  }

  #show(ids: ArrayLike<number>, positions: Int32Array, replace: (id: number) => number): MaskedSequence {
    const shown = Int32Array.from(ids);
    const targets = positions.map((at) => ids[at]);
    targets.forEach((id, i) => {
      shown[positions[i]] = replace(id);
    });
    return { ids: shown, positions, targets };
  }
}
