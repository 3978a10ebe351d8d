// The workload charlm in jax-js on its WebAssembly backend: `jax_js.mjs FOLDER STEPS` prints one line of JSON.
import { fileURLToPath } from "node:url";
import { packagesOf, randomWeights, SETTINGS, sizes, timeSteps } from "./charlm.mjs";

const { rate, beta1, beta2, eps, decay, maxNorm, normEps } = SETTINGS;

/** @returns a function that trains on `ids` and `targets`, and returns the loss before */
export function charlm(jax, { vocabulary, batch, time, width, layers, heads }, weights) {
  const { numpy: np, nn } = jax;
  const past = np.tril(np.ones([time, time])).greater(0);
  // Every use of an array ends it, but for that of its `ref`.
  const norm = (x, w, name) => {
    const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
    const scaled = centred.div(np.sqrt(variance.add(normEps)));
    return scaled.mul(w[`${name}.weight`].ref).add(w[`${name}.bias`].ref);
  };
  const linear = (x, w, name) => np.matmul(x, np.transpose(w[`${name}weight`].ref)).add(w[`${name}bias`].ref);
  const attend = (x, w, name) => {
    const packed = linear(x, w, `${name}.in_proj_`).reshape([batch, time, 3, heads, width / heads]);
    const [q, k, v] = np
      .split(np.transpose(packed, [2, 0, 3, 1, 4]), 3, 0)
      .map((part) => part.reshape([batch, heads, time, width / heads]));
    const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul((width / heads) ** -0.5);
    const weights = nn.softmax(np.where(past.ref, scores, -1e9), -1);
    const mixed = np.transpose(np.matmul(weights, v), [0, 2, 1, 3]);
    return linear(mixed.reshape([batch * time, width]), w, `${name}.out_proj.`);
  };
  const lossOf = (w, ids, targets) => {
    const embedded = np.matmul(ids, w["embedding.weight"].ref).reshape([batch, time, width]);
    let x = embedded.add(w["positions.weight"].ref).reshape([batch * time, width]);
    for (let i = 0; i < layers; i++) {
      const layer = `encoder.layers.${i}`;
      x = x.ref.add(attend(norm(x, w, `${layer}.norm1`), w, `${layer}.self_attn`));
      const hidden = linear(norm(x.ref, w, `${layer}.norm2`), w, `${layer}.linear1.`);
      x = x.add(linear(nn.gelu(hidden, { approximate: false }), w, `${layer}.linear2.`));
    }
    const logits = np.matmul(norm(x, w, "encoder.norm"), np.transpose(w["embedding.weight"].ref));
    jax.tree.dispose(w);
    return nn
      .logSoftmax(logits, -1)
      .mul(targets)
      .sum()
      .mul(-1 / (batch * time));
  };
  /** `rise1` and `rise2`: 1 - beta^step. */
  const train = jax.jit((w, means, squares, ids, targets, rise1, rise2) => {
    const [value, grads] = jax.valueAndGrad(lossOf)(jax.tree.ref(w), ids, targets);
    const names = Object.keys(w);
    const total = names.map((name) => np.square(grads[name].ref).sum()).reduce((a, b) => a.add(b));
    const factor = np.minimum(np.array(maxNorm).div(np.sqrt(total).add(1e-6)), 1);
    const [nextW, nextMeans, nextSquares] = [{}, {}, {}];
    for (const name of names) {
      const g = grads[name].mul(factor.ref);
      const mean = means[name].mul(beta1).add(g.ref.mul(1 - beta1));
      const square = squares[name].mul(beta2).add(np.square(g).mul(1 - beta2));
      const change = mean.ref.div(rise1.ref).div(np.sqrt(square.ref.div(rise2.ref)).add(eps));
      nextW[name] = w[name].mul(1 - rate * decay).sub(change.mul(rate));
      nextMeans[name] = mean;
      nextSquares[name] = square;
    }
    factor.dispose();
    rise1.dispose();
    rise2.dispose();
    return [value, nextW, nextMeans, nextSquares];
  });
  const make = (values) =>
    Object.fromEntries(weights.map(([name, shape, given]) => [name, np.array(values(given)).reshape(shape)]));
  let [w, means, squares] = [
    make((given) => given),
    make((given) => new Float32Array(given.length)),
    make((given) => new Float32Array(given.length)),
  ];
  const oneHot = (ids) => {
    const rows = new Float32Array(ids.length * vocabulary);
    ids.forEach((id, i) => {
      rows[i * vocabulary + id] = 1;
    });
    return np.array(rows).reshape([ids.length, vocabulary]);
  };
  let steps = 0;
  return async (ids, targets) => {
    steps++;
    const rises = [1 - beta1 ** steps, 1 - beta2 ** steps].map((rise) => np.array(rise));
    let value;
    [value, w, means, squares] = train(w, means, squares, oneHot(ids), oneHot(targets), ...rises);
    await jax.blockUntilReady([w, means, squares]);
    return (await value.data())[0];
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, steps] = process.argv.slice(2);
  const jax = packagesOf(folder)("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  await timeSteps(Number(steps), charlm(jax, sizes.charlm, randomWeights(sizes.charlm)));
  process.exit(0);
}
