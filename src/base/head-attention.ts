/** What the heads of a transformer looked at: the form in which models give it and pictures take it. */

/** Attention weights of one kind for one text, for every layer and head. */
export interface HeadAttention {
  /** `encoder` and `decoder`: self-attention of that stack; `memory`: of the decoder to the encoder's output. */
  readonly kind: "encoder" | "decoder" | "memory";
  /** The tokens that look. */
  readonly queries: readonly string[];
  /** The tokens that are looked at. */
  readonly keys: readonly string[];
  /** `[layers][heads]` matrices `[queries, keys]` of weights in 0..1. */
  readonly layers: readonly (readonly (readonly ArrayLike<number>[])[])[];
}
