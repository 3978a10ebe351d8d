/**
 * Every error Lexigrad throws on purpose, as one class per kind, each with a
 * machine-readable `code` and data fields.
 *
 * All messages follow one template, `what: expected ..., got .... Hint.`, so
 * that a reader always learns what was wanted, what came, and what to do.
 */

/** What a message is built from. `expected` and `got` complete the sentence "expected ..., got ...". */
export interface Complaint {
  /** The thing that is wrong, e.g. `matmul` or `--epochs`. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  /** One sentence on how to mend it. */
  readonly hint?: string;
}

function sentence({ what, expected, got, hint }: Complaint): string {
  const end = hint ? ` ${hint}` : "";
  return `${what}: expected ${expected}, got ${got}.${end}`;
}

/** Base class of all errors thrown by the library. Names are literals, so that minifiers leave them alone. */
export abstract class LexigradError extends Error {
  abstract readonly code: string;
  readonly complaint: Complaint;

  constructor(complaint: Complaint, where = "", options?: ErrorOptions) {
    super(where + sentence(complaint), options);
    this.complaint = complaint;
  }
}

/** Tensors whose shapes do not fit an operation. */
export class ShapeError extends LexigradError {
  static {
    ShapeError.prototype.name = "ShapeError";
  }
  readonly code = "SHAPE";
}

/** A tensor of the wrong element type. */
export class DTypeError extends LexigradError {
  static {
    DTypeError.prototype.name = "DTypeError";
  }
  readonly code = "DTYPE";
}

/** An index (token id, axis, row) outside its range. */
export class IndexError extends LexigradError {
  static {
    IndexError.prototype.name = "IndexError";
  }
  readonly code = "INDEX";
}

/** An option whose name or value is not allowed. */
export class OptionError extends LexigradError {
  static {
    OptionError.prototype.name = "OptionError";
  }
  readonly code = "OPTION";
}

/** Where in a file a {@link FormatError} lies. */
export interface FileLocation {
  readonly file?: string;
  /** 1-based line. */
  readonly line?: number;
  /** 1-based column. */
  readonly column?: number;
  /** 0-based byte offset. */
  readonly offset?: number;
}

function place({ file, line, column, offset }: FileLocation): string {
  let text = file ?? "";
  if (line !== undefined) text += `${text ? ":" : "line "}${line}`;
  if (column !== undefined) text += `:${column}`;
  if (offset !== undefined) text += `${text ? " " : ""}at byte ${offset}`;
  return text ? `${text}: ` : "";
}

/** Bytes or text that do not follow their format. */
export class FormatError extends LexigradError {
  static {
    FormatError.prototype.name = "FormatError";
  }
  readonly code = "FORMAT";
  readonly location: FileLocation;

  constructor(complaint: Complaint, location: FileLocation = {}, options?: ErrorOptions) {
    super(complaint, place(location), options);
    this.location = location;
  }
}

/** An object used in a state that does not allow it: a freed tensor, a mismatched checkpoint. */
export class StateError extends LexigradError {
  static {
    StateError.prototype.name = "StateError";
  }
  readonly code = "STATE";
}

/** A number that is NaN or infinite where it must not be. */
export class NumericError extends LexigradError {
  static {
    NumericError.prototype.name = "NumericError";
  }
  readonly code = "NUMERIC";
  readonly op: string;
  readonly step: number | undefined;

  constructor(complaint: Complaint, op: string, step?: number) {
    super(complaint);
    this.op = op;
    this.step = step;
  }
}

/** The tensor memory cannot grow further. */
export class OutOfMemoryError extends LexigradError {
  static {
    OutOfMemoryError.prototype.name = "OutOfMemoryError";
  }
  readonly code = "OUT_OF_MEMORY";
}

/** A file operation failed. `cause` holds the platform's error. */
export class IoError extends LexigradError {
  static {
    IoError.prototype.name = "IoError";
  }
  readonly code = "IO";
  readonly path: string;

  constructor(complaint: Complaint, path: string, options?: ErrorOptions) {
    super(complaint, "", options);
    this.path = path;
  }
}

/** A kernel backend that was asked for cannot be used. */
export class BackendError extends LexigradError {
  static {
    BackendError.prototype.name = "BackendError";
  }
  readonly code = "BACKEND";
}

/** A worker thread failed. */
export class WorkerError extends LexigradError {
  static {
    WorkerError.prototype.name = "WorkerError";
  }
  readonly code = "WORKER";
}

/**
 * The nearest of `candidates` to a mistyped `word`, or undefined when none is
 * near (Levenshtein distance at most 2 or a third of the word).
 *
 * @example
 * nearest("adma", ["sgd", "adam"]); // "adam"
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = levenshtein(word, candidate);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

function levenshtein(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(substitution, previous[j] + 1, current[j - 1] + 1);
    }
    previous = current;
  }
  return previous[b.length];
}
