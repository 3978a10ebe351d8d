/** Rotary positions: heads turned by angles that grow with their position. */
import { OptionError, ShapeError } from "../../base/errors.ts";
import { checkChoice, checkNumber, rejectUnknownKeys } from "../../base/options.ts";
import { formatShape } from "../../base/shape.ts";
import { tensor } from "../create.ts";
import { checkTensor, commonType, defineOp, type Op, type Unary } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { positionAngles } from "./angles.ts";
import { neg } from "./elementwise.ts";
import { cos, sin } from "./unary.ts";

/**
 * Which columns of a head of width W are pair i: `interleaved`, 2i and 2i + 1 (Su et al. 2021; GPT-J), or `halves`,
 * i and i + W/2 (GPT-NeoX, Llama).
 */
export type RotaryLayout = "interleaved" | "halves";

/** Options of {@link rotary}. */
export interface RotaryOptions {
  /** Number of heads to turn, from the first column on. */
  readonly heads: number;
  /** Columns of a head, an even number. @defaultValue all columns, divided by heads */
  readonly width?: number;
  /** Position of the first row. @defaultValue 0 */
  readonly offset?: number;
  /** Pair i turns by base^(-2i/width) a position. @defaultValue 10000 */
  readonly base?: number;
  /** @defaultValue "interleaved" */
  readonly layout?: RotaryLayout;
}

/** Cosines and sines `[T, width/2]`, and what they turn. */
interface Turn {
  readonly cosines: Tensor;
  readonly sines: Tensor;
  readonly heads: number;
  readonly width: number;
  readonly halves: number;
}

const turned: Op<Unary, [Turn]> = defineOp<Unary, [Turn]>("rotary", {
  shape: (_name, [x]) => x.shape,
  forward: (k, out, [x], { cosines, sines, heads, width, halves }) => {
    const [batch, time, cols] = x.shape;
    k.rotary(
      x.pointer, cosines.pointer, sines.pointer, out.pointer, batch, time, cols, heads, width, halves,
    );
  },
  // The gradient of a rotation is the rotation back.
  backward: (g, _y, _inputs, _needs, turn) => [turned(g, { ...turn, sines: neg(turn.sines) })],
});

/**
 * Rotary positions (Su et al. 2021, section 3.2.2): pair i of each head, at position p = offset + t, turned by the angle
 * p base^(-2i/width), so that the product of a turned query and a turned key depends on their distance alone. Other
 * columns stay as they are: in packed `[B, T, 3E]`, twice the number of heads turns queries and keys, not values.
 *
 * @param x `[B, T, C]`
 * @returns `[B, T, C]`
 * @throws {ShapeError} when x has other axes, or fewer columns than the heads.
 * @throws {OptionError} for an unknown option or a value out of range.
 * @example
 * rotary(tensor([[[1, 0], [1, 0]]]), { heads: 1 }).at(0, 1, 0); // 0.5403023
 */
export function rotary(x: Tensor, options: RotaryOptions): Tensor {
  checkTensor("rotary", x);
  commonType("rotary", [x]);
  rejectUnknownKeys("rotary", options, ["heads", "width", "offset", "base", "layout"]);
  const { offset = 0, base = 10000, layout = "interleaved" } = options;
  const heads = checkNumber("rotary heads", options.heads, { integer: true, min: 1 });
  const columns = x.rank === 3 ? x.shape[2] : 0;
  const width = options.width ?? columns / heads;
  if (x.rank !== 3 || heads * width > columns) {
    throw new ShapeError({
      what: "rotary",
      expected: `[B, T, C] with columns for ${heads} heads`,
      got: formatShape(x.shape),
    });
  }
  if (!Number.isInteger(width / 2) || width < 0) {
    throw new OptionError({ what: "rotary width", expected: "an even number of columns a head", got: String(width) });
  }
  checkNumber("rotary offset", offset, { integer: true, min: 0 });
  checkNumber("rotary base", base, { min: Number.MIN_VALUE });
  checkChoice("rotary layout", layout, ["interleaved", "halves"]);
  const time = x.shape[1];
  const angles = tensor(positionAngles(time, width, offset, base), [time, width / 2], x.dtype);
  return turned(x, {
    cosines: cos(angles), sines: sin(angles), heads, width, halves: Number(layout === "halves"),
  });
}
