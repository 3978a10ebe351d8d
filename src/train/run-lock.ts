/** A file that keeps two trainings out of one directory. */
import { StateError } from "../base/errors.ts";
import type { FileSystem } from "../base/file-system.ts";
import { readText } from "../base/files.ts";
import { codeOf, fileOperation } from "./file-operation.ts";

/** The locks that this process holds, by path. */
const held = new WeakMap<FileSystem, Set<string>>();

/**
 * Takes the lock at `path`: a file made exclusively that holds the id of the process. A lock left behind by a process
 * that no longer runs is taken over; where another process has been given the same id since, the file has to be
 * removed by hand.
 *
 * @returns what gives the lock back.
 * @throws {StateError} when another training holds it.
 */
export function takeLock(path: string, fs: FileSystem): () => void {
  const ours = held.get(fs) ?? new Set();
  held.set(fs, ours);
  const pid = globalThis.process?.pid ?? 0;
  if (!create(path, pid, fs)) {
    const owner = ownerOf(path, fs);
    if (owner === pid ? ours.has(path) : isRunning(owner)) throw locked(path, owner);
    fileOperation("unlocking", path, () => fs.remove(path));
    if (!create(path, pid, fs)) throw locked(path, ownerOf(path, fs));
  }
  ours.add(path);
  return () => {
    ours.delete(path);
    fileOperation("unlocking", path, () => fs.remove(path));
  };
}

/** False when the file exists. */
function create(path: string, pid: number, fs: FileSystem): boolean {
  return fileOperation("locking", path, () => {
    let file: number;
    try {
      file = fs.open(path, "create");
    } catch (cause) {
      if (codeOf(cause) === "EEXIST") return false;
      throw cause;
    }
    try {
      fs.write(file, new TextEncoder().encode(`${pid}\n`));
    } finally {
      fs.close(file);
    }
    return true;
  });
}

/** NaN when a crash or a full disk left half a lock. */
function ownerOf(path: string, fs: FileSystem): number {
  const text = readText(path, fs);
  return text.endsWith("\n") ? Number(text) : Number.NaN;
}

function isRunning(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    // Signal 0 is not delivered: it only asks.
    return globalThis.process?.kill(pid, 0) ?? false;
  } catch (cause) {
    return codeOf(cause) === "EPERM";
  }
}

function locked(path: string, owner: number): StateError {
  return new StateError({
    what: path,
    expected: "no other training in this directory",
    got: `one at work in process ${owner}`,
    hint: "Wait for it to end, or remove this file when there is none.",
  });
}
