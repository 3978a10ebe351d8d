import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { empty, type Indices, ops, type Tensor } from "../tensor/index.ts";
import { defaultRandom, normal } from "./init.ts";
import { Module, Parameter } from "./module.ts";

export interface EmbeddingOptions {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  /** This row starts at zero and receives no gradient. */
  readonly paddingIdx?: number;
  readonly random?: Random;
}

/**
 * `table.forward(ids)`, not yet looked up: a layer that takes it may compute with each of the table's rows once, in place
 * of the vectors of all positions.
 */
export interface Embedded {
  readonly table: Embedding;
  readonly ids: Indices;
}

/**
 * A table of vectors: ids of any shape `[...]` to `[..., embeddingDim]`. Starts standard normal, as PyTorch's.
 *
 * @example
 * new Embedding({ numEmbeddings: 10, embeddingDim: 4 }).forward([[1, 2, 1]]).shape; // [1, 3, 4]
 */
export class Embedding extends Module {
  /** `[numEmbeddings, embeddingDim]` */
  weight: Parameter;
  readonly paddingIdx: number | null;

  constructor(options: EmbeddingOptions) {
    super();
    rejectUnknownKeys("Embedding", options, ["numEmbeddings", "embeddingDim", "paddingIdx", "random"]);
    const rows = checkNumber("numEmbeddings", options.numEmbeddings, { integer: true, min: 1 });
    const width = checkNumber("embeddingDim", options.embeddingDim, { integer: true, min: 1 });
    const { paddingIdx, random = defaultRandom } = options;
    if (paddingIdx !== undefined)
      checkNumber("paddingIdx", paddingIdx, { integer: true, min: 0, max: rows - 1 });
    this.paddingIdx = paddingIdx ?? null;
    const table = normal(empty([rows, width]), 0, 1, random);
    if (paddingIdx !== undefined) table.view().fill(0, paddingIdx * width, (paddingIdx + 1) * width);
    this.weight = new Parameter(table);
  }

  /** @throws {IndexError} for an id outside 0..numEmbeddings-1. */
  forward(ids: Indices): Tensor {
    return ops.gather(this.weight, ids, this.paddingIdx === null ? {} : { paddingIndex: this.paddingIdx });
  }
}
