/** How the reference kernels see the heap: as f32 for work or as f64 for checking gradients. */
import type { Heap } from "../memory.ts";

export type FloatType = "f32" | "f64";
export type FloatArray = Float32Array | Float64Array;

/** The heap as one float array, and the shift that turns byte offsets into its indices. */
export interface FloatView {
  readonly heap: Heap;
  /** Element index = byte offset >>> shift. */
  readonly shift: number;
  /** The current view: read it anew in every kernel, since growth replaces it. */
  floats(): FloatArray;
}

export function floatView(heap: Heap, type: FloatType): FloatView {
  return type === "f32"
    ? { heap, shift: 2, floats: () => heap.f32 }
    : { heap, shift: 3, floats: () => heap.f64 };
}
