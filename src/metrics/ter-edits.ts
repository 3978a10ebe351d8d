/**
 * The edits that TER counts: Levenshtein operations and shifts of blocks of
 * words, found greedily (Snover et al., "A study of translation edit rate with
 * targeted human annotation", AMTA 2006, section 3). Which shifts are tried, in
 * which order, and when the search gives up follows Tercom as sacreBLEU has it,
 * limits included: the published numbers depend on all of it.
 */

const MAX_SHIFT_SIZE = 10;
const MAX_SHIFT_DISTANCE = 50;
const MAX_SHIFT_CANDIDATES = 1000;
const BEAM_WIDTH = 25;
/** The cost of cells outside the beam. */
const UNREACHED = 1 << 29;

interface Shift {
  readonly gain: number;
  readonly length: number;
  readonly start: number;
  /** The word of the hypothesis before which the block is put. */
  readonly target: number;
}

/**
 * Number of edits that turn `hypothesis` into `reference`. Takes time linear in
 * the length of both, though with a factor of up to 1000 shifts times the beam.
 *
 * @param hypothesis words as numbers
 * @param reference words as numbers
 */
export function translationEdits(hypothesis: Int32Array, reference: Int32Array): number {
  if (hypothesis.length === 0 || reference.length === 0) return hypothesis.length + reference.length;
  const beam = new BeamDistance(hypothesis, reference);
  let candidates = 0;
  let shifts = 0;
  while (beam.distance > 0) {
    const found = bestShift(beam, candidates);
    candidates = found.candidates;
    if (candidates >= MAX_SHIFT_CANDIDATES || found.best === undefined || found.best.gain <= 0) break;
    beam.apply(found.best);
    shifts++;
  }
  return shifts + beam.distance;
}

/** Tries every shift of a wrong block of the hypothesis to where the reference has the same words. */
function bestShift(beam: BeamDistance, tried: number): { best: Shift | undefined; candidates: number } {
  const { hypothesis, reference } = beam;
  const { alignment, hypothesisErrors, referenceErrors } = beam.align();
  let best: Shift | undefined;
  let candidates = tried;
  for (let start = 0; start < hypothesis.length; start++) {
    const first = Math.max(0, start - MAX_SHIFT_DISTANCE);
    const last = Math.min(reference.length - 1, start + MAX_SHIFT_DISTANCE);
    for (let goal = first; goal <= last; goal++) {
      let wrongHere = 0;
      let wrongThere = 0;
      const longest = Math.min(MAX_SHIFT_SIZE, hypothesis.length - start, reference.length - goal);
      for (let length = 1; length <= longest; length++) {
        if (hypothesis[start + length - 1] !== reference[goal + length - 1]) break;
        wrongHere += hypothesisErrors[start + length - 1];
        wrongThere += referenceErrors[goal + length - 1];
        if (wrongHere === 0 || wrongThere === 0) continue;
        if (alignment[goal] >= start && alignment[goal] < start + length) continue;
        let previous = -1;
        for (let offset = -1; offset < length && goal + offset < reference.length; offset++) {
          const target = goal + offset < 0 ? 0 : alignment[goal + offset] + 1;
          if (target === previous) continue;
          previous = target;
          const shift = { gain: beam.gain(start, length, target), length, start, target };
          if (best === undefined || isBetter(shift, best)) best = shift;
          candidates++;
        }
        if (candidates >= MAX_SHIFT_CANDIDATES) return { best, candidates };
      }
    }
  }
  return { best, candidates };
}

/** Higher gain first, then the longer block, then the earlier one, then the earlier target. */
function isBetter(a: Shift, b: Shift): boolean {
  if (a.gain !== b.gain) return a.gain > b.gain;
  if (a.length !== b.length) return a.length > b.length;
  if (a.start !== b.start) return a.start < b.start;
  return a.target < b.target;
}

/**
 * Edit distance of a hypothesis to a reference and of the hypothesis after one
 * shift. Only cells near the (length-adjusted) diagonal are computed; rows of
 * the hypothesis before the first shifted word are shared.
 */
class BeamDistance {
  readonly reference: Int32Array;
  hypothesis: Int32Array;
  distance = 0;
  #shifted: Int32Array;
  /** Row i holds columns low[i] <= j < high[i]. */
  #low: Int32Array;
  #high: Int32Array;
  /** `[rows, stride]`: the beam of each row, of the current hypothesis. */
  #cells: Int32Array;
  #stride: number;
  #previous: Int32Array;
  #current: Int32Array;

  constructor(hypothesis: Int32Array, reference: Int32Array) {
    const rows = hypothesis.length;
    const columns = reference.length + 1;
    const ratio = reference.length / rows;
    const width = BEAM_WIDTH < ratio / 2 ? Math.ceil(ratio / 2 + BEAM_WIDTH) : BEAM_WIDTH;
    this.reference = reference;
    this.hypothesis = hypothesis;
    this.#shifted = new Int32Array(rows);
    this.#low = new Int32Array(rows + 1);
    this.#high = new Int32Array(rows + 1).fill(columns);
    for (let i = 1; i <= rows; i++) {
      const diagonal = Math.floor(i * ratio);
      this.#low[i] = Math.max(0, diagonal - width);
      if (i < rows) this.#high[i] = Math.min(columns, diagonal + width);
    }
    this.#stride = Math.min(columns, 2 * width + 2);
    this.#cells = new Int32Array((rows + 1) * this.#stride);
    this.#previous = new Int32Array(columns);
    this.#current = new Int32Array(columns);
    this.distance = this.#measure(hypothesis, 0, true);
  }

  /** How much smaller the distance is after moving a block. */
  gain(start: number, length: number, target: number): number {
    return this.distance - this.#measure(this.#shifted, this.#shift(start, length, target), false);
  }

  apply({ start, length, target }: Shift): void {
    const from = this.#shift(start, length, target);
    this.hypothesis = this.#shifted.slice();
    this.distance = this.#measure(this.hypothesis, from, true);
  }

  /** Writes the shifted hypothesis and returns the first position where it may differ. */
  #shift(start: number, length: number, target: number): number {
    const words = this.hypothesis;
    const shifted = this.#shifted;
    // A target inside the block counts from its start: the block moves right by target - start.
    const to = target > start + length ? target - length : Math.min(target, words.length - length);
    shifted.set(words);
    if (to < start) shifted.copyWithin(to + length, to, start);
    else shifted.copyWithin(start, start + length, to + length);
    shifted.set(words.subarray(start, start + length), to);
    return Math.min(start, to);
  }

  /** Distance of `words`, whose first `from` words are those of the current hypothesis. */
  #measure(words: Int32Array, from: number, keep: boolean): number {
    this.#load(from);
    for (let i = from + 1; i <= words.length; i++) {
      this.#fillRow(i, words[i - 1]);
      if (keep) {
        const row = this.#current.subarray(this.#low[i], this.#high[i]);
        this.#cells.set(row, i * this.#stride);
      }
      const filled = this.#current;
      this.#current = this.#previous;
      this.#previous = filled;
    }
    return this.#previous[this.reference.length];
  }

  #load(i: number): void {
    const row = this.#previous;
    if (i === 0) {
      for (let j = 0; j < row.length; j++) row[j] = j;
      return;
    }
    const width = this.#high[i] - this.#low[i];
    row.set(this.#cells.subarray(i * this.#stride, i * this.#stride + width), this.#low[i]);
    this.#guard(i, row);
  }

  /** Marks the cells beside the beam of row i that row i + 1 looks at. */
  #guard(i: number, row: Int32Array): void {
    if (this.#low[i] > 0) row[this.#low[i] - 1] = UNREACHED;
    if (i < this.hypothesis.length) row.fill(UNREACHED, this.#high[i], this.#high[i + 1]);
  }

  #fillRow(i: number, word: number): void {
    const { reference } = this;
    const previous = this.#previous;
    const current = this.#current;
    const high = this.#high[i];
    let j = this.#low[i];
    this.#guard(i, current);
    if (j === 0) current[j++] = previous[0] + 1;
    let left = current[j - 1];
    let diagonal = previous[j - 1];
    for (; j < high; j++) {
      const up = previous[j];
      let cost = word === reference[j - 1] ? diagonal : diagonal + 1;
      if (up < cost) cost = up + 1;
      if (left < cost) cost = left + 1;
      current[j] = cost;
      left = cost;
      diagonal = up;
    }
  }

  #cell(i: number, j: number): number {
    if (i === 0) return j;
    if (j < this.#low[i] || j >= this.#high[i]) return UNREACHED;
    return this.#cells[i * this.#stride + j - this.#low[i]];
  }

  /**
   * Which words are edited on the cheapest path (substitution before deletion
   * before insertion), and, for each word of the reference, the word of the
   * hypothesis it is aligned to or comes after; -1 is before the first.
   */
  align(): { alignment: Int32Array; hypothesisErrors: Uint8Array; referenceErrors: Uint8Array } {
    const { hypothesis, reference } = this;
    const alignment = new Int32Array(reference.length);
    const hypothesisErrors = new Uint8Array(hypothesis.length);
    const referenceErrors = new Uint8Array(reference.length);
    let i = hypothesis.length;
    let j = reference.length;
    while (i > 0 || j > 0) {
      const cost = this.#cell(i, j);
      const substitution = i > 0 && j > 0 && hypothesis[i - 1] !== reference[j - 1] ? 1 : 0;
      if (i > 0 && j > 0 && cost === this.#cell(i - 1, j - 1) + substitution) {
        i--;
        j--;
        alignment[j] = i;
        hypothesisErrors[i] = referenceErrors[j] = substitution;
      } else if (i > 0 && cost === this.#cell(i - 1, j) + 1) {
        hypothesisErrors[--i] = 1;
      } else {
        alignment[--j] = i - 1;
        referenceErrors[j] = 1;
      }
    }
    return { alignment, hypothesisErrors, referenceErrors };
  }
}
