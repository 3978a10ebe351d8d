/** Training as it goes: a bar on a terminal, lines elsewhere. */
import { SingleBar } from "cli-progress";
import type { TrainingEvent, TrainingProgress, Validation } from "../train/events.ts";
import { type Io, note } from "./io.ts";

/** Parts of the bar. */
const WHOLE = 1000;
const CLEAR_LINE = "\r\u001b[K";

export class TrainingDisplay {
  readonly #io: Io;
  readonly #bar: SingleBar | undefined;

  constructor(io: Io) {
    this.#io = io;
    if (!io.stderr.isTTY) return;
    this.#bar = new SingleBar({
      format: "{bar} {state}",
      stream: io.stderr,
      barsize: 20,
      barCompleteChar: "━",
      barIncompleteChar: "─",
      clearOnComplete: true,
      forceRedraw: true,
      linewrap: true,
      // Signals are ours: see interrupt.ts.
      gracefulExit: false,
    });
  }

  readonly onEvent = (event: TrainingEvent): void => {
    switch (event.type) {
      case "start": {
        const resumed = event.resumedFrom === undefined ? "" : `, resumed at step ${event.resumedFrom}`;
        this.#say(`${grouped(event.parameters)} parameters${resumed}`);
        this.#bar?.start(WHOLE, 0, { state: "" });
        break;
      }
      case "progress":
        this.#bar?.update(Math.round(WHOLE * shareOf(event)), {
          state: `${describeProgress(event)}  ${duration(event.secondsLeft)} left`,
        });
        break;
      case "log":
        if (!this.#bar && event.record.kind === "train") note(this.#io, describeProgress(event.record));
        break;
      case "validation":
        this.#say(`${describeValidation(event.validation)}${event.best ? "  best" : ""}`);
        break;
      case "skipped":
        this.#say(`step ${event.step}  left out: ${event.op} was not finite`);
        break;
      case "end":
        this.close();
    }
  };

  /** Takes the bar away. */
  close(): void {
    this.#bar?.stop();
  }

  /** The bar draws itself again below the line. */
  #say(line: string): void {
    note(this.#io, this.#bar ? `${CLEAR_LINE}${line}` : line);
  }
}

const shareOf = ({ seconds, secondsLeft }: TrainingProgress): number =>
  Number.isFinite(secondsLeft) && secondsLeft >= 0 ? seconds / Math.max(1e-9, seconds + secondsLeft) : 0;

type Figures = Partial<Omit<TrainingProgress, "secondsLeft">> & Pick<TrainingProgress, "step" | "epoch">;

function describeProgress({
  step,
  epoch,
  loss,
  labelSmoothing = 0,
  learningRate,
  tokensPerSecond,
}: Figures): string {
  const parts = [`step ${step}`, `epoch ${epoch.toFixed(2)}`];
  // What label smoothing adds keeps it above the loss in validation.
  if (loss !== undefined) parts.push(`${labelSmoothing > 0 ? "smoothed " : ""}loss ${loss.toFixed(3)}`);
  if (learningRate !== undefined) parts.push(`rate ${Number(learningRate.toPrecision(3))}`);
  if (tokensPerSecond !== undefined) parts.push(`${grouped(tokensPerSecond)} tokens/s`);
  return parts.join("  ");
}

/** `step 40  validation loss 1.234  perplexity 3.43  BLEU 21.5` */
export function describeValidation({ step, average, loss, perplexity, bleu }: Validation): string {
  const which = average === undefined ? `step ${step}` : `average of ${average}`;
  const parts = [which, `validation loss ${loss.toFixed(3)}`];
  parts.push(`perplexity ${Number(perplexity.toPrecision(4))}`);
  if (bleu !== undefined) parts.push(`BLEU ${bleu.toFixed(2)}`);
  return parts.join("  ");
}

/** A whole number with commas between thousands. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** `0.05 s`, `42 s`, `3 min 20 s`, `2 h 5 min` */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds > 0 && seconds < 1) return `${Number(seconds.toPrecision(1))} s`;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
