/** Who takes part in a benchmark: commands that print their figures as one line of JSON. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Figures } from "./figures.ts";

export interface Contestant {
  readonly name: string;
  readonly ours: boolean;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export const BACKENDS = ["reference", "simd", "relaxed", "blas"] as const;
export type BackendName = (typeof BACKENDS)[number];

export const fileHere = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Where the bundled children go. */
const builtAt = fileHere("../../node_modules/.cache/lexigrad-bench");
let built = false;

/** A script of `children/`, bundled with the library; TypeScript run from its sources would be some percent slower. */
function child(script: string): string {
  if (!script.endsWith(".ts")) return fileHere(`children/${script}`);
  if (!built) {
    const { status, stderr } = spawnSync(process.execPath, [fileHere("build.mjs"), builtAt], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    built = true;
  }
  return join(builtAt, "bench", `${script.slice(0, -3)}.js`);
}

export const threadsText = (threads: number): string => (threads === 1 ? "1 thread" : `${threads} threads`);

/** A script of `children/`, for each backend with each number of threads. */
export function ours(
  script: string,
  args: (backend: BackendName) => readonly string[],
  { backends, threads }: { readonly backends: readonly BackendName[]; readonly threads: readonly number[] },
): Contestant[] {
  return backends.flatMap((backend) =>
    threads.map((count) => ({
      name: `lexigrad ${backend}, ${threadsText(count)}`,
      ours: true,
      command: process.execPath,
      args: [child(script), ...args(backend)],
      environment: { LEXIGRAD_BACKEND: backend, LEXIGRAD_THREADS: String(count) },
    })),
  );
}

/** A script of `children/` for work that neither the backend nor the number of threads changes. */
export const oursAlone = (script: string, args: readonly string[]): Contestant => ({
  name: "lexigrad",
  ours: true,
  command: process.execPath,
  args: [child(script), ...args],
});

/** Whether a program is installed. */
export const commandExists = (name: string): boolean => spawnSync(name, ["--version"]).error === undefined;

/** The first Python here that has `module`. */
export function pythonWith(module: string, environment: Record<string, string> = {}): string | undefined {
  const env = { ...process.env, ...environment };
  const look = `import importlib.util as u, sys; sys.exit(u.find_spec("${module}") is None)`;
  return ["/usr/bin/python3", "python3"].find((name) => spawnSync(name, ["-c", look], { env }).status === 0);
}

/**
 * A PyTorch script of `peers/`, whose last argument is the number of threads; nothing without PyTorch.
 *
 * PyTorch does not tell an OpenBLAS with threads of its own how many it may take. So one thread is measured twice: alone,
 * and with an OpenBLAS that takes all cores, as it comes, which may be the fastest of all.
 */
export function pytorch(script: string, args: readonly string[], threads: readonly number[]): Contestant[] {
  torch ??= { python: pythonWith("torch") };
  const { python } = torch;
  if (python === undefined) return [];
  const contestant = (name: string, count: number, environment: Record<string, string>): Contestant => ({
    name: `PyTorch, ${threadsText(count)}${name}`,
    ours: false,
    command: python,
    args: [fileHere(`peers/${script}`), ...args, String(count)],
    environment,
  });
  return threads.flatMap((count) => {
    const limits = { OMP_NUM_THREADS: String(count), OPENBLAS_NUM_THREADS: String(count) };
    const limited = contestant("", count, limits);
    return count === 1 ? [limited, contestant(" and OpenBLAS's", count, {})] : [limited];
  });
}

/** A script of `peers/` in a Python that has `module`; nothing without. */
export function inPython(
  name: string,
  script: string,
  args: readonly string[],
  python: string | undefined,
  environment: Readonly<Record<string, string>> = {},
): Contestant[] {
  if (python === undefined) return [];
  return [{ name, ours: false, command: python, args: [fileHere(`peers/${script}`), ...args], environment }];
}

/** Peers from npm: the packages that each needs, and its script in `peers/`, which takes their folder and `args`. */
const NPM_PEERS = [
  ["TensorFlow.js, WebAssembly", ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"], "tfjs.mjs"],
  ["jax-js, WebAssembly", ["@jax-js/jax"], "jax_js.mjs"],
] as const;

/** Those of the peers from npm that the `node_modules` of `folder` have. */
export function fromNpm(folder: string, args: readonly string[]): Contestant[] {
  return NPM_PEERS.filter(([, packages]) =>
    packages.every((name) => existsSync(join(folder, "node_modules", name))),
  ).map(([name, , script]) => ({
    name,
    ours: false,
    command: process.execPath,
    args: [fileHere(`peers/${script}`), folder, ...args],
  }));
}

let torch: { readonly python: string | undefined } | undefined;

/** Runs a contestant once; a message when it cannot take part. */
export function runOnce({ command, args, environment }: Contestant): Figures | string {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", env });
  if (error) return error.message;
  if (status === 0) return JSON.parse(stdout.trim().split("\n").at(-1) as string) as Figures;
  return explanation(stderr) ?? `ended with status ${status}`;
}

/** The line of an error's output that says what went wrong: the last of Python's, the first of Node's stack. */
function explanation(stderr: string): string | undefined {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines.at(-1);
}
