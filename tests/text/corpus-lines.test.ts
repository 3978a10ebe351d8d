import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FormatError, IoError } from "../../src/base/errors.ts";
import { writeText } from "../../src/base/files.ts";
import { readLines, splitLines, streamLines } from "../../src/text/corpus-lines.ts";
import { runs } from "../support/fc.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lexigrad-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const lineParts = fc.constantFrom(
  "\n",
  "\r\n",
  "\r",
  "a",
  "é",
  "\u{1f600}",
  "\0",
  "\u0085",
  "\u2028",
  "\ufeff",
  "",
);
const texts = fc.array(lineParts, { maxLength: 40 }).map((parts) => parts.join(""));

async function collect(path: string, options?: { size?: number; fs?: MemoryFileSystem }): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of streamLines(path, options)) lines.push(line);
  return lines;
}

describe("splitLines", () => {
  test.each<[string, string[]]>([
    ["", []],
    ["\n", [""]],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\r\n\r\nb", ["a", "", "b"]],
    ["a\rb\n", ["a\rb"]],
    ["a\r\r\n", ["a\r"]],
    ["a\r", ["a\r"]],
    ["\r\n", [""]],
    ["a\0b\u0085c\u2028d\u2029e\fg\vh\n", ["a\0b\u0085c\u2028d\u2029e\fg\vh"]],
  ])("%j", (text, lines) => {
    expect(splitLines(text)).toEqual(lines);
  });

  test("is what splitting at an optional \\r and \\n gives, apart from the piece after the last end", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const pieces = text.split(/\r?\n/);
        if (pieces.at(-1) === "") pieces.pop();
        expect(splitLines(text)).toEqual(pieces);
      }),
      runs,
    );
  });

  test("a million characters without an end", () => {
    expect(splitLines("x".repeat(1e6))).toHaveLength(1);
    expect(splitLines("\r".repeat(1e6))).toHaveLength(1);
    expect(splitLines("\n".repeat(1e6))).toHaveLength(1e6);
  });
});

test.skipIf(process.platform === "win32")("readLines agrees with wc -l", () => {
  const path = join(folder, "wc");
  fc.assert(
    fc.property(texts, (text) => {
      writeFileSync(path, `${text}\n`);
      const count = Number(execFileSync("wc", ["-l", path], { encoding: "utf8" }).trim().split(" ")[0]);
      expect(readLines(path)).toHaveLength(count);
    }),
    { numRuns: 20 },
  );
});

describe("streamLines", () => {
  test("gives the lines of readLines for any text and any size of pieces", async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 9 }), async (text, size) => {
        // A quarter of NUL characters is refused as binary data by both.
        fc.pre(text.split("\0").length <= 4);
        const fs = new MemoryFileSystem();
        writeText("corpus.txt", text, fs);
        expect(await collect("corpus.txt", { size, fs })).toEqual(readLines("corpus.txt", fs));
      }),
      runs,
    );
  });

  test("decompresses, also several members in one file", async () => {
    const path = join(folder, "two.gz");
    writeFileSync(path, Buffer.concat([gzipSync("a\nb"), gzipSync("c\nd\n")]));
    expect(readLines(path)).toEqual(["a", "bc", "d"]);
    expect(await collect(path)).toEqual(["a", "bc", "d"]);
    expect(await collect(path, { size: 7 })).toEqual(["a", "bc", "d"]);
  });

  test("lines longer than the pieces", async () => {
    const path = join(folder, "long");
    writeFileSync(path, `${"x".repeat(300_000)}\n${"y".repeat(300_000)}`);
    const lines = await collect(path, { size: 1000 });
    expect(lines.map((line) => line.length)).toEqual([300_000, 300_000]);
  });

  test("closes the file when its reader stops early", async () => {
    const fs = new MemoryFileSystem();
    writeText("a.txt", "1\n2\n", fs);
    writeText("a.gz", "1\n2\n", fs);
    for (const path of ["a.txt", "a.gz"]) {
      for await (const line of streamLines(path, { fs, size: 2 })) {
        expect(line).toBe("1");
        break;
      }
    }
    expect(fs.openFiles).toBe(0);
  });

  test("an ill-formed byte is placed in the whole file", async () => {
    const path = join(folder, "bad");
    writeFileSync(path, Uint8Array.from([0x61, 10, 0x62, 10, 0x63, 0xff]));
    for (const size of [1, 2, 100]) {
      await expect(collect(path, { size })).rejects.toThrow(
        `${path} at byte 5: text: expected UTF-8, got the byte 0xff`,
      );
    }
    expect(() => readLines(path)).toThrow(`${path} at byte 5: text: expected UTF-8, got the byte 0xff`);
  });

  test("damaged, cut and missing files", async () => {
    const packed = gzipSync("some text\n".repeat(10_000));
    const cases: [name: string, bytes: Uint8Array, message: string][] = [
      ["cut.gz", packed.subarray(0, packed.length - 9), "expected whole gzip data, got damaged or cut data"],
      ["plain.gz", new TextEncoder().encode("text"), "expected whole gzip data, got other data."],
      ["empty.gz", new Uint8Array(0), "expected whole gzip data, got an empty file."],
      ["packed.txt", packed, "expected UTF-8, got gzip data. Name the file *.gz, or unpack it."],
    ];
    for (const [name, bytes, message] of cases) {
      writeFileSync(join(folder, name), bytes);
      await expect(collect(join(folder, name))).rejects.toThrow(message);
      await expect(collect(join(folder, name))).rejects.toThrow(FormatError);
      expect(() => readLines(join(folder, name))).toThrow(message);
    }
    for (const name of ["missing.txt", "missing.gz"]) {
      await expect(collect(join(folder, name))).rejects.toThrow(IoError);
      await expect(collect(join(folder, name))).rejects.toThrow("expected a file, got nothing at that path.");
    }
  });
});
