/** Cases for the kernels of additive attention. */
import type { AdditiveAttention } from "../../src/kernels/kernels.ts";
import type { Arena, KernelCase } from "./kernel-arena.ts";

/** Numbers of batch rows, positions, and columns of the memory: some of few blocks and some of many. */
function sizesOf({ random }: Arena): [batch: number, positions: number, memory: number] {
  return [1 + random.integer(3), 1 + random.integer(5), random.integer(40)];
}

export const additiveAttentionCases: { readonly [K in keyof AdditiveAttention]: KernelCase<K> } = {
  additiveScores: (arena, width) => {
    const [batch, queries, positions] = [
      1 + arena.random.integer(2),
      arena.random.integer(4),
      1 + arena.random.integer(4),
    ];
    const [query, keys] = [arena.input(batch * queries * width), arena.input(batch * positions * width)];
    const [v, out] = [arena.input(width), arena.output(batch * queries * positions)];
    return [query, keys, v, out, batch, queries, positions, width];
  },
  additiveScoresGrad: (arena, width) => {
    const [batch, queries, positions] = [
      1 + arena.random.integer(2),
      arena.random.integer(4),
      1 + arena.random.integer(4),
    ];
    const [query, keys] = [arena.input(batch * queries * width), arena.input(batch * positions * width)];
    const [v, g] = [arena.input(width), arena.input(batch * queries * positions)];
    const [dquery, dkeys] = [arena.output(batch * queries * width), arena.output(batch * positions * width)];
    return [query, keys, v, g, dquery, dkeys, arena.output(width), batch, queries, positions, width];
  },
  additiveAttention: (arena, width) => {
    const [batch, positions, memory] = sizesOf(arena);
    const [query, keys] = [arena.input(batch * width), arena.input(batch * positions * width)];
    const [v, values] = [arena.input(width), arena.input(batch * positions * memory)];
    const draw = () => arena.random.integer(3);
    const mask = arena.random.integer(2) ? arena.input(batch * positions, { draw }) : 0;
    const [weights, context] = [arena.output(batch * positions), arena.output(batch * memory)];
    return [query, keys, v, values, mask, weights, context, batch, positions, width, memory];
  },
  additiveAttentionGrad: (arena, width) => {
    const [batch, positions, memory] = sizesOf(arena);
    const [query, keys] = [arena.input(batch * width), arena.input(batch * positions * width)];
    const [v, values] = [arena.input(width), arena.input(batch * positions * memory)];
    // As after a softmax, those of a row sum to at most 1: more would magnify rounding by the sum.
    const draw = () => arena.random.integer(4) / 16;
    const [weights, g] = [arena.input(batch * positions, { draw }), arena.input(batch * memory)];
    const [dscores, dquery] = [arena.output(batch * positions), arena.output(batch * width)];
    const [dkeys, dv] = [arena.output(batch * positions * width), arena.output(batch * width)];
    return [query, keys, v, values, weights, g, dscores, dquery, dkeys, dv, batch, positions, width, memory];
  },
};
