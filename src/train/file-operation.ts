import { IoError, LexigradError } from "../base/errors.ts";

/**
 * Runs a primitive operation of a file system.
 *
 * @throws {IoError} when it fails, naming the path.
 */
export function fileOperation<T>(doing: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof LexigradError) throw cause;
    const got = codeOf(cause) ?? String(cause);
    throw new IoError({ what: `${doing} ${path}`, expected: "the operation to work", got }, path, { cause });
  }
}

/** The POSIX code of a failed operation. */
export function codeOf(cause: unknown): string | undefined {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}
