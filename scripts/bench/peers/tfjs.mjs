// The workload charlm in TensorFlow.js on its WebAssembly backend: `tfjs.mjs FOLDER STEPS` prints one line of JSON.
import { fileURLToPath } from "node:url";
import { packagesOf, randomWeights, SETTINGS, sizes, timeSteps } from "./charlm.mjs";

const { rate, beta1, beta2, eps, decay, maxNorm, normEps } = SETTINGS;

/** @returns a function that trains on `ids` and `targets`, and returns the loss before */
export function charlm(tf, { vocabulary, batch, time, width, layers, heads }, weights) {
  const w = Object.fromEntries(
    weights.map(([name, shape, values]) => [name, tf.variable(tf.tensor(values, shape), true, name)]),
  );
  const names = Object.keys(w);
  const means = names.map((name) => tf.variable(tf.zerosLike(w[name]), false));
  const squares = names.map((name) => tf.variable(tf.zerosLike(w[name]), false));
  const future = tf.keep(
    tf.tensor2d(
      Float32Array.from({ length: time * time }, (_, i) => (i % time > Math.floor(i / time) ? -1e9 : 0)),
      [time, time],
    ),
  );
  const linear = (x, name) => tf.add(tf.matMul(x, w[`${name}weight`], false, true), w[`${name}bias`]);
  const norm = (x, name) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const scaled = tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), normEps)));
    return tf.add(tf.mul(scaled, w[`${name}.weight`]), w[`${name}.bias`]);
  };
  const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  const attend = (x, name) => {
    const packed = tf.reshape(linear(x, `${name}.in_proj_`), [batch, time, 3, heads, width / heads]);
    const [q, k, v] = tf.unstack(tf.transpose(packed, [2, 0, 3, 1, 4]));
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), (width / heads) ** -0.5), future);
    const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
    return linear(tf.reshape(mixed, [batch * time, width]), `${name}.out_proj.`);
  };
  const lossOf = (ids, targets) => {
    // A product, since this backend has no gradient of a look-up.
    const one = (indices) => tf.cast(tf.oneHot(indices, vocabulary), "float32");
    const embedded = tf.reshape(tf.matMul(one(ids), w["embedding.weight"]), [batch, time, width]);
    let x = tf.reshape(tf.add(embedded, w["positions.weight"]), [batch * time, width]);
    for (let i = 0; i < layers; i++) {
      const layer = `encoder.layers.${i}`;
      x = tf.add(x, attend(norm(x, `${layer}.norm1`), `${layer}.self_attn`));
      const hidden = gelu(linear(norm(x, `${layer}.norm2`), `${layer}.linear1.`));
      x = tf.add(x, linear(hidden, `${layer}.linear2.`));
    }
    const logits = tf.matMul(norm(x, "encoder.norm"), w["embedding.weight"], false, true);
    return tf.losses.softmaxCrossEntropy(one(targets), logits);
  };
  let steps = 0;
  const update = (grads) => {
    steps++;
    const total = tf.addN(names.map((name) => tf.sum(tf.square(grads[name]))));
    const factor = tf.minimum(tf.div(maxNorm, tf.add(tf.sqrt(total), 1e-6)), 1);
    const [rise1, rise2] = [1 - beta1 ** steps, 1 - beta2 ** steps];
    names.forEach((name, i) => {
      const g = tf.mul(grads[name], factor);
      means[i].assign(tf.add(tf.mul(means[i], beta1), tf.mul(g, 1 - beta1)));
      squares[i].assign(tf.add(tf.mul(squares[i], beta2), tf.mul(tf.square(g), 1 - beta2)));
      const divisor = tf.add(tf.sqrt(tf.div(squares[i], rise2)), eps);
      const change = tf.mul(tf.div(means[i], divisor), rate / rise1);
      w[name].assign(tf.sub(tf.mul(w[name], 1 - rate * decay), change));
    });
  };
  return (ids, targets) =>
    tf.tidy(() => {
      const [x, y] = [tf.tensor1d(ids, "int32"), tf.tensor1d(targets, "int32")];
      const { value, grads } = tf.variableGrads(() => lossOf(x, y));
      update(grads);
      return value.dataSync()[0];
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, steps] = process.argv.slice(2);
  const load = packagesOf(folder);
  const tf = load("@tensorflow/tfjs");
  load("@tensorflow/tfjs-backend-wasm");
  await tf.setBackend("wasm");
  await tf.ready();
  await timeSteps(Number(steps), charlm(tf, sizes.charlm, randomWeights(sizes.charlm)));
}
