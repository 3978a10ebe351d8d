/** The record of how tensors were computed, and reverse-mode differentiation over it. */

import { DTypeError, ShapeError, StateError } from "../base/errors.ts";
import { describe, rejectUnknownKeys } from "../base/options.ts";
import { formatShape, type Shape, sameShape } from "../base/shape.ts";
import { gradientOf, isLive, type RowGradient, ScaledGradient } from "./gradient.ts";
import { kernelsFor } from "./runtime.ts";
import { currentScope, Scope } from "./scope.ts";
import { empty, type GraphNode, Tensor } from "./tensor.ts";

let recording = true;
let nextOrder = 0;
let passes = 0;

function withRecording<T>(value: boolean, body: () => T): T {
  const before = recording;
  recording = value;
  try {
    return body();
  } finally {
    recording = before;
  }
}

/**
 * Runs `body` without recording: nothing computed inside can be differentiated, and nothing is retained for it.
 *
 * @example
 * const w = tensor([1, 2]);
 * w.requiresGrad = true;
 * noGrad(() => w.mul(2)).requiresGrad; // false
 */
export const noGrad = <T>(body: () => T): T => withRecording(false, body);

/** Whether what is computed from `input` now will be differentiated with respect to it. */
export const isWatched = (input: Tensor | null): boolean => recording && (input?.requiresGrad ?? false);

/** Attaches a node to `outputs` when recording and when any input wants gradients. */
export function record(
  name: string,
  inputs: GraphNode["inputs"],
  outputs: readonly Tensor[],
  differentiable: boolean,
  backward: GraphNode["backward"],
  rows: GraphNode["rows"] = null,
): void {
  if (!recording) return;
  for (const input of inputs) {
    if (input?.requiresGrad) {
      const node: GraphNode = {
        name,
        order: nextOrder++,
        inputs,
        outputs,
        backward,
        differentiable,
        rows,
        pass: 0,
      };
      for (const output of outputs) output.node = node;
      return;
    }
  }
}

/** The ops that differentiation itself needs. */
export interface GradientOps {
  /** Sums `gradient` over the axes along which `shape` was broadcast. */
  unbroadcast(gradient: Tensor, shape: Shape): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  clone(x: Tensor): Tensor;
}

let ops: GradientOps;

/** @internal Called once by the op files, which build on this one. */
export function provideGradientOps(given: GradientOps): void {
  ops = given;
}

export interface BackwardOptions {
  /** Gradient of the result itself, in its shape. Default: 1, for a one-element result. */
  readonly gradient?: Tensor;
  /** Record the backward pass too, so that gradients can be differentiated again. Default false. */
  readonly createGraph?: boolean;
}

/** Gradients on their way through the graph during one backward pass. */
class Pending {
  /** Those of leaves. The others lie with their tensors, which belong to this pass alone. */
  readonly leaves = new Map<Tensor, Tensor>();
  /** Gradients of leaves of which only some rows were read, to be added to those. */
  readonly rows: [leaf: Tensor, gradient: RowGradient][] = [];
  readonly #createGraph: boolean;
  readonly #scope: Scope | null;

  constructor(createGraph: boolean, scope: Scope | null) {
    this.#createGraph = createGraph;
    this.#scope = scope;
  }

  add(target: Tensor, gradient: Tensor): void {
    const before = target.node === null ? (this.leaves.get(target) ?? null) : target.pending;
    if (before === null) {
      this.#hold(target, gradient);
    } else if (this.#owns(before) && before.storage.pending === 1) {
      kernelsFor(before.dtype).axpy(1, gradient.pointer, before.pointer, before.size);
    } else {
      const sum = ops.add(before, gradient);
      this.release(before);
      this.#hold(target, sum);
    }
  }

  /** Whether a gradient was made by this pass, so that it may be changed in place and freed when nothing shares it. */
  #owns(gradient: Tensor): boolean {
    return !this.#createGraph && gradient.storage.scope === this.#scope;
  }

  #hold(target: Tensor, gradient: Tensor): void {
    if (target.node === null) this.leaves.set(target, gradient);
    else target.pending = gradient;
    const { storage } = gradient;
    storage.pending++;
    // Made in the scratch scope of the current step: lift it out. Anything else belongs to the user.
    if (this.#scope && storage.scope === currentScope()) storage.moveTo(this.#scope);
  }

  addRows(leaf: Tensor, gradient: RowGradient): void {
    gradient.moveTo(this.#scope);
    this.rows.push([leaf, gradient]);
  }

  /** Forgets the gradient of a tensor that is not a leaf, and frees it when nothing else can need it. */
  drop(target: Tensor): void {
    const { pending } = target;
    target.pending = null;
    if (pending !== null) this.release(pending);
  }

  release(gradient: Tensor): void {
    if (--gradient.storage.pending === 0 && this.#owns(gradient)) gradient.storage.dispose();
  }
}

/**
 * Back-propagates from `result`: adds d result / d leaf to `leaf.grad` of every leaf with `requiresGrad` that it
 * was computed from (reverse-mode differentiation; vector-Jacobian products from the result to the leaves).
 *
 * @throws {ShapeError} when `result` has several elements and no `gradient` is given.
 * @throws {StateError} when `result` does not depend on anything that requires gradients.
 * @example
 * const x = tensor(3);
 * x.requiresGrad = true;
 * backward(x.mul(x));
 * x.grad?.item(); // 6
 */
export function backward(result: Tensor, options: BackwardOptions = {}): void {
  rejectUnknownKeys("backward", options, ["createGraph", "gradient"]);
  if (!(result instanceof Tensor)) {
    throw new DTypeError({ what: "backward", expected: "a tensor", got: describe(result) });
  }
  const { createGraph = false } = options;
  checkStart(result, options.gradient);
  if (createGraph) {
    withRecording(true, () => propagate(result, options.gradient, true, null));
    return;
  }
  // Gradients that no leaf keeps die with this scope, or earlier.
  using scope = new Scope();
  withRecording(false, () => propagate(result, options.gradient, false, scope));
}

function propagate(
  result: Tensor,
  seed: Tensor | undefined,
  createGraph: boolean,
  scope: Scope | null,
): void {
  const pending = new Pending(createGraph, scope);
  const nodes = collectNodes(result);
  try {
    pending.add(result, seed ?? onesLike(result));
    for (const node of nodes) {
      if (createGraph && !node.differentiable) {
        throw new StateError({
          what: `backward through ${node.name} with createGraph`,
          expected: "an op whose gradient is written in ops",
          got: "a fused op with a kernel of its own for the gradient",
        });
      }
      runNode(node, pending, scope);
      for (const output of node.outputs) pending.drop(output);
    }
    for (const [leaf, gradient] of pending.leaves) accumulate(leaf, gradient, createGraph, scope);
    for (const [leaf, gradient] of pending.rows) accumulateRows(leaf, gradient);
  } finally {
    for (const node of nodes) for (const output of node.outputs) pending.drop(output);
    for (const gradient of pending.leaves.values()) pending.release(gradient);
  }
}

function runNode(node: GraphNode, pending: Pending, scope: Scope | null): void {
  const { inputs, outputs } = node;
  const upstream: (Tensor | null)[] = [];
  let reached = false;
  for (const { pending: gradient } of outputs) {
    upstream.push(gradient);
    if (gradient !== null) reached = true;
  }
  if (!reached) return;
  const needs: boolean[] = [];
  for (const input of inputs) needs.push(input?.requiresGrad ?? false);
  // Scratch tensors of this step are freed at its end; what becomes pending moves to the outer scope.
  const scratch = scope && new Scope();
  try {
    const byRows = node.rows !== null && scope !== null && needs[0] && inputs[0]?.node === null;
    const leaf = byRows ? inputs[0] : null;
    const rows = leaf && (node.rows?.(upstream[0] as Tensor) as RowGradient | null);
    if (leaf && rows) {
      pending.addRows(leaf, rows);
      return;
    }
    const gradients = node.backward(upstream, needs);
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i];
      const gradient = gradients[i] ?? null;
      if (input === null || gradient === null || !needs[i]) continue;
      const fits = sameShape(gradient.shape, input.shape);
      pending.add(input, fits ? gradient : ops.unbroadcast(gradient, input.shape));
    }
  } finally {
    scratch?.[Symbol.dispose]();
  }
}

/** All nodes that `result` depends on, latest first. Iterative, so depth is no limit. */
function collectNodes(result: Tensor): GraphNode[] {
  const pass = ++passes;
  const nodes: GraphNode[] = [];
  const visit = (node: GraphNode | null): void => {
    if (node === null || node.pass === pass) return;
    node.pass = pass;
    nodes.push(node);
  };
  visit(result.node);
  // The list grows while it is walked.
  for (const { inputs } of nodes) for (const input of inputs) if (input !== null) visit(input.node);
  return nodes.sort((a, b) => b.order - a.order);
}

function accumulate(leaf: Tensor, gradient: Tensor, createGraph: boolean, scope: Scope | null): void {
  const grad = heldValues(leaf);
  if (createGraph) {
    // A copy, since other leaves and the graph may share the gradient, and a later pass adds in place.
    leaf.grad = grad === null ? ops.clone(gradient) : ops.add(grad, gradient);
    return;
  }
  if (grad !== null && grad.node === null) {
    kernelsFor(grad.dtype).axpy(1, gradient.pointer, grad.pointer, grad.size);
    return;
  }
  if (grad !== null) gradient = ops.add(grad, gradient);
  // A block that this pass made and no other leaf has taken becomes the gradient without a copy.
  const ours = gradient.storage.scope === scope && gradient.offset === 0;
  const own = ours ? new Tensor(gradient.storage, 0, leaf.shape, leaf.dtype) : copyOf(gradient);
  own.storage.moveTo(leaf.storage.scope);
  leaf.held = new ScaledGradient(own);
}

function accumulateRows(leaf: Tensor, gradient: RowGradient): void {
  const grad = heldValues(leaf);
  if (grad === null) {
    gradient.moveTo(leaf.storage.scope);
    leaf.held = gradient;
  } else if (grad.node === null) {
    gradient.addTo(grad);
    gradient.dispose();
  } else {
    const sum = ops.add(grad, gradient.show());
    sum.storage.moveTo(leaf.storage.scope);
    leaf.held = new ScaledGradient(sum);
  }
}

/**
 * The numbers of the gradient so far, to be added to; null when there is none.
 *
 * @throws {ShapeError | DTypeError} for one that somebody has set and that does not fit its leaf.
 */
function heldValues(leaf: Tensor): Tensor | null {
  const held = gradientOf(leaf);
  if (held !== null && !sameShape(held.shape, leaf.shape)) {
    throw new ShapeError({
      what: "grad",
      expected: formatShape(leaf.shape),
      got: formatShape(held.shape),
      hint: "Set grad to null, or to a tensor like the leaf.",
    });
  }
  if (held !== null && held.dtype !== leaf.dtype) {
    throw new DTypeError({ what: "grad", expected: leaf.dtype, got: held.dtype });
  }
  if (held instanceof ScaledGradient && isLive(held) && held.factor === 1) return held.values;
  return held === null || !isLive(held) ? null : leaf.grad;
}

function copyOf(source: Tensor): Tensor {
  const copy = empty(source.shape, source.dtype);
  copy.view().set(source.view());
  return copy;
}

function onesLike(result: Tensor): Tensor {
  const ones = empty(result.shape, result.dtype);
  ones.view().fill(1);
  return ones;
}

function checkStart(result: Tensor, gradient: Tensor | undefined): void {
  if (!result.requiresGrad) {
    throw new StateError({
      what: "backward",
      expected: "a result computed from tensors with requiresGrad",
      got: "one that depends on none",
      hint: "Set requiresGrad = true on a leaf before computing, and compute outside noGrad.",
    });
  }
  if (gradient === undefined) {
    if (result.size === 1) return;
    throw new ShapeError({
      what: "backward",
      expected: "a result of one element, or the option gradient",
      got: formatShape(result.shape),
    });
  }
  if (!sameShape(gradient.shape, result.shape)) {
    throw new ShapeError({
      what: "backward gradient",
      expected: formatShape(result.shape),
      got: formatShape(gradient.shape),
    });
  }
  if (gradient.dtype !== result.dtype) {
    throw new DTypeError({ what: "backward gradient", expected: result.dtype, got: gradient.dtype });
  }
}
