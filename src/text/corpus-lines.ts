/**
 * Lines of text. A line ends in `\n` or `\r\n` and nothing else, so that line
 * counts agree with `wc -l` and parallel files stay parallel: a lone `\r`, NUL,
 * U+0085 and U+2028 are characters like any other.
 */

import type { FileSystem } from "../base/file-system.ts";
import { notGzip, readChunks, readText } from "../base/files.ts";
import { checkText } from "../base/options.ts";
import { decodeUtf8 } from "../base/utf8.ts";

/**
 * The lines of a text, without their ends. An unfinished last line counts.
 *
 * @example
 * splitLines("a\r\n\nb"); // ["a", "", "b"]
 */
export function splitLines(text: string): string[] {
  checkText("splitLines", text);
  const lines: string[] = [];
  let start = 0;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
    lines.push(text.slice(start, end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end));
    start = end + 1;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/**
 * The lines of a UTF-8 file, decompressed where its name ends in `.gz`.
 *
 * @throws {IoError} when it cannot be read.
 * @throws {FormatError} when it is not UTF-8.
 */
export function readLines(path: string, fs?: FileSystem): string[] {
  return splitLines(readText(path, fs));
}

/**
 * {@link readLines} for files of any size: memory stays at a few pieces of
 * the file and the longest line.
 *
 * @throws {IoError} when it cannot be read.
 * @throws {FormatError} when it is not UTF-8, after the lines before.
 */
export async function* streamLines(
  path: string,
  options: { size?: number; fs?: FileSystem } = {},
): AsyncGenerator<string, void, undefined> {
  let buffer = new Uint8Array(2 ** 16);
  let length = 0; // bytes of the unfinished line, at the front of buffer
  let start = 0; // offset of those bytes in the text
  for await (const chunk of textChunks(path, options)) {
    if (length + chunk.length > buffer.length) {
      const larger = new Uint8Array(2 * (length + chunk.length));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(chunk, length);
    const finished = length + chunk.lastIndexOf(10) + 1;
    length += chunk.length;
    if (finished <= length - chunk.length) continue;
    yield* splitLines(decodeUtf8(buffer.subarray(0, finished), { file: path, start }));
    buffer.copyWithin(0, finished, length);
    length -= finished;
    start += finished;
  }
  yield* splitLines(decodeUtf8(buffer.subarray(0, length), { file: path, start }));
}

/**
 * The bytes of a text file in pieces, decompressed where its name ends in `.gz`. Each piece is valid only until the next
 * is asked for.
 *
 * @throws {IoError} when it cannot be read.
 * @throws {FormatError} when a `.gz` file is not whole gzip data.
 */
export async function* textChunks(
  path: string,
  options: { size?: number; fs?: FileSystem } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = readChunks(path, options);
  yield* path.endsWith(".gz") ? gunzipChunks(chunks, path) : chunks;
}

/** Decompresses as the pieces are asked for. */
async function* gunzipChunks(
  chunks: Generator<Uint8Array<ArrayBuffer>>,
  path: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let head: Uint8Array = new Uint8Array(0);
  let readError: unknown;
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      try {
        const next = chunks.next();
        if (next.done) return controller.close();
        if (head.length === 0) head = next.value.slice(0, 16);
        controller.enqueue(next.value.slice());
      } catch (cause) {
        readError = cause;
        controller.error(cause);
      }
    },
    cancel: () => void chunks.return(undefined),
  });
  const reader = compressed.pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (;;) {
      const next = await reader.read();
      if (next.done) return;
      yield next.value;
    }
  } catch (cause) {
    throw readError ?? notGzip(head, path, cause);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
