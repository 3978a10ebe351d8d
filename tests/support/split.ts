import { slice } from "../../src/tensor/ops/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** x `[B, T, ...]` in parts of so many positions each. */
export function split(x: Tensor, sizes: readonly number[]): Tensor[] {
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return slice(x, 1, end - size, end);
  });
}
