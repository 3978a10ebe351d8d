import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { BackendError } from "../../src/base/errors.ts";
import { nodeFileSystem as fs } from "../../src/base/file-system.ts";
import { readText, writeText } from "../../src/base/files.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("the file system in memory behaves as the real one", () => {
  const folder = mkdtempSync(join(tmpdir(), "lexigrad-"));
  const memory = new MemoryFileSystem();
  memory.makeDirectory(folder);
  const results = [fs, memory].map((system) => {
    const path = join(folder, "a");
    const code = (action: () => unknown) => {
      try {
        return action();
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const seen: unknown[] = [code(() => system.open(path, "read")), system.stat(path)];
    const file = system.open(path, "create");
    seen.push(code(() => system.open(path, "create")));
    seen.push(system.write(file, new Uint8Array([1, 2, 3])));
    system.sync(file);
    system.close(file);
    const again = system.open(path, "append");
    system.write(again, new Uint8Array([4]));
    system.close(again);
    const reading = system.open(path, "read");
    const buffer = new Uint8Array(3);
    seen.push(
      system.read(reading, buffer),
      [...buffer],
      system.read(reading, buffer),
      system.read(reading, buffer),
    );
    system.close(reading);
    system.rename(path, join(folder, "b"));
    system.syncDirectory(folder);
    system.makeDirectory(join(folder, "c/d"));
    seen.push(system.list(folder), system.stat(join(folder, "b")), system.stat(folder)?.kind);
    system.close(system.open(join(folder, "b"), "overwrite"));
    seen.push(system.stat(join(folder, "b")));
    system.remove(join(folder, "b"));
    seen.push(
      code(() => system.remove(join(folder, "b"))),
      system.list(folder),
    );
    return seen;
  });
  rmSync(folder, { recursive: true });
  expect(results[0]).toEqual(results[1]);
  expect(results[0]).toContainEqual({ kind: "file", size: 4 });
});

test("directories are made level by level, and where none can be, at once refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "lexigrad-"));
  for (const path of ["a", "b/c/d", "e/f//g/", "b/c/./h"]) {
    fs.makeDirectory(`${folder}/${path}`);
    fs.makeDirectory(`${folder}/${path}`);
    expect(fs.stat(`${folder}/${path}`)?.kind).toBe("directory");
  }
  writeText(`${folder}/file`, "");
  const made = (path: string) => () => fs.makeDirectory(path);
  expect(made(`${folder}/file`)).toThrow("EEXIST");
  expect(made(`${folder}/file/below/it`)).toThrow(/ENOTDIR|EEXIST/);
  expect(made("")).toThrow("ENOENT");
  // Here the recursive mkdir of Node.js 20 turns in circles for ever.
  if (process.platform === "linux") expect(made("/proc/lexigrad/run")).toThrow(/ENOENT|EACCES|EPERM/);
  rmSync(folder, { recursive: true });
});

test("a browser has no files, and the error says what to do", () => {
  const remedy = "Fetch the contents and pass the text or bytes instead of a path.";
  for (const process of [undefined, {}]) {
    vi.stubGlobal("process", process);
    for (const action of [() => readText("x"), () => writeText("x", "")]) {
      expect(action).toThrow(BackendError);
      expect(action).toThrow(
        `node:fs: expected Node.js 20.16 or newer, got an environment without that module. ${remedy}`,
      );
    }
  }
});
