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

/** Processor cores that this process may use. */
export const availableCores = (): number =>
  builtinModule?.("node:os").availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
