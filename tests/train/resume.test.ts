/** A run that stops and resumes, however it was stopped, is the run that never stopped. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FormatError, StateError } from "../../src/base/errors.ts";
import type { FileSystem } from "../../src/base/file-system.ts";
import { exists, makeDirectory, readBytes, readText, writeText } from "../../src/base/files.ts";
import { Random } from "../../src/base/random.ts";
import { Translator } from "../../src/models/translator.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import type { TrainingEvent } from "../../src/train/events.ts";
import type { TrainOptions } from "../../src/train/options.ts";
import { train } from "../../src/train/train.ts";
import { runs } from "../support/fc.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";
import { toyData as data, Toy, type ToyTaskOptions, toyPairs } from "../support/toy-trainable.ts";

/** Every kind of state: dropout, momentum, plateau, patience, accumulation, sums of the log. */
const plan = {
  steps: 13,
  lr: 0.05,
  batchSize: 3,
  accumulate: 2,
  clipNorm: 0.5,
  clipValue: 0.3,
  logEvery: 7,
  saveEvery: 2,
  validateEvery: 3,
  keepCheckpoints: 3,
  checkpointEvery: 2,
  patience: 100,
  monitor: "perplexity",
  schedule: { type: "plateau", patience: 1, factor: 0.5 },
  bleu: { tokenize: "none" },
} as const satisfies TrainOptions & ToyTaskOptions;

/** Training that breaks off, without a word, when `stop` says so. */
class Killed extends Error {}

async function sitting(
  fs: FileSystem,
  options: TrainOptions & ToyTaskOptions = {},
  stop: (event: TrainingEvent) => "abort" | "die" | undefined = () => undefined,
): Promise<Toy | null> {
  const toy = new Toy();
  const controller = new AbortController();
  let now = 0;
  const onEvent = (event: TrainingEvent) => {
    const how = stop(event);
    if (how === "abort") controller.abort();
    if (how === "die") throw new Killed();
  };
  const { signal } = controller;
  // A look at this clock costs a quarter of the time after which training gives way: progress after each step.
  const clock = () => (now += 25);
  try {
    await train(toy, data, { ...plan, out: "run", resume: true, fs, signal, onEvent, clock, ...options });
    return signal.aborted ? null : toy;
  } catch (cause) {
    if (!(cause instanceof Killed)) throw cause;
    return null;
  }
}

/** Everything in a run directory that does not tell the time. */
function contents(fs: FileSystem): Record<string, unknown> {
  const timeless = (text: string) =>
    text.replace(/"(?:seconds|updateSeconds|tokensPerSecond|crc)": ?[\d.e+-]+|"(?:bytes|log)": ?\d+/g, "");
  const lines = readText("run/log.jsonl", fs);
  const kept = fs.list("run").filter((name) => /^(?:average|checkpoint-\d+)\.safetensors$/.test(name));
  return {
    names: fs.list("run"),
    kept: kept.map((name) => readBytes(`run/${name}`, fs)),
    model: readBytes("run/model.safetensors", fs),
    optimizer: readBytes("run/optimizer.safetensors", fs),
    best: readBytes("run/best.safetensors", fs),
    log: timeless(lines),
    state: timeless(readText("run/state.json", fs)),
    config: readText("run/config.json", fs),
  };
}

async function uninterrupted(
  options: TrainOptions & ToyTaskOptions = {},
): Promise<[Record<string, unknown>, number[]]> {
  const fs = new MemoryFileSystem();
  const toy = (await sitting(fs, options)) as Toy;
  return [contents(fs), toy.weights];
}

describe("law 88: stopping at any step and resuming", () => {
  test("ends with the same bytes, however often and in whatever way", async () => {
    const [expected, weights] = await uninterrupted();
    const stops = fc.array(fc.tuple(fc.constantFrom("abort", "die"), fc.nat(30)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(stops, async (given) => {
        const fs = new MemoryFileSystem();
        for (const [how, after] of given) {
          let seen = 0;
          await sitting(fs, {}, () => (seen++ === after ? (how as "abort" | "die") : undefined));
        }
        const toy = (await sitting(fs)) as Toy;
        expect(toy.weights).toEqual(weights);
        expect(contents(fs)).toEqual(expected);
      }),
      { numRuns: Math.ceil(runs.numRuns / 8) },
    );
  }, 60_000);

  test("a run can be made longer, with the weights of one that was so from the beginning", async () => {
    const longer = { steps: 20, schedule: { type: "constant" } } as const;
    const [expected] = await uninterrupted(longer);
    const fs = new MemoryFileSystem();
    for (const steps of [5, 11, 20]) await sitting(fs, { ...longer, steps });
    expect(contents(fs).model).toEqual(expected.model);
    expect(contents(fs).optimizer).toEqual(expected.optimizer);
  });

  test("resuming a finished run changes nothing", async () => {
    const fs = new MemoryFileSystem();
    await sitting(fs);
    const before = contents(fs);
    const toy = (await sitting(fs)) as Toy;
    expect(contents(fs)).toEqual(before);
    expect(toy.task(data).validate().loss).toBeGreaterThan(0);
  });

  test("the model may have been made from another seed: the run's own goes on", async () => {
    const [expected] = await uninterrupted();
    const fs = new MemoryFileSystem();
    await sitting(fs, {}, (event) => (event.type === "progress" && event.step >= 9 ? "abort" : undefined));
    await train(new Toy({ seed: 99 }), data, { ...plan, out: "run", resume: true, fs });
    expect(contents(fs).model).toEqual(expected.model);
    expect(contents(fs).optimizer).toEqual(expected.optimizer);
  });

  test("for a translator, with the dropout of its recurrent layers", async () => {
    const pairs = ["a b c", "b c", "c a a", "d", "d a b c", "b d"].map((source) => ({
      source,
      target: source.split(" ").reverse().join(" "),
    }));
    const words = trainTokenizer(["a b c d"], { type: "word" });
    const sizes = {
      source: words,
      target: words,
      embeddingSize: 6,
      hiddenSize: 6,
      dropout: 0.3,
      encoderLayers: 2,
    };
    const options = { batchSize: 2, lr: 0.02, monitor: "bleu", out: "run", resume: true } as const;
    const run = async (fs: FileSystem, steps: number[]) => {
      for (const last of steps) {
        const translator = new Translator({ ...sizes, random: new Random(3) });
        const data = { train: pairs, valid: pairs.slice(0, 2) };
        await train(translator, data, { ...options, steps: last, fs });
      }
      return contents(fs);
    };
    const whole = await run(new MemoryFileSystem(), [13]);
    const { model, optimizer, log } = await run(new MemoryFileSystem(), [4, 6, 13]);
    expect(log).toEqual(whole.log);
    expect(model).toEqual(whole.model);
    expect(optimizer).toEqual(whole.optimizer);
  });
});

describe("after SIGKILL", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lexigrad-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("a run in a process of its own resumes to the same bytes", async () => {
    const child = new URL("../support/train-child.ts", import.meta.url).pathname;
    const options = (out: string) => {
      return {
        steps: 60,
        saveEvery: 3,
        logEvery: 1,
        keepCheckpoints: 4,
        checkpointEvery: 5,
        out,
        resume: true,
      };
    };
    const killed = (out: string, after: number) =>
      new Promise<string | null>((resolve, reject) => {
        const started = spawn(process.execPath, ["--import", "tsx", child, JSON.stringify(options(out))], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        let events = 0;
        started.stdout.on("data", (chunk: Buffer) => {
          events += chunk.length;
          if (events >= after) started.kill("SIGKILL");
        });
        started.on("error", reject);
        started.on("exit", (_code, signal) => resolve(signal));
      });
    const bytes = (out: string) => {
      const names = readdirSync(out).filter((name) => name.endsWith(".safetensors"));
      return names.map((name) => [name, readFileSync(join(out, name))]);
    };
    const [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
    await train(new Toy(), data, options(whole));
    for (const after of [30, 17]) expect(await killed(broken, after)).toBe("SIGKILL");
    expect(exists(join(broken, "run.lock"))).toBe(true);
    await train(new Toy(), data, options(broken));
    expect(bytes(broken)).toEqual(bytes(whole));
    expect(exists(join(broken, "run.lock"))).toBe(false);
  }, 60_000);
});

describe("what cannot be resumed", () => {
  async function errorOf(action: () => Promise<unknown>): Promise<Error> {
    try {
      await action();
    } catch (error) {
      return error as Error;
    }
    throw new TypeError("nothing was thrown");
  }

  async function started(): Promise<MemoryFileSystem> {
    const fs = new MemoryFileSystem();
    await sitting(fs, { steps: 8 });
    return fs;
  }

  test("other options, except limits", async () => {
    const fs = await started();
    const before = contents(fs);
    const changes = [
      [{ batchSize: 4 }, "training.batchSize on resuming run: expected 3, got 4."],
      [{ lr: 0.1 }, "training.optimizer.lr on resuming run: expected 0.05, got 0.1."],
      [{ clipNorm: 1 }, "training.clipNorm on resuming run: expected 0.5, got 1."],
      [{ keepCheckpoints: 4 }, "training.keepCheckpoints on resuming run: expected 3, got 4."],
      [{ bleu: { lowercase: true } }, 'training.bleu.tokenize on resuming run: expected "none", got none.'],
    ] as const;
    for (const [change, message] of changes) {
      const error = await errorOf(() => sitting(fs, change as TrainOptions));
      expect(error).toBeInstanceOf(StateError);
      expect(error.message).toBe(
        `${message} Use the options the run began with, or begin a new one in another directory.`,
      );
    }
    expect(contents(fs)).toEqual(before);
    await sitting(fs, { steps: 9, patience: 7, saveEvery: 5, minutes: 99, onNonFinite: "skip" });
  });

  test("other data", async () => {
    const fs = await started();
    const other = { ...data, train: toyPairs(15) };
    const error = await errorOf(() => train(new Toy(), other, { ...plan, out: "run", resume: true, fs }));
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toBe(
      "data on resuming: expected those the run began with (14), got others (15). " +
        "Give the same training and validation data in the same order.",
    );
  });

  test("an existing run without being told to", async () => {
    const fs = await started();
    const before = contents(fs);
    const error = await errorOf(() => sitting(fs, { resume: false }));
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toBe(
      "run directory run: expected an empty directory, got one with model.safetensors. " +
        "Resume the run in it, or choose another directory.",
    );
    expect(contents(fs)).toEqual(before);
  });

  test("a saved model, or a directory with another tokenizer", async () => {
    const fs = new MemoryFileSystem();
    makeDirectory("run", fs);
    writeText("run/tokenizer.json", "mine", fs);
    expect((await errorOf(() => sitting(fs))).message).toContain("got one with tokenizer.json.");
    expect(readText("run/tokenizer.json", fs)).toBe("mine");
    writeText("run/config.json", '{"format": "toy"}', fs);
    expect((await errorOf(() => sitting(fs))).message).toBe(
      "run directory run: expected a training run to continue, got a model saved without one. " +
        "Choose another directory.",
    );
  });

  test("a directory in which another training is at work", async () => {
    const fs = new MemoryFileSystem();
    const errors: Promise<Error>[] = [];
    await sitting(fs, {}, (event) => {
      if (event.type === "saved" && errors.length === 0) errors.push(errorOf(() => sitting(fs)));
      return undefined;
    });
    const error = await errors[0];
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toBe(
      `run/run.lock: expected no other training in this directory, got one at work in process ${process.pid}. ` +
        "Wait for it to end, or remove this file when there is none.",
    );
  });

  test("damaged files", async () => {
    for (const name of [
      "model.safetensors",
      "optimizer.safetensors",
      "best.safetensors",
      "state.json",
      "log.jsonl",
    ]) {
      const fs = await started();
      const bytes = readBytes(`run/${name}`, fs);
      bytes[bytes.length >> 1] ^= 1;
      const file = fs.open(`run/${name}`, "overwrite");
      fs.write(file, bytes);
      fs.close(file);
      const toy = new Toy();
      const weights = toy.weights;
      const error = await errorOf(() => train(toy, data, { ...plan, out: "run", resume: true, fs }));
      expect(error, name).toBeInstanceOf(FormatError);
      expect(error.message, name).toContain(`run/${name}`);
      expect(toy.weights).toEqual(weights);
    }
  });
});
