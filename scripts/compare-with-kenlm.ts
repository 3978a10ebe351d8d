/**
 * Compares n-gram models with those of KenLM, entry by entry: probabilities and backoffs of modified Kneser-Ney for
 * orders 1 to N, and what training takes.
 *
 *     npx tsx scripts/compare-with-kenlm.ts PATH/TO/lmplz TEXT [N]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type NgramModel, readArpa } from "../src/index.ts";
import { chain } from "../src/ngram/table.ts";

const [lmplz, text, most = "5"] = process.argv.slice(2);
if (text === undefined) throw new Error("usage: compare-with-kenlm.ts LMPLZ TEXT [N]");
const folder = mkdtempSync(join(tmpdir(), "lexigrad-kenlm-"));
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

/** Runs a command and gives its wall-clock seconds. */
function timed(command: string, args: readonly string[], input: string, output: string): number {
  const began = performance.now();
  const stdio = [openSync(input, "r"), openSync(output, "w"), "pipe"] as const;
  const { status, stderr, error } = spawnSync(command, args, { stdio: [...stdio], encoding: "utf8" });
  if (status !== 0) throw new Error(error?.message ?? stderr);
  return (performance.now() - began) / 1000;
}

/** The largest differences of probabilities and backoffs, over all n-grams. */
function differences(ours: NgramModel, theirs: NgramModel): { probability: number; backoff: number } {
  let [probability, backoff] = [0, 0];
  const toOurs = Int32Array.from({ length: theirs.vocabularySize }, (_, id) => ours.id(theirs.word(id)));
  // By order: our node of each of their nodes, and the hash of its words.
  let nodes = toOurs;
  let hashes = toOurs;
  const [a, b] = [ours.parts, theirs.parts];
  for (let id = 0; id < theirs.vocabularySize; id++) {
    probability = Math.max(probability, Math.abs(a.unigrams[2 * nodes[id]] - b.unigrams[2 * id]));
    backoff = Math.max(backoff, Math.abs(a.unigrams[2 * nodes[id] + 1] - b.unigrams[2 * id + 1]));
  }
  for (const [i, table] of b.tables.entries()) {
    const next = new Int32Array(table.slots);
    const nextHashes = new Int32Array(table.slots);
    for (let slot = 0; slot < table.slots; slot++) {
      if (table.isFree(slot)) continue;
      const [parent, word] = [table.parent(slot), toOurs[table.word(slot)]];
      const hash = chain(hashes[parent], word);
      const own = a.tables[i].find(hash, nodes[parent], word);
      if (own < 0) return { probability: Number.POSITIVE_INFINITY, backoff };
      next[slot] = own;
      nextHashes[slot] = hash;
      probability = Math.max(probability, Math.abs(a.tables[i].logProb(own) - table.logProb(slot)));
      if (table.width === 3)
        backoff = Math.max(backoff, Math.abs(a.tables[i].backoff(own) - table.backoff(slot)));
    }
    nodes = next;
    hashes = nextHashes;
  }
  return { probability, backoff };
}

try {
  for (let order = 1; order <= Number(most); order++) {
    const [ours, theirs] = [join(folder, "ours.arpa"), join(folder, "theirs.arpa")];
    const seconds = timed(
      lmplz,
      ["-o", String(order), "-S", "20%", "-T", folder, "--discount_fallback"],
      text,
      theirs,
    );
    const train = [
      "--import",
      "tsx",
      main,
      "ngram",
      "train",
      "--order",
      String(order),
      "--discount-fallback",
    ];
    const own = timed(process.execPath, [...train, "--out", ours, text], text, join(folder, "log"));
    const [model, peer] = [readArpa(ours), readArpa(theirs)];
    const { probability, backoff } = differences(model, peer);
    const counts = model.counts.join() === peer.counts.join() ? model.counts.join(" ") : "DIFFERENT COUNTS";
    const times = `${own.toFixed(2)} s, lmplz ${seconds.toFixed(2)} s`;
    console.log(
      `order ${order}: ${counts} n-grams; largest difference ${probability.toExponential(1)} in log10 P, ` +
        `${backoff.toExponential(1)} in backoffs; ${times}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
