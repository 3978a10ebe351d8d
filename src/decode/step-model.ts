/**
 * The one interface between models and decoders: a batch of rows that advance
 * one token at a time. An n-gram model, a recurrent language model and a
 * transformer with a key-value cache all implement it, and every decoder works
 * with all of them.
 *
 * States are used linearly: {@link StepModel.step} and {@link StepModel.select}
 * take over the state they are given, so a model may update its memory in place
 * and a decoder holds one live state at any time. Where a call throws, its state
 * stays the caller's to release.
 *
 * @example
 * // A model over the tokens 0 (end), 1 and 2 that forgets everything.
 * const coin = {
 *   vocabularySize: 3,
 *   eosId: 0,
 *   start: () => ({ state: 1, tokens: Int32Array.of(1) }),
 *   step: (rows: number) => ({
 *     state: rows,
 *     logProbs: Float32Array.from({ length: 3 * rows }, (_, i) => Math.log([0.2, 0.5, 0.3][i % 3])),
 *   }),
 *   select: (_: number, rows: Int32Array) => rows.length,
 * };
 * greedy(coin, { maxLength: 3 })[0].tokens; // [1, 1, 1]
 */
export interface StepModel<State = unknown> {
  /** V: token ids are 0..V-1. */
  readonly vocabularySize: number;
  /** The token that ends a hypothesis; -1 where nothing does, as in running text. */
  readonly eosId: number;
  /** Tokens never to be generated: begin of sentence, padding, unknown word. */
  readonly forbiddenIds?: readonly number[];

  /** Begins a batch: a fresh state of one row per sentence. */
  start(): Start<State>;

  /**
   * Feeds one token to every row.
   *
   * @param tokens `[rows]` ids
   */
  step(state: State, tokens: Int32Array): Step<State>;

  /**
   * A state whose row i continues row `rows[i]` of `state`. Rows may repeat,
   * be reordered or be left out.
   */
  select(state: State, rows: Int32Array): State;

  /** Frees the memory of a state that will not be used again. */
  release?(state: State): void;
}

/** How a batch begins. */
export interface Start<State> {
  readonly state: State;
  /** `[sentences]`: what to feed to each row first, begin of sentence or the last token of a prompt. */
  readonly tokens: Int32Array;
  /** `[sentences]`: source lengths, without padding, of a model that has a source. */
  readonly sourceLengths?: ArrayLike<number>;
}

/** What one step gives. The arrays are read before the model is called again, so they may be views. */
export interface Step<State> {
  readonly state: State;
  /** `[rows, V]` row-major log probabilities in nats; -Infinity where impossible. */
  readonly logProbs: Float32Array;
  /** `[rows, sourceLength]` row-major attention weights over the (padded) source. */
  readonly attention?: Float32Array;
}
