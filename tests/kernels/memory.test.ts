import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OutOfMemoryError } from "../../src/base/errors.ts";
import { LINE } from "../../src/kernels/blocks.ts";
import { HEAP_BASE, Heap } from "../../src/kernels/memory.ts";
import { runs } from "../support/fc.ts";

/** What a heap should hold: blocks in order of allocation, each stamped with its number. */
interface Model {
  blocks: { pointer: number; bytes: number; stamp: number }[];
  allocations: number;
}

class Allocate implements fc.Command<Model, Heap> {
  readonly bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  check = () => true;

  run(model: Model, heap: Heap): void {
    const pointer = heap.allocate(this.bytes);
    expect(pointer % 64).toBe(0);
    expect(pointer).toBeGreaterThanOrEqual(HEAP_BASE);
    for (const block of model.blocks) {
      const apart = pointer + this.bytes <= block.pointer || block.pointer + block.bytes <= pointer;
      expect(apart, "blocks overlap").toBe(true);
    }
    const stamp = ++model.allocations % 251;
    heap.u8.fill(stamp, pointer, pointer + this.bytes);
    model.blocks.push({ pointer, bytes: this.bytes, stamp });
  }

  toString = () => `allocate(${this.bytes})`;
}

class Free implements fc.Command<Model, Heap> {
  readonly choice: number;

  constructor(choice: number) {
    this.choice = choice;
  }

  check = (model: Readonly<Model>) => model.blocks.length > 0;

  run(model: Model, heap: Heap): void {
    const [block] = model.blocks.splice(this.choice % model.blocks.length, 1);
    const content = heap.u8.subarray(block.pointer, block.pointer + block.bytes);
    expect(
      content.every((byte) => byte === block.stamp),
      "content changed",
    ).toBe(true);
    heap.free(block.pointer);
    expect(heap.info().liveBlocks).toBe(model.blocks.length);
  }

  toString = () => `free(${this.choice})`;
}

describe("Heap", () => {
  test("any order of allocations and releases: no overlap, aligned, contents kept, nothing left at the end", () => {
    const commands = [
      fc.nat(5000).map((bytes) => new Allocate(bytes)),
      fc.integer({ min: 5000, max: 400_000 }).map((bytes) => new Allocate(bytes)),
      fc.nat(1000).map((choice) => new Free(choice)),
      fc.nat(1000).map((choice) => new Free(choice)),
    ];
    const law = fc.property(fc.commands(commands, { maxCommands: 60 }), (steps) => {
      const model: Model = { blocks: [], allocations: 0 };
      const heap = new Heap();
      fc.modelRun(() => ({ model, real: heap }), steps);
      for (const { pointer } of model.blocks) heap.free(pointer);
      expect(heap.info()).toMatchObject({ liveBytes: 0, liveBlocks: 0 });
      // All is one block again: the largest request that fits goes to the very start, behind its header.
      const start = HEAP_BASE + LINE;
      expect(heap.allocate(heap.info().capacityBytes - start)).toBe(start);
    });
    fc.assert(law, { numRuns: Math.ceil(runs.numRuns / 2) });
  });

  test("growth keeps what is there, under views read anew", () => {
    const heap = new Heap();
    const first = heap.allocate(4000);
    heap.f32.fill(1.5, first / 4, first / 4 + 1000);
    const { buffer } = heap.f32;
    const before = heap.info().capacityBytes;
    for (let i = 0; i < 10; i++) heap.allocate(before / 4);
    expect(heap.f32.buffer).not.toBe(buffer);
    expect(heap.info().capacityBytes).toBeGreaterThan(before);
    expect(heap.f32.subarray(first / 4, first / 4 + 1000).every((value) => value === 1.5)).toBe(true);
  });

  test("repeating a step of varying shapes does not grow the memory", () => {
    const heap = new Heap();
    const step = (shift: number) => {
      const pointers = Array.from({ length: 20 }, (_, i) =>
        heap.allocate(1000 + ((i * 7919 + shift * 104729) % 60000)),
      );
      for (const pointer of pointers) heap.free(pointer);
    };
    for (let i = 0; i < 50; i++) step(i);
    const { capacityBytes, peakBytes } = heap.info();
    for (let i = 0; i < 1000; i++) step(i);
    expect(heap.info().capacityBytes).toBe(capacityBytes);
    expect(heap.info().peakBytes).toBeLessThan(peakBytes * 2);
  });

  test("beyond the limit: OutOfMemoryError, and everything allocated stays usable", () => {
    const heap = new Heap(HEAP_BASE + 1_000_000);
    const kept = heap.allocate(600_000);
    heap.u8.fill(7, kept, kept + 600_000);
    expect(() => heap.allocate(600_000)).toThrow(OutOfMemoryError);
    expect(() => heap.allocate(600_000)).toThrow(
      "tensor memory: expected room for 600000 more bytes beside the 600000 in use, got a limit of " +
        `${HEAP_BASE + 1_000_000} bytes. ` +
        "Use smaller batches, or free tensors with a Scope.",
    );
    expect(() => heap.allocate(2 ** 40)).toThrow(OutOfMemoryError);
    expect(heap.u8.subarray(kept, kept + 600_000).every((byte) => byte === 7)).toBe(true);
    heap.free(kept);
    expect(heap.allocate(900_000)).toBe(kept);
  });

  test("failAfter: the n-th allocation fails, once or from then on, and loses nothing", () => {
    for (const forever of [false, true]) {
      const heap = new Heap();
      heap.failAfter(2, forever);
      const pointers = [heap.allocate(100), heap.allocate(100)];
      expect(() => heap.allocate(100)).toThrow("got a failure that was asked for");
      if (forever) expect(() => heap.allocate(100)).toThrow(OutOfMemoryError);
      heap.failAfter(Number.POSITIVE_INFINITY);
      pointers.push(heap.allocate(100));
      for (const pointer of pointers) heap.free(pointer);
      expect(heap.info().liveBytes).toBe(0);
    }
  });
});
