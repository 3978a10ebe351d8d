// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: figures of KenLM's tests
/**
 * An n-gram model of order 5 with gaps: figures of KenLM's lm/test.arpa (github.com/kpu/kenlm), those that its tests of
 * scores, semantics C 14 and 15, go through. `higher looking`, `would consider` and more suffixes are not listed.
 */
const ENTRIES: Readonly<Record<string, readonly [logProb: number, backoff?: number]>> = {
  "<unk>": [-1.995635, -20],
  "<s>": [-99, -0.4149733],
  "</s>": [-1.029493],
  ",": [-1.383514, -0.30103],
  ".": [-1.139057, -0.845098],
  a: [-1.285941, -0.69897],
  also: [-1.687872, -0.30103],
  biarritz: [-1.687872, -0.30103],
  consider: [-1.687872, -0.30103],
  higher: [-1.509559, -0.30103],
  however: [-1.687872, -0.30103],
  little: [-1.285941, -0.69897],
  loin: [-1.383514, -0.30103],
  look: [-1.687872, -0.30103],
  looking: [-1.285941, -0.4771212],
  more: [-1.206319, -0.544068],
  on: [-1.509559, -0.4771212],
  the: [-1.687872, -0.30103],
  to: [-1.687872, -0.30103],
  would: [-1.687872, -0.30103],
  foo: [-3.141592],
  bar: [-2.718281, 3],
  baz: [-6.535897, -0],
  "<s> looking": [-0.4846522, -0.4771214],
  ". </s>": [-0.0602359],
  "a little": [-0.09132547, -0.69897],
  "also would": [-2, -6],
  "little more": [-0.09021038, -0.1998621],
  "looking on": [-0.4638903, -0.4771212],
  "more .": [-0.5136299, -0.4771212],
  "more loin": [-0.3561665],
  "on a": [-0.1649931, -0.4771213],
  "to look": [-0.2922095],
  "<unk> <unk>": [-15, -2],
  "<unk> however": [-4, -1],
  "foo bar": [-6],
  "<s> looking on": [-0.3488368, -0.4771212],
  "a little more": [-0.01660496, -0.09409451],
  "also would consider": [-3, -7],
  "little more loin": [-0.1892331],
  "looking on a": [-0.04835128, -0.4771212],
  "more . </s>": [-0.01916512],
  "on a little": [-0.0283603, -0.4771212],
  "to look a": [-7],
  "<unk> however <unk>": [-6, -12],
  "<s> looking on a": [-0.01552657, -0.4771212],
  "a little more loin": [-0.1453306],
  "also would consider higher": [-4, -8],
  "looking on a little": [-0.009249173, -0.4771212],
  "on a little more": [-0.005464747, -0.4771212],
  "<s> looking on a little": [-0.003061223],
  "also would consider higher looking": [-5],
  "looking on a little more": [-0.001813953],
  "on a little more loin": [-0.0432557],
};

/** An ARPA file of n-grams with their log10 probability and backoff. */
export function arpaText(
  entries: Readonly<Record<string, readonly [logProb: number, backoff?: number]>>,
): string {
  const sections: string[][] = [];
  for (const [ngram, [logProb, backoff]] of Object.entries(entries)) {
    const n = ngram.split(" ").length;
    while (sections.length < n) sections.push([]);
    sections[n - 1].push(`${logProb}\t${ngram}${backoff === undefined ? "" : `\t${backoff}`}\n`);
  }
  const counts = sections.map((lines, i) => `ngram ${i + 1}=${lines.length}\n`).join("");
  const body = sections.map((lines, i) => `\\${i + 1}-grams:\n${lines.join("")}\n`).join("");
  return `\\data\\\n${counts}\n${body}\\end\\\n`;
}

export const kenlmArpa = (leaveOut: readonly string[] = []): string =>
  arpaText(Object.fromEntries(Object.entries(ENTRIES).filter(([ngram]) => !leaveOut.includes(ngram))));
