/** A learning rate that falls when training no longer helps. */
import { checkChoice, checkNumber, checkObject, rejectUnknownKeys } from "../base/options.ts";

export interface PlateauOptions {
  readonly type: "plateau";
  /** The rate at first. */
  readonly lr: number;
  /** Whether smaller or larger metrics are better. Default `min`. */
  readonly mode?: "min" | "max";
  /** What the rate is multiplied by. Default 0.1. */
  readonly factor?: number;
  /** How many reports in a row may bring no improvement before the next such one lowers the rate. Default 10. */
  readonly patience?: number;
  /** How much better than the best a metric must be to count as better. Default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best or a difference. Default `rel`. */
  readonly thresholdMode?: "rel" | "abs";
  /** How many reports after a reduction cannot count against the rate. Default 0. */
  readonly cooldown?: number;
  /** The rate does not fall below. Default 0. */
  readonly minLr?: number;
  /** Reductions by no more than this are left out. Default 1e-8. */
  readonly eps?: number;
}

/** What a {@link ReduceOnPlateau} remembers, as plain JSON. */
export interface PlateauState {
  readonly lr: number;
  /** The best metric; null before the first report. */
  readonly best: number | null;
  /** Reports without improvement in a row. */
  readonly badReports: number;
  /** Reports left that do not count. */
  readonly cooldown: number;
}

/**
 * Multiplies the rate by `factor` after more than `patience` reports in a row without improvement (PyTorch's
 * ReduceLROnPlateau; with factor 0.25 and patience 0, the rule of its word language model). A NaN or an
 * infinity is no improvement.
 *
 * @example
 * const plateau = schedule({ type: "plateau", lr: 20, factor: 0.25, patience: 0 });
 * for (const loss of [5.1, 4.8, 4.9]) plateau.report(loss);
 * plateau.rate(); // 5
 */
export class ReduceOnPlateau {
  readonly #options: Required<Omit<PlateauOptions, "type" | "lr">>;
  #state: PlateauState;

  /** @throws {OptionError} for unknown or impossible options. */
  constructor(options: PlateauOptions) {
    checkObject("plateau schedule options", options);
    const { type: _, lr, ...rest } = options;
    const defaults = {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: "rel",
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
    } as const;
    rejectUnknownKeys("plateau schedule", options, ["type", "lr", ...Object.keys(defaults)]);
    const resolved = { ...defaults, ...rest };
    checkNumber("plateau schedule lr", lr, { min: 0 });
    checkChoice("plateau schedule mode", resolved.mode, ["min", "max"]);
    checkNumber("plateau schedule factor", resolved.factor, { min: 0, max: 1 });
    checkNumber("plateau schedule patience", resolved.patience, { integer: true, min: 0 });
    checkNumber("plateau schedule threshold", resolved.threshold, { min: 0 });
    checkChoice("plateau schedule thresholdMode", resolved.thresholdMode, ["rel", "abs"]);
    checkNumber("plateau schedule cooldown", resolved.cooldown, { integer: true, min: 0 });
    checkNumber("plateau schedule minLr", resolved.minLr, { min: 0 });
    checkNumber("plateau schedule eps", resolved.eps, { min: 0 });
    this.#options = resolved;
    this.#state = { lr, best: null, badReports: 0, cooldown: 0 };
  }

  /** The rate now, whatever the step. */
  rate(): number {
    return this.#state.lr;
  }

  /** Takes in the metric of one evaluation, such as the validation loss. */
  report(metric: number): void {
    const { factor, patience, minLr, eps } = this.#options;
    let { lr, best, badReports, cooldown } = this.#state;
    if (this.#improves(metric, best)) {
      best = metric;
      badReports = 0;
    } else badReports++;
    if (cooldown > 0) {
      cooldown--;
      badReports = 0;
    }
    if (badReports > patience) {
      const reduced = Math.max(lr * factor, minLr);
      if (lr - reduced > eps) lr = reduced;
      cooldown = this.#options.cooldown;
      badReports = 0;
    }
    this.#state = { lr, best, badReports, cooldown };
  }

  #improves(metric: number, best: number | null): boolean {
    if (best === null || !Number.isFinite(metric)) return Number.isFinite(metric);
    const { mode, threshold, thresholdMode } = this.#options;
    const margin = thresholdMode === "abs" ? threshold : best * threshold;
    return mode === "min" ? metric < best - margin : metric > best + margin;
  }

  /** A snapshot for a checkpoint. */
  get state(): PlateauState {
    return this.#state;
  }

  /** @throws {OptionError} for what is no such snapshot. */
  set state({ lr, best, badReports, cooldown }: PlateauState) {
    checkNumber("plateau state lr", lr, { min: 0 });
    if (best !== null) checkNumber("plateau state best", best);
    checkNumber("plateau state badReports", badReports, { integer: true, min: 0 });
    checkNumber("plateau state cooldown", cooldown, { integer: true, min: 0 });
    this.#state = { lr, best, badReports, cooldown };
  }
}
