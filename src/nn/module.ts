/** Parameters and the modules that own them. */
import { NumericError, ShapeError, StateError } from "../base/errors.ts";
import { formatShape, sameShape } from "../base/shape.ts";
import { type DType, dropGradient, empty, Tensor } from "../tensor/index.ts";
import { checkTensor } from "../tensor/op.ts";

/** A tensor that training changes. It lives outside scopes and requires gradients. */
export class Parameter extends Tensor {
  /** Takes over the data of `initial`. */
  constructor(initial: Tensor) {
    checkTensor("Parameter", initial);
    super(initial.storage, initial.offset, initial.shape, initial.dtype);
    this.storage.moveTo(null);
    this.requiresGrad = true;
  }
}

export interface LoadOptions {
  /** Accept NaN and infinities. Default false. */
  readonly allowNonFinite?: boolean;
}

/**
 * A part of a network: parameters and other modules as fields, whose names make up the names of the parameters, as in
 * PyTorch. Arrays of modules count as fields "0", "1", ...
 *
 * @example
 * class Net extends Module {
 *   hidden = new Linear({ inFeatures: 2, outFeatures: 3, random: new Random(1) });
 * }
 * new Net().namedParameters().map(([name]) => name); // ["hidden.weight", "hidden.bias"]
 */
export abstract class Module {
  /** Whether dropout and the like are active. */
  training = true;

  /** Calls `visit` with the parameters and modules held in fields, in the order in which the fields were set. */
  #eachField(visit: (name: string, value: Parameter | Module) => void): void {
    for (const name of Object.keys(this)) {
      const value = (this as unknown as Record<string, unknown>)[name];
      if (value instanceof Parameter || value instanceof Module) visit(name, value);
      else if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) {
          const item: unknown = value[i];
          if (item instanceof Parameter || item instanceof Module) visit(`${name}.${i}`, item);
        }
      }
    }
  }

  /** Every field path that leads to a parameter; a shared parameter appears once for each path. */
  #paths(prefix = "", found: [name: string, parameter: Parameter][] = []): typeof found {
    this.#eachField((name, value) => {
      if (value instanceof Parameter) found.push([prefix + name, value]);
      else value.#paths(`${prefix}${name}.`, found);
    });
    return found;
  }

  /** Names and parameters; a parameter shared under several names appears once, under the first. */
  namedParameters(): [name: string, parameter: Parameter][] {
    const seen = new Set<Parameter>();
    return this.#paths().filter(([, parameter]) => !seen.has(parameter) && seen.add(parameter));
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Number of trained numbers. */
  parameterCount(): number {
    return this.parameters().reduce((total, { size }) => total + size, 0);
  }

  /** The modules this one is made of, itself first; a shared module appears once. */
  modules(): Module[] {
    const seen = new Set<Module>();
    const visit = (module: Module): void => {
      if (seen.has(module)) return;
      seen.add(module);
      module.#eachField((_name, value) => {
        if (value instanceof Module) visit(value);
      });
    };
    visit(this);
    return [...seen];
  }

  /** Every name with its parameter; shared parameters under each of their names, as in PyTorch. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#paths());
  }

  /**
   * Copies `state` into the parameters: all of it or, on any error, nothing. A shared parameter may come under one or
   * more of its names.
   *
   * @throws {StateError} listing the names that are missing or not known, or for a shared parameter with two values.
   * @throws {ShapeError} for a tensor of another shape.
   * @throws {NumericError} for NaN or infinities, unless allowed.
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>, { allowNonFinite = false }: LoadOptions = {}): void {
    const own = this.stateDict();
    const given = new Map<Tensor, readonly [name: string, value: Tensor]>();
    for (const [name, parameter] of own) {
      const value = state.get(name);
      if (value !== undefined && !given.has(parameter)) given.set(parameter, [name, value]);
    }
    this.#checkNames(
      [...own].filter(([, parameter]) => !given.has(parameter)).map(([name]) => name),
      [...state.keys()].filter((name) => !own.has(name)),
    );
    for (const [name, parameter] of own) {
      const value = state.get(name);
      if (value === undefined) continue;
      checkLoadable(name, parameter, value, allowNonFinite);
      checkSame(given.get(parameter) as readonly [string, Tensor], [name, value]);
    }
    for (const [parameter, [, value]] of given) parameter.view().set(value.view());
  }

  #checkNames(missing: readonly string[], unknown: readonly string[]): void {
    if (missing.length + unknown.length === 0) return;
    const parts = [
      missing.length > 0 ? `without ${missing.join(", ")}` : "",
      unknown.length > 0 ? `with unknown ${unknown.join(", ")}` : "",
    ];
    throw new StateError({
      what: "state dict",
      expected: `the ${this.stateDict().size} parameters of this ${this.constructor.name}`,
      got: `one ${parts.filter(Boolean).join(" and ")}`,
    });
  }

  /** Switches dropout and the like on (or, with false, off) here and in all modules inside. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Switches dropout and the like off. */
  eval(): this {
    return this.train(false);
  }

  /** Drops all gradients and frees their memory. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) dropGradient(parameter);
  }

  /** Converts all parameters, for checking gradients in f64. Optimizers must be made anew. */
  to(dtype: DType): this {
    const converted = new Map<Parameter, Parameter>();
    const replacement = (value: unknown): unknown => {
      if (!(value instanceof Parameter)) return value;
      const made = converted.get(value) ?? new Parameter(convert(value, dtype));
      converted.set(value, made);
      return made;
    };
    for (const module of this.modules()) {
      const fields = module as unknown as Record<string, unknown>;
      for (const [name, value] of Object.entries(module)) {
        fields[name] = Array.isArray(value) ? value.map(replacement) : replacement(value);
      }
    }
    return this;
  }
}

function convert(x: Tensor, dtype: DType): Tensor {
  const out = empty(x.shape, dtype);
  out.view().set(x.view());
  return out;
}

function checkLoadable(name: string, parameter: Tensor, given: Tensor, allowNonFinite: boolean): void {
  if (!sameShape(parameter.shape, given.shape)) {
    throw new ShapeError({
      what: `parameter ${name}`,
      expected: formatShape(parameter.shape),
      got: formatShape(given.shape),
    });
  }
  if (allowNonFinite) return;
  const values = given.view();
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new NumericError(
      {
        what: `parameter ${name}`,
        expected: "finite numbers",
        got: String(values[i]),
        hint: "Pass allowNonFinite to load it all the same.",
      },
      "loadStateDict",
    );
  }
}

/** Refuses two values, by name, for what is one parameter here. */
function checkSame(
  [name, value]: readonly [string, Tensor],
  [otherName, other]: readonly [string, Tensor],
): void {
  if (value === other) return;
  const [a, b] = [value.view(), other.view()];
  if (a.every((x, i) => Object.is(x, b[i]))) return;
  throw new StateError({
    what: `parameters ${name} and ${otherName}`,
    expected: "the same values, since this module shares them",
    got: "different ones",
  });
}
