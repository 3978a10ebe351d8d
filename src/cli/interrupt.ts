/** Signals that end long work early, but in good order. */
import { type Io, note } from "./io.ts";

/** Exit statuses of a process that a signal ended. */
const STATUSES = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof STATUSES;
const SIGNALS = Object.keys(STATUSES) as Signal[];

/** Programs that start other programs (npx, tsx) pass on a Ctrl-C which the terminal sends to all of them. */
const ECHO_MILLISECONDS = 1000;

/**
 * Runs work that the first SIGINT or SIGTERM asks to stop soon. A second later signals have their usual effect again,
 * so that one more ends the process at once, even in the middle of a computation.
 *
 * @returns with the result, the exit status for the signal that came, or 0.
 */
export async function interruptible<T>(
  io: Io,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T; status: number }> {
  const controller = new AbortController();
  let status = 0;
  const unlisten = () => {
    for (const signal of SIGNALS) io.signals.off(signal, stop);
  };
  const stop = (signal: Signal) => {
    if (controller.signal.aborted) return;
    status = STATUSES[signal];
    controller.abort();
    note(io, `${signal}: finishing the step and saving. Once more stops at once.`);
    setTimeout(unlisten, ECHO_MILLISECONDS).unref();
  };
  for (const signal of SIGNALS) io.signals.on(signal, stop);
  try {
    return { result: await work(controller.signal), status };
  } finally {
    if (!controller.signal.aborted) unlisten();
  }
}
