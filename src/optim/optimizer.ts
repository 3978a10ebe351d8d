/** What all optimizers share: which parameters they change, and the state they keep for each. */
import { DTypeError, OptionError, ShapeError, StateError } from "../base/errors.ts";
import { checkChoice, checkList, checkNumber, describe } from "../base/options.ts";
import { formatShape, sameShape } from "../base/shape.ts";
import {
  dropGradient,
  empty,
  factorOf,
  full,
  gradientOf,
  keptValues,
  kernelsFor,
  type LeafGradient,
  RowGradient,
  scoped,
  Tensor,
  tensor,
} from "../tensor/index.ts";

/** What an optimizer changes: `module.parameters()`, or `module.namedParameters()` to name its state by them. */
export type Parameters = Iterable<Tensor> | Iterable<readonly [name: string, parameter: Tensor]>;

/** The kernels an update rule may call. */
export type UpdateKernels = ReturnType<typeof kernelsFor>;

/** Options of every optimizer that has weight decay. */
export interface DecayOptions {
  /** L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number;
  /**
   * What `weightDecay` applies to: `matrices` spares parameters with fewer than two axes, which are biases and the
   * scales and shifts of normalisations. Default `all`.
   */
  readonly decay?: "all" | "matrices";
}

/** One parameter with the state kept for it. */
export interface Slot {
  /** Its given name, or its position. Prefix of the names of its state. */
  readonly name: string;
  readonly parameter: Tensor;
  readonly weightDecay: number;
  /** Updates so far; not counted are steps at which it had no gradient. */
  steps: number;
  /** In the order of the optimizer's state names; empty before the first update. */
  state: readonly Tensor[];
}

/**
 * Changes parameters by their gradients. Subclasses are one update rule each.
 *
 * The state of an optimizer is one entry `<parameter>.<state>` for each parameter and kind of state, with PyTorch's
 * names of the states, and the number of updates `<parameter>.step`. The learning rate is not part of it: it belongs
 * to the schedule that sets it.
 */
export abstract class Optimizer {
  readonly #slots: readonly Slot[];
  /** Names of the state tensors of a parameter, with the value that fills them at first. */
  readonly #initialState: readonly (readonly [name: string, value: number])[];
  #learningRate = 0;

  protected constructor(
    parameters: Parameters,
    { lr, weightDecay = 0, decay = "all" }: DecayOptions & { readonly lr: number },
    initialState: Readonly<Record<string, number>>,
  ) {
    const { name } = this.constructor;
    checkNumber(`${name} weightDecay`, weightDecay, { min: 0 });
    checkChoice(`${name} decay`, decay, ["all", "matrices"]);
    const decays = ({ rank }: Tensor) => decay === "all" || rank >= 2;
    this.#slots = slotsOf(name, parameters, (parameter) => (decays(parameter) ? weightDecay : 0));
    this.#initialState = Object.entries(initialState);
    this.learningRate = lr;
  }

  /** The step size, at least 0. Set it before each step to follow a schedule. */
  get learningRate(): number {
    return this.#learningRate;
  }

  set learningRate(value: number) {
    this.#learningRate = checkNumber(`${this.constructor.name} lr`, value, { min: 0 });
  }

  get parameters(): Tensor[] {
    return this.#slots.map(({ parameter }) => parameter);
  }

  /**
   * Updates every parameter that has a gradient. When memory runs out or a gradient does not fit, no parameter has
   * been changed.
   *
   * @throws {ShapeError} for a gradient of another shape than its parameter.
   */
  step(): void {
    const ready = this.#slots.filter(({ parameter }) => parameter.held !== null);
    for (const slot of ready) {
      checkGradient(slot);
      const { parameter } = slot;
      const gradient = gradientOf(parameter);
      if (gradient instanceof RowGradient && !this.sparesRows(slot)) parameter.held = gradient.spread();
    }
    const fresh = ready.filter(({ steps }) => steps === 0);
    const states = makeStates(() => fresh.map(({ parameter }) => this.#initialStateOf(parameter)));
    fresh.forEach((slot, i) => {
      slot.state = states[i];
    });
    for (const slot of ready) {
      slot.steps++;
      const { parameter } = slot;
      const k = kernelsFor(parameter.dtype);
      const gradient = gradientOf(parameter) as LeafGradient;
      const factor = factorOf(gradient);
      if (gradient instanceof RowGradient) this.#updateRows(k, slot, gradient);
      else this.update(k, parameter.pointer, keptValues(gradient).pointer, parameter.size, factor, slot);
    }
  }

  #updateRows(k: UpdateKernels, slot: Slot, { index, values, factor }: RowGradient): void {
    const [count, width] = values.shape;
    const rows = index.view();
    for (let i = 0; i < count; i++) {
      const row = slot.parameter.pointerAt(rows[i] * width);
      this.update(k, row, values.pointerAt(i * width), width, factor, slot);
    }
  }

  /**
   * Changes `size` elements of the slot's parameter, at byte offset `parameter`, and of its state by `factor` times the
   * gradient at byte offset `gradient`.
   */
  protected abstract update(
    k: UpdateKernels,
    parameter: number,
    gradient: number,
    size: number,
    factor: number,
    slot: Slot,
  ): void;

  /** Whether rows of a table whose gradient is 0 stay as they are, so that {@link update} need not see them. */
  protected sparesRows(_slot: Slot): boolean {
    return false;
  }

  /** Drops all gradients and frees their memory. */
  zeroGrad(): void {
    for (const { parameter } of this.#slots) dropGradient(parameter);
  }

  /** The state itself, not a copy. Parameters that never had a gradient have none. */
  stateDict(): Map<string, Tensor> {
    const dict = new Map<string, Tensor>();
    for (const { name, steps, state } of this.#slots) {
      if (steps === 0) continue;
      dict.set(`${name}.step`, tensor(steps, [], "i32"));
      this.#initialState.forEach(([kind], i) => {
        dict.set(`${name}.${kind}`, state[i]);
      });
    }
    return dict;
  }

  /**
   * Copies the state of an optimizer of the same kind for the same parameters: all of it or, on any error, nothing.
   * Training then goes on to the same bits as if it had not been interrupted.
   *
   * @throws {StateError} listing the names that are missing or not known.
   * @throws {ShapeError} for a tensor of another shape.
   */
  loadStateDict(dict: ReadonlyMap<string, Tensor>): void {
    const kinds = ["step", ...this.#initialState.map(([kind]) => kind)];
    const namesOf = (slot: Slot) => kinds.map((kind) => `${slot.name}.${kind}`);
    const given = this.#slots.filter((slot) => namesOf(slot).some((name) => dict.has(name)));
    const wanted = new Set(given.flatMap(namesOf));
    const missing = [...wanted].filter((name) => !dict.has(name));
    const unknown = [...dict.keys()].filter((name) => !wanted.has(name));
    if (missing.length + unknown.length > 0) {
      const parts = [missing.length > 0 ? `without ${missing.join(", ")}` : ""];
      if (unknown.length > 0) parts.push(`with unknown ${unknown.join(", ")}`);
      throw new StateError({
        what: `${this.constructor.name} state`,
        expected: `${kinds.join(", ")} for each parameter`,
        got: `one ${parts.filter(Boolean).join(" and ")}`,
      });
    }
    const loaded = given.map((slot) => {
      const [step, ...state] = namesOf(slot).map((name) => dict.get(name) as Tensor);
      state.forEach((part, i) => {
        checkShapeOf(`${slot.name}.${this.#initialState[i][0]}`, part, slot.parameter);
      });
      const rule = { integer: true, min: 1 };
      return { slot, steps: checkNumber(`${slot.name}.step`, step.item(), rule), state };
    });
    const copies = makeStates(() =>
      loaded.map(({ slot, state }) => state.map((part) => copyOf(part, slot.parameter))),
    );
    for (const slot of this.#slots) {
      for (const part of slot.state) part.dispose();
      slot.steps = 0;
      slot.state = [];
    }
    loaded.forEach(({ slot, steps }, i) => {
      slot.steps = steps;
      slot.state = copies[i];
    });
  }

  #initialStateOf({ shape, dtype }: Tensor): Tensor[] {
    return this.#initialState.map(([, value]) => full(shape, value, dtype));
  }
}

/**
 * State outlives the scope of the training step in which it happens to be made. When memory runs out half-way, what
 * was made is freed.
 */
function makeStates(make: () => Tensor[][]): Tensor[][] {
  return scoped(() => {
    const states = make();
    for (const part of states.flat()) part.storage.moveTo(null);
    return states;
  });
}

function copyOf(source: Tensor, { shape, dtype }: Tensor): Tensor {
  const copy = empty(shape, dtype);
  copy.view().set(source.view());
  return copy;
}

/** A tensor, or a name and a tensor. */
const isParameter = (item: unknown): boolean =>
  item instanceof Tensor || (Array.isArray(item) && item[1] instanceof Tensor);

function slotsOf(what: string, parameters: Parameters, weightDecay: (parameter: Tensor) => number): Slot[] {
  const slots: Slot[] = [];
  checkList(`${what} parameters`, parameters, "parameters", isParameter);
  for (const item of parameters) {
    const [name, parameter] = item instanceof Tensor ? [String(slots.length), item] : item;
    slots.push({ name, parameter, weightDecay: weightDecay(parameter), steps: 0, state: [] });
  }
  const count = slots.length;
  const distinct =
    new Set(slots.map(({ parameter }) => parameter)).size === count &&
    new Set(slots.map(({ name }) => name)).size === count;
  if (count > 0 && distinct) return slots;
  throw new OptionError({
    what: `${what} parameters`,
    expected: "at least one parameter, each once and under a name of its own",
    got: count === 0 ? "none" : `${count} with repetitions`,
  });
}

function checkGradient({ name, parameter }: Slot): void {
  const gradient = gradientOf(parameter) as LeafGradient;
  checkShapeOf(`gradient of parameter ${name}`, gradient, parameter);
  if (gradient.dtype !== parameter.dtype) {
    throw new DTypeError({
      what: `gradient of parameter ${name}`,
      expected: parameter.dtype,
      got: gradient.dtype,
    });
  }
}

function checkShapeOf(what: string, given: Pick<Tensor, "shape">, parameter: Tensor): void {
  if (sameShape(given.shape, parameter.shape)) return;
  throw new ShapeError({ what, expected: formatShape(parameter.shape), got: formatShape(given.shape) });
}

/** Two decay rates, each of at least 0 and below 1. */
export function checkBetas(what: string, betas: unknown): readonly [number, number] {
  const good = Array.isArray(betas) && betas.length === 2 && betas.every((beta) => beta >= 0 && beta < 1);
  if (good) return betas as [number, number];
  const got = Array.isArray(betas) ? `[${betas.join(", ")}]` : describe(betas);
  throw new OptionError({ what, expected: "two numbers of at least 0 and below 1", got });
}

/** A switch. */
export function checkFlag(what: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new OptionError({ what, expected: "true or false", got: describe(value) });
}
