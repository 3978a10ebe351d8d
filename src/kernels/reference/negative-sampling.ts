import type { WordVectorTraining } from "../word-vector-training.ts";
import { mix, sigmoid } from "./scalar.ts";
import type { FloatView } from "./view.ts";

const LONGEST_SENTENCE = 1000;
const LARGEST_SCORE = 30;

export function negativeSampling(view: FloatView): WordVectorTraining {
  const { shift, heap } = view;
  return {
    negativeSampling(
      words, n, keep, noise, vocabulary, starts, parts, input, output, width, window, negatives, cbow, rate, losses,
      pairs, _threads, seed0, seed1,
    ) {
      const data = view.floats();
      const [ids, bits] = [heap.i32, new Uint32Array(heap.memory.buffer)];
      const hashOf = (place: number): number => mix((seed0 + Math.imul(place, seed1 | 1)) | 0);

      /** Where the rows of `input` begin whose mean a word is. */
      function rowsOf(word: number): number[] {
        const first = input >>> shift;
        if (starts === 0) return [first + word * width];
        const [from, to] = [ids[(starts >>> 2) + word], ids[(starts >>> 2) + word + 1]];
        return Array.from(ids.subarray((parts >>> 2) + from, (parts >>> 2) + to), (row) => first + row * width);
      }

      /** Where the rows of `output` begin that are trained together: of a word, and of noise from draw `at` on. */
      function targetsOf(word: number, hash: number, at: number): number[] {
        const targets = new Set([word]);
        for (let i = 0; i < negatives; i++) {
          const random = draw(hash, at + i);
          const cell = below(random, vocabulary);
          const entry = (noise >>> 2) + 2 * cell;
          targets.add(Math.imul(random, vocabulary) >>> 0 <= bits[entry] ? cell : bits[entry + 1]);
        }
        return Array.from(targets, (target) => (output >>> shift) + target * width);
      }

      /** Element d of the mean of rows. */
      const mean = (rows: readonly number[], d: number): number =>
        rows.reduce((sum, row) => sum + data[row + d], 0) / rows.length;

      /** Trains targets, and adds to `sums` what is due to the inputs. The loss. */
      function train(inputs: readonly number[][], targets: readonly number[], sums: Float64Array[]): number {
        let loss = 0;
        const gradients = inputs.map((rows) =>
          targets.map((y, k) => {
            let score = 0;
            for (let d = 0; d < width; d++) score += mean(rows, d) * data[y + d];
            const sign = k === 0 ? 1 : -1;
            const signed = Math.min(Math.max(sign * score, -LARGEST_SCORE), LARGEST_SCORE);
            loss -= Math.log(sigmoid(signed));
            return rate * sign * sigmoid(-signed);
          }),
        );
        for (let d = 0; d < width; d++) {
          const before = targets.map((y) => data[y + d]);
          inputs.forEach((rows, i) => {
            const x = mean(rows, d);
            targets.forEach((y, k) => {
              sums[i][d] += gradients[i][k] * before[k];
              data[y + d] += gradients[i][k] * x;
            });
          });
        }
        return loss;
      }

      function trainPosition(word: number, contexts: readonly number[], place: number): void {
        if (contexts.length === 0) return;
        const hash = hashOf(place);
        const bySubwords = starts !== 0 && cbow === 0;
        const inputs = bySubwords ? [rowsOf(word)] : cbow ? [contexts.flatMap(rowsOf)] : contexts.map(rowsOf);
        const sets = bySubwords
          ? contexts.map((context, i) => targetsOf(context, hash, 2 + i * negatives))
          : [targetsOf(word, hash, 2)];
        const sums = inputs.map(() => new Float64Array(width));
        let loss = 0;
        for (const targets of sets) loss += train(inputs, targets, sums);
        inputs.forEach((rows, i) => {
          for (const row of rows) for (let d = 0; d < width; d++) data[row + d] += sums[i][d];
        });
        data[(losses >>> shift) + place] = loss;
        data[(pairs >>> shift) + place] = cbow ? 1 : contexts.length;
      }

      data.fill(0, losses >>> shift, (losses >>> shift) + n);
      data.fill(0, pairs >>> shift, (pairs >>> shift) + n);
      for (let at = 0; at < n; ) {
        const kept: number[] = [];
        while (at < n && kept.length < LONGEST_SENTENCE) {
          const place = at++;
          const word = ids[(words >>> 2) + place];
          if (word < 0) break;
          if (keep === 0 || draw(hashOf(place), 0) <= bits[(keep >>> 2) + word]) kept.push(place);
        }
        const sentence = kept.map((place) => ids[(words >>> 2) + place]);
        sentence.forEach((word, center) => {
          const radius = 1 + below(draw(hashOf(kept[center]), 1), window);
          const left = sentence.slice(Math.max(center - radius, 0), center);
          trainPosition(word, [...left, ...sentence.slice(center + 1, center + 1 + radius)], kept[center]);
        });
      }
    },
  };
}

const draw = (hash: number, j: number): number => mix((hash + Math.imul(j, 0x9e3779b9)) | 0) >>> 0;

/** A number below n from 32 random bits. */
const below = (bits: number, n: number): number => Math.floor((bits * n) / 2 ** 32);
