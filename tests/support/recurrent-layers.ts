/** The recurrent layers behind one way to call them. */
import type { Embedded } from "../../src/nn/embedding.ts";
import type { Module } from "../../src/nn/module.ts";
import {
  GRU,
  LSTM,
  type RecurrentForwardOptions,
  type RecurrentOptions,
  RNN,
} from "../../src/nn/recurrent.ts";
import type { Tensor } from "../../src/tensor/index.ts";

/** One way to call all three: states as a list. */
export interface RecurrentLayer {
  readonly module: Module;
  run(
    x: Tensor | Embedded,
    states?: readonly Tensor[],
    options?: RecurrentForwardOptions,
  ): [Tensor, readonly Tensor[]];
}

export const LAYERS: Record<string, (options: RecurrentOptions) => RecurrentLayer> = {
  rnn: (options) => {
    const module = new RNN(options);
    return {
      module,
      run: (x, states, given) => {
        const [output, state] = module.forward(x, states?.[0], given);
        return [output, [state]];
      },
    };
  },
  lstm: (options) => {
    const module = new LSTM(options);
    return {
      module,
      run: (x, states, given) => module.forward(x, states as [Tensor, Tensor] | undefined, given),
    };
  },
  gru: (options) => {
    const module = new GRU(options);
    return {
      module,
      run: (x, states, given) => {
        const [output, state] = module.forward(x, states?.[0], given);
        return [output, [state]];
      },
    };
  },
};
