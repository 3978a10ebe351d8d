import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeInputs } from "../../scripts/bench/inputs.ts";

const folder = mkdtempSync(join(tmpdir(), "lexigrad-inputs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (file: string) => readFileSync(file, "utf8").trimEnd().split("\n");

describe("makeInputs", () => {
  it("repeats the sentences given, and spoils each a little", () => {
    const sentences = join(folder, "sentences");
    writeFileSync(sentences, "a b c d e\none word\n");
    const inputs = makeInputs({ sentences });
    const [references, hypotheses] = [linesOf(inputs.references), linesOf(inputs.hypotheses)];
    expect([references.length, hypotheses.length]).toEqual([29_000, 29_000]);
    expect(references.slice(0, 3)).toEqual(["a b c d e", "one word", "a b c d e"]);
    expect(hypotheses[1]).toBe("one word");
    expect(hypotheses[0].split(" ")).toHaveLength(4);
    expect(new Set(hypotheses).size).toBeGreaterThan(10);
  });

  it("takes the project's own sources and corpus where nothing is given, always the same", () => {
    const [one, other] = [makeInputs({}), makeInputs({})];
    expect(linesOf(one.text).length).toBeGreaterThan(10_000);
    for (const name of ["text", "references", "hypotheses", "lengths"] as const) {
      expect(readFileSync(one[name], "utf8")).toBe(readFileSync(other[name], "utf8"));
    }
  });
});
