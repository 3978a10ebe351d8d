/** A training to be killed: writes a byte for each event, and takes its time. */
import { train } from "../../src/train/train.ts";
import { Toy, toyData } from "./toy-trainable.ts";

const [options] = process.argv.slice(2);
const onEvent = () => {
  process.stdout.write(".");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4);
};
await train(new Toy(), toyData, { ...JSON.parse(options), onEvent });
