import { describe, test } from "vitest";
import { Adagrad } from "../../src/optim/adagrad.ts";
import { Adam, AdamW } from "../../src/optim/adam.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { RMSprop } from "../../src/optim/rmsprop.ts";
import { SGD } from "../../src/optim/sgd.ts";
import { scoped, type Tensor, tensor } from "../../src/tensor/index.ts";
import { expectClose, type Numbers } from "../support/close.ts";
import { loadFixture, type OptimFixture } from "../support/fixture.ts";
import { leaf } from "../support/golden.ts";
import { stepBy, values } from "../support/optimizers.ts";

const CLASSES = { SGD, Adagrad, RMSprop, Adam, AdamW };

const fixture = loadFixture<OptimFixture>("optim");

describe.each(["f32", "f64"] as const)("trajectories of PyTorch in %s", (dtype) => {
  test.each(fixture.cases.map((entry) => [entry.name, entry] as const))("%s", (_name, entry) => {
    const names = Object.keys(fixture.parameters);
    const parameters = names.map((name) => leaf(fixture.parameters[name], dtype));
    const optimizer = new CLASSES[entry.optimizer as keyof typeof CLASSES](parameters, entry.options);
    fixture.gradients.forEach((gradients, i) => {
      stepBy(
        optimizer,
        names.map((name) => gradients[name]),
      );
      names.forEach((name, j) => {
        expectClose(parameters[j].toArray() as Numbers, entry.trajectory[i][name]);
      });
    });
  });
});

// PyTorch's C++ tests train a 2-3-1 sigmoid network on the sum of its outputs and sample the weights every 100 steps
// (test/cpp/api/optim.cpp and optim_baseline.h, rtol 1e-3 and atol 5e-4).
describe("values of PyTorch's optim_baseline", () => {
  function train(make: (parameters: Tensor[]) => Optimizer, steps: number): number[][] {
    const parameters = [
      leaf(
        [
          [-0.2109, -0.4976],
          [-0.1413, -0.342],
          [-0.2524, 0.6976],
        ],
        "f64",
      ),
      leaf([-0.1085, -0.2979, 0.6892], "f64"),
      leaf([[-0.0508, -0.3941, -0.2843]], "f64"),
      leaf([-0.0711], "f64"),
    ];
    const [w0, b0, w2, b2] = parameters;
    const optimizer = make(parameters);
    const input = tensor(
      [
        [0.1, 0.2],
        [0.3, 0.4],
        [0.5, 0.6],
      ],
      undefined,
      "f64",
    );
    for (let i = 0; i < steps; i++) {
      scoped(() => {
        optimizer.zeroGrad();
        input.linear(w0, b0).sigmoid().linear(w2, b2).sigmoid().sum().backward();
        optimizer.step();
      });
    }
    return values(parameters);
  }

  const baseline: [name: string, make: (parameters: Tensor[]) => Optimizer, expected: number[]][] = [
    [
      "Adam",
      (p) => new Adam(p, { lr: 1 }),
      // biome-ignore format: weights 0.weight, 0.bias, 2.weight and 2.bias, as in the source
      [8.232343, 7.970643, 6.643546, 6.470927, 6.169993, 7.150645, 8.417514, 6.597182, 7.231731, -6.72962, -7.097441, -6.753308, -6.435645],
    ],
    [
      "Adam with weight decay",
      (p) => new Adam(p, { lr: 1, weightDecay: 0.01 }),
      // biome-ignore format: as above
      [0.178359, 0.254214, 0.19682, 0.235228, 0.17806, 0.229436, 0.622766, 0.60586, 0.607718, -1.425975, -1.433335, -1.408546, -2.071078],
    ],
    [
      "Adagrad",
      (p) => new Adagrad(p, { lr: 1 }),
      // biome-ignore format: as above
      [2.407923, 2.23468, 1.696789, 1.55228, 1.225904, 2.22128, 2.933408, 1.761982, 2.346458, -2.221396, -2.549951, -1.970932, -1.585882],
    ],
    [
      "Adagrad with weight decay and lrDecay",
      (p) => new Adagrad(p, { lr: 1, weightDecay: 1e-6, lrDecay: 1e-3 }),
      // biome-ignore format: as above
      [2.346219, 2.191939, 1.683355, 1.540552, 1.21378, 2.205283, 2.909056, 1.750966, 2.336166, -2.20616, -2.534432, -1.962278, -1.57961],
    ],
    [
      "RMSprop",
      (p) => new RMSprop(p, { lr: 0.1 }),
      // biome-ignore format: as above
      [2.448572, 2.280915, 1.734642, 1.594, 1.250761, 2.248993, 2.994661, 1.815049, 2.382543, -2.303698, -2.63373, -2.01837, -1.620788],
    ],
    [
      "centered RMSprop with weight decay",
      (p) => new RMSprop(p, { lr: 0.1, weightDecay: 1e-6, centered: true }),
      // biome-ignore format: as above
      [2.3763, 2.239096, 1.726175, 1.589157, 1.241007, 2.234543, 2.990896, 1.815211, 2.377985, -2.307182, -2.63686, -2.019818, -1.622583],
    ],
    [
      "centered RMSprop with weight decay and momentum",
      (p) => new RMSprop(p, { lr: 0.1, weightDecay: 1e-6, centered: true, momentum: 0.9 }),
      // biome-ignore format: as above
      [11.587264, 12.552113, 10.773003, 10.782118, 9.675468, 10.830689, 15.298238, 11.252245, 11.423905, -11.287147, -11.673871, -11.143068, -10.74479],
    ],
    [
      "SGD",
      (p) => new SGD(p, { lr: 0.1 }),
      // biome-ignore format: as above
      [-0.155431, -0.423511, -0.041968, -0.209522, -0.160314, 0.820974, 0.077243, 0.033875, 1.002879, -0.821338, -1.15708, -1.615476, -1.873409],
    ],
    [
      "SGD with weight decay",
      (p) => new SGD(p, { lr: 0.1, weightDecay: 0.01 }),
      // biome-ignore format: as above
      [-0.1358, -0.376546, -0.03167, -0.181026, -0.137323, 0.752216, 0.0855, 0.051563, 0.93214, -0.796312, -1.101006, -1.536372, -1.804585],
    ],
    [
      "SGD with weight decay and momentum",
      (p) => new SGD(p, { lr: 0.1, weightDecay: 0.01, momentum: 0.9 }),
      // biome-ignore format: as above
      [0.005612, -0.071092, 0.077014, 0.047067, 0.042865, 0.435298, 0.238348, 0.323664, 0.712832, -1.041948, -1.173095, -1.764821, -2.335928],
    ],
    [
      "SGD with weight decay and Nesterov momentum",
      (p) => new SGD(p, { lr: 0.1, weightDecay: 1e-6, momentum: 0.9, nesterov: true }),
      // biome-ignore format: as above
      [-0.126239, -0.384466, 0.031244, -0.111705, -0.098233, 0.90407, 0.175513, 0.279766, 1.21384, -1.59284, -1.898681, -2.966182, -3.772844],
    ],
  ];
  test.each(baseline)("%s after 101 steps", (_name, make, expected) => {
    expectClose(train(make, 101).flat(), expected, { atol: 5e-4, rtol: 1e-3 });
  });

  test("Adam with weight decay reaches its fixed point", () => {
    const [w0, b0, w2, b2] = train((p) => new Adam(p, { lr: 1, weightDecay: 0.01 }), 1001);
    const [x, y] = [0.17963666098407, 0.24250882442244];
    expectClose(w0, [x, y, x, y, x, y], { atol: 1e-12, rtol: 0 });
    expectClose(b0, [0.62872163438371, 0.62872163438371, 0.62872163438371], { atol: 1e-12, rtol: 0 });
    expectClose(w2, [-1.41234674906717, -1.41234674906717, -1.41234674906717], { atol: 1e-12, rtol: 0 });
    expectClose(b2, [-2.06336904343491], { atol: 1e-12, rtol: 0 });
  });
});
