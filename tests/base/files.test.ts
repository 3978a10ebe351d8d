import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FormatError, IoError } from "../../src/base/errors.ts";
import {
  appendText,
  checkWritable,
  exists,
  listDirectory,
  makeDirectory,
  readBytes,
  readChunks,
  readText,
  writeBytes,
  writeText,
} from "../../src/base/files.ts";
import { runs } from "../support/fc.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lexigrad-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function errorOf(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new TypeError("nothing was thrown");
}

describe("on the disk", () => {
  test("text and bytes come back, compressed or not", () => {
    for (const name of ["plain.txt", "packed.txt.gz"]) {
      const path = join(folder, name);
      writeText(path, "größer\r\n\0 \u{1f600}\n");
      expect(readText(path)).toBe("größer\r\n\0 \u{1f600}\n");
      writeBytes(path, new Uint8Array([0, 255, 10]));
      expect(readBytes(path)).toEqual(new Uint8Array([0, 255, 10]));
      writeBytes(path, new Uint8Array(0));
      expect(readBytes(path)).toEqual(new Uint8Array(0));
    }
  });

  test("a compressed file has no time and no system in its header (RFC 1952, 2.3.1)", () => {
    const path = join(folder, "header.gz");
    writeText(path, "x");
    const header = readFileSync(path).subarray(0, 10);
    expect([...header.subarray(0, 3)]).toEqual([0x1f, 0x8b, 8]);
    expect([...header.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
    expect(header[9]).toBe(255);
  });

  test("replacing leaves no temporary file, and one in the way does no harm", () => {
    const inner = join(folder, "replace");
    makeDirectory(inner);
    writeFileSync(join(inner, "x.0.tmp"), "somebody else's");
    writeText(join(inner, "x"), "old");
    writeText(join(inner, "x"), "new");
    expect(readdirSync(inner).sort()).toEqual(["x", "x.0.tmp"]);
    expect(readText(join(inner, "x"))).toBe("new");
  });

  test("whether a file could be written shows beforehand, and nothing changes", () => {
    const inside = join(folder, "beforehand");
    makeDirectory(inside);
    checkWritable(join(inside, "new.txt"));
    writeText(join(inside, "old.txt"), "old");
    checkWritable(join(inside, "old.txt"));
    expect(listDirectory(inside)).toEqual(["old.txt"]);
    expect(readText(join(inside, "old.txt"))).toBe("old");
    for (const path of [inside, join(inside, "none/new.txt")]) {
      const error = errorOf(() => checkWritable(path));
      expect(error).toBeInstanceOf(IoError);
      expect(error.message).toBe(errorOf(() => writeText(path, "")).message);
    }
  });

  test("appending makes the file and adds to it", () => {
    const path = join(folder, "log.jsonl");
    appendText(path, "a\n");
    appendText(path, "b\n");
    expect(readText(path)).toBe("a\nb\n");
  });

  test("exists and makeDirectory", () => {
    const path = join(folder, "deep/er");
    expect(exists(path)).toBe(false);
    makeDirectory(path);
    makeDirectory(path);
    expect(exists(path)).toBe(true);
  });

  test("chunks are the file in order", () => {
    const path = join(folder, "chunks");
    writeText(path, "abcdefg");
    const pieces = Array.from(readChunks(path, { size: 3 }), (piece) => new TextDecoder().decode(piece));
    expect(pieces).toEqual(["abc", "def", "g"]);
  });

  test("each wrong path has one clear error", () => {
    const file = join(folder, "file");
    writeText(file, "");
    const cases: [action: () => unknown, message: string][] = [
      [() => readText(join(folder, "missing")), "expected a file, got nothing at that path. Check the path."],
      [() => [...readChunks(join(folder, "missing"))], "expected a file, got nothing at that path."],
      [() => readText(folder), "expected a file, got a directory. Name a file inside it."],
      [() => writeText(folder, ""), "expected a file, got a directory. Name a file inside it."],
      [() => writeText(join(folder, "no/x"), ""), "expected an existing directory, got none at that path."],
      [() => appendText(join(folder, "no/x"), ""), "Make the directory first."],
      [
        () => makeDirectory(file),
        "expected a directory, got a file of that name in the way. Check the path.",
      ],
      [() => readText(join(file, "x")), "expected a directory, got a file of that name in the way."],
      [() => listDirectory(join(folder, "missing")), "expected a directory, got nothing at that path."],
      ...((process.platform === "linux"
        ? [
            [
              () => makeDirectory("/proc/a/b"),
              "expected room for a directory, got a place where none can be made.",
            ],
          ]
        : []) as typeof cases),
      [() => readText("a\0b"), "expected the operation to work, got ERR_INVALID_ARG_VALUE."],
    ];
    for (const [action, message] of cases) {
      const error = errorOf(action);
      expect(error).toBeInstanceOf(IoError);
      expect(error.message).toContain(message);
    }
    expect(errorOf(() => readText(join(folder, "missing")))).toMatchObject({
      path: join(folder, "missing"),
      cause: { code: "ENOENT" },
    });
  });

  test.skipIf(!existsSync("/dev/full"))("a full device, and devices are not replaced", () => {
    const full = errorOf(() => writeText("/dev/full", "x"));
    expect(full).toBeInstanceOf(IoError);
    expect(full.message).toBe(
      "writing /dev/full: expected room on the disk, got a full disk (ENOSPC). Free some space and try again.",
    );
    writeText("/dev/null", "x");
    expect(readBytes("/dev/null").length).toBe(0);
  });
});

describe("wrong contents are named", () => {
  const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  test.each([
    ["gzip.txt", [0x1f, 0x8b, 8, 0], "expected UTF-8, got gzip data. Name the file *.gz, or unpack it."],
    ["image.txt", png, "expected UTF-8, got a PNG image. Give a text file."],
    ["utf16le.txt", [0xff, 0xfe, 0x61, 0], "expected UTF-8, got UTF-16 text. Convert the file to UTF-8."],
    [
      "text.gz",
      [0x68, 0x69],
      "expected whole gzip data, got other data. Only gzip data may be in a file named *.gz.",
    ],
    ["image.gz", png, "expected whole gzip data, got a PNG image."],
    ["empty.gz", [], "expected whole gzip data, got an empty file."],
    [
      "cut.gz",
      [0x1f, 0x8b, 8, 0],
      "got damaged or cut data (unexpected end of file). Fetch or make the file again.",
    ],
  ])("%s", (name, bytes, message) => {
    const path = join(folder, name);
    writeFileSync(path, Uint8Array.from(bytes));
    const error = errorOf(() => readText(path));
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ location: { file: path } });
    expect(error.message).toContain(message);
  });
});

describe("faults", () => {
  const OLD = "the old contents\n";
  const NEW = "the new contents, which are longer\n";

  function prepared(): MemoryFileSystem {
    const fs = new MemoryFileSystem();
    makeDirectory("/run", fs);
    writeText("/run/model", OLD, fs);
    fs.heal();
    return fs;
  }

  function operationsOfSave(): number {
    const fs = prepared();
    writeText("/run/model", NEW, fs);
    return fs.operations;
  }

  test("a save writes, syncs, renames and syncs the directory, in that order", () => {
    const fs = prepared();
    fs.log.length = 0;
    writeText("/run/model", NEW, fs);
    expect(fs.log).toEqual([
      "stat /run/model",
      "open /run/model.0.tmp create",
      "write",
      "sync",
      "close",
      "rename /run/model.0.tmp /run/model",
      "syncDirectory /run",
    ]);
  });

  test("every operation of a save fails in every way: the old file or the new, and nothing else", () => {
    const total = operationsOfSave();
    for (const code of ["ENOSPC", "EDQUOT", "EIO", "EACCES", "EROFS"]) {
      for (let n = 1; n <= total; n++) {
        const fs = prepared();
        Object.assign(fs, { faultAt: n, fault: { code } });
        const error = errorOf(() => writeText("/run/model", NEW, fs));
        expect(error).toBeInstanceOf(IoError);
        expect(error.message).toMatch(/^writing \/run\/model: expected .+, got .+\. .+\.$/);
        expect(fs.openFiles).toBe(0);
        fs.heal();
        expect(fs.list("/run")).toEqual(["model"]);
        expect(readText("/run/model", fs)).toBe(n === total ? NEW : OLD);
        writeText("/run/model", NEW, fs);
        expect(readText("/run/model", fs)).toBe(NEW);
      }
    }
  });

  test("faults that stay leave the old file", () => {
    for (let n = 1; n < operationsOfSave(); n++) {
      const fs = prepared();
      Object.assign(fs, { faultAt: n, persistent: true });
      expect(errorOf(() => writeText("/run/model", NEW, fs))).toBeInstanceOf(IoError);
      fs.heal();
      expect(readText("/run/model", fs)).toBe(OLD);
    }
  });

  test("every operation of a read fails: one clear error, no file left open", () => {
    for (const read of [readText, (path: string, fs: MemoryFileSystem) => [...readChunks(path, { fs })]]) {
      const counting = prepared();
      read("/run/model", counting);
      for (let n = 1; n <= counting.operations; n++) {
        const fs = prepared();
        fs.faultAt = n;
        const error = errorOf(() => read("/run/model", fs));
        expect(error).toBeInstanceOf(IoError);
        expect(error.message).toContain("reading /run/model: expected the operation to work, got EIO.");
        expect(fs.openFiles).toBe(0);
      }
    }
  });

  test("short writes are continued", () => {
    const fs = prepared();
    Object.assign(fs, { faultAt: 3, fault: "short write" });
    writeText("/run/model", NEW, fs);
    expect(readText("/run/model", fs)).toBe(NEW);
    expect(fs.log.filter((operation) => operation === "write").length).toBeGreaterThan(2);
  });

  test("a device that takes no bytes is an error and not a hang", () => {
    const fs = prepared();
    Object.assign(fs, { faultAt: 1, fault: "short write", persistent: true });
    expect(errorOf(() => writeText("/run/model", "ab", fs)).message).toContain("got EIO");
    expect(errorOf(() => appendText("/run/log", "ab", fs)).message).toContain("got EIO");
  });

  test("a loss of power at every operation, with every loss of unsynced data: old or new", () => {
    const total = operationsOfSave();
    const results = new Set<string>();
    for (const names of ["kept", "lost"] as const) {
      for (const contents of ["kept", "lost", "torn"] as const) {
        for (let n = 1; n <= total + 1; n++) {
          const fs = prepared();
          Object.assign(fs, { faultAt: n, fault: "crash" });
          try {
            writeText("/run/model", NEW, fs);
          } catch {
            expect(n).toBeLessThanOrEqual(total);
          }
          fs.restart(names, contents);
          const found = readText("/run/model", fs);
          expect([OLD, NEW]).toContain(found);
          if (n > total) expect(found).toBe(NEW);
          results.add(found);
          writeText("/run/model", NEW, fs);
          expect(readText("/run/model", fs)).toBe(NEW);
        }
      }
    }
    expect(results.size).toBe(2);
  });

  test("the crash model is real: a write without sync and rename can lose both versions", () => {
    const fs = prepared();
    const file = fs.open("/run/model", "overwrite");
    fs.write(file, new TextEncoder().encode(NEW));
    fs.restart("kept", "torn");
    expect([OLD, NEW]).not.toContain(readText("/run/model", fs));
  });

  test("any series of saves, any crash: each file holds one of its versions, no older than the last finished", () => {
    const saves = fc.array(fc.record({ name: fc.constantFrom("a", "b"), text: fc.string() }), {
      maxLength: 6,
    });
    const loss = fc.record({
      names: fc.constantFrom("kept" as const, "lost" as const),
      contents: fc.constantFrom("kept" as const, "lost" as const, "torn" as const),
    });
    fc.assert(
      fc.property(saves, fc.integer({ min: 1, max: 50 }), loss, (steps, faultAt, { names, contents }) => {
        const fs = new MemoryFileSystem();
        Object.assign(fs, { faultAt, fault: "crash" });
        const finished = new Map<string, string>();
        let pending: { name: string; text: string } | undefined;
        try {
          for (const step of steps) {
            pending = step;
            writeText(step.name, step.text, fs);
            finished.set(step.name, step.text);
          }
          pending = undefined;
        } catch {
          // Power is gone.
        }
        fs.restart(names, contents);
        for (const name of ["a", "b"]) {
          const found = exists(name, fs) ? readText(name, fs) : undefined;
          const allowed: (string | undefined)[] = [finished.get(name)];
          if (pending?.name === name) allowed.push(pending.text);
          expect(allowed).toContain(found);
        }
      }),
      runs,
    );
  });
});
