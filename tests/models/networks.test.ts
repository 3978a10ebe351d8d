import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import {
  checkKind,
  kindOf,
  makeNetwork,
  type NetworkOptions,
  networkKeys,
} from "../../src/models/networks.ts";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import { TransformerSeq2Seq } from "../../src/models/transformer-seq2seq.ts";

const SIZES = { sourceVocabulary: 6, targetVocabulary: 6, padId: 0 };

describe("networks", () => {
  test.each([
    [{}, Seq2Seq, "rnn"],
    [{ model: "rnn" }, Seq2Seq, "rnn"],
    [{ model: "transformer", dModel: 8 }, TransformerSeq2Seq, "transformer"],
  ] as [NetworkOptions, typeof Seq2Seq | typeof TransformerSeq2Seq, string][])(
    "%j",
    (options, Network, kind) => {
      const network = makeNetwork(options, SIZES, new Random(1));
      expect(network).toBeInstanceOf(Network);
      expect(kindOf(network)).toBe(kind);
    },
  );

  test("options of one kind are not those of another", () => {
    expect(networkKeys("rnn")).toContain("cell");
    expect(networkKeys("transformer")).not.toContain("cell");
    for (const kind of ["rnn", "transformer"] as const) expect(networkKeys(kind)).not.toContain("padId");
    const make = () =>
      makeNetwork({ model: "transformer", hiddenSize: 4 } as NetworkOptions, SIZES, new Random(1));
    expect(make).toThrow(OptionError);
  });

  test("an unknown kind is refused with the nearest", () => {
    expect(() => checkKind("transfromer")).toThrow(
      'model: expected one of rnn, transformer, got "transfromer". Did you mean "transformer"?',
    );
  });
});
