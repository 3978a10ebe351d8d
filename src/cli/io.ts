/** What a command sees of its process: an interface, so that commands can also run inside a test. */
import type { Writable } from "node:stream";

/** A stream that may be a terminal. */
export type Out = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Io {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean };
  readonly stdout: Out;
  readonly stderr: Out;
  /** Where SIGINT and SIGTERM arrive. */
  readonly signals: Pick<NodeJS.EventEmitter, "on" | "off">;
}

/** Writes results. Rejects with the stream's error, e.g. EPIPE or ENOSPC. */
export function print(io: Io, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    io.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Writes the one object of `--json`. Numbers that JSON lacks become null. */
export function printJson(io: Io, value: object): Promise<void> {
  return print(io, `${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a line for people, beside the results. */
export function note(io: Io, line: string): void {
  io.stderr.write(`${line}\n`);
}

const LINES_AT_ONCE = 1024;

/** Writes lines as they are made, many at a time. */
export async function printLines(io: Io, lines: Iterable<string>): Promise<void> {
  let waiting: string[] = [];
  for (const line of lines) {
    waiting.push(line, "\n");
    if (waiting.length < 2 * LINES_AT_ONCE) continue;
    await print(io, waiting.join(""));
    waiting = [];
  }
  if (waiting.length > 0) await print(io, waiting.join(""));
}
