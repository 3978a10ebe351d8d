/** Golden values computed by PyTorch; scripts/fixtures/README.md describes the files. */
import { readFileSync } from "node:fs";

/** Nested number lists; the shape is the nesting. */
export type Nested = number | readonly Nested[];

export type NamedArrays = Readonly<Record<string, Nested>>;

/** One computation with loss = sum over outputs of (output * upstream).sum(). */
export interface FixtureCase {
  readonly name: string;
  /** Constructor options by their camelCase names. */
  // biome-ignore lint/suspicious/noExplicitAny: each file has its own options, checked by what they are passed to.
  readonly options: any;
  /** Which function, in files that hold several. */
  readonly kind: string;
  /** By state-dict name. */
  readonly parameters: NamedArrays;
  readonly inputs: NamedArrays;
  readonly upstream: NamedArrays;
  readonly outputs: NamedArrays;
  /** Of the loss, for every name in `parameters` and `inputs`. */
  readonly gradients: NamedArrays;
  /** Inputs without gradients; present where the file has them. */
  readonly ids: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
  readonly lengths?: readonly number[];
  /** `[B, T]`, true where the memory may be attended. */
  readonly mask?: readonly (readonly boolean[])[];
  /** 0/1, 1 where a query may attend a key; in the files on transformers. */
  readonly allowed?: Nested;
  readonly causal?: boolean;
  readonly memoryLengths?: readonly number[];
  /** Attention weights `[B, H, T, S]`. */
  readonly weights?: Nested;
}

export interface Fixture {
  readonly torch: string;
  readonly script: string;
  readonly seed: number;
  readonly cases: readonly FixtureCase[];
}

export interface OptimFixture {
  readonly parameters: NamedArrays;
  /** One entry a step, the same for every case. */
  readonly gradients: readonly NamedArrays[];
  readonly cases: readonly {
    readonly name: string;
    readonly optimizer: string;
    readonly options: FixtureCase["options"];
    /** Parameters after each step. */
    readonly trajectory: readonly NamedArrays[];
  }[];
  readonly clipping: {
    readonly gradients: NamedArrays;
    readonly cases: readonly {
      readonly name: string;
      readonly options: FixtureCase["options"];
      readonly totalNorm?: number;
      readonly clipped: NamedArrays;
    }[];
  };
}

export interface SchedulesFixture {
  readonly cases: readonly {
    readonly name: string;
    readonly kind: string;
    readonly options: FixtureCase["options"];
    readonly lr: number;
    readonly formula?: string;
    readonly metrics?: readonly number[];
    readonly lrs: readonly number[];
  }[];
}

/** Reads `tests/fixtures/pytorch/NAME.json`. */
export function loadFixture<F = Fixture>(name: string): F {
  return JSON.parse(readFileSync(new URL(`../fixtures/pytorch/${name}.json`, import.meta.url), "utf8")) as F;
}
