#!/usr/bin/env node
import { run } from "./run.ts";

// Failed writes reach the command through `print`; what nobody waits for, such as progress, may get lost.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
});
