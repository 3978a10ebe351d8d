/** The time a run takes, and how much of it is done. */

/** What a run is limited by. */
interface PaceLimits {
  readonly steps?: number;
  readonly epochs?: number;
  readonly minutes?: number;
}

/** Where a run stands: updates, and passes over the data with a fraction. */
interface Standing {
  readonly step: number;
  readonly epoch: number;
}

export class Pace {
  readonly #clock: () => number;
  readonly #limits: PaceLimits;
  /** When the run began, as if it had never been stopped. */
  #start = 0;
  /** Where it stood when it began here. */
  #began = { seconds: 0, share: 0 };

  /** @param clock milliseconds that only grow */
  constructor(clock: () => number, limits: PaceLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Begins, or goes on after `seconds` spent before. */
  begin(seconds: number, standing: Standing): void {
    this.#start = this.#clock() - 1000 * seconds;
    this.#began = { seconds, share: this.share(standing) };
  }

  /** Training time since the run began, without that from a stop to the resume after it. */
  get seconds(): number {
    return (this.#clock() - this.#start) / 1000;
  }

  /** How much of the way to the first limit is done, in 0..1. */
  share({ step, epoch }: Standing): number {
    const { steps, epochs, minutes } = this.#limits;
    const shares = [
      steps === undefined ? 0 : step / steps,
      epochs === undefined ? 0 : epoch / epochs,
      minutes === undefined ? 0 : this.seconds / (60 * minutes),
    ];
    return Math.min(1, Math.max(...shares));
  }

  /** Estimate of the time to the first limit, from that spent here. */
  secondsLeft(standing: Standing): number {
    const share = this.share(standing);
    const { seconds, share: before } = this.#began;
    return ((this.seconds - seconds) * (1 - share)) / (share - before);
  }
}
