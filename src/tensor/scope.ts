/**
 * Lifetimes of tensor data. A {@link Storage} is one block of the heap; a {@link Scope} frees every storage that
 * was allocated while it was open and not kept.
 */

import { StateError } from "../base/errors.ts";
import { checkFunction } from "../base/options.ts";
import { heap } from "./runtime.ts";

/** One block of tensor memory, shared by a tensor and its views. */
export class Storage {
  readonly pointer: number;
  /** The scope that will free this block; null when it lives until it is disposed of or collected. */
  scope: Scope | null = null;
  live = true;
  /** Neighbours among the storages of the scope: the one made before, and the one made after. */
  before: Storage | null = null;
  after: Storage | null = null;
  /** How many gradients on their way through a backward pass lie here. */
  pending = 0;

  constructor(bytes: number) {
    this.pointer = heap.allocate(bytes);
    this.#enter(current);
  }

  /** Frees the block now. Harmless when already freed. */
  dispose(): void {
    if (!this.live) return;
    this.live = false;
    this.#leave();
    heap.free(this.pointer);
  }

  /** Hands the block over to `scope`, or to no scope at all. */
  moveTo(scope: Scope | null): void {
    if (!this.live || scope === this.scope) return;
    this.#leave();
    this.#enter(scope);
  }

  #enter(scope: Scope | null): void {
    this.scope = scope;
    if (scope === null) {
      collected.register(this, this.pointer, this);
      return;
    }
    this.before = scope.last;
    if (scope.last !== null) scope.last.after = this;
    scope.last = this;
  }

  #leave(): void {
    const { scope, before, after } = this;
    if (scope === null) {
      collected.unregister(this);
      return;
    }
    if (before !== null) before.after = after;
    if (after !== null) after.before = before;
    else scope.last = before;
    this.before = null;
    this.after = null;
  }
}

/** Frees blocks outside every scope once nothing refers to them any more. */
const collected = new FinalizationRegistry<number>((pointer) => heap.free(pointer));

let current: Scope | null = null;

/** The innermost open scope. */
export const currentScope = (): Scope | null => current;

/**
 * Frees at its end every tensor that was made inside it and not kept. Scopes nest.
 *
 * @example
 * const total = scoped(() => keep(ones([1000]).mul(2).sum()));
 * total.item(); // 2000
 */
export class Scope implements Disposable {
  /** @internal The storage that came last, from which those before can be reached. */
  last: Storage | null = null;
  readonly parent: Scope | null;
  #open = true;

  constructor() {
    this.parent = current;
    current = this;
  }

  /**
   * Moves a tensor's data to the enclosing scope, so that it survives this one. Data that survives already, from
   * outside this scope, stays where it is.
   */
  keep<T extends { readonly storage: Storage }>(tensor: T): T {
    const { storage } = tensor;
    for (let { scope } = storage; scope !== null; scope = scope.parent) {
      if (scope === this) storage.moveTo(this.parent);
    }
    return tensor;
  }

  /** Closes the scope, and any scope still open inside it. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    while (current !== null && current !== this) current[Symbol.dispose]();
    this.#open = false;
    current = this.parent;
    // The last block first: mostly it ends where nothing was allocated yet, and needs no place among the free ones.
    for (let storage = this.last; storage !== null; ) {
      const { before } = storage;
      storage.live = false;
      storage.before = null;
      storage.after = null;
      heap.free(storage.pointer);
      storage = before;
    }
    this.last = null;
  }
}

/**
 * Runs `body` in a new {@link Scope}. Only what is passed to {@link keep} survives.
 */
export function scoped<T>(body: (scope: Scope) => T): T {
  checkFunction("scoped", body);
  using scope = new Scope();
  return body(scope);
}

/**
 * Moves a tensor's data out of the current scope into the enclosing one.
 *
 * @throws {StateError} outside any scope, where there is nothing to survive.
 */
export function keep<T extends { readonly storage: Storage }>(tensor: T): T {
  if (current === null) {
    throw new StateError({ what: "keep", expected: "an open Scope", got: "none" });
  }
  return current.keep(tensor);
}
