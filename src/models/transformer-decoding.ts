/** A {@link TransformerSeq2Seq} over one batch of sources as a {@link StepModel}, with a key-value cache. */
import type { Start, Step, StepModel } from "../decode/step-model.ts";
import type { AttentionKind, DecoderCache } from "../nn/transformer-decoder.ts";
import { noGrad, ops, Scope, type Tensor, tensor } from "../tensor/index.ts";
import type { PaddedIds } from "../text/batching.ts";
import type { TransformerSeq2Seq } from "./transformer-seq2seq.ts";
import type { SearchIds } from "./translation-network.ts";

/** Updated in place by every step. */
interface CachedState {
  readonly caches: readonly DecoderCache[];
  /** Which source each row translates: `[rows]`. */
  readonly sources: Int32Array;
}

/** Translating one batch of sources step by step; a step costs the same however long the translation is. */
export class TransformerDecoding implements StepModel<CachedState> {
  readonly vocabularySize: number;
  readonly eosId: number;
  readonly forbiddenIds: readonly number[];
  readonly #network: TransformerSeq2Seq;
  readonly #source: PaddedIds;
  readonly #bosId: number;
  readonly #attention: boolean;

  constructor(network: TransformerSeq2Seq, source: PaddedIds, ids: SearchIds, attention: boolean) {
    this.vocabularySize = network.options.targetVocabulary;
    this.#network = network;
    this.#source = source;
    this.#bosId = ids.bosId;
    this.eosId = ids.eosId;
    this.forbiddenIds = ids.forbiddenIds;
    this.#attention = attention;
  }

  start(): Start<CachedState> {
    using _scope = new Scope();
    const { ids, shape, lengths } = this.#source;
    const [batch] = shape;
    const caches = noGrad(() => {
      const memory = this.#network.encode(tensor(ids, shape, "i32"), tensor(lengths, [batch], "i32"));
      return this.#network.transformer.decoder.startCaches(memory);
    });
    const sources = Int32Array.from({ length: batch }, (_, i) => i);
    return {
      state: { caches, sources },
      tokens: new Int32Array(batch).fill(this.#bosId),
      sourceLengths: lengths,
    };
  }

  step(state: CachedState, tokens: Int32Array): Step<CachedState> {
    using _scope = new Scope();
    return noGrad(() => {
      const rows = tokens.length;
      const previous = tensor(tokens, [rows, 1], "i32");
      const lengths = tensor(this.#lengthsOf(state), [rows], "i32");
      const layers: Tensor[] = [];
      const collect = (weights: Tensor, kind: AttentionKind) => {
        if (kind === "memory") layers.push(weights);
      };
      const logits = this.#network.step(
        previous,
        state.caches,
        lengths,
        this.#attention ? collect : undefined,
      );
      const logProbs = ops.logSoftmax(logits).data() as Float32Array;
      return { state, logProbs, ...(this.#attention ? { attention: alignment(layers) } : {}) };
    });
  }

  #lengthsOf({ sources }: CachedState): Int32Array {
    return sources.map((source) => this.#source.lengths[source]);
  }

  /** The memory is the bulk of a state; it is only moved when rows change their source. */
  select({ caches, sources: before }: CachedState, rows: Int32Array): CachedState {
    const sources = rows.map((row) => before[row]);
    const same = before.length === sources.length && before.every((source, i) => source === sources[i]);
    for (const { self, memory } of caches) {
      self.select(rows);
      if (!same) memory.select(rows);
    }
    return { caches, sources };
  }

  release({ caches }: CachedState): void {
    for (const { self, memory } of caches) {
      self.dispose();
      memory.dispose();
    }
  }
}

/**
 * One row of weights over the source for each target: the mean over the heads of the last layer but one, which comes
 * nearest to a word alignment (Garg et al. 2019, section 4.1).
 */
function alignment(layers: readonly Tensor[]): Float32Array {
  const layer = layers[Math.max(0, layers.length - 2)]; // [B, heads, 1, S]
  return ops.mean(layer, 1).data() as Float32Array;
}
