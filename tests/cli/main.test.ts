/** What only a process of its own shows: exit statuses, pipes and signals. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Finished, workspace } from "../support/command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = join(root, "src/cli/main.ts");
const node = [process.execPath, "--import", "tsx", main];
const PAIRS = "a b\tb a\nb c\tc b\na c d\td c a\nd\td\n";

interface Ended extends Finished {
  readonly signal: NodeJS.Signals | null;
}

interface Start {
  readonly stdin?: string;
  /** Called as standard error grows. */
  readonly watch?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void;
}

function start(command: readonly string[], { stdin = "", watch }: Start = {}): Promise<Ended> {
  const child = spawn(command[0], command.slice(1), { cwd: root });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    watch?.(stderr, (signal) => child.kill(signal));
  });
  child.stdin.end(stdin);
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (status, signal) => done({ status: status ?? -1, signal, stdout, stderr }));
  });
}

test("results, wrong usage and failures give their exit statuses", async () => {
  const path = workspace({ "r.txt": "a b c d\n" });
  const [good, wrong, failed] = await Promise.all([
    start([...node, "score", "-", "--reference", path("r.txt")], { stdin: "a b c d\n" }),
    start([...node, "score", "-", "--metirc", "ter"]),
    start([...node, "score", "-", "--reference", path("none")], { stdin: "a\n" }),
  ]);
  expect(good).toMatchObject({ status: 0, stderr: "" });
  expect(good.stdout).toMatch(/^BLEU\|.* = 100\.0 /);
  expect(wrong).toMatchObject({ status: 2, stdout: "" });
  expect(wrong.stderr).toBe("lexigrad: unknown option '--metirc'. Did you mean --metric?\n");
  expect(failed).toMatchObject({ status: 1, stdout: "" });
  expect(failed.stderr).toMatch(/^lexigrad: reading .*none: expected a file, got nothing at that path\./);
});

test.skipIf(!existsSync("/dev/full"))("a reader that leaves is no failure; a full disk is", async () => {
  const path = workspace({ "text.txt": "a b c\n".repeat(100_000) });
  const command = node.map((word) => `'${word}'`).join(" ");
  const train = await start([
    ...node,
    "tokenizer",
    "train",
    "--type",
    "word",
    "--out",
    path("t.json"),
    path("text.txt"),
  ]);
  expect(train.status).toBe(0);
  const encode = `${command} tokenizer encode --tokenizer '${path("t.json")}' '${path("text.txt")}'`;
  const [head, full] = await Promise.all([
    start(["bash", "-c", `${encode} | head -n 1; echo "\${PIPESTATUS[0]}"`]),
    start(["bash", "-c", `${encode} > /dev/full`]),
  ]);
  expect(head).toMatchObject({ status: 0, stdout: "a b c\n0\n", stderr: "" });
  expect(full.status).toBe(1);
  expect(full.stderr).toMatch(
    /^lexigrad: standard output: expected to write all of the results, got ENOSPC\./,
  );
});

describe("signals while training", () => {
  const train = (path: (name: string) => string) =>
    `mt train --tsv ${path("p.tsv")} --out ${path("run")} --tokenizer word --hidden-size 8 --embedding-size 8 --steps 10000000 --valid-size 0 --test-size 0 --log-every 20`.split(
      " ",
    );

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s saves and exits with %i", async (signal, status) => {
    const path = workspace({ "p.tsv": PAIRS });
    let sent = false;
    const ended = await start([...node, ...train(path)], {
      watch(stderr, kill) {
        if (sent || !stderr.includes("step 20 ")) return;
        sent = true;
        kill(signal);
      },
    });
    expect(ended, ended.stderr).toMatchObject({ status, signal: null });
    expect(ended.stdout).toMatch(/^stopped by {3}interrupted$/m);
    const state = JSON.parse(readFileSync(path("run/state.json"), "utf8"));
    expect(state.checkpoint.state.progress.step).toBeGreaterThanOrEqual(20);
    expect(existsSync(path("run/run.lock"))).toBe(false);
  });
});

test("help needs neither kernels nor models", () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    // Types vanish, and what is imported in a function waits until it is called.
    const imports = readFileSync(file, "utf8").matchAll(
      /^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)";$/gm,
    );
    for (const [, path] of imports) visit(resolve(dirname(file), path));
  };
  visit(main);
  const folders = new Set([...seen].map((file) => relative(join(root, "src"), file).split("/")[0]));
  expect([...folders].sort()).toEqual(["base", "cli"]);
});
