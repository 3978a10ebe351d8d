/** Whatever operation of the file system fails, and whenever the power does, a run goes on to the same end. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IoError } from "../../src/base/errors.ts";
import { appendText, exists, makeDirectory, readBytes, readText, writeText } from "../../src/base/files.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import type { TrainingEvent } from "../../src/train/events.ts";
import type { TrainOptions } from "../../src/train/options.ts";
import { train } from "../../src/train/train.ts";
import { runs } from "../support/fc.ts";
import { type Fault, MemoryFileSystem } from "../support/memory-file-system.ts";
import { Toy, toyData } from "../support/toy-trainable.ts";

const KEPT = ["checkpoint-4.safetensors"];
const WEIGHTS = [
  "model.safetensors",
  "optimizer.safetensors",
  "best.safetensors",
  "average.safetensors",
  ...KEPT,
];

const sitting = (fs: MemoryFileSystem, more: TrainOptions = {}) =>
  train(new Toy(), toyData, {
    ...{ steps: 4, lr: 0.05, batchSize: 4, saveEvery: 1, validateEvery: 2, logEvery: 2 },
    ...{ keepCheckpoints: 1, checkpointEvery: 2 },
    ...{ out: "run", resume: true, fs, clock: () => 0 },
    ...more,
  });

function contents(fs: MemoryFileSystem): Record<string, unknown> {
  const files = [...WEIGHTS, "state.json", "log.jsonl"];
  return { names: fs.list("run"), ...Object.fromEntries(files.map((name) => [name, latin1(name, fs)])) };
}

/** Latin-1, so that a difference prints on one line. */
const latin1 = (name: string, fs: MemoryFileSystem) =>
  Array.from(readBytes(`run/${name}`, fs), (byte) => String.fromCharCode(byte)).join("");

async function uninterrupted(): Promise<{ end: Record<string, unknown>; operations: number }> {
  const fs = new MemoryFileSystem();
  await sitting(fs);
  const { operations } = fs;
  return { end: contents(fs), operations };
}

/** Runs until the fault; null when the run ended before or went on all the same. */
async function strike(
  fs: MemoryFileSystem,
  at: number,
  fault: Fault,
  persistent = false,
): Promise<Error | null> {
  fs.faultAt = fs.operations + at;
  fs.fault = fault;
  fs.persistent = persistent;
  try {
    await sitting(fs);
    return null;
  } catch (cause) {
    return cause as Error;
  }
}

/** What others may load between a crash and the resume. */
function checkReadable(fs: MemoryFileSystem): void {
  for (const name of WEIGHTS) {
    const path = `run/${name}`;
    if (exists(path, fs)) expect(readSafetensors(readBytes(path, fs), path).size).toBeGreaterThan(0);
  }
  if (exists("run/state.json", fs)) JSON.parse(readText("run/state.json", fs));
}

describe("a checkpoint", () => {
  const afterwards = fc.record({
    names: fc.constantFrom("kept", "lost"),
    contents: fc.constantFrom("kept", "lost"),
  });

  test("survives a loss of power at every operation", async () => {
    const { end, operations } = await uninterrupted();
    expect(operations).toBeGreaterThan(100);
    const ways = [
      ["lost", "lost", 1],
      ["kept", "lost", 4],
      ["lost", "kept", 4],
      ["kept", "kept", 4],
    ] as const;
    for (const [names, unsynced, stride] of ways) {
      for (let at = 1; at <= operations; at += stride) {
        const fs = new MemoryFileSystem();
        expect(await strike(fs, at, "crash")).not.toBeNull();
        fs.restart(names, unsynced);
        checkReadable(fs);
        await sitting(fs);
        expect(contents(fs), `power lost at operation ${at}: ${fs.log[at - 1]}`).toEqual(end);
      }
    }
  }, 60_000);

  test("survives losses of power while it recovers from one", async () => {
    const { end, operations } = await uninterrupted();
    const crashes = fc.array(fc.tuple(fc.integer({ min: 1, max: operations }), afterwards), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(crashes, async (given) => {
        const fs = new MemoryFileSystem();
        for (const [at, { names, contents }] of given) {
          if ((await strike(fs, at, "crash")) === null) break;
          fs.restart(names, contents);
        }
        fs.heal();
        await sitting(fs);
        expect(contents(fs)).toEqual(end);
      }),
      { numRuns: Math.ceil(runs.numRuns / 4) },
    );
  }, 60_000);

  test("survives every failing operation, once or from then on; files are closed, no temporary ones stay", async () => {
    const { end, operations } = await uninterrupted();
    for (const [code, persistent, stride] of [
      ["EIO", false, 1],
      ["ENOSPC", true, 3],
    ] as const) {
      for (let at = 1; at <= operations; at += stride) {
        const fs = new MemoryFileSystem();
        const error = await strike(fs, at, { code }, persistent);
        fs.heal();
        fs.persistent = false;
        if (error !== null) expect(error, fs.log[at - 1]).toBeInstanceOf(IoError);
        expect(fs.openFiles).toBe(0);
        checkReadable(fs);
        await sitting(fs);
        expect(contents(fs), `failed: ${fs.log[at - 1]}`).toEqual(end);
      }
    }
  }, 60_000);

  test("short writes are completed", async () => {
    const { end, operations } = await uninterrupted();
    for (let at = 1; at <= operations; at += 3) {
      const fs = new MemoryFileSystem();
      await strike(fs, at, "short write");
      fs.heal();
      await sitting(fs);
      expect(contents(fs)).toEqual(end);
    }
  });
});

test("the part of a log line that a crash left is repaired", async () => {
  const fs = new MemoryFileSystem();
  await sitting(fs);
  const { end } = await uninterrupted();
  for (const tail of ['{"kind":"tr', '{"kind":"train","step":7}\n{', "\u0000\u0000"]) {
    appendText("run/log.jsonl", tail, fs);
    await sitting(fs);
    expect(contents(fs)).toEqual(end);
  }
});

test("only the files of the contract are left", async () => {
  const { end } = await uninterrupted();
  expect(end.names).toEqual([
    "average.safetensors",
    "best.safetensors",
    ...KEPT,
    "config.json",
    "log.jsonl",
    "model.safetensors",
    "optimizer.safetensors",
    "report.html",
    "state.json",
    "tokenizer.json",
  ]);
});

test("text files that were lost or damaged are written again", async () => {
  const { end } = await uninterrupted();
  for (const damaged of [undefined, "", "{}", new Uint8Array([0xff, 0xfe])]) {
    const fs = new MemoryFileSystem();
    await sitting(fs);
    const file = fs.open("run/tokenizer.json", "overwrite");
    if (damaged === undefined) fs.remove("run/tokenizer.json");
    else fs.write(file, typeof damaged === "string" ? new TextEncoder().encode(damaged) : damaged);
    fs.close(file);
    await sitting(fs);
    expect(readText("run/tokenizer.json", fs)).toBe("{}\n");
    expect(contents(fs)).toEqual(end);
  }
});

test("kept weights that state.json does not name are removed, and those it names must be whole", async () => {
  const { end } = await uninterrupted();
  const fs = new MemoryFileSystem();
  await sitting(fs);
  for (const name of [
    "checkpoint-2.safetensors",
    "checkpoint-9.safetensors.0.tmp",
    "checkpoint-x.safetensors",
  ]) {
    writeText(`run/${name}`, "mine", fs);
  }
  await sitting(fs);
  expect(fs.list("run")).toEqual([...(end.names as string[]), "checkpoint-x.safetensors"].sort());
  writeText("run/checkpoint-4.safetensors", "other", fs);
  await expect(sitting(fs)).rejects.toThrow(
    "run/checkpoint-4.safetensors: checkpoint: expected the file that belongs to state.json",
  );
  const foreign = new MemoryFileSystem();
  makeDirectory("run", foreign);
  writeText("run/checkpoint-7.safetensors", "mine", foreign);
  await expect(sitting(foreign)).rejects.toThrow("got one with checkpoint-7.safetensors");
});

test("weights to be averaged are in their files alone, and without them those of the last step are still saved", async () => {
  const { end } = await uninterrupted();
  const fs = new MemoryFileSystem();
  const onEvent = (event: TrainingEvent) => {
    if (event.type === "saved" && event.step === 3) fs.remove("run/checkpoint-2.safetensors");
  };
  await expect(sitting(fs, { onEvent, keepCheckpoints: 2 })).rejects.toThrow(
    "run/checkpoint-2.safetensors: checkpoint: expected the file that belongs to state.json",
  );
  expect(latin1("model.safetensors", fs)).toBe(end["model.safetensors"]);
});

test("weights whose state.json was lost are not trained over", async () => {
  const fs = new MemoryFileSystem();
  await sitting(fs);
  const before = latin1("model.safetensors", fs);
  fs.remove("run/state.json");
  await expect(sitting(fs)).rejects.toThrow("expected state.json beside model.safetensors, got none");
  expect(latin1("model.safetensors", fs)).toBe(before);
});
