import { describe, expect, test } from "vitest";
import { Blocks, LINE } from "../../src/kernels/blocks.ts";

const BASE = 4;
const ROOM = 20_000;

/** Blocks of a memory of `ROOM` lines, taken where they fit and else at the top. */
class Allocator {
  readonly blocks = new Blocks(new Int32Array((ROOM * LINE) / 4), BASE);

  take(size: number): number {
    return this.blocks.take(size) || this.blocks.extend(size);
  }

  release(...places: number[]): void {
    for (const place of places) this.blocks.release(place);
  }
}

describe("Blocks", () => {
  test("a released block is taken again, and what is left of it stays free", () => {
    const heap = new Allocator();
    const [a, b] = [heap.take(10), heap.take(10)];
    expect([a, b]).toEqual([BASE, BASE + 10]);
    heap.release(a);
    expect([heap.take(4), heap.take(6), heap.take(1)]).toEqual([a, a + 4, b + 10]);
  });

  test("neighbours merge in whatever order they are released, and with what was never allocated", () => {
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const heap = new Allocator();
      const places = [3, 40, 500].map((size) => heap.take(size));
      const last = heap.take(7);
      heap.release(...order.map((i) => places[i]));
      expect(heap.take(543)).toBe(BASE);
      heap.release(BASE, last);
      expect(heap.blocks.top).toBe(BASE);
    }
  });

  test("release tells the size, the header's line among it", () => {
    const heap = new Allocator();
    expect(heap.blocks.release(heap.take(123))).toBe(123);
  });

  test("a block of the class of a request but smaller is not taken for it", () => {
    const heap = new Allocator();
    const sizes = Array.from({ length: 20 }, () => 128);
    const places = sizes.map((size) => [heap.take(size), heap.take(1)][0]);
    const fitting = heap.take(160);
    heap.take(1);
    heap.release(...places, fitting);
    // 128 to 143 lines are one class: 20 blocks are too small for 130 lines, and the one of 160 is not.
    expect(heap.take(130)).toBe(fitting);
  });

  test("a step repeated finds the same places", () => {
    const heap = new Allocator();
    const kept = [5, 90, 17].map((size) => heap.take(size));
    heap.release(kept[1]);
    const step = () => {
      const places = Array.from({ length: 50 }, (_, i) => heap.take(2 + ((i * 37) % 100)));
      heap.release(...places.toReversed());
      return places;
    };
    step();
    const second = step();
    expect(step()).toEqual(second);
  });
});
