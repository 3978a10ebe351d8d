import { describe, expect, test } from "vitest";
import { NumericError, OptionError } from "../../src/base/errors.ts";
import { readBytes } from "../../src/base/files.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { memoryInfo } from "../../src/tensor/index.ts";
import type { TrainingEvent, TrainingResult } from "../../src/train/events.ts";
import type { TrainOptions } from "../../src/train/options.ts";
import { train } from "../../src/train/train.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";
import { Toy, type ToyData, type ToyTaskOptions, toyPairs } from "../support/toy-trainable.ts";

const data = { train: toyPairs(40), valid: toyPairs(20, 4) };

async function errorOf(action: () => Promise<unknown>): Promise<Error> {
  try {
    await action();
  } catch (error) {
    return error as Error;
  }
  throw new TypeError("nothing was thrown");
}

async function trained(options: TrainOptions & ToyTaskOptions, toy = new Toy({ dropout: 0 }), given = data) {
  const events: TrainingEvent[] = [];
  const result = await train(toy, given, { onEvent: (event) => events.push(event), ...options });
  return { toy, result, events };
}

describe("training", () => {
  test("the validation after the last step counts for the best", async () => {
    const result = await train(new Toy({ dropout: 0 }), data, { steps: 25, validateEvery: 10, lr: 0.01 });
    expect(result.best).toMatchObject({ step: 25 });
    expect(result.best).toEqual(result.validation);
  });

  test("learns, and ends with the weights that validated best", async () => {
    const { toy, result } = await trained({ epochs: 60, lr: 0.05 });
    expect(result).toMatchObject({ steps: 600, epochs: 60, tokens: 2400, skipped: 0, stoppedBy: "epochs" });
    expect(result.best?.loss).toBeLessThan(0.5);
    const losses = result.records.flatMap(({ kind, loss }) => (kind === "valid" && loss ? [loss] : []));
    expect(losses).toHaveLength(60);
    expect(result.best?.loss).toBe(Math.min(...losses));
    expect(toy.task(data).validate().loss).toBe(result.best?.loss);
    expect(result.best?.perplexity).toBe(Math.exp(result.best?.loss as number));
    expect(result.peakMemory).toBeGreaterThan(1e6);
  });

  test("the same seed gives the same weights, another seed others", async () => {
    const run = async (seed: number) => (await trained({ steps: 30 }, new Toy({ seed }))).toy.weights;
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });

  test("two trainings that take turns get the bits of those that do not", async () => {
    let now = 0;
    // Every look at this clock is a second later: each step gives way to the other training.
    const clock = () => (now += 1000);
    const alone = await Promise.all([1, 2].map((seed) => trained({ steps: 20 }, new Toy({ seed }))));
    const events: number[] = [];
    const both = [1, 2].map((seed) =>
      trained(
        { steps: 20, clock, onEvent: (e) => void (e.type === "progress" && events.push(seed)) },
        new Toy({ seed }),
      ),
    );
    const together = await Promise.all(both);
    expect(events.slice(0, 6)).toEqual([1, 2, 1, 2, 1, 2]);
    expect(together.map(({ toy }) => toy.weights)).toEqual(alone.map(({ toy }) => toy.weights));
  });

  test("the end reports which limit came first", async () => {
    let now = 0;
    const clock = () => (now += 1000);
    expect((await trained({ steps: 7, epochs: 1 })).result).toMatchObject({ steps: 7, stoppedBy: "steps" });
    expect((await trained({ steps: 70, epochs: 1 })).result).toMatchObject({
      steps: 10,
      stoppedBy: "epochs",
    });
    expect((await trained({ minutes: 0.5, clock })).result.stoppedBy).toBe("minutes");
    expect((await trained({ steps: 0 })).result).toMatchObject({ steps: 0, tokensPerSecond: 0 });
  });

  test("patience counts validations without improvement", async () => {
    const { result } = await trained({ steps: 100, lr: 0, validateEvery: 2, patience: 3 });
    // The first is the best, and with no learning none beats it.
    expect(result).toMatchObject({ steps: 8, stoppedBy: "patience", best: { step: 2 } });
  });

  test("validations come after every epoch, or as often as asked, and at the end", async () => {
    const steps = async (options: TrainOptions) =>
      (await trained({ steps: 25, ...options })).result.records
        .filter(({ kind }) => kind === "valid")
        .map(({ step }) => step);
    expect(await steps({})).toEqual([10, 20, 25]);
    expect(await steps({ validateEvery: 5 })).toEqual([5, 10, 15, 20, 25]);
  });

  test("without validation data the last weights stay", async () => {
    const { result } = await trained({ steps: 12, logEvery: 5 }, new Toy(), { train: data.train, valid: [] });
    expect(result).toMatchObject({ best: null, validation: null });
    expect(result.records.map(({ kind, step, epoch }) => [kind, step, epoch])).toEqual([
      ["train", 5, 0.5],
      ["train", 10, 1],
      ["train", 12, 1.2],
    ]);
  });

  test("the log holds means over the tokens since its last line", async () => {
    const options = { steps: 6, clipNorm: 1e-3, clipValue: 1e-4, batchSize: 16 };
    const single = await trained({ ...options, logEvery: 1 });
    const triple = await trained({ ...options, logEvery: 3 });
    const [lines, [line]] = [single, triple].map(({ result }) =>
      result.records.filter(({ kind }) => kind === "train"),
    );
    // 40 examples in batches of 16: 16 + 16 + 8 in some order.
    const rows = single.events.filter(({ type }) => type === "log").length;
    expect(rows).toBeGreaterThan(6);
    const norms = lines.slice(0, 3).map(({ gradientNorm = 0 }) => gradientNorm);
    expect(line.gradientNorm).toBeCloseTo((norms[0] + norms[1] + norms[2]) / 3, 12);
    expect(line).toMatchObject({ clippedSteps: 1, step: 3 });
    expect((line as unknown as { clippedElements: number }).clippedElements).toBeGreaterThan(0);
  });

  test("BLEU is measured when asked for or monitored", async () => {
    const { result } = await trained({ steps: 10, monitor: "bleu", bleu: { tokenize: "none" } });
    expect(result.best?.bleu).toBeCloseTo(59.46, 2);
    expect((await trained({ steps: 10, bleu: true })).result.validation?.bleu).toBeDefined();
    expect((await trained({ steps: 10 })).result.validation?.bleu).toBeUndefined();
  });

  test("a schedule sets the rate of each step; a plateau follows the monitored figure", async () => {
    const rates = async (options: TrainOptions) =>
      (await trained({ logEvery: 1, ...options })).result.records.flatMap(({ kind, learningRate }) =>
        kind === "train" ? [learningRate] : [],
      );
    expect(await rates({ steps: 3, lr: 0.1, schedule: { type: "exponential", gamma: 0.5 } })).toEqual([
      0.1, 0.05, 0.025,
    ]);
    expect(await rates({ steps: 2, lr: 0.1, schedule: { type: "cosine" } })).toEqual([0.1, 0.05]);
    const plateau = { type: "plateau", lr: 0, factor: 0.5, patience: 0, eps: 0 } as const;
    expect(await rates({ steps: 3, lr: 0, schedule: plateau, validateEvery: 1 })).toEqual([0, 0, 0]);
    const falling = { ...plateau, lr: 0.5, threshold: 1e9, thresholdMode: "abs" } as const;
    expect(await rates({ steps: 4, schedule: falling, validateEvery: 1 })).toEqual([0.5, 0.5, 0.25, 0.125]);
  });

  test("a cosine without steps reaches its end with the first limit, epochs or minutes", async () => {
    const rates = async (options: TrainOptions & ToyTaskOptions) =>
      (
        await trained({ logEvery: 1, lr: 0.1, schedule: { type: "cosine" }, ...options })
      ).result.records.flatMap(({ kind, learningRate }) =>
        kind === "train" ? [learningRate as number] : [],
      );
    // 40 examples in batches of 10: four updates an epoch.
    const steps = await rates({ steps: 8, batchSize: 10 });
    expect(await rates({ epochs: 2, batchSize: 10 })).toEqual(steps);
    // The updates themselves take no time here, but each line of the log a second.
    let now = 0;
    const timed = await rates({
      minutes: 1 / 6,
      clock: () => now,
      onEvent: (event) => {
        if (event.type === "log" && event.record.kind === "train") now += 1000;
      },
    });
    expect(timed).toHaveLength(10);
    timed.forEach((rate, t) => {
      expect(rate).toBeCloseTo(0.05 * (1 + Math.cos((Math.PI * t) / 10)), 12);
    });
  });

  test("every optimizer lowers the loss", async () => {
    for (const type of ["sgd", "adagrad", "rmsprop", "adam", "adamw"] as const) {
      const { result } = await trained({ epochs: 10, optimizer: { type, lr: type === "sgd" ? 0.3 : 0.05 } });
      expect(result.best?.loss, type).toBeLessThan(0.95);
    }
  });

  test("memory stays flat", async () => {
    const live: number[] = [];
    const onEvent = (event: TrainingEvent) => event.type === "log" && live.push(memoryInfo().liveBytes);
    const toy = new Toy();
    await train(toy, data, {
      steps: 2000,
      logEvery: 500,
      accumulate: 2,
      clipNorm: 1,
      onEvent,
      validateEvery: 500,
    });
    // What earlier tests left may be collected meanwhile: less is no leak.
    expect(Math.max(...live)).toBe(live[0]);
  });
});

describe("averages of the last weights", () => {
  const options = { steps: 60, lr: 0.01, validateEvery: 10, keepCheckpoints: 4 };
  const weightsOf = (file: Uint8Array) =>
    Array.from(readSafetensors(file).values(), ({ data }) => Array.from(data as Float32Array));
  const validations = (result: TrainingResult) => result.records.filter(({ kind }) => kind === "valid");

  test("are measured as any other, and chosen where they are better", async () => {
    // A rate so high that the weights swing about the best ones.
    const swinging = { optimizer: { type: "sgd", lr: 1 }, batchSize: 2, validateEvery: 3 } as const;
    const { toy, result, events } = await trained({ steps: 60, keepCheckpoints: 4, ...swinging });
    const [last, average] = validations(result).slice(-2);
    expect(result.average).toEqual({
      steps: [51, 54, 57, 60],
      validation: { step: 60, loss: average.loss, perplexity: average.perplexity, average: 4 },
    });
    expect(average).toMatchObject({ average: 4, step: 60 });
    expect(average.loss).toBeLessThan(
      Math.min(
        ...validations(result)
          .slice(0, -1)
          .map(({ loss = 0 }) => loss),
      ),
    );
    expect(result.best).toEqual(result.average?.validation);
    expect(result.validation?.loss).toBe(last.loss);
    expect(toy.task(data).validate().loss).toBe(average.loss);
    expect(events.filter(({ type }) => type === "validation").at(-1)).toMatchObject({ best: true });
  });

  test("are left where they are worse", async () => {
    // Learning slowly, each step is better than those before.
    const { toy, result } = await trained(options);
    expect(result.average?.validation?.loss).toBeGreaterThan(result.best?.loss as number);
    expect(result.best).toMatchObject({ step: 60 });
    expect(result.best).not.toHaveProperty("average");
    expect(toy.task(data).validate().loss).toBe(result.best?.loss);
  });

  test("are means of the weights at validations, or every so many updates, and of the last ones", async () => {
    const fs = new MemoryFileSystem();
    const run = (more: TrainOptions) =>
      trained({ ...options, ...more, fs, out: `run${fs.list(".").length}` });
    const read = (run: string, name: string) => weightsOf(readBytes(`${run}/${name}.safetensors`, fs));
    const meanOf = (all: number[][][]) =>
      all[0].map((values, i) =>
        values.map((_, j) => Math.fround(all.reduce((s, x) => s + x[i][j], 0) / all.length)),
      );

    expect((await run({ steps: 25 })).result.average?.steps).toEqual([10, 20, 25]);
    const [name] = fs.list(".").filter((entry) => entry.startsWith("run"));
    const files = ["checkpoint-10", "checkpoint-20", "model"].map((file) => read(name, file));
    expect(read(name, "average")).toEqual(meanOf(files));
    expect(fs.list(name)).not.toContain("checkpoint-25.safetensors");

    const every = await trained({ ...options, checkpointEvery: 7, validateEvery: 1000, fs, out: "every" });
    expect(every.result.average?.steps).toEqual([42, 49, 56, 60]);
    expect(fs.list("every").filter((entry) => entry.startsWith("checkpoint"))).toEqual(
      [35, 42, 49, 56].map((step) => `checkpoint-${step}.safetensors`),
    );
    expect((await trained({ ...options, keepCheckpoints: 1 })).result.average?.steps).toEqual([60]);
  });

  test("without validation data are what the model ends with", async () => {
    const fs = new MemoryFileSystem();
    const { toy, result } = await trained(
      { steps: 60, keepCheckpoints: 4, checkpointEvery: 20, fs, out: "run" },
      new Toy(),
      { train: data.train, valid: [] },
    );
    expect(result).toMatchObject({ best: null, average: { steps: [20, 40, 60], validation: null } });
    const average = readSafetensors(readBytes("run/average.safetensors", fs));
    expect(average.metadata.get("averaged-steps")).toBe("20 40 60");
    for (const [name, parameter] of toy.module.namedParameters()) {
      expect(parameter.data()).toEqual(average.get(name)?.data);
    }
  });

  test("are not made after a signal, nor without being asked for", async () => {
    const controller = new AbortController();
    const onEvent = ({ type }: TrainingEvent) => void (type === "validation" && controller.abort());
    const { result } = await trained({ ...options, signal: controller.signal, onEvent });
    expect(result).toMatchObject({ stoppedBy: "interrupted", average: null });
    expect((await trained({ steps: 3 })).result.average).toBeNull();
  });
});

test("a training loss with label smoothing says so, in progress and in the log", async () => {
  class Smoothed extends Toy {
    override task(given: ToyData, options?: ToyTaskOptions) {
      return { ...super.task(given, options), labelSmoothing: 0.1 };
    }
  }
  let now = 0;
  const labels = async (toy: Toy) => {
    const { result, events } = await trained({ steps: 4, logEvery: 2, clock: () => (now += 50) }, toy);
    const progress = events.filter(({ type }) => type === "progress");
    return [...result.records, ...progress].map((one) => Reflect.get(one, "labelSmoothing"));
  };
  // Two lines of training, one of validation, and progress.
  expect(await labels(new Smoothed())).toEqual([0.1, 0.1, undefined, 0.1, 0.1]);
  expect(await labels(new Toy())).toEqual(Array(5).fill(undefined));
});

describe("events", () => {
  test("come in order, with an estimate of the time left", async () => {
    let now = 0;
    const clock = () => (now += 50);
    const { events, result } = await trained({ steps: 10, clock });
    expect(events[0]).toEqual({ type: "start", parameters: 30 });
    expect(events.at(-1)).toEqual({ type: "end", result });
    const kinds = events.map(({ type }) => type);
    expect(new Set(kinds)).toEqual(new Set(["start", "progress", "log", "validation", "end"]));
    const progress = events.filter((event) => event.type === "progress");
    const left = progress.map(({ secondsLeft }) => secondsLeft);
    expect(left).toEqual([...left].sort((a, b) => b - a));
    expect(progress[0].epoch).toBeCloseTo(progress[0].step / 10, 9);
    expect(progress[0].tokensPerSecond).toBe(4 / 0.05);
  });

  test("a signal ends training after the step at hand", async () => {
    const controller = new AbortController();
    let now = 0;
    const { result } = await trained({
      steps: 100,
      clock: () => (now += 100),
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "progress" && event.step === 3) setTimeout(() => controller.abort(), 0);
      },
    });
    expect(result).toMatchObject({ interrupted: true, stoppedBy: "interrupted" });
    expect(result.steps).toBeLessThan(7);
  });
});

describe("numbers that are not finite", () => {
  /** Becomes NaN at the batch that holds the marked word. */
  function explosive() {
    const toy = new Toy({ dropout: 0 });
    toy.module.embedding.weight.view().fill(3e38, 0, 3);
    return toy;
  }

  test("stop training, with the step and the first op that made them; weights are untouched", async () => {
    const toy = explosive();
    const before = toy.weights;
    const error = await errorOf(() => trained({ steps: 20, batchSize: 40 }, toy));
    expect(error).toBeInstanceOf(NumericError);
    expect(error).toMatchObject({ op: "sum", step: 1 });
    expect(error.message).toBe(
      "training step 1: expected a finite loss and gradient, got a first NaN or infinity in sum (loss). " +
        "Lower the learning rate, limit the norm of the gradient, or skip such steps.",
    );
    expect(toy.weights).toEqual(before);
    expect(toy.module.parameters().every(({ grad }) => grad === null)).toBe(true);
  });

  test("or are skipped and counted", async () => {
    const { result, events } = await trained({ steps: 20, batchSize: 4, onNonFinite: "skip" }, explosive(), {
      train: data.train,
      valid: [],
    });
    const skipped = events.filter(({ type }) => type === "skipped");
    expect(result.steps).toBe(20);
    expect(result.skipped).toBe(skipped.length);
    expect(result.skipped).toBeGreaterThan(0);
    expect(result.skipped).toBeLessThan(20);
    expect(skipped[0]).toMatchObject({ op: "sum" });
  });
});

describe("wrong options", () => {
  test("change neither the model nor its source of chance", async () => {
    const toy = new Toy();
    const [weights, random] = [toy.weights, toy.random.state];
    for (const options of [{}, { steps: 1, batchSize: 0 }, { steps: 1, optimizer: { type: "adma" } }]) {
      expect(await errorOf(() => train(toy, data, options as TrainOptions))).toBeInstanceOf(OptionError);
    }
    expect(toy.weights).toEqual(weights);
    expect(toy.random.state).toEqual(random);
  });
});
