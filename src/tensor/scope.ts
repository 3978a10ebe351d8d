/**
 * Lifetimes of tensor data. A {@link Storage} is one block of the heap; a {@link Scope} frees every storage that
 * was allocated while it was open and not kept.
 */
import { StateError } from "../base/errors.ts";
import { heap } from "./runtime.ts";

/** One block of tensor memory, shared by a tensor and its views. */
export class Storage {
  readonly pointer: number;
  /** The scope that will free this block; null when it lives until it is disposed of or collected. */
  scope: Scope | null;
  live = true;

  constructor(bytes: number) {
    this.pointer = heap.allocate(bytes);
    this.scope = current;
    if (current) current.storages.add(this);
    else collected.register(this, this.pointer, this);
  }

  /** Frees the block now. Harmless when already freed. */
  dispose(): void {
    if (!this.live) return;
    this.live = false;
    if (this.scope) this.scope.storages.delete(this);
    else collected.unregister(this);
    heap.free(this.pointer);
  }

  /** Hands the block over to `scope`, or to no scope at all. */
  moveTo(scope: Scope | null): void {
    if (!this.live || scope === this.scope) return;
    if (this.scope) this.scope.storages.delete(this);
    else collected.unregister(this);
    this.scope = scope;
    if (scope) scope.storages.add(this);
    else collected.register(this, this.pointer, this);
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
  /** @internal */
  readonly storages = new Set<Storage>();
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
    for (const storage of [...this.storages].reverse()) {
      storage.live = false;
      heap.free(storage.pointer);
    }
    this.storages.clear();
  }
}

/**
 * Runs `body` in a new {@link Scope}. Only what is passed to {@link keep} survives.
 */
export function scoped<T>(body: (scope: Scope) => T): T {
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
