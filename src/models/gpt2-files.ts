/** GPT-2 checkpoints: a folder of config.json, model.safetensors and the tokenizer's files, as they are published. */
import { FormatError, OptionError } from "../base/errors.ts";
import { exists, makeDirectory, readBytes, readText, writeBytes, writeText } from "../base/files.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { parseVocabMerges } from "../formats/vocab-merges.ts";
import { skipInit } from "../nn/init.ts";
import { encodeWeights } from "../nn/weights.ts";
import { scoped } from "../tensor/index.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import { fromGpt2, toGpt2 } from "./gpt2.ts";
import { formatGpt2Config, parseGpt2Config } from "./gpt2-config.ts";
import { LanguageModel } from "./language-model.ts";
import { TransformerLanguageModel } from "./transformer-language-model.ts";

const CONFIG = "config.json";
const WEIGHTS = "model.safetensors";
const TOKENIZER = "tokenizer.json";

/**
 * Reads a GPT-2 checkpoint: `config.json`, `model.safetensors`, and `tokenizer.json` or `vocab.json` with `merges.txt`.
 * In texts, `<|endoftext|>` stands at the beginning; generated, it ends them.
 *
 * @throws {IoError} for a missing file.
 * @throws {FormatError} for a damaged one, files that do not fit together, and a model that is not quite GPT-2.
 * @throws {NumericError} for weights that are not finite.
 */
export function loadGpt2(directory: string): LanguageModel {
  const configFile = `${directory}/${CONFIG}`;
  const sizes = parseGpt2Config(readText(configFile), configFile);
  const { vocabularySize, ...options } = sizes;
  const tokenizer = loadTokenizer(directory);
  if (tokenizer.tokens.length !== vocabularySize) {
    const expected = `${tokenizer.tokens.length}, the number of the tokenizer's tokens`;
    throw new FormatError(
      { what: "vocab_size", expected, got: String(vocabularySize) },
      { file: configFile },
    );
  }
  const file = `${directory}/${WEIGHTS}`;
  return scoped(() => {
    const state = fromGpt2(readSafetensors(readBytes(file), file), sizes, file);
    const model = skipInit(() => new LanguageModel({ tokenizer, ...options }));
    model.network.loadStateDict(state);
    return model;
  });
}

function loadTokenizer(directory: string): Tokenizer {
  const [vocab, merges] = [`${directory}/vocab.json`, `${directory}/merges.txt`];
  const whole = `${directory}/${TOKENIZER}`;
  if (exists(whole) || !exists(vocab)) return Tokenizer.load(whole);
  const open = (file: string) => ({ text: readText(file), file });
  return new Tokenizer(parseVocabMerges(open(vocab), open(merges), "<|endoftext|>"));
}

/**
 * Writes a transformer language model as a GPT-2 checkpoint: what {@link loadGpt2} and other libraries read. The folder
 * is made when missing.
 *
 * @throws {OptionError} for a model with something that GPT-2 does not have, e.g. other positions than learned ones.
 * @throws {IoError} when it cannot be written.
 */
export function saveGpt2({ tokenizer, network, stream }: LanguageModel, directory: string): void {
  if (!(network instanceof TransformerLanguageModel)) {
    const got = `a ${network.constructor.name}`;
    throw new OptionError({ what: "a model in GPT-2's layout", expected: "a transformer", got });
  }
  const config = formatGpt2Config(network.options, stream.endId === -1 ? null : stream.endId);
  const weights = scoped(() => encodeWeights(toGpt2(network.stateDict(), network.options)));
  makeDirectory(directory);
  writeText(`${directory}/${CONFIG}`, config);
  writeText(`${directory}/${TOKENIZER}`, tokenizer.serialize());
  writeBytes(`${directory}/${WEIGHTS}`, weights);
}
