/** Sentences about a few topics, each with words of its own: neighbours in them are easy to learn. */
import { Random } from "../../src/base/random.ts";

export const WORDS_OF_TOPIC = 8;

/** `sentences` of ten words, each about one of `topics`: words are `topic.number`. */
export function topicSentences(topics: number, sentences: number, seed = 1): string[][] {
  const random = new Random(seed);
  return Array.from({ length: sentences }, () => {
    const topic = random.integer(topics);
    return Array.from({ length: 10 }, () => `${topic}.${random.integer(WORDS_OF_TOPIC)}`);
  });
}
