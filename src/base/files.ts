/**
 * Whole files, read strictly and replaced atomically. Besides the command
 * line, only this file and `file-system.ts` touch the disk. A path that ends
 * in `.gz` is compressed on write and decompressed on read.
 */
import { FormatError, IoError, LexigradError } from "./errors.ts";
import { builtin, directoryOf, type FileHandle, type FileSystem, nodeFileSystem } from "./file-system.ts";
import { checkText } from "./options.ts";
import { decodeUtf8, otherFormat } from "./utf8.ts";

/** Node refuses single reads and writes of 2 GiB and more. */
const MOST_AT_ONCE = 2 ** 30;

/**
 * The contents of a file.
 *
 * @throws {IoError} when the file cannot be read.
 * @throws {FormatError} when a `.gz` file is not whole gzip data.
 */
export function readBytes(path: string, fs: FileSystem = nodeFileSystem): Uint8Array<ArrayBuffer> {
  checkText("path", path);
  const bytes = attempt("reading", path, () => readRaw(path, fs));
  return path.endsWith(".gz") ? gunzip(bytes, path) : bytes;
}

/**
 * The text of a UTF-8 file, without a byte order mark.
 *
 * @throws {IoError} when the file cannot be read.
 * @throws {FormatError} with the byte offset where it is not UTF-8; other
 *   kinds of file (gzip without `.gz`, PNG, UTF-16) are named.
 */
export function readText(path: string, fs: FileSystem = nodeFileSystem): string {
  return decodeUtf8(readBytes(path, fs), { file: path });
}

/**
 * The bytes on disk in pieces of at most `size` bytes, so that large files
 * need little memory. Compressed files come as they are. Each piece is valid
 * only until the next is asked for.
 *
 * @throws {IoError} when the file cannot be read.
 */
export function* readChunks(
  path: string,
  { size = 2 ** 18, fs = nodeFileSystem }: { size?: number; fs?: FileSystem } = {},
): Generator<Uint8Array<ArrayBuffer>> {
  const file = attempt("reading", path, () => openToRead(path, fs));
  try {
    const buffer = new Uint8Array(size);
    for (;;) {
      const count = attempt("reading", path, () => fs.read(file, buffer));
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    attempt("reading", path, () => fs.close(file));
  }
}

/**
 * Replaces a file atomically: a reader, or a machine that comes back from a
 * crash, sees the old contents or the new, never a mixture. The bytes go to a
 * temporary file in the same directory, are synced, and take the name; then
 * the directory is synced. Devices and pipes are written directly.
 *
 * @throws {IoError} when that fails; the old file is then unchanged and the
 *   temporary file gone.
 */
export function writeBytes(path: string, bytes: Uint8Array, fs: FileSystem = nodeFileSystem): void {
  replaceFile(path, (write) => write(bytes), fs);
}

/**
 * {@link writeBytes} of what `produce` writes piece by piece, so that large files need little memory. In `.gz` files
 * each piece is a gzip member of its own. Where `produce` throws, the old file stays.
 *
 * @throws {IoError} as {@link writeBytes} does.
 */
export function replaceFile(
  path: string,
  produce: (write: (bytes: Uint8Array) => void) => void,
  fs: FileSystem = nodeFileSystem,
): void {
  const writeTo = (file: FileHandle) => {
    produce((bytes) => {
      const data = path.endsWith(".gz") ? gzip(bytes) : bytes;
      attempt("writing", path, () => writeAll(fs, file, path, data));
    });
  };
  attempt("writing", path, () => {
    const present = fs.stat(path);
    if (present?.kind === "directory") throw ioError("writing", path, { code: "EISDIR" });
    if (present?.kind === "other") withFile(fs, fs.open(path, "overwrite"), writeTo);
    else replace(path, writeTo, fs);
  });
}

/**
 * Finds out before long work whether its result can be written to `path`, where all stays as it is.
 *
 * @throws {IoError} as {@link writeBytes} does where there is no such directory, or no right to write in it.
 */
export function checkWritable(path: string, fs: FileSystem = nodeFileSystem): void {
  attempt("writing", path, () => {
    const present = fs.stat(path);
    if (present?.kind === "directory") throw ioError("writing", path, { code: "EISDIR" });
    if (present?.kind === "other") return;
    const [temporary, handle] = openTemporary(path, fs);
    fs.close(handle);
    fs.remove(temporary);
  });
}

/** {@link writeBytes} of the text in UTF-8. Lone surrogates become U+FFFD. */
export function writeText(path: string, text: string, fs: FileSystem = nodeFileSystem): void {
  writeBytes(path, new TextEncoder().encode(text), fs);
}

/**
 * Adds text at the end of a file, making it where it is missing. Not atomic:
 * a crash can leave part of the last line.
 *
 * @throws {IoError} when the file cannot be written.
 */
export function appendText(path: string, text: string, fs: FileSystem = nodeFileSystem): void {
  const bytes = new TextEncoder().encode(text);
  attempt("writing", path, () =>
    withFile(fs, fs.open(path, "append"), (file) => writeAll(fs, file, path, bytes)),
  );
}

/**
 * A file for data that do not fit into memory: written once from start to end, then read so. It loses its name as soon as
 * it is open, so that nothing is left of it however the process ends.
 */
export class ScratchFile {
  readonly #path: string;
  readonly #fs: FileSystem;
  #out: FileHandle | undefined;
  #in: FileHandle | undefined;

  /** @throws {IoError} when it cannot be made. An older file at `path` is lost. */
  constructor(path: string, fs: FileSystem) {
    this.#path = path;
    this.#fs = fs;
    attempt("writing", path, () => {
      this.#out = fs.open(path, "overwrite");
      try {
        this.#in = fs.open(path, "read");
      } catch (cause) {
        this.remove();
        throw cause;
      } finally {
        fs.remove(path);
      }
    });
  }

  write(bytes: Uint8Array): void {
    attempt("writing", this.#path, () => writeAll(this.#fs, this.#out as FileHandle, this.#path, bytes));
  }

  /** Ends the writing. */
  seal(): void {
    const file = this.#out as FileHandle;
    this.#out = undefined;
    attempt("writing", this.#path, () => this.#fs.close(file));
  }

  /** Fills `into` from where the last call ended; returns how many bytes there were, fewer only at the end. */
  read(into: Uint8Array): number {
    return attempt("reading", this.#path, () => {
      let length = 0;
      while (length < into.length) {
        const count = this.#fs.read(this.#in as FileHandle, into.subarray(length));
        if (count === 0) break;
        length += count;
      }
      return length;
    });
  }

  /** Gives back the room on disk, without complaint. */
  remove(): void {
    for (const file of [this.#out, this.#in]) {
      try {
        if (file !== undefined) this.#fs.close(file);
      } catch {
        // It is of no more use, and what went wrong before is what to report.
      }
    }
    this.#out = undefined;
    this.#in = undefined;
  }
}

/** Whether a file, directory or device is at `path`. */
export function exists(path: string, fs: FileSystem = nodeFileSystem): boolean {
  return attempt("looking at", path, () => fs.stat(path) !== undefined);
}

/**
 * The names in a directory, sorted.
 *
 * @throws {IoError} when there is none.
 */
export function listDirectory(path: string, fs: FileSystem = nodeFileSystem): string[] {
  return attempt("listing", path, () => fs.list(path));
}

/**
 * Makes a directory and its parents where they are missing.
 *
 * @throws {IoError} when that is not allowed or a file is in the way.
 */
export function makeDirectory(path: string, fs: FileSystem = nodeFileSystem): void {
  attempt("making directory", path, () => fs.makeDirectory(path));
}

/**
 * Decompresses gzip data.
 *
 * @param file named in errors.
 * @throws {FormatError} when the data are not gzip, damaged or cut short.
 */
function gunzip(bytes: Uint8Array, file: string): Uint8Array<ArrayBuffer> {
  const zlib = builtin("node:zlib", "Decompress with DecompressionStream and pass the bytes.");
  try {
    const result = zlib.gunzipSync(bytes);
    return new Uint8Array(result.buffer as ArrayBuffer, result.byteOffset, result.length);
  } catch (cause) {
    throw notGzip(bytes, file, cause);
  }
}

/** The error for data that do not decompress. `head` is how the data begin. */
export function notGzip(head: Uint8Array, file: string, cause: unknown): FormatError {
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const other = head.length === 0 ? "an empty file" : (otherFormat(head)?.name ?? "other data");
  const complaint = {
    what: "compressed file",
    expected: "whole gzip data",
    got: isGzip ? `damaged or cut data (${(cause as Error).message})` : other,
    hint: isGzip ? "Fetch or make the file again." : "Only gzip data may be in a file named *.gz.",
  };
  return new FormatError(complaint, { file }, { cause });
}

function gzip(bytes: Uint8Array): Uint8Array {
  const zlib = builtin("node:zlib", "Compress with CompressionStream.");
  const result = zlib.gzipSync(bytes);
  // Byte 9 names the operating system; 255 is "unknown", so that the bytes are the same everywhere (RFC 1952, 2.3.1).
  result[9] = 255;
  return result;
}

function openToRead(path: string, fs: FileSystem): FileHandle {
  if (fs.stat(path)?.kind === "directory") throw ioError("reading", path, { code: "EISDIR" });
  return fs.open(path, "read");
}

function readRaw(path: string, fs: FileSystem): Uint8Array<ArrayBuffer> {
  return withFile(fs, openToRead(path, fs), (file) => {
    // One byte more than the size, so that the end shows without growing.
    let buffer = new Uint8Array((fs.stat(path)?.size ?? 0) + 1);
    let length = 0;
    for (;;) {
      const count = fs.read(file, buffer.subarray(length, length + MOST_AT_ONCE));
      if (count === 0) return buffer.subarray(0, length);
      length += count;
      if (length === buffer.length) {
        const larger = new Uint8Array(Math.max(2 * length, 65536));
        larger.set(buffer);
        buffer = larger;
      }
    }
  });
}

function replace(path: string, writeTo: (file: FileHandle) => void, fs: FileSystem): void {
  const [temporary, handle] = openTemporary(path, fs);
  try {
    withFile(fs, handle, (file) => {
      writeTo(file);
      fs.sync(file);
    });
    fs.rename(temporary, path);
  } catch (cause) {
    try {
      fs.remove(temporary);
    } catch {
      // The first error is the one to report.
    }
    throw cause;
  }
  fs.syncDirectory(directoryOf(path));
}

/** Exclusive creation gives each of several writers a file of its own. */
function openTemporary(path: string, fs: FileSystem): [string, FileHandle] {
  for (let n = 0; ; n++) {
    const temporary = `${path}.${n}.tmp`;
    try {
      return [temporary, fs.open(temporary, "create")];
    } catch (cause) {
      if (codeOf(cause) !== "EEXIST" || n === 99) throw cause;
    }
  }
}

function writeAll(fs: FileSystem, file: FileHandle, path: string, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const count = fs.write(file, bytes.subarray(at, at + MOST_AT_ONCE));
    if (count === 0) throw ioError("writing", path, { code: "EIO" });
    at += count;
  }
}

function withFile<T>(fs: FileSystem, file: FileHandle, use: (file: FileHandle) => T): T {
  let result: T;
  try {
    result = use(file);
  } catch (cause) {
    try {
      fs.close(file);
    } catch {
      // The first error is the one to report.
    }
    throw cause;
  }
  fs.close(file);
  return result;
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

function attempt<T>(doing: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof LexigradError) throw cause;
    throw ioError(doing, path, cause);
  }
}

function ioError(doing: string, path: string, cause: unknown): IoError {
  return new IoError({ what: `${doing} ${path}`, ...explain(doing, cause) }, path, { cause });
}

function explain(doing: string, cause: unknown): { expected: string; got: string; hint: string } {
  const code = codeOf(cause);
  switch (code) {
    case "ENOENT":
      if (doing === "making directory") {
        return {
          expected: "room for a directory",
          got: "a place where none can be made",
          hint: "Choose another path.",
        };
      }
      return doing === "reading" || doing === "listing"
        ? {
            expected: doing === "reading" ? "a file" : "a directory",
            got: "nothing at that path",
            hint: "Check the path.",
          }
        : { expected: "an existing directory", got: "none at that path", hint: "Make the directory first." };
    case "EISDIR":
      return { expected: "a file", got: "a directory", hint: "Name a file inside it." };
    case "ENOTDIR":
    case "EEXIST":
      return { expected: "a directory", got: "a file of that name in the way", hint: "Check the path." };
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ERR_ACCESS_DENIED":
      return { expected: "permission", got: code, hint: "Check who owns the path and its mode." };
    case "ENOSPC":
    case "EDQUOT":
      return {
        expected: "room on the disk",
        got: `a full disk (${code})`,
        hint: "Free some space and try again.",
      };
    default:
      return {
        expected: "the operation to work",
        got: code || String((cause as Error)?.message ?? cause),
        hint: "The file system refused it.",
      };
  }
}
