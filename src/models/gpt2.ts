/**
 * GPT-2's names and layout for the weights of a {@link TransformerLanguageModel}, in both directions: matrices are
 * transposed there (`[in, out]`), and named after Radford et al.'s code.
 */
import { FormatError } from "../base/errors.ts";
import { formatShape, type Shape, sameShape } from "../base/shape.ts";
import type { SavedTensor } from "../formats/safetensors-dtype.ts";
import { toTensors } from "../nn/weights.ts";
import { noGrad, ops, type Tensor } from "../tensor/index.ts";
import type { TransformerLanguageModelOptions } from "./transformer-language-model.ts";

type Sizes = Required<TransformerLanguageModelOptions>;

/** A tensor under both names; the shape is GPT-2's. */
interface Counterpart {
  readonly theirs: string;
  readonly ours: string;
  readonly shape: Shape;
  readonly transposed: boolean;
}

const PREFIX = "transformer.";
const HEAD = "lm_head.weight";
const EMBEDDING = "wte.weight";
/** Causal masks and what was added under them, which older files hold. */
const BUFFER = /^h\.\d+\.attn\.(masked_)?bias$/;
const FLOATS = ["F32", "F16", "BF16", "F64"];

function counterparts({
  vocabularySize,
  blockSize,
  dModel,
  dimFeedforward,
  numLayers,
  ...rest
}: Sizes): Counterpart[] {
  const table = (theirs: string, ours: string, rows: number): Counterpart => {
    return { theirs, ours, shape: [rows, dModel], transposed: false };
  };
  const vector = (theirs: string, ours: string, size: number): Counterpart => {
    return { theirs, ours, shape: [size], transposed: false };
  };
  const norm = (theirs: string, ours: string): Counterpart[] =>
    ["weight", "bias"].map((part) => vector(`${theirs}.${part}`, `${ours}.${part}`, dModel));
  /** `ours` ends in what stands before `weight` and `bias`. */
  const map = (theirs: string, ours: string, inputs: number, outputs: number): Counterpart[] => [
    { theirs: `${theirs}.weight`, ours: `${ours}weight`, shape: [inputs, outputs], transposed: true },
    vector(`${theirs}.bias`, `${ours}bias`, outputs),
  ];
  return [
    table(EMBEDDING, "embedding.weight", vocabularySize),
    table("wpe.weight", "positions.weight", blockSize),
    ...Array.from({ length: numLayers }, (_, i) => [`h.${i}`, `transformer.layers.${i}`]).flatMap(
      ([h, layer]) => [
        ...norm(`${h}.ln_1`, `${layer}.norm1`),
        ...map(`${h}.attn.c_attn`, `${layer}.self_attn.in_proj_`, dModel, 3 * dModel),
        ...map(`${h}.attn.c_proj`, `${layer}.self_attn.out_proj.`, dModel, dModel),
        ...norm(`${h}.ln_2`, `${layer}.norm2`),
        ...map(`${h}.mlp.c_fc`, `${layer}.linear1.`, dModel, dimFeedforward),
        ...map(`${h}.mlp.c_proj`, `${layer}.linear2.`, dimFeedforward, dModel),
      ],
    ),
    ...norm("ln_f", "transformer.norm"),
    ...(rest.tieEmbeddings ? [] : [table(HEAD, "outputWeight", vocabularySize)]),
  ];
}

/**
 * The state dict of a {@link TransformerLanguageModel} from the tensors of a GPT-2 checkpoint, whose names may begin
 * with `transformer.`; `lm_head.weight` may be absent where it is tied to `wte.weight`.
 *
 * @param sizes of that network, e.g. from {@link parseGpt2Config}
 * @param file named in errors
 * @throws {FormatError} for a missing or unknown tensor, and one of another shape or type.
 * @example
 * const config = '{"n_layer": 1, "n_head": 2, "n_embd": 4, "n_positions": 8, "vocab_size": 5}';
 * const sizes = parseGpt2Config(config, "config.json");
 * const network = new TransformerLanguageModel(sizes, new Random(1));
 * const file = encodeWeights(toGpt2(network.stateDict(), sizes));
 * network.loadStateDict(fromGpt2(readSafetensors(file), sizes, "model.safetensors"));
 */
export function fromGpt2(
  saved: ReadonlyMap<string, SavedTensor>,
  sizes: Sizes,
  file: string,
): Map<string, Tensor> {
  const fail = (what: string, expected: string, got: string): never => {
    throw new FormatError({ what, expected, got }, { file });
  };
  const given = new Map<string, SavedTensor>();
  for (const [name, x] of saved) {
    const plain = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
    if (given.has(plain)) fail(plain, "one tensor", `another as ${PREFIX}${plain}`);
    if (!BUFFER.test(plain)) given.set(plain, x);
  }
  const [head, embedding] = [given.get(HEAD), given.get(EMBEDDING)];
  if (sizes.tieEmbeddings && head !== undefined && embedding !== undefined) {
    if (!sameNumbers(head, embedding))
      fail(HEAD, `the numbers of ${EMBEDDING}, to which it is tied`, "others");
    given.delete(HEAD);
  }
  const pairs = counterparts(sizes);
  const known = new Set(pairs.map(({ theirs }) => theirs));
  const parts = [
    listed(
      "without",
      [...known].filter((name) => !given.has(name)),
    ),
    listed(
      "with unknown",
      [...given.keys()].filter((name) => !known.has(name)),
    ),
  ].filter(Boolean);
  if (parts.length > 0)
    fail("GPT-2 checkpoint", `the ${known.size} tensors of its config.json`, `one ${parts.join(" and ")}`);

  const renamed = pairs.map(({ theirs, ours, shape }) => {
    const x = given.get(theirs) as SavedTensor;
    if (!FLOATS.includes(x.dtype)) fail(theirs, FLOATS.join(", "), x.dtype);
    if (!sameShape(x.shape, shape)) fail(theirs, formatShape(shape), formatShape(x.shape));
    return [ours, x] as const;
  });
  return transposed(toTensors(new Map(renamed), file), pairs, ({ ours }) => [ours, ours]);
}

/**
 * The tensors of a GPT-2 checkpoint from the state dict of a {@link TransformerLanguageModel}, named as by current
 * writers: `transformer.` before all but an untied `lm_head.weight`.
 *
 * @example
 * const config = '{"n_layer": 1, "n_head": 2, "n_embd": 4, "n_positions": 8, "vocab_size": 5}';
 * const sizes = parseGpt2Config(config, "config.json");
 * const network = new TransformerLanguageModel(sizes, new Random(1));
 * toGpt2(network.stateDict(), sizes).get("transformer.h.0.attn.c_attn.weight").shape; // [4, 12]
 */
export function toGpt2(state: ReadonlyMap<string, Tensor>, sizes: Sizes): Map<string, Tensor> {
  return transposed(state, counterparts(sizes), ({ ours, theirs }) => [
    ours,
    theirs === HEAD ? theirs : PREFIX + theirs,
  ]);
}

/** The tensors of `state` under other names, matrices of linear maps transposed. */
function transposed(
  state: ReadonlyMap<string, Tensor>,
  pairs: readonly Counterpart[],
  names: (pair: Counterpart) => readonly [from: string, to: string],
): Map<string, Tensor> {
  return new Map(
    pairs.map((pair) => {
      const [from, to] = names(pair);
      const x = state.get(from) as Tensor;
      return [to, pair.transposed ? noGrad(() => ops.transpose(x, 0, 1)) : x] as const;
    }),
  );
}

function sameNumbers(a: SavedTensor, b: SavedTensor): boolean {
  return sameShape(a.shape, b.shape) && a.data.every((value, i) => Object.is(value, b.data[i]));
}

const MOST_LISTED = 4;

function listed(word: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > MOST_LISTED ? ` and ${names.length - MOST_LISTED} more` : "";
  return `${word} ${names.slice(0, MOST_LISTED).join(", ")}${more}`;
}
