/** Functions of one array, and their gradients. */
import { map, mapPairsSlow, mapSlow } from "./loops";
import * as math from "./math";
import * as trigonometry from "./trigonometry";
import { choose, madd, splat } from "./vector";

@unmanaged
class Neg {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return f32x4.neg(x);
  }
}

export function neg(x: usize, out: usize, n: i32): void {
  map<Neg>(x, out, n);
}

@unmanaged
class Exp {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return math.exp(x);
  }
}

export function exp(x: usize, out: usize, n: i32): void {
  mapSlow<Exp>(x, out, n);
}

@unmanaged
class Log {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return math.log(x);
  }
}

export function log(x: usize, out: usize, n: i32): void {
  mapSlow<Log>(x, out, n);
}

@unmanaged
class Sqrt {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return f32x4.sqrt(x);
  }
}

export function sqrt(x: usize, out: usize, n: i32): void {
  map<Sqrt>(x, out, n);
}

@unmanaged
class Abs {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return f32x4.abs(x);
  }
}

export function abs(x: usize, out: usize, n: i32): void {
  map<Abs>(x, out, n);
}

@unmanaged
class Sign {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    // Not clamp: a lane is its own value when it is neither above nor below 0, so that NaN stays.
    const up = choose(f32x4.gt(x, splat(0)), splat(1), x);
    return choose(f32x4.lt(x, splat(0)), splat(-1), up);
  }
}

export function sign(x: usize, out: usize, n: i32): void {
  map<Sign>(x, out, n);
}

@unmanaged
class Step {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return choose(f32x4.gt(x, splat(0)), splat(1), f32x4.pmax(x, splat(0)));
  }
}

export function step(x: usize, out: usize, n: i32): void {
  map<Step>(x, out, n);
}

@unmanaged
class Sin {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return trigonometry.sin(x);
  }
}

export function sin(x: usize, out: usize, n: i32): void {
  mapSlow<Sin>(x, out, n);
}

@unmanaged
class Cos {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return trigonometry.cos(x);
  }
}

export function cos(x: usize, out: usize, n: i32): void {
  mapSlow<Cos>(x, out, n);
}

@unmanaged
class Tanh {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return math.tanh(x);
  }
}

export function tanh(x: usize, out: usize, n: i32): void {
  mapSlow<Tanh>(x, out, n);
}

@unmanaged
class Sigmoid {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return math.sigmoid(x);
  }
}

export function sigmoid(x: usize, out: usize, n: i32): void {
  mapSlow<Sigmoid>(x, out, n);
}

@unmanaged
class Relu {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return f32x4.pmax(x, splat(0));
  }
}

export function relu(x: usize, out: usize, n: i32): void {
  map<Relu>(x, out, n);
}

@unmanaged
class Softplus {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return math.softplus(x);
  }
}

export function softplus(x: usize, out: usize, n: i32): void {
  mapSlow<Softplus>(x, out, n);
}

@unmanaged
class Erf {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return math.erf(x);
  }
}

export function erf(x: usize, out: usize, n: i32): void {
  mapSlow<Erf>(x, out, n);
}

@unmanaged
class Gelu {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return math.gelu(x);
  }
}

export function gelu(x: usize, out: usize, n: i32): void {
  mapSlow<Gelu>(x, out, n);
}

@unmanaged
class GeluGrad {
  @inline
  apply(x: v128, g: v128): v128 {
    return f32x4.mul(g, math.geluSlope(x));
  }
}

export function geluGrad(x: usize, g: usize, out: usize, n: i32): void {
  mapPairsSlow<GeluGrad>(x, g, out, n);
}

const GELU_SCALE: f32 = 1.5957691216057308;
const GELU_CUBIC: f32 = 0.044715;

/** 2u = 2 sqrt(2/pi) (x + 0.044715 x^3). */
// @ts-ignore: decorator
@inline
function geluArgument(x: v128): v128 {
  const square = f32x4.mul(x, x);
  return f32x4.mul(f32x4.mul(x, splat(GELU_SCALE)), madd(square, splat(GELU_CUBIC), splat(1)));
}

/** x/2 (1 + tanh(u)) = x sigmoid(2u). */
@unmanaged
class GeluTanh {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return f32x4.mul(x, math.sigmoid(geluArgument(x)));
  }
}

export function geluTanh(x: usize, out: usize, n: i32): void {
  mapSlow<GeluTanh>(x, out, n);
}

/** With s = sigmoid(2u): s + x s (1 - s) (2u)'. */
@unmanaged
class GeluTanhGrad {
  @inline
  apply(x: v128, g: v128): v128 {
    const s = math.sigmoid(geluArgument(x));
    const cubic = madd(f32x4.mul(x, x), splat(3 * GELU_CUBIC), splat(1));
    const slope = f32x4.mul(f32x4.mul(x, splat(GELU_SCALE)), cubic);
    return f32x4.mul(g, madd(f32x4.mul(s, f32x4.sub(splat(1), s)), slope, s));
  }
}

export function geluTanhGrad(x: usize, g: usize, out: usize, n: i32): void {
  mapPairsSlow<GeluTanhGrad>(x, g, out, n);
}
