/**
 * A file system in memory that can be made to fail or to lose power at any
 * operation. It keeps apart what a program sees from what is on the medium:
 * contents reach the medium by `sync`, names by `syncDirectory`.
 */
import type { FileSystem, OpenMode } from "../../src/base/file-system.ts";

/** What a failing operation does. */
export type Fault = { code: string } | "short write" | "crash";

/** The simulated loss of power. Not an error of the file system: nothing may catch it and go on. */
export class PowerLoss extends Error {}

interface Inode {
  seen: Uint8Array;
  durable: Uint8Array;
}

interface OpenFile {
  inode: Inode;
  position: number;
  append: boolean;
}

export class MemoryFileSystem implements FileSystem {
  /** Counts primitive operations; the fault strikes when it reaches `faultAt`. */
  operations = 0;
  faultAt = Number.POSITIVE_INFINITY;
  fault: Fault = { code: "EIO" };
  /** Whether all operations from `faultAt` on fail. */
  persistent = false;
  readonly log: string[] = [];
  #seen = new Map<string, Inode>();
  #durable = new Map<string, Inode>();
  readonly #directories = new Set<string>(["/", "."]);
  readonly #open = new Map<number, OpenFile>();
  #nextHandle = 3;
  #dead = false;

  open(path: string, mode: OpenMode): number {
    this.#step(`open ${path} ${mode}`);
    if (this.#directories.has(path)) throw posix("EISDIR");
    let inode = this.#seen.get(path);
    if (mode === "read" && !inode) throw posix("ENOENT");
    if (mode === "create" && inode) throw posix("EEXIST");
    if (!inode) {
      if (!this.#directories.has(parentOf(path))) throw posix("ENOENT");
      inode = { seen: new Uint8Array(0), durable: new Uint8Array(0) };
      this.#seen.set(path, inode);
    }
    if (mode === "overwrite") inode.seen = new Uint8Array(0);
    const handle = this.#nextHandle++;
    this.#open.set(handle, { inode, position: 0, append: mode === "append" });
    return handle;
  }

  read(file: number, into: Uint8Array): number {
    this.#step("read");
    const open = this.#file(file);
    const piece = open.inode.seen.subarray(open.position, open.position + into.length);
    into.set(piece);
    open.position += piece.length;
    return piece.length;
  }

  write(file: number, bytes: Uint8Array): number {
    const isShort = this.#step("write") === "short write";
    const open = this.#file(file);
    const count = isShort ? Math.floor(bytes.length / 2) : bytes.length;
    const at = open.append ? open.inode.seen.length : open.position;
    const contents = new Uint8Array(Math.max(open.inode.seen.length, at + count));
    contents.set(open.inode.seen);
    contents.set(bytes.subarray(0, count), at);
    open.inode.seen = contents;
    open.position = at + count;
    return count;
  }

  sync(file: number): void {
    this.#step("sync");
    const { inode } = this.#file(file);
    inode.durable = inode.seen;
  }

  close(file: number): void {
    this.#file(file);
    this.#open.delete(file);
    this.#step("close");
  }

  rename(from: string, to: string): void {
    this.#step(`rename ${from} ${to}`);
    const inode = this.#seen.get(from);
    if (!inode) throw posix("ENOENT");
    this.#seen.set(to, inode);
    this.#seen.delete(from);
  }

  remove(path: string): void {
    this.#step(`remove ${path}`);
    if (!this.#seen.delete(path)) throw posix("ENOENT");
  }

  makeDirectory(path: string): void {
    this.#step(`makeDirectory ${path}`);
    if (this.#seen.has(path)) throw posix("EEXIST");
    for (let at = path; !this.#directories.has(at); at = parentOf(at)) this.#directories.add(at);
  }

  syncDirectory(path: string): void {
    this.#step(`syncDirectory ${path}`);
    const inside = (name: string) => parentOf(name) === path;
    for (const name of this.#durable.keys())
      if (inside(name) && !this.#seen.has(name)) this.#durable.delete(name);
    for (const [name, inode] of this.#seen) if (inside(name)) this.#durable.set(name, inode);
  }

  list(path: string): string[] {
    this.#step(`list ${path}`);
    const names = [...this.#seen.keys(), ...this.#directories].filter((name) => parentOf(name) === path);
    return names.map((name) => name.slice(name.lastIndexOf("/") + 1)).sort();
  }

  stat(path: string) {
    this.#step(`stat ${path}`);
    if (this.#directories.has(path)) return { kind: "directory", size: 0 } as const;
    const inode = this.#seen.get(path);
    return inode && ({ kind: "file", size: inode.seen.length } as const);
  }

  /** Number of files left open. */
  get openFiles(): number {
    return this.#open.size;
  }

  /** Repairs the faults and forgets the count. */
  heal(): void {
    this.faultAt = Number.POSITIVE_INFINITY;
    this.operations = 0;
    this.#dead = false;
  }

  /**
   * Comes back from a loss of power. Names and contents that were not synced
   * are each kept, or lost; contents may also be cut in half.
   */
  restart(names: "kept" | "lost", contents: "kept" | "lost" | "torn"): void {
    if (names === "lost") this.#seen = new Map(this.#durable);
    for (const inode of this.#seen.values()) {
      const unsynced = inode.seen !== inode.durable;
      if (unsynced && contents === "lost") inode.seen = inode.durable;
      if (unsynced && contents === "torn")
        inode.seen = inode.seen.slice(0, Math.floor(inode.seen.length / 2));
      inode.durable = inode.seen;
    }
    this.#durable = new Map(this.#seen);
    this.#open.clear();
    this.heal();
  }

  #step(operation: string): Fault | undefined {
    if (this.#dead) throw new PowerLoss();
    this.log.push(operation);
    const strikes = ++this.operations === this.faultAt || (this.persistent && this.operations > this.faultAt);
    if (!strikes) return undefined;
    if (this.fault === "crash") {
      this.#dead = true;
      throw new PowerLoss();
    }
    if (this.fault !== "short write") throw posix(this.fault.code);
    return this.fault;
  }

  #file(handle: number): OpenFile {
    const open = this.#open.get(handle);
    if (!open) throw posix("EBADF");
    return open;
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "." : path.slice(0, slash) || "/";
}

function posix(code: string): Error {
  return Object.assign(new Error(code), { code });
}
