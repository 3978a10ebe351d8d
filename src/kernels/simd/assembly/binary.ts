/** Functions of two arrays with broadcasting. */
import { mapPairs } from "./loops";
import { splat } from "./vector";

/** The three-axis walk of the contract, with axes merged where both operands allow it. */
// @ts-ignore: decorator
@inline
function broadcast<F>(
  x: usize, y: usize, out: usize, d0: i32, d1: i32, d2: i32,
  x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  if (d2 == 1 && unitStride(x1, y1)) {
    d2 = d1, x2 = x1, y2 = y1;
    d1 = d0, x1 = x0, y1 = y0;
    d0 = 1;
  }
  if (x1 == d2 * x2 && y1 == d2 * y2) {
    d2 *= d1;
    d1 = d0, x1 = x0, y1 = y0;
    d0 = 1;
    if (x1 == d2 * x2 && y1 == d2 * y2) {
      d2 *= d1;
      d1 = 1;
    }
  }
  if (d2 == 0) return;
  for (let i = 0; i < d0; i++, x += x0 << 2, y += y0 << 2) {
    let px = x, py = y;
    for (let j = 0; j < d1; j++, px += x1 << 2, py += y1 << 2, out += d2 << 2) {
      mapPairs<F>(px, x2 << 2, py, y2 << 2, out, d2);
    }
  }
}

// @ts-ignore: decorator
@inline
function unitStride(x: i32, y: i32): bool {
  return (<u32>x | <u32>y) <= 1;
}

@unmanaged
class Add {
  @inline
  apply(x: v128, y: v128): v128 {
    return f32x4.add(x, y);
  }
}

export function add(
  x: usize, y: usize, out: usize, d0: i32, d1: i32, d2: i32,
  x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  broadcast<Add>(x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2);
}

@unmanaged
class Sub {
  @inline
  apply(x: v128, y: v128): v128 {
    return f32x4.sub(x, y);
  }
}

export function sub(
  x: usize, y: usize, out: usize, d0: i32, d1: i32, d2: i32,
  x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  broadcast<Sub>(x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2);
}

@unmanaged
class Mul {
  @inline
  apply(x: v128, y: v128): v128 {
    return f32x4.mul(x, y);
  }
}

export function mul(
  x: usize, y: usize, out: usize, d0: i32, d1: i32, d2: i32,
  x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  broadcast<Mul>(x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2);
}

@unmanaged
class Div {
  @inline
  apply(x: v128, y: v128): v128 {
    return f32x4.div(x, y);
  }
}

export function div(
  x: usize, y: usize, out: usize, d0: i32, d1: i32, d2: i32,
  x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  broadcast<Div>(x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2);
}

@unmanaged
class Maximum {
  @inline
  apply(x: v128, y: v128): v128 {
    return f32x4.max(x, y);
  }
}

export function maximum(
  x: usize, y: usize, out: usize, d0: i32, d1: i32, d2: i32,
  x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  broadcast<Maximum>(x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2);
}

@unmanaged
class Minimum {
  @inline
  apply(x: v128, y: v128): v128 {
    return f32x4.min(x, y);
  }
}

export function minimum(
  x: usize, y: usize, out: usize, d0: i32, d1: i32, d2: i32,
  x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  broadcast<Minimum>(x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2);
}

@unmanaged
class Greater {
  @inline
  apply(x: v128, y: v128): v128 {
    return v128.and(f32x4.gt(x, y), splat(1));
  }
}

export function greater(
  x: usize, y: usize, out: usize, d0: i32, d1: i32, d2: i32,
  x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  broadcast<Greater>(x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2);
}

@unmanaged
class Equal {
  @inline
  apply(x: v128, y: v128): v128 {
    return v128.and(f32x4.eq(x, y), splat(1));
  }
}

export function equal(
  x: usize, y: usize, out: usize, d0: i32, d1: i32, d2: i32,
  x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  broadcast<Equal>(x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2);
}
