import { get, madd, nmadd, put } from "./vector";

/** Rotary positions: pairs of columns of the first heads turned by given angles. */
export function rotary(
  x: usize, cos: usize, sin: usize, out: usize, batch: i32, time: i32, cols: i32, heads: i32, width: i32,
  halves: i32,
): void {
  const half = width >> 1, turned = heads * width;
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < time; t++) {
      const c = cos + ((t * half) << 2), s = sin + ((t * half) << 2);
      for (let h = 0; h < turned; h += width) {
        const p = <usize>h << 2;
        if (halves) turnHalves(x + p, c, s, out + p, half);
        else turnNeighbours(x + p, c, s, out + p, half);
      }
      const rest = <usize>turned << 2;
      memory.copy(out + rest, x + rest, (<usize>cols << 2) - rest);
      x += cols << 2;
      out += cols << 2;
    }
  }
}

/** (a, b) -> (a cos - b sin, a sin + b cos) for a in the first half and b in the second. */
function turnHalves(x: usize, cos: usize, sin: usize, out: usize, half: i32): void {
  const second = <usize>half << 2;
  for (; half > 0; half -= 4, x += 16, cos += 16, sin += 16, out += 16) {
    const count = min(half, 4);
    const a = get(x, count), b = get(x + second, count), c = get(cos, count), s = get(sin, count);
    put(out, nmadd(b, s, f32x4.mul(a, c)), count);
    put(out + second, madd(a, s, f32x4.mul(b, c)), count);
  }
}

/** The same for neighbours. */
function turnNeighbours(x: usize, cos: usize, sin: usize, out: usize, half: i32): void {
  for (; half >= 4; half -= 4, x += 32, cos += 16, sin += 16, out += 32) {
    const left = v128.load(x), right = v128.load(x, 16), c = v128.load(cos), s = v128.load(sin);
    const a = v128.shuffle<f32>(left, right, 0, 2, 4, 6), b = v128.shuffle<f32>(left, right, 1, 3, 5, 7);
    const first = nmadd(b, s, f32x4.mul(a, c)), second = madd(a, s, f32x4.mul(b, c));
    v128.store(out, v128.shuffle<f32>(first, second, 0, 4, 1, 5));
    v128.store(out, v128.shuffle<f32>(first, second, 2, 6, 3, 7), 16);
  }
  for (; half > 0; half--, x += 8, cos += 4, sin += 4, out += 8) {
    const a = load<f32>(x), b = load<f32>(x, 4), c = load<f32>(cos), s = load<f32>(sin);
    store<f32>(out, a * c - b * s);
    store<f32>(out, a * s + b * c, 4);
  }
}
