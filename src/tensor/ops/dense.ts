/** A linear map of dense rows, and its two gradients, for ops that work by pointers. */
import type { Kernels } from "../../kernels/kernels.ts";
import type { Tensor } from "../tensor.ts";
import { type Columns, columnPointer } from "./columns.ts";

type Products = Pick<Kernels, "matmul">;

/** All columns of a matrix. */
export const wholeOf = (weight: Tensor): Columns => ({ of: weight, start: 0, width: weight.shape[1] });

/** `out += x W^T`: x `[rows, width]`, W some columns of a matrix `[n, ...]`, out `[rows, n]`. */
export function addProduct(k: Products, x: number, weight: Columns, out: number, rows: number): void {
  const [n, columns] = weight.of.shape;
  const { width } = weight;
  k.matmul(x, columnPointer(weight), out, rows, n, width, width, columns, n, 0, 1, 1, 1, 0, 0, 0);
}

/** `dx = g W`, or `dx += g W` when `accumulate` is 1: g `[rows, n]`, dx `[rows, width]`. */
export function backProduct(
  k: Products, g: number, weight: Columns, dx: number, rows: number, accumulate: number,
): void {
  const [n, columns] = weight.of.shape;
  const { width } = weight;
  k.matmul(g, columnPointer(weight), dx, rows, width, n, n, columns, width, 0, 0, accumulate, 1, 0, 0, 0);
}

/** `dW = g^T x`, or `dW += g^T x` when `accumulate` is 1, for the columns that dW names. */
export function weightGradient(
  k: Products, g: number, x: number, dWeight: Columns, rows: number, accumulate: number,
): void {
  const [n, columns] = dWeight.of.shape;
  const { width } = dWeight;
  k.matmul(g, x, columnPointer(dWeight), n, width, rows, n, width, columns, 1, 0, accumulate, 1, 0, 0, 0);
}
