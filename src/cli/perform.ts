/** The link between the declaration of a command and its work. */
import type { Io } from "./io.ts";

/** What a command does with its arguments and options; the exit status, unless that is 0. */
export type Work<Given extends unknown[]> = (io: Io, ...given: Given) => Promise<number | undefined>;

/** Makes a commander action of work that is only loaded when it is asked for, so that help comes at once. */
export type Perform = <Given extends unknown[]>(
  load: () => Promise<Work<Given>>,
) => (...given: Given) => Promise<void>;
