import type { MatrixProduct } from "../kernels.ts";
import type { FloatView } from "./view.ts";

export function matrixProduct(view: FloatView): MatrixProduct {
  const { shift } = view;
  return {
    matmul(a, b, c, m, n, k, lda, ldb, ldc, transA, transB, accumulate, batch, aStep, bStep, cStep) {
      const data = view.floats();
      const [aRow, aCol] = transA ? [1, lda] : [lda, 1];
      const [bRow, bCol] = transB ? [1, ldb] : [ldb, 1];
      for (let t = 0; t < batch; t++) {
        const pa = (a >>> shift) + t * aStep;
        const pb = (b >>> shift) + t * bStep;
        const pc = (c >>> shift) + t * cStep;
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let total = accumulate ? data[pc + i * ldc + j] : 0;
            for (let p = 0; p < k; p++) {
              total += data[pa + i * aRow + p * aCol] * data[pb + p * bRow + j * bCol];
            }
            data[pc + i * ldc + j] = total;
          }
        }
      }
    },
  };
}
