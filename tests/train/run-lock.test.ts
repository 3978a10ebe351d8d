import { describe, expect, test } from "vitest";
import { IoError, StateError } from "../../src/base/errors.ts";
import { exists, readText, writeText } from "../../src/base/files.ts";
import { takeLock } from "../../src/train/run-lock.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

describe("a lock", () => {
  test("is held once, and free again after", () => {
    const fs = new MemoryFileSystem();
    const release = takeLock("lock", fs);
    expect(readText("lock", fs)).toBe(`${process.pid}\n`);
    expect(() => takeLock("lock", fs)).toThrow(StateError);
    expect(() => takeLock("lock", fs)).toThrow(
      `lock: expected no other training in this directory, got one at work in process ${process.pid}.`,
    );
    release();
    expect(exists("lock", fs)).toBe(false);
    takeLock("lock", fs)();
  });

  test("of another live process is respected", () => {
    const fs = new MemoryFileSystem();
    writeText("lock", `${process.ppid}\n`, fs);
    expect(() => takeLock("lock", fs)).toThrow(`at work in process ${process.ppid}.`);
  });

  test("that its process left behind is taken over, half-written or not", () => {
    for (const left of [
      "2147483646\n",
      `${process.pid}\n`,
      `${process.ppid}`,
      "",
      "0\n",
      "-1\n",
      "nonsense\n",
    ]) {
      const fs = new MemoryFileSystem();
      writeText("lock", left, fs);
      takeLock("lock", fs)();
      expect(exists("lock", fs)).toBe(false);
    }
  });

  test("that cannot be made is an IoError", () => {
    const fs = new MemoryFileSystem();
    fs.faultAt = 1;
    fs.fault = { code: "EACCES" };
    expect(() => takeLock("lock", fs)).toThrow(IoError);
    expect(() => takeLock("nowhere/lock", fs)).toThrow(
      "locking nowhere/lock: expected the operation to work, got ENOENT.",
    );
  });
});
