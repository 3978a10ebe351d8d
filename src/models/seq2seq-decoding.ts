/** A {@link Seq2Seq} over one batch of sources as a {@link StepModel}, for every decoder. */
import type { Start, Step, StepModel } from "../decode/step-model.ts";
import type { AttentionMemory } from "../nn/attention.ts";
import { noGrad, ops, Scope, stack, type Tensor, tensor } from "../tensor/index.ts";
import type { PaddedIds } from "../text/batching.ts";
import type { DecoderState, Seq2Seq } from "./seq2seq.ts";
import type { SearchIds } from "./translation-network.ts";

/** The tensors of one state live outside scopes until the next step or `release` frees them. */
export interface SearchState {
  readonly decoder: DecoderState;
  readonly memory: AttentionMemory;
  /** Which source each row translates: `[rows]`. */
  readonly sources: Int32Array;
}

/** Moves tensors out of the current scope, for {@link Seq2SeqDecoding} to free. */
function own<T extends Tensor>(x: T): T {
  x.storage.moveTo(null);
  return x;
}

const stateTensors = ({ recurrent, feed }: DecoderState): Tensor[] => [...recurrent, feed];
const memoryTensors = ({ values, keys, mask }: AttentionMemory): Tensor[] =>
  mask === null ? [values, keys] : [values, keys, mask];

function dispose(tensors: readonly Tensor[]): void {
  for (const x of tensors) x.dispose();
}

/** Rows of a tensor `[B, ...]`. */
function takeRows(x: Tensor, rows: Tensor): Tensor {
  const flat = ops.reshape(x, [x.shape[0], -1]);
  return ops.reshape(ops.gather(flat, rows), [rows.size, ...x.shape.slice(1)]);
}

/** Rows of a recurrent state `[layers, B, H]`. */
const takeStateRows = (x: Tensor, rows: Tensor): Tensor =>
  stack(Array.from({ length: x.shape[0] }, (_, layer) => takeRows(ops.select(x, 0, layer), rows)));

/** Translating one batch of sources step by step. */
export class Seq2SeqDecoding implements StepModel<SearchState> {
  readonly vocabularySize: number;
  readonly eosId: number;
  readonly forbiddenIds: readonly number[];
  readonly #network: Seq2Seq;
  readonly #source: PaddedIds;
  readonly #bosId: number;

  /** @param network in evaluation mode: dropout would make decoding random */
  constructor(network: Seq2Seq, source: PaddedIds, { bosId, eosId, forbiddenIds }: SearchIds) {
    this.vocabularySize = network.options.targetVocabulary;
    this.#network = network;
    this.#source = source;
    this.#bosId = bosId;
    this.eosId = eosId;
    this.forbiddenIds = forbiddenIds;
  }

  start(): Start<SearchState> {
    using _scope = new Scope();
    const { ids, shape, lengths } = this.#source;
    const [batch] = shape;
    const { memory, state } = noGrad(() =>
      this.#network.encode(tensor(ids, shape, "i32"), tensor(lengths, [batch], "i32")),
    );
    for (const x of [...stateTensors(state), ...memoryTensors(memory)]) own(x);
    const sources = Int32Array.from({ length: batch }, (_, i) => i);
    return {
      state: { decoder: state, memory, sources },
      tokens: new Int32Array(batch).fill(this.#bosId),
      sourceLengths: lengths,
    };
  }

  step(state: SearchState, tokens: Int32Array): Step<SearchState> {
    using _scope = new Scope();
    const { logProbs, weights, decoder } = noGrad(() => {
      const previous = tensor(tokens, [tokens.length, 1], "i32");
      const { logits, weights, state: next } = this.#network.step(previous, state.decoder, state.memory);
      return { logProbs: ops.logSoftmax(logits), weights, decoder: next };
    });
    const result = {
      state: { ...state, decoder },
      logProbs: logProbs.data() as Float32Array,
      attention: weights.data() as Float32Array,
    };
    for (const x of stateTensors(decoder)) own(x);
    dispose(stateTensors(state.decoder));
    return result;
  }

  select(state: SearchState, rows: Int32Array): SearchState {
    using _scope = new Scope();
    return noGrad(() => {
      const index = tensor(rows, [rows.length], "i32");
      const recurrent = state.decoder.recurrent.map((x) => own(takeStateRows(x, index)));
      const decoder = { recurrent, feed: own(takeRows(state.decoder.feed, index)) };
      dispose(stateTensors(state.decoder));
      const sources = rows.map((row) => state.sources[row]);
      return { decoder, memory: this.#selectMemory(state, sources, index), sources };
    });
  }

  /** The memory is the bulk of a state; it is only moved when rows change their source. */
  #selectMemory(
    { memory, sources: before }: SearchState,
    sources: Int32Array,
    index: Tensor,
  ): AttentionMemory {
    if (before.length === sources.length && before.every((source, i) => source === sources[i])) return memory;
    const { values, keys, mask } = memory;
    const taken = own(takeRows(values, index));
    const selected = {
      values: taken,
      keys: keys === values ? taken : own(takeRows(keys, index)),
      mask: mask && own(takeRows(mask, index)),
    };
    dispose(memoryTensors(memory));
    return selected;
  }

  release({ decoder, memory }: SearchState): void {
    dispose([...stateTensors(decoder), ...memoryTensors(memory)]);
  }
}
