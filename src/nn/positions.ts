/** Vectors that tell a model where in the sequence a token stands. */
import { exponential, naturalLog } from "../base/elementary.ts";
import { OptionError, ShapeError } from "../base/errors.ts";
import { checkChoice, checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { formatShape } from "../base/shape.ts";
import {
  concat,
  type DType,
  empty,
  ops,
  positionAngles,
  scoped,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "../tensor/index.ts";
import { defaultRandom, normal } from "./init.ts";
import { Module, Parameter } from "./module.ts";

const TYPES = ["sinusoidal", "sinusoidal-halves", "learned", "none"] as const;

export interface PositionsOptions {
  /**
   * - `sinusoidal`: columns 2i and 2i+1 are sin and cos of `position / 10000^(2i/D)` (Vaswani et al. 2017, section 3.5).
   * - `sinusoidal-halves`: the first half of the columns is sin and the second cos of `position / 10000^(i/(D/2 - 1))`,
   *   as in tensor2tensor and fairseq.
   * - `learned`: a parameter `weight [maxLength, D]`, which starts normal with deviation 0.02.
   * - `none`: nothing is added.
   */
  readonly type: (typeof TYPES)[number];
  /** Width D. */
  readonly dModel: number;
  /**
   * Positions of the table. Needed for `learned`, which has no vectors beyond; sinusoidal tables grow when a longer
   * sequence comes. Default 512 for those.
   */
  readonly maxLength?: number;
  readonly random?: Random;
}

/**
 * Adds to each vector of a sequence the vector of its position.
 *
 * @example
 * new Positions({ type: "sinusoidal", dModel: 4 }).forward(zeros([1, 1, 4])).toArray(); // [[[0, 1, 0, 1]]]
 */
export class Positions extends Module {
  readonly type: PositionsOptions["type"];
  readonly dModel: number;
  /** `[maxLength, D]`, when learned. */
  weight: Parameter | null = null;
  #length: number;
  /** Sinusoidal vectors, computed when first needed in a type. */
  readonly #tables = new Map<DType, Tensor>();

  constructor(options: PositionsOptions) {
    super();
    rejectUnknownKeys("Positions", options, ["type", "dModel", "maxLength", "random"]);
    this.type = checkChoice("positions", options.type, TYPES);
    this.dModel = checkNumber("dModel", options.dModel, { integer: true, min: 1 });
    const { maxLength, random = defaultRandom } = options;
    if (this.type === "learned" && maxLength === undefined) {
      throw new OptionError({ what: "learned positions", expected: "a maxLength", got: "none" });
    }
    this.#length = checkNumber("maxLength", maxLength ?? 512, { integer: true, min: 1 });
    if (this.type === "learned") {
      this.weight = new Parameter(normal(empty([this.#length, this.dModel]), 0, 0.02, random));
    }
  }

  /**
   * x `[B, T, D]` plus the vectors of positions `offset` to `offset + T - 1`.
   *
   * @throws {ShapeError} for another width, or beyond the learned positions.
   */
  forward(x: Tensor, offset = 0): Tensor {
    if (x.rank !== 3 || x.shape[2] !== this.dModel) {
      const expected = `[B, T, ${this.dModel}]`;
      throw new ShapeError({ what: "positions", expected, got: formatShape(x.shape) });
    }
    if (this.type === "none") return x;
    const end = checkNumber("offset", offset, { integer: true, min: 0 }) + x.shape[1];
    const table = this.weight ?? this.#table(end, x.dtype);
    if (end > table.shape[0]) {
      throw new ShapeError({
        what: "learned positions",
        expected: `at most ${table.shape[0]}`,
        got: String(end),
        hint: "Make the model with a larger maxLength.",
      });
    }
    return ops.add(x, ops.slice(table, 0, offset, end));
  }

  #table(end: number, dtype: DType): Tensor {
    while (this.#length < end) this.#length *= 2;
    const known = this.#tables.get(dtype);
    if (known !== undefined && known.shape[0] >= end) return known;
    known?.dispose();
    const made = scoped((scope) =>
      scope.keep(sinusoids(this.#length, this.dModel, this.type === "sinusoidal", dtype)),
    );
    made.storage.moveTo(null);
    this.#tables.set(dtype, made);
    return made;
  }
}

/** The table `[length, width]`. */
function sinusoids(length: number, width: number, alternate: boolean, dtype: DType): Tensor {
  const half = Math.floor(width / 2);
  // The slowest wave of the halves is 10000 times the first: base^((half - 1) / half) = 10000.
  const base = alternate ? 10000 : exponential((naturalLog(10000) * half) / Math.max(half - 1, 1));
  const pairs = alternate ? Math.ceil(width / 2) : half;
  const angles = tensor(
    positionAngles(length, alternate ? width : 2 * half, 0, base),
    [length, pairs],
    dtype,
  );
  const waves = [ops.sin(angles), ops.cos(angles)];
  if (alternate) return ops.slice(ops.reshape(stack(waves, 2), [length, 2 * pairs]), 1, 0, width);
  // An odd width leaves a column of zeros.
  return concat([...waves, zeros([length, width - 2 * half], dtype)], 1);
}
