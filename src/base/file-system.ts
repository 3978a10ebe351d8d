/**
 * The few primitive file operations the library needs, behind an interface so
 * that tests can make any one of them fail, tear or crash.
 */
import { BackendError } from "./errors.ts";

/** An open file, as its {@link FileSystem} numbers it. */
export type FileHandle = number;

/** `create` fails where the path exists already; `overwrite` empties an existing file. */
export type OpenMode = "read" | "create" | "overwrite" | "append";

export interface FileStatus {
  readonly kind: "file" | "directory" | "other";
  /** Bytes; 0 where the size is not known beforehand (pipes, devices). */
  readonly size: number;
}

/**
 * Synchronous primitive operations. They throw errors with a POSIX `code`
 * (`ENOENT`, `ENOSPC`, ...); the functions of `files.ts` turn those into
 * {@link IoError}s.
 */
export interface FileSystem {
  open(path: string, mode: OpenMode): FileHandle;
  /** Fills `into` from the current position. Returns the bytes read: 0 at the end, else possibly fewer than asked. */
  read(file: FileHandle, into: Uint8Array): number;
  /** Returns the bytes written, possibly fewer than given. */
  write(file: FileHandle, bytes: Uint8Array): number;
  /** Waits until the file's contents are on the medium. */
  sync(file: FileHandle): void;
  close(file: FileHandle): void;
  rename(from: string, to: string): void;
  /** Removes a file. */
  remove(path: string): void;
  /** Makes a directory and its parents; does nothing where it exists. */
  makeDirectory(path: string): void;
  /** Waits until the names in a directory are on the medium. */
  syncDirectory(path: string): void;
  /** The names in a directory, sorted. */
  list(path: string): string[];
  /** `undefined` where nothing is at `path`. */
  stat(path: string): FileStatus | undefined;
}

const flags = { read: "r", create: "wx", overwrite: "w", append: "a" } as const;

/** The file system of Node.js (20.16 or newer), found without an import so that browser bundles stay whole. */
export const nodeFileSystem: FileSystem = {
  open: (path, mode) => nodeFs().openSync(path, flags[mode]),
  read: (file, into) => nodeFs().readSync(file, into),
  write: (file, bytes) => nodeFs().writeSync(file, bytes),
  sync: (file) => nodeFs().fsyncSync(file),
  close: (file) => nodeFs().closeSync(file),
  rename: (from, to) => nodeFs().renameSync(from, to),
  remove: (path) => nodeFs().unlinkSync(path),
  makeDirectory(path) {
    // Level by level: below /proc, the recursive mkdir of Node.js never returns.
    if (nodeFileSystem.stat(path)?.kind === "directory") return;
    const parent = directoryOf(path);
    if (parent !== path) nodeFileSystem.makeDirectory(parent);
    try {
      nodeFs().mkdirSync(path);
    } catch (cause) {
      // Another process may have been faster, and `a/b/` is there once `a/b` is.
      if (nodeFileSystem.stat(path)?.kind !== "directory") throw cause;
    }
  },
  syncDirectory(path) {
    // Windows opens no directories; there the rename itself is journalled.
    if (globalThis.process.platform === "win32") return;
    const directory = nodeFs().openSync(path, "r");
    try {
      nodeFs().fsyncSync(directory);
    } finally {
      nodeFs().closeSync(directory);
    }
  },
  list: (path) => nodeFs().readdirSync(path).sort(),
  stat(path) {
    const found = nodeFs().statSync(path, { throwIfNoEntry: false });
    if (!found) return undefined;
    return { kind: found.isFile() ? "file" : found.isDirectory() ? "directory" : "other", size: found.size };
  },
};

/** The directory a path is in, for `/` and on Windows also for `\`. */
export function directoryOf(path: string): string {
  const end = Math.max(
    path.lastIndexOf("/"),
    globalThis.process?.platform === "win32" ? path.lastIndexOf("\\") : -1,
  );
  return end === -1 ? "." : path.slice(0, Math.max(end, 1));
}

function nodeFs() {
  return builtin("node:fs", "Fetch the contents and pass the text or bytes instead of a path.");
}

/** The modules that are fetched at run time, typed without importing them. */
interface Builtins {
  "node:fs": typeof import("node:fs");
  "node:zlib": typeof import("node:zlib");
}

/**
 * A module that only Node.js has.
 *
 * @throws {BackendError} elsewhere, with `remedy` as its hint.
 * @internal
 */
export function builtin<Name extends keyof Builtins>(name: Name, remedy: string): Builtins[Name] {
  const module = globalThis.process?.getBuiltinModule?.(name);
  if (module) return module as Builtins[Name];
  throw new BackendError({
    what: name,
    expected: "Node.js 20.16 or newer",
    got: "an environment without that module",
    hint: remedy,
  });
}
