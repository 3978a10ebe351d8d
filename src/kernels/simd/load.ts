/** The compiled kernels: which variants this engine can run, and their instances on a heap. */
import type { Kernels } from "../kernels.ts";
import { canShare, type Heap, SCRATCH_BASE } from "../memory.ts";
import { builtinModule, v8Major } from "../platform.ts";
import { MEMORY_FLAG, RELAXED, STRICT } from "./build/binary.ts";

/**
 * Strict SIMD computes the same bits in every engine. Relaxed SIMD fuses products with sums where the
 * processor can, which is faster and differs in the last bits.
 */
export type SimdVariant = "strict" | "relaxed";

// biome-ignore format: one section a line
const STRICT_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 5, 1, 96, 0, 1, 123, // type: () -> v128
  3, 2, 1, 0,
  10, 8, 1, 6, 0, 65, 0, 253, 15, 11, // i32.const 0; i8x16.splat
]);

// biome-ignore format: one section a line
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 8, 1, 96, 3, 123, 123, 123, 1, 123, // type: (v128, v128, v128) -> v128
  3, 2, 1, 0,
  10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 253, 133, 2, 11, // f32x4.relaxed_madd of the three
]);

/** The bit of a memory's limits that says it is shared. */
const SHARED = 2;

const modules = new Map<SimdVariant, WebAssembly.Module | undefined>();

/** The kernels on `heap`'s memory; undefined when this engine lacks the instructions. */
export function loadSimd(
  heap: Pick<Heap, "memory">,
  variant: SimdVariant,
  scratch: number = SCRATCH_BASE,
): Kernels | undefined {
  const module = simdModule(variant);
  return module && instantiate(module, heap.memory, scratch);
}

/** The compiled kernels, for memory that is shared where the platform allows it. */
export function simdModule(variant: SimdVariant): WebAssembly.Module | undefined {
  if (!modules.has(variant)) modules.set(variant, compile(variant));
  return modules.get(variant);
}

/**
 * An instance of the compiled kernels.
 *
 * @param scratch where it may keep SCRATCH_BYTES of its own during a call: instances that run at the same time on
 *   one memory need different places.
 */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  scratch: number,
): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, scratch } });
  return exports as unknown as Kernels;
}

function compile(variant: SimdVariant): WebAssembly.Module | undefined {
  const supported = variant === "strict" ? WebAssembly.validate(STRICT_PROBE) : supportsRelaxed();
  return supported ? new WebAssembly.Module(simdBinary(variant)) : undefined;
}

/** The WebAssembly module's bytes. */
export function simdBinary(variant: SimdVariant): Uint8Array<ArrayBuffer> {
  const text = atob(variant === "strict" ? STRICT : RELAXED);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  // The module is built for shared memory. It works on memory of one's own as well, which its import must then say.
  if (!canShare) bytes[MEMORY_FLAG] &= ~SHARED;
  return bytes;
}

/** Node 20 has relaxed SIMD behind a flag; newer engines complain about the flag, so it is set only there. */
function supportsRelaxed(): boolean {
  if (WebAssembly.validate(RELAXED_PROBE)) return true;
  const major = v8Major();
  if (major === undefined || major >= 12) return false;
  builtinModule?.("node:v8")?.setFlagsFromString("--experimental-wasm-relaxed-simd");
  return WebAssembly.validate(RELAXED_PROBE);
}
