/** Optimizer steps. Coefficients are combined in f64 and rounded once. */
import { get, madd, nmadd, put, splat } from "./vector";

/** scale g + lambda p. */
// @ts-ignore: decorator
@inline
function decayed(p: v128, g: v128, scale: v128, lambda: v128): v128 {
  return madd(lambda, p, f32x4.mul(scale, g));
}

/** One vector of {@link sgd}, or the 1 to 3 elements at the end. */
// @ts-ignore: decorator
@inline
function sgdStep(
  p: usize, g: usize, buffer: usize, count: i32, factor: v128, lambda: v128, rate: v128, mu: v128, momentum: bool,
  nesterov: i32, first: i32,
): void {
  const value = get(p, count);
  let step = decayed(value, get(g, count), factor, lambda);
  if (momentum) {
    const velocity = first ? step : madd(mu, get(buffer, count), step);
    put(buffer, velocity, count);
    step = nesterov ? madd(mu, velocity, step) : velocity;
  }
  put(p, nmadd(rate, step, value), count);
}

export function sgd(
  p: usize, g: usize, buffer: usize, n: i32, scale: f64, lr: f64, momentum: f64, nesterov: i32, decay: f64,
  first: i32,
): void {
  const rate = splat(<f32>lr), mu = splat(<f32>momentum), lambda = splat(<f32>decay), factor = splat(<f32>scale);
  const moves = momentum != 0;
  for (; n >= 4; n -= 4, p += 16, g += 16, buffer += 16) {
    sgdStep(p, g, buffer, 4, factor, lambda, rate, mu, moves, nesterov, first);
  }
  if (n) sgdStep(p, g, buffer, n, factor, lambda, rate, mu, moves, nesterov, first);
}

export function adagrad(
  p: usize, g: usize, sum: usize, n: i32, scale: f64, lr: f64, eps: f64, decay: f64,
): void {
  const rate = splat(<f32>lr), epsilon = splat(<f32>eps), lambda = splat(<f32>decay), factor = splat(<f32>scale);
  for (let i = 0; i < n; i += 4) {
    const count = min(n - i, 4), at = <usize>i << 2;
    const value = get(p + at, count), grad = decayed(value, get(g + at, count), factor, lambda);
    const squares = madd(grad, grad, get(sum + at, count));
    put(sum + at, squares, count);
    const scaled = f32x4.div(grad, f32x4.add(f32x4.sqrt(squares), epsilon));
    put(p + at, nmadd(rate, scaled, value), count);
  }
}

export function rmsprop(
  p: usize, g: usize, square: usize, average: usize, buffer: usize, n: i32, scale: f64,
  lr: f64, alpha: f64, eps: f64, decay: f64, momentum: f64, centered: i32,
): void {
  const rate = splat(<f32>lr), keep = splat(<f32>alpha), add = splat(<f32>(1 - alpha));
  const epsilon = splat(<f32>eps), lambda = splat(<f32>decay), mu = splat(<f32>momentum);
  const factor = splat(<f32>scale);
  for (let i = 0; i < n; i += 4) {
    const count = min(n - i, 4), at = <usize>i << 2;
    const value = get(p + at, count), grad = decayed(value, get(g + at, count), factor, lambda);
    let variance = madd(f32x4.mul(add, grad), grad, f32x4.mul(keep, get(square + at, count)));
    put(square + at, variance, count);
    if (centered) {
      const mean = madd(add, grad, f32x4.mul(keep, get(average + at, count)));
      put(average + at, mean, count);
      variance = nmadd(mean, mean, variance);
    }
    // Rounding may leave less than nothing of a variance of 0.
    const root = f32x4.sqrt(f32x4.pmax(variance, splat(0)));
    let step = f32x4.div(grad, f32x4.add(root, epsilon));
    if (momentum > 0) {
      step = madd(mu, get(buffer + at, count), step);
      put(buffer + at, step, count);
    }
    put(p + at, nmadd(rate, step, value), count);
  }
}

/** One vector of {@link adam}, or the 1 to 3 elements at the end. */
// @ts-ignore: decorator
@inline
function adamStep(
  p: usize, g: usize, m: usize, v: usize, vmax: usize, count: i32, decoupled: i32, factor: v128, lambda: v128,
  shrink: v128, keepM: v128, addM: v128, keepV: v128, addV: v128, rootScale: v128, epsilon: v128, rate: v128,
): void {
  const value = f32x4.mul(get(p, count), shrink);
  const grad = decoupled ? f32x4.mul(factor, get(g, count)) : decayed(value, get(g, count), factor, lambda);
  const mean = madd(addM, grad, f32x4.mul(keepM, get(m, count)));
  let square = madd(f32x4.mul(addV, grad), grad, f32x4.mul(keepV, get(v, count)));
  put(m, mean, count);
  put(v, square, count);
  if (vmax) {
    square = f32x4.max(square, get(vmax, count));
    put(vmax, square, count);
  }
  const denominator = madd(f32x4.sqrt(square), rootScale, epsilon);
  put(p, nmadd(rate, f32x4.div(mean, denominator), value), count);
}

export function adam(
  p: usize, g: usize, m: usize, v: usize, vmax: usize, n: i32, scale: f64,
  lr: f64, beta1: f64, beta2: f64, eps: f64, decay: f64, decoupled: i32, correction1: f64, correction2: f64,
): void {
  const rate = splat(<f32>(lr / correction1)), rootScale = splat(<f32>(1 / sqrt(correction2)));
  const keepM = splat(<f32>beta1), addM = splat(<f32>(1 - beta1));
  const keepV = splat(<f32>beta2), addV = splat(<f32>(1 - beta2));
  const epsilon = splat(<f32>eps), factor = splat(<f32>scale);
  const lambda = splat(<f32>decay), shrink = splat(decoupled ? <f32>(1 - lr * decay) : 1);
  for (; n >= 4; n -= 4, p += 16, g += 16, m += 16, v += 16) {
    adamStep(
      p, g, m, v, vmax, 4, decoupled, factor, lambda, shrink, keepM, addM, keepV, addV, rootScale, epsilon, rate,
    );
    if (vmax) vmax += 16;
  }
  if (n) {
    adamStep(
      p, g, m, v, vmax, n, decoupled, factor, lambda, shrink, keepM, addM, keepV, addV, rootScale, epsilon, rate,
    );
  }
}
