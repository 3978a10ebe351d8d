/** Optimizer steps. Coefficients are combined in f64 and rounded once. */
import { get, madd, nmadd, put, splat } from "./vector";

export function sgd(
  p: usize, g: usize, buffer: usize, n: i32, lr: f64, momentum: f64, nesterov: i32, decay: f64, first: i32,
): void {
  const rate = splat(<f32>lr), mu = splat(<f32>momentum), lambda = splat(<f32>decay);
  for (let i = 0; i < n; i += 4) {
    const count = min(n - i, 4), at = <usize>i << 2;
    const value = get(p + at, count);
    let step = madd(lambda, value, get(g + at, count));
    if (momentum != 0) {
      const velocity = first ? step : madd(mu, get(buffer + at, count), step);
      put(buffer + at, velocity, count);
      step = nesterov ? madd(mu, velocity, step) : velocity;
    }
    put(p + at, nmadd(rate, step, value), count);
  }
}

export function adagrad(p: usize, g: usize, sum: usize, n: i32, lr: f64, eps: f64, decay: f64): void {
  const rate = splat(<f32>lr), epsilon = splat(<f32>eps), lambda = splat(<f32>decay);
  for (let i = 0; i < n; i += 4) {
    const count = min(n - i, 4), at = <usize>i << 2;
    const value = get(p + at, count), grad = madd(lambda, value, get(g + at, count));
    const squares = madd(grad, grad, get(sum + at, count));
    put(sum + at, squares, count);
    const scaled = f32x4.div(grad, f32x4.add(f32x4.sqrt(squares), epsilon));
    put(p + at, nmadd(rate, scaled, value), count);
  }
}

export function rmsprop(
  p: usize, g: usize, square: usize, average: usize, buffer: usize, n: i32,
  lr: f64, alpha: f64, eps: f64, decay: f64, momentum: f64, centered: i32,
): void {
  const rate = splat(<f32>lr), keep = splat(<f32>alpha), add = splat(<f32>(1 - alpha));
  const epsilon = splat(<f32>eps), lambda = splat(<f32>decay), mu = splat(<f32>momentum);
  for (let i = 0; i < n; i += 4) {
    const count = min(n - i, 4), at = <usize>i << 2;
    const value = get(p + at, count), grad = madd(lambda, value, get(g + at, count));
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

export function adam(
  p: usize, g: usize, m: usize, v: usize, vmax: usize, n: i32,
  lr: f64, beta1: f64, beta2: f64, eps: f64, decay: f64, decoupled: i32, correction1: f64, correction2: f64,
): void {
  const rate = splat(<f32>(lr / correction1)), rootScale = splat(<f32>(1 / sqrt(correction2)));
  const keepM = splat(<f32>beta1), addM = splat(<f32>(1 - beta1));
  const keepV = splat(<f32>beta2), addV = splat(<f32>(1 - beta2));
  const epsilon = splat(<f32>eps), lambda = splat(<f32>decay), shrink = splat(<f32>(1 - lr * decay));
  for (let i = 0; i < n; i += 4) {
    const count = min(n - i, 4), at = <usize>i << 2;
    let value = get(p + at, count), grad = get(g + at, count);
    if (decoupled) value = f32x4.mul(value, shrink);
    else grad = madd(lambda, value, grad);
    const mean = madd(addM, grad, f32x4.mul(keepM, get(m + at, count)));
    let square = madd(f32x4.mul(addV, grad), grad, f32x4.mul(keepV, get(v + at, count)));
    put(m + at, mean, count);
    put(v + at, square, count);
    if (vmax) {
      square = f32x4.max(square, get(vmax + at, count));
      put(vmax + at, square, count);
    }
    const denominator = madd(f32x4.sqrt(square), rootScale, epsilon);
    put(p + at, nmadd(rate, f32x4.div(mean, denominator), value), count);
  }
}
