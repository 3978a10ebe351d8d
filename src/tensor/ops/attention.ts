/** The score function of additive attention, fused so that its [B, T, S, A] intermediate is never stored. */
import { ShapeError } from "../../base/errors.ts";
import { formatShape } from "../../base/shape.ts";
import { checkTensor, defineFusedOp } from "../op.ts";
import { empty, type Tensor } from "../tensor.ts";

type ScoreInputs = readonly [query: Tensor, keys: Tensor, v: Tensor];

const scores = defineFusedOp<ScoreInputs, [], [Tensor]>("additiveScores", (k, dtype, [query, keys, v]) => {
  const [batch, queries, width] = query.shape;
  const positions = keys.shape[1];
  const out = empty([batch, queries, positions], dtype);
  k.additiveScores(query.pointer, keys.pointer, v.pointer, out.pointer, batch, queries, positions, width);
  return {
    outputs: [out],
    backward: ([g]) => {
      const gradients = [query, keys, v].map((input) => {
        const gradient = empty(input.shape, dtype);
        k.fill(gradient.pointer, 0, gradient.size);
        return gradient;
      });
      const [dquery, dkeys, dv] = gradients;
      k.additiveScoresGrad(
        query.pointer, keys.pointer, v.pointer, (g as Tensor).pointer, dquery.pointer, dkeys.pointer,
        dv.pointer, batch, queries, positions, width,
      );
      return gradients;
    },
  };
});

/**
 * `score[b,t,s] = sum_a v[a] tanh(query[b,t,a] + keys[b,s,a])` (Bahdanau, Cho and Bengio 2015, A.1.2), from the
 * already projected query `[B, T, A]` and keys `[B, S, A]` and v `[A]`, giving `[B, T, S]`. Differentiable once.
 *
 * @throws {ShapeError} when the shapes do not fit.
 */
export function additiveScores(query: Tensor, keys: Tensor, v: Tensor): Tensor {
  checkTensor("additiveScores", query);
  const fits =
    query.rank === 3 &&
    keys.rank === 3 &&
    v.rank === 1 &&
    query.shape[0] === keys.shape[0] &&
    query.shape[2] === keys.shape[2] &&
    v.shape[0] === query.shape[2];
  if (!fits) {
    throw new ShapeError({
      what: "additiveScores",
      expected: "query [B, T, A], keys [B, S, A] and v [A]",
      got: [query, keys, v].map((input) => formatShape(input.shape)).join(", "),
    });
  }
  return scores([query, keys, v])[0];
}
