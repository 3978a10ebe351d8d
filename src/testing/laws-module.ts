/** Laws of modules, to be asserted with fast-check for any layer or network. */
import fc from "fast-check";
import { StateError } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import type { Module } from "../nn/module.ts";
import { decodeWeights, encodeWeights } from "../nn/weights.ts";
import { backward, noGrad, ops, scoped, type Tensor } from "../tensor/index.ts";

export interface ModuleLawOptions<M extends Module> {
  /** A new module, its weights drawn from `random`. The same numbers must give the same module. */
  readonly make: (random: Random) => M;
  /** Any computation by the module; its result may have any shape. Inputs from `random`, of the parameters' type. */
  readonly run: (module: M, random: Random) => Tensor;
  /** Largest scaled error of a gradient against central differences, in f64. @defaultValue 1e-6 */
  readonly tolerance?: number;
}

/** The laws of one module, by name. Assert each: `fc.assert(laws.gradient)`. */
export interface ModuleLaws {
  /** In f64, the gradient of every parameter agrees with central differences. */
  readonly gradient: fc.IProperty<unknown>;
  /** In evaluation mode the same inputs give the same result, to the bit. */
  readonly repeats: fc.IProperty<unknown>;
  /** Weights written and read back into another module give the same result, to the bit. */
  readonly roundTrip: fc.IProperty<unknown>;
}

/**
 * The laws of a module. Where one is broken, its property throws a StateError that says what was expected.
 *
 * @example
 * const laws = moduleLaws({
 *   make: (random) => new Linear({ inFeatures: 3, outFeatures: 2, random }),
 *   run: (layer, random) => layer.forward(randn([4, 3], random, layer.weight.dtype)),
 * });
 * fc.assert(laws.gradient, { numRuns: 5 });
 */
export function moduleLaws<M extends Module>(options: ModuleLawOptions<M>): ModuleLaws {
  const { make, run, tolerance = 1e-6 } = options;
  const law = (predicate: (seed: number) => void): fc.IProperty<unknown> =>
    fc.property(fc.nat(), (seed) => scoped(() => predicate(seed)));
  const evaluated = (module: M, seed: number): string =>
    noGrad(() =>
      run(module.eval() as M, new Random(seed))
        .data()
        .join(),
    );

  return {
    gradient: law((seed) =>
      checkGradients(make(new Random(seed)).to("f64").eval() as M, run, seed, tolerance),
    ),
    repeats: law((seed) => {
      const module = make(new Random(seed));
      expectSame("a second run", evaluated(module, seed + 1), evaluated(module, seed + 1));
    }),
    roundTrip: law((seed) => {
      const [module, other] = [make(new Random(seed)), make(new Random(seed + 1))];
      other.loadStateDict(decodeWeights(encodeWeights(module.stateDict()), "weights").tensors);
      expectSame("a module with loaded weights", evaluated(other, seed), evaluated(module, seed));
    }),
  };
}

export interface CausalModuleOptions<M extends Module> {
  /** A new module, its weights drawn from `random`. */
  readonly make: (random: Random) => M;
  /** A random input `[B, T, ...]`, vectors or ids. */
  readonly input: (random: Random, batch: number, time: number) => Tensor;
  /** The result `[B, T, ...]`, position t of which should depend on positions 0 to t of x alone. */
  readonly run: (module: M, x: Tensor) => Tensor;
}

/**
 * In evaluation mode, a change of later positions changes no bit of earlier results.
 *
 * @example
 * fc.assert(
 *   causalModule({
 *     make: (random) => new TransformerEncoderLayer({ dModel: 4, nhead: 2, dimFeedforward: 4, random }),
 *     input: (random, batch, time) => randn([batch, time, 4], random),
 *     run: (layer, x) => layer.forward(x, { causal: true }),
 *   }),
 *   { numRuns: 5 },
 * );
 */
export function causalModule<M extends Module>({
  make,
  input,
  run,
}: CausalModuleOptions<M>): fc.IProperty<unknown> {
  const sizes = fc.record({ batch: fc.integer({ min: 1, max: 3 }), time: fc.integer({ min: 1, max: 8 }) });
  return fc.property(fc.nat(), sizes, fc.nat(), (seed, { batch, time }, some) =>
    scoped(() => {
      const random = new Random(seed);
      const module = make(random).eval() as M;
      const cut = some % time;
      const [x, changed] = [input(random, batch, time), input(random, batch, time)];
      const row = x.size / batch;
      const kept = (row / time) * cut;
      for (let b = 0; b < batch; b++) {
        changed.view().set(x.view().subarray(b * row, b * row + kept), b * row);
      }
      const past = (given: Tensor): string => {
        const results = noGrad(() => run(module, given)).data();
        const size = results.length / batch;
        return Array.from({ length: batch }, (_, b) =>
          results.slice(b * size, b * size + (size / time) * cut).join(),
        ).join(";");
      };
      expectSame(`the first ${cut} results after a change of later inputs`, past(changed), past(x));
    }),
  );
}

/** Compares the gradients of a weighted sum of the result with central differences, at a few elements of each parameter. */
function checkGradients<M extends Module>(
  module: M,
  run: (module: M, random: Random) => Tensor,
  seed: number,
  tolerance: number,
): void {
  const value = (): Tensor => {
    const result = run(module, new Random(seed));
    const waves = result.data().map((_, i) => Math.sin(1 + i));
    const weights = ops.mul(ops.detach(result), 0);
    weights.view().set(waves);
    return ops.sum(ops.mul(result, weights));
  };
  backward(value());
  const random = new Random(seed);
  const step = 6e-6;
  for (const [name, parameter] of module.namedParameters()) {
    const analytic = parameter.grad?.data();
    for (let probe = 0; probe < Math.min(3, parameter.size); probe++) {
      const at = random.integer(parameter.size);
      const center = parameter.view()[at];
      const beside = (offset: number): number => {
        parameter.view()[at] = center + offset;
        const result = scoped(() => noGrad(() => value().item()));
        parameter.view()[at] = center;
        return result;
      };
      const [below, here, above] = [beside(-step), beside(0), beside(step)];
      const [left, right] = [(here - below) / step, (above - here) / step];
      const slope = (left + right) / 2;
      const exact = analytic?.[at] ?? 0;
      const isNear = (estimate: number, most: number) =>
        Math.abs(exact - estimate) <= most * Math.max(1, Math.abs(exact), Math.abs(estimate));
      if (isNear(slope, tolerance)) continue;
      // A slope that bends within a step: Richardson's extrapolation to no step at all.
      const wider = (beside(2 * step) - beside(-2 * step)) / (4 * step);
      if (isNear(slope + (slope - wider) / 3, tolerance)) continue;
      // A kink, as relu has one, between the points: the gradient is the slope on that side of it where we are.
      const isKink = Math.abs(left - right) > 1e-3 * Math.max(1, Math.abs(left), Math.abs(right));
      if (isKink && (isNear(left, 1e-4) || isNear(right, 1e-4))) continue;
      fail(`gradient of ${name}[${at}]`, String(slope), String(exact));
    }
  }
  module.zeroGrad();
}

function expectSame(what: string, got: string, expected: string): void {
  if (got !== expected) fail(what, expected.slice(0, 60), got.slice(0, 60));
}

function fail(what: string, expected: string, got: string): never {
  throw new StateError({ what, expected, got });
}
