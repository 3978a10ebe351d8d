/** A language model going on from a batch of prompts as a {@link StepModel}, with a state that is carried along. */
import type { Start, Step, StepModel } from "../decode/step-model.ts";
import { noGrad, ops, Scope, type Tensor, tensor } from "../tensor/index.ts";
import type { LanguageModelNetwork, LanguageModelState } from "./language-model-network.ts";

/** Changes in place. */
interface DecodingState {
  network: LanguageModelState;
  /** The tokens of each row that `network` has been fed; empty where it looks back without end. */
  rows: number[][];
}

/** Tokens that no sample may hold, and the one that ends it. */
export interface LanguageModelIds {
  /** -1 where text does not end. */
  readonly eosId: number;
  readonly forbiddenIds: readonly number[];
}

/**
 * The first of n tokens that still counts. At most `blockSize` tokens count: when one more comes, the older half is
 * forgotten at once, because what remains has to be computed anew from its own beginning. So a step costs about two
 * steps on average, however long the text grows, and what is looked back on is at least half a block.
 *
 * @example
 * [4, 5, 6, 7].map((n) => windowStart(n, 4)); // [0, 2, 2, 4]
 */
export function windowStart(n: number, blockSize: number): number {
  if (n <= blockSize) return 0;
  const half = Math.ceil(blockSize / 2);
  return Math.ceil((n - blockSize) / half) * half;
}

/**
 * Going on from prompts of equal length. Each token is fed once, until the network's block is full: see
 * {@link windowStart}.
 */
export class LanguageModelDecoding implements StepModel<DecodingState> {
  readonly vocabularySize: number;
  readonly eosId: number;
  readonly forbiddenIds: readonly number[];
  readonly #network: LanguageModelNetwork;
  readonly #prompts: readonly (readonly number[])[];

  /**
   * @param network in evaluation mode: dropout would make decoding random
   * @param prompts ids, at least one each and equally many
   */
  constructor(
    network: LanguageModelNetwork,
    prompts: readonly (readonly number[])[],
    { eosId, forbiddenIds }: LanguageModelIds,
  ) {
    this.vocabularySize = network.vocabularySize;
    this.eosId = eosId;
    this.forbiddenIds = forbiddenIds;
    this.#network = network;
    this.#prompts = prompts;
  }

  start(): Start<DecodingState> {
    using _scope = new Scope();
    const before = this.#prompts[0].length - 1;
    const state: DecodingState = {
      network: this.#network.start(),
      rows: this.#prompts.map((ids) => ids.slice(windowStart(before, this.#network.blockSize), before)),
    };
    if (before > 0) noGrad(() => this.#feed(state, state.rows));
    if (this.#network.blockSize === Number.POSITIVE_INFINITY) state.rows = state.rows.map(() => []);
    return { state, tokens: Int32Array.from(this.#prompts, (ids) => ids[before]) };
  }

  step(state: DecodingState, tokens: Int32Array): Step<DecodingState> {
    using _scope = new Scope();
    const hidden = noGrad(() => this.#advance(state, tokens)); // [B, T, D]
    const last = ops.slice(hidden, 1, hidden.shape[1] - 1, hidden.shape[1]);
    const logProbs = noGrad(() => ops.logSoftmax(this.#network.logits(last)));
    return { state, logProbs: logProbs.data() as Float32Array };
  }

  #advance(state: DecodingState, tokens: Int32Array): Tensor {
    const fresh = Array.from(tokens, (token) => [token]);
    const { blockSize } = this.#network;
    if (blockSize === Number.POSITIVE_INFINITY) return this.#feed(state, fresh);
    state.rows.forEach((row, i) => {
      row.push(tokens[i]);
    });
    const forgotten = windowStart(state.rows[0].length, blockSize);
    if (forgotten === 0) return this.#feed(state, fresh);
    for (const row of state.rows) row.splice(0, forgotten);
    state.network.dispose();
    state.network = this.#network.start();
    return this.#feed(state, state.rows);
  }

  #feed({ network }: DecodingState, rows: readonly (readonly number[])[]): Tensor {
    const ids = tensor(Int32Array.from(rows.flat()), [rows.length, rows[0].length], "i32");
    return this.#network.hidden(ids, network);
  }

  select(state: DecodingState, rows: Int32Array): DecodingState {
    state.network.select(rows);
    state.rows = Array.from(rows, (row) => [...state.rows[row]]);
    return state;
  }

  release({ network }: DecodingState): void {
    network.dispose();
  }
}
