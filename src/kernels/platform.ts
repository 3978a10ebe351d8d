/** What kernels may ask of Node.js. In a browser every answer is undefined. */

const node = (globalThis as { process?: NodeJS.Process }).process;

/** An environment variable; undefined when unset or empty. */
export const environment = (name: string): string | undefined => node?.env?.[name] || undefined;

/** Major version of the JavaScript engine V8. */
export const v8Major = (): number | undefined => {
  const version = node?.versions?.v8;
  return version ? Number.parseInt(version, 10) : undefined;
};

/** Node's own modules, without an import that a browser could not resolve. */
export const builtinModule: NodeJS.Process["getBuiltinModule"] | undefined =
  node?.getBuiltinModule?.bind(node);

/** Processor cores that this process may use: those it may run on, or fewer where a container is allowed less time. */
export function availableCores(): number {
  if (!builtinModule) return globalThis.navigator?.hardwareConcurrency ?? 1;
  return Math.min(builtinModule("node:os").availableParallelism(), coresOfContainer());
}

/** Linux: `QUOTA PERIOD`, microseconds of processor time in every period, or `max PERIOD`. */
function coresOfContainer(): number {
  try {
    const text = builtinModule?.("node:fs").readFileSync("/sys/fs/cgroup/cpu.max", "utf8");
    const [quota, period] = (text ?? "").split(" ").map(Number);
    return quota > 0 && period > 0 ? Math.ceil(quota / period) : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
