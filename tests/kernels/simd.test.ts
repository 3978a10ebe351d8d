import { expect, test } from "vitest";
import {
  HEAP_BASE,
  Heap,
  MAX_THREADS,
  SCRATCH_BASE,
  SCRATCH_BYTES,
  scratchOf,
} from "../../src/kernels/memory.ts";
import { loadSimd, type SimdVariant, simdBinary } from "../../src/kernels/simd/load.ts";

/** Sub-opcodes of the SIMD prefix from here on are the relaxed ones. */
const FIRST_RELAXED = 0x100;
const CODE_SECTION = 10;
const DATA_SECTION = 11;

/** A reader of the WebAssembly binary format. */
class Reader {
  at = 8;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  /** Moves to the contents of a section. */
  section(wanted: number): void {
    for (;;) {
      const id = this.bytes[this.at++];
      const size = this.number();
      if (id === wanted) return;
      this.at += size;
    }
  }

  /** Reads one instruction; returns the sub-opcode of a SIMD one, else -1. */
  instruction(): number {
    const opcode = this.bytes[this.at++];
    if (opcode === 0xfd) return this.simd();
    if (opcode === 0xfc) {
      const sub = this.number();
      if (sub === 8 || sub === 10) this.at += 2;
      else if (sub === 11) this.at += 1;
    } else if (opcode === 0x0e) {
      for (let labels = this.number() + 1; labels > 0; labels--) this.number();
    } else if (opcode === 0x43) this.at += 4;
    else if (opcode === 0x44) this.at += 8;
    else if (opcode === 0x11 || (opcode >= 0x28 && opcode <= 0x3e)) {
      this.number();
      this.number();
    } else if (
      (opcode >= 0x02 && opcode <= 0x04) ||
      [0x0c, 0x0d, 0x10, 0x3f, 0x40, 0x41, 0x42].includes(opcode) ||
      (opcode >= 0x20 && opcode <= 0x26)
    ) {
      this.number();
    }
    return -1;
  }

  simd(): number {
    const sub = this.number();
    const memory = sub <= 11 || (sub >= 84 && sub <= 93);
    if (memory) {
      this.number();
      this.number();
    }
    if (sub === 12 || sub === 13) this.at += 16;
    if ((sub >= 21 && sub <= 34) || (sub >= 84 && sub <= 91)) this.at += 1;
    return sub;
  }
}

function simdOpcodes(variant: SimdVariant): Set<number> {
  const reader = new Reader(simdBinary(variant));
  const found = new Set<number>();
  reader.section(CODE_SECTION);
  for (let functions = reader.number(); functions > 0; functions--) {
    const size = reader.number();
    const end = reader.at + size;
    for (let groups = reader.number(); groups > 0; groups--) {
      reader.number();
      reader.number();
    }
    while (reader.at < end) found.add(reader.instruction());
    expect(reader.at, "instructions end where their function does").toBe(end);
  }
  return found;
}

test("the strict binary has no relaxed instruction, so that every engine computes the same bits", () => {
  const opcodes = [...simdOpcodes("strict")];
  expect(opcodes).toContain(0xe4); // f32x4.add
  expect(opcodes.filter((opcode) => opcode >= FIRST_RELAXED)).toEqual([]);
});

test("the relaxed binary has fused products", () => {
  expect([...simdOpcodes("relaxed")]).toContain(0x105); // f32x4.relaxed_madd
});

test.each(["strict", "relaxed"] as const)(
  "the %s binary imports nothing but the memory and where its scratch begins",
  (variant) => {
    const bytes = simdBinary(variant);
    if (!WebAssembly.validate(bytes)) return;
    expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes))).toEqual([
      { module: "env", name: "scratch", kind: "global" },
      { module: "env", name: "memory", kind: "memory" },
    ]);
  },
);

test.each(["strict", "relaxed"] as const)(
  "static data of the %s binary lies below the packing buffers",
  (variant) => {
    const reader = new Reader(simdBinary(variant));
    reader.section(DATA_SECTION);
    for (let segments = reader.number(); segments > 0; segments--) {
      expect(reader.number(), "an active segment").toBe(0);
      expect(reader.bytes[reader.at++], "i32.const").toBe(0x41);
      const start = reader.number();
      reader.at++;
      const size = reader.number();
      reader.at += size;
      expect(start + size).toBeLessThanOrEqual(SCRATCH_BASE);
    }
    expect(scratchOf(MAX_THREADS - 1) + SCRATCH_BYTES).toBe(HEAP_BASE);
  },
);

test.each(["strict", "relaxed"] as const)(
  "a %s instance packs in its own scratch memory alone",
  (variant) => {
    const heap = new Heap();
    const own = heap.allocate(SCRATCH_BYTES);
    const [theirs, ours] = [loadSimd(heap, variant), loadSimd(heap, variant, own)];
    if (!theirs || !ours) return;
    const [m, n, k] = [250, 1030, 270];
    const [a, b, left, right] = [m * k, k * n, m * n, m * n].map((size) => heap.allocate(4 * size));
    for (const x of [a, b]) {
      for (let i = 0; i < m * k; i++) heap.f32[x / 4 + i] = Math.sin(i);
    }
    theirs.matmul(a, b, left, m, n, k, k, n, n, 0, 0, 0, 1, 0, 0, 0);
    heap.u8.fill(7, SCRATCH_BASE, HEAP_BASE);
    ours.matmul(a, b, right, m, n, k, k, n, n, 0, 0, 0, 1, 0, 0, 0);
    expect(heap.u8.subarray(SCRATCH_BASE, HEAP_BASE).every((byte) => byte === 7)).toBe(true);
    expect(heap.u8.subarray(own, own + SCRATCH_BYTES).some((byte) => byte !== 0)).toBe(true);
    const size = 4 * m * n;
    expect(Buffer.compare(heap.u8.slice(left, left + size), heap.u8.slice(right, right + size))).toBe(0);
  },
);
