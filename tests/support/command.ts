/** Runs the command line inside the test, with its input and output in memory. */
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { onTestFinished } from "vitest";
import { run } from "../../src/cli/run.ts";

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly stdin?: string | Uint8Array;
  /** Whether standard input and error are a terminal. */
  readonly terminal?: boolean;
  readonly signals?: EventEmitter;
}

class Collector extends Writable {
  readonly columns = 80;
  readonly isTTY: boolean;
  text = "";

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

export async function lexigrad(args: readonly string[], around: Surroundings = {}): Promise<Finished> {
  const { stdin = "", terminal = false, signals = new EventEmitter() } = around;
  const [stdout, stderr] = [new Collector(false), new Collector(terminal)];
  const bytes = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
  const input = Object.assign(Readable.from([bytes]), { isTTY: terminal });
  const status = await run(args, { stdin: input, stdout, stderr, signals });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

/** A directory that goes when the test ends, and files in it. */
export function workspace(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "lexigrad-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = (name: string) => join(directory, name);
  for (const [name, contents] of Object.entries(files)) writeFileSync(path(name), contents);
  return path;
}
