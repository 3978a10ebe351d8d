/** The files of a run, and checkpoints that a crash at any moment leaves whole. */
import { FormatError, StateError } from "../base/errors.ts";
import type { FileSystem } from "../base/file-system.ts";
import {
  appendText,
  exists,
  listDirectory,
  makeDirectory,
  readBytes,
  readText,
  writeBytes,
  writeText,
} from "../base/files.ts";
import { crc32 } from "../formats/crc32.ts";
import { type JsonValue, parseStrictJson } from "../formats/strict-json.ts";
import type { LogRecord } from "../plot/report.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type TrainingState } from "./checkpoint.ts";
import { fileOperation } from "./file-operation.ts";
import { AVERAGE, isKeptName, type KeptWeights, keptName } from "./kept-weights.ts";
import { CHANGEABLE } from "./options.ts";
import { takeLock } from "./run-lock.ts";

const FILES = {
  model: "model.safetensors",
  optimizer: "optimizer.safetensors",
  best: "best.safetensors",
  carried: "carried.safetensors",
} as const;
type Part = keyof typeof FILES;
const PARTS = Object.keys(FILES) as Part[];

const CONFIG = "config.json";
const STATE = "state.json";
const LOG = "log.jsonl";
const REPORT = "report.html";
const LOCK = "run.lock";
const OWN = [...Object.values(FILES), AVERAGE, CONFIG, STATE, LOG, REPORT];

/** The tensors of a checkpoint as files. */
export type Tensors = Readonly<Record<"model" | "optimizer", Uint8Array>> & {
  readonly best: Uint8Array | null;
  /** What the task carries from batch to batch. */
  readonly carried: Uint8Array | null;
  readonly kept: readonly KeptWeights[];
};

/** What a run continues from. */
export interface Resumed {
  readonly state: TrainingState;
  readonly tensors: Tensors;
  readonly records: readonly LogRecord[];
}

/** Where the log ends. */
export type LogEnd = Checkpoint["log"];
export const NO_LOG: LogEnd = { bytes: 0, crc: 0 };

/**
 * A run directory, locked. A checkpoint becomes valid with the atomic replacement of state.json, which names the other
 * files by their checksums: they are written beside the old ones (`*.next`) before, and take their names after. Kept
 * weights have names of their own; those that the state no longer names are removed after. Whatever a crash leaves is a
 * whole old or a whole new set.
 */
export class RunDirectory {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #unlock: () => void;
  #logEnd = NO_LOG;
  #bestCrc: number | null = null;
  readonly #crcs = new WeakMap<Uint8Array, number>();
  /** Checksums of the kept weights that are there, by step. */
  #keptCrcs: ReadonlyMap<number, number> = new Map();

  /**
   * @throws {StateError} when another training is at work there.
   * @throws {IoError} when the directory cannot be made.
   */
  constructor(path: string, fs: FileSystem) {
    this.path = path;
    this.#fs = fs;
    makeDirectory(path, fs);
    this.#unlock = takeLock(this.#file(LOCK), fs);
  }

  close(): void {
    this.#unlock();
  }

  #file(name: string): string {
    return `${this.path}/${name}`;
  }

  /**
   * Begins a new run.
   *
   * @throws {StateError} when files of a run or a model are there already; nothing has been changed then.
   */
  begin(config: object, files: ReadonlyMap<string, string>): void {
    const present = OWN.find((name) => exists(this.#file(name), this.#fs)) ?? this.#names().find(isKeptName);
    const foreign = [...files].find(([name, text]) => this.#differs(name, text))?.[0];
    const found = present ?? foreign;
    if (found !== undefined) {
      throw new StateError({
        what: `run directory ${this.path}`,
        expected: "an empty directory",
        got: `one with ${found}`,
        hint: "Resume the run in it, or choose another directory.",
      });
    }
    this.#write(config, files);
  }

  /** Whether a file is there that holds something else. */
  #differs(name: string, text: string): boolean {
    const path = this.#file(name);
    if (!exists(path, this.#fs)) return false;
    return crc32(readBytes(path, this.#fs)) !== crc32(new TextEncoder().encode(text));
  }

  #names(): string[] {
    return listDirectory(this.path, this.#fs);
  }

  #write(config: object, files: ReadonlyMap<string, string>): void {
    this.#sweep([...OWN, ...files.keys()]);
    for (const [name, text] of files) writeText(this.#file(name), text, this.#fs);
    writeText(this.#file(CONFIG), `${JSON.stringify(config, null, 2)}\n`, this.#fs);
    writeText(this.#file(LOG), "", this.#fs);
  }

  /**
   * Finds the last checkpoint and brings the directory back to it; text files that were lost or damaged are written
   * again. Null when the run ended before the first one, or never began: it begins now.
   *
   * @throws {StateError} for a directory that holds something else, and for another configuration, naming the key.
   * @throws {FormatError} for damaged files.
   */
  resume(config: object, files: ReadonlyMap<string, string>): Resumed | null {
    if (!exists(this.#file(CONFIG), this.#fs)) {
      this.begin(config, files);
      return null;
    }
    const stored = this.#storedConfig();
    if (!exists(this.#file(STATE), this.#fs)) {
      // Weights get their name only after state.json names them: without it somebody has lost it.
      if (exists(this.#file(FILES.model), this.#fs)) throw this.#stateLost();
      this.#write(config, files);
      return null;
    }
    checkSameConfig(this.path, stored, config);
    const file = this.#file(STATE);
    const checkpoint = decodeCheckpoint(readText(file, this.#fs), file);
    const tensors = this.#committedTensors(checkpoint);
    const records = this.#truncateLog(checkpoint.log);
    this.#bestCrc = checkpoint.files.best;
    this.#keptCrcs = new Map(checkpoint.files.kept?.map(({ step, crc }) => [step, crc]));
    this.#sweep([...OWN, ...files.keys()]);
    for (const [name, text] of files) {
      if (!exists(this.#file(name), this.#fs) || this.#differs(name, text)) {
        writeText(this.#file(name), text, this.#fs);
      }
    }
    writeText(this.#file(CONFIG), `${JSON.stringify(config, null, 2)}\n`, this.#fs);
    return { state: checkpoint.state, tensors, records };
  }

  #stateLost(): StateError {
    return new StateError({
      what: `run directory ${this.path}`,
      expected: `${STATE} beside ${FILES.model}`,
      got: "none",
      hint: "The weights can still translate; train anew in another directory.",
    });
  }

  #storedConfig(): JsonValue {
    const file = this.#file(CONFIG);
    const stored = parseStrictJson(readText(file, this.#fs), "JSON", file);
    if (stored instanceof Map && stored.has("training")) return stored;
    throw new StateError({
      what: `run directory ${this.path}`,
      expected: "a training run to continue",
      got: "a model saved without one",
      hint: "Choose another directory.",
    });
  }

  #committedTensors({ files }: Checkpoint): Tensors {
    const found = new Map<Part, Uint8Array>();
    const renames: string[] = [];
    for (const part of PARTS) {
      const crc = files[part] ?? null;
      if (crc === null) continue;
      const path = this.#file(FILES[part]);
      const bytes = this.#intact(path, crc);
      const next = bytes ?? this.#intact(`${path}.next`, crc);
      if (next === undefined) throw notIntact(path);
      if (bytes === undefined) renames.push(path);
      found.set(part, next);
    }
    const kept = (files.kept ?? []).map(({ step, crc }) => this.#keptWeights(step, crc));
    for (const weights of kept) weights.read();
    this.#promote(renames);
    const [model, optimizer] = [found.get("model"), found.get("optimizer")] as [Uint8Array, Uint8Array];
    const [best = null, carried = null] = [found.get("best"), found.get("carried")];
    return { model, optimizer, best, carried, kept };
  }

  /** Weights kept in a file, which is read when they are wanted. */
  #keptWeights(step: number, crc: number): KeptWeights {
    const read = () => {
      const path = this.#file(keptName(step));
      const bytes = this.#intact(path, crc);
      if (bytes === undefined) throw notIntact(path);
      return bytes;
    };
    return { step, read };
  }

  #intact(path: string, crc: number): Uint8Array | undefined {
    if (!exists(path, this.#fs)) return undefined;
    const bytes = readBytes(path, this.#fs);
    return crc32(bytes) === crc ? bytes : undefined;
  }

  #promote(paths: readonly string[]): void {
    for (const path of paths) {
      fileOperation("writing", path, () => this.#fs.rename(`${path}.next`, path));
    }
    fileOperation("writing", this.path, () => this.#fs.syncDirectory(this.path));
  }

  /** Removes what interrupted writes left of these files and of kept weights. */
  #sweep(names: readonly string[]): void {
    const kept = new Set(Array.from(this.#keptCrcs.keys(), keptName));
    fileOperation("cleaning", this.path, () => {
      for (const name of this.#fs.list(this.path)) {
        const whole = /^(.*?)(?:\.next)?(?:\.\d+\.tmp)?$/.exec(name)?.[1] ?? name;
        const isLeft = isKeptName(whole) ? !kept.has(name) : whole !== name && names.includes(whole);
        if (isLeft) this.#fs.remove(this.#file(name));
      }
    });
  }

  #truncateLog(end: LogEnd): LogRecord[] {
    const file = this.#file(LOG);
    const bytes = exists(file, this.#fs) ? readBytes(file, this.#fs) : new Uint8Array(0);
    const kept = bytes.subarray(0, end.bytes);
    if (crc32(kept) !== end.crc || kept.length !== end.bytes) {
      const complaint = {
        what: "log",
        expected: `${end.bytes} bytes as written`,
        got: "others",
        hint: "Put back a copy.",
      };
      throw new FormatError(complaint, { file });
    }
    if (bytes.length > end.bytes) writeBytes(file, kept, this.#fs);
    this.#logEnd = end;
    const lines = new TextDecoder().decode(kept).split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogRecord);
  }

  /** Where the log ends now. */
  get logEnd(): LogEnd {
    return this.#logEnd;
  }

  log(record: object): void {
    const line = `${JSON.stringify(record)}\n`;
    appendText(this.#file(LOG), line, this.#fs);
    const bytes = new TextEncoder().encode(line);
    this.#logEnd = { bytes: this.#logEnd.bytes + bytes.length, crc: crc32(bytes, this.#logEnd.crc) };
  }

  /**
   * @param log the part of the log to keep on resuming from here
   * @returns the weights kept, now in files
   */
  save(
    state: TrainingState,
    { model, optimizer, best, carried, kept }: Tensors,
    log: LogEnd,
  ): readonly KeptWeights[] {
    const tensors = new Map<Part, Uint8Array>([
      ["model", model],
      ["optimizer", optimizer],
    ]);
    const bestCrc = best && this.#crc(best);
    if (best && bestCrc !== this.#bestCrc) tensors.set("best", best);
    if (carried) tensors.set("carried", carried);
    for (const [part, bytes] of tensors) writeBytes(this.#file(`${FILES[part]}.next`), bytes, this.#fs);
    const keptCrcs = kept.map((weights) => ({ step: weights.step, crc: this.#saveKept(weights) }));
    this.#syncLog();
    const crcs = { model: this.#crc(model), optimizer: this.#crc(optimizer), best: bestCrc };
    const carries = carried && { carried: this.#crc(carried) };
    const files = { ...crcs, ...carries, ...(kept.length > 0 && { kept: keptCrcs }) };
    writeText(this.#file(STATE), encodeCheckpoint({ state, files, log }), this.#fs);
    this.#promote([...tensors.keys()].map((part) => this.#file(FILES[part])));
    this.#bestCrc = bestCrc;
    const isStale = [...this.#keptCrcs.keys()].some((step) => kept.every((one) => one.step !== step));
    this.#keptCrcs = new Map(keptCrcs.map(({ step, crc }) => [step, crc]));
    if (isStale) this.#sweep([]);
    return keptCrcs.map(({ step, crc }) => this.#keptWeights(step, crc));
  }

  /** Writes kept weights that are not there yet. Returns their checksum. */
  #saveKept({ step, read }: KeptWeights): number {
    const present = this.#keptCrcs.get(step);
    if (present !== undefined) return present;
    const bytes = read();
    writeBytes(this.#file(keptName(step)), bytes, this.#fs);
    return this.#crc(bytes);
  }

  /** The same file may be the model, the best and kept, and the best stays so for long. */
  #crc(bytes: Uint8Array): number {
    const crc = this.#crcs.get(bytes) ?? crc32(bytes);
    this.#crcs.set(bytes, crc);
    return crc;
  }

  /** Writes the average of weights that a training has ended with. */
  saveAverage(bytes: Uint8Array): void {
    writeBytes(this.#file(AVERAGE), bytes, this.#fs);
  }

  /** Lines on which a checkpoint counts must survive a loss of power. */
  #syncLog(): void {
    const path = this.#file(LOG);
    fileOperation("writing", path, () => {
      const file = this.#fs.open(path, "append");
      try {
        this.#fs.sync(file);
      } finally {
        this.#fs.close(file);
      }
    });
  }

  writeReport(page: string): void {
    writeText(this.#file(REPORT), page, this.#fs);
  }
}

function notIntact(file: string): FormatError {
  const complaint = {
    what: "checkpoint",
    expected: `the file that belongs to ${STATE}`,
    got: "a damaged, foreign or missing one",
    hint: "Put back a copy, or begin a new run in another directory.",
  };
  return new FormatError(complaint, { file });
}

/** @throws {StateError} naming the first entry that differs and matters. */
function checkSameConfig(path: string, stored: JsonValue, config: object): void {
  const before = entries(stored);
  const now = entries(parseStrictJson(JSON.stringify(config), CONFIG));
  for (const key of CHANGEABLE) {
    before.delete(`training.${key}`);
    now.delete(`training.${key}`);
  }
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    if (before.get(key) === now.get(key)) continue;
    throw new StateError({
      what: `${key} on resuming ${path}`,
      expected: before.get(key) ?? "none",
      got: now.get(key) ?? "none",
      hint: "Use the options the run began with, or begin a new one in another directory.",
    });
  }
}

/** `{"a": {"b": 1}}` as `a.b` → `1`. */
function entries(value: JsonValue, path = "", into = new Map<string, string>()): Map<string, string> {
  if (value instanceof Map) {
    for (const [key, item] of value) entries(item, path ? `${path}.${key}` : key, into);
  } else into.set(path, JSON.stringify(value));
  return into;
}
