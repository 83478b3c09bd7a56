/**
 * A text that a net writes: which characters, what each was drawn from, the states.
 *
 * A text follows from its settings alone: the prefix warms up the state 0, then each
 * output is the next input, with one uniform number a character from the generator of
 * the seed. It is that of unrolled.training.generation.stream, character by character.
 *
 * Places of the text are counted from 0: first those of the prefix, then what was
 * written. State t is the one after t characters, so that the character at place t is
 * predicted from state t, and the character at place t has made state t + 1.
 */

import { Generator } from "./numerics.js";
import { chosenDistribution, drawIndex, tempered } from "./sampler_choosing.js";

/** A text ends after so many written characters. */
export const SAMPLER_LONGEST = 2000;

/** The longest prefix. */
export const LONGEST_PREFIX = 200;

/** Saliency looks back so many characters. */
export const SALIENCY_REACH = 60;

/** What the sliders go to. */
export const SAMPLER_LIMITS = { temperature: 2, seed: 999 };

/** Where the slider of top-k stops; null is all. */
export const TOP_K_STOPS = [
  ...[1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500, null],
];

/** A prefix for each language. */
export const SAMPLER_PREFIXES = { English: "ROMEO:", Chinese: "分开" };

const PIECE = 8; // characters between two looks at the clock
const ROOM = 256; // characters for which there is room at first

/** A text, written as far as it has been asked for. */
export class SamplerRun {
  /**
   * @param {SamplerNet} net
   * @param {number[]} prefix Characters, at least one.
   * @param {SamplerChoice & {seed: number}} settings
   */
  constructor(net, prefix, settings) {
    Object.assign(this, { net, settings });
    this.generator = new Generator(settings.seed);
    /** All characters: the prefix, then what was written. */
    this.text = [];
    this.prefixLength = prefix.length;
    this.room = 0;
    this.bits = []; // of each character; not a number for the first
    this.grow();
    for (const index of prefix) {
      const isFirst = this.text.length === 0;
      this.bits.push(isFirst ? NaN : bitsOf(net.logits(this.state()), index));
      this.read(index);
    }
  }

  /** How many characters were written. */
  get length() {
    return this.text.length - this.prefixLength;
  }

  get isOver() {
    return this.length >= SAMPLER_LONGEST;
  }

  /** Make room for twice as many states as before. */
  grow() {
    const H = this.net.hidden;
    const room = this.room ? 2 * this.room : ROOM;
    const [states, gates] = [
      new Float64Array((room + 1) * H),
      new Float64Array(room * 3 * H),
    ];
    if (this.room) states.set(this.states);
    if (this.room) gates.set(this.gates);
    Object.assign(this, { room, states, gates });
  }

  /**
   * The state after some characters.
   * @param {number} [count] All of them if left out.
   * @returns {Float64Array} H numbers; not to be changed.
   */
  state(count = this.text.length) {
    return this.states.subarray(count * this.net.hidden, (count + 1) * this.net.hidden);
  }

  /** The gates z, r and g with which a character was read. */
  gatesAt(place) {
    const columns = 3 * this.net.hidden;
    return this.gates.subarray(place * columns, (place + 1) * columns);
  }

  read(index) {
    const place = this.text.length;
    if (place === this.room) this.grow();
    const [before, after] = [this.state(place), this.state(place + 1)];
    this.net.step(index, before, after, this.gatesAt(place));
    this.text.push(index);
  }

  /** Write one character. */
  write() {
    const logits = this.net.logits(this.state());
    const shares = chosenDistribution(logits, this.settings);
    const index = drawIndex(shares, this.generator.uniform());
    this.bits.push(bitsOf(logits, index));
    this.read(index);
  }

  /**
   * Write until there are so many characters or the time is up, whatever comes first.
   * @param {number} length
   * @param {number} [milliseconds]
   */
  upTo(length, milliseconds = Infinity) {
    const end = performance.now() + milliseconds;
    for (let k = 1; this.length < length && !this.isOver; k++) {
      this.write();
      if (k % PIECE === 0 && performance.now() >= end) return;
    }
  }

  /**
   * What the character at a place was, or will be, drawn from.
   * @param {number} place 1 to the length of the text.
   * @returns {{own: Float64Array, chosen: Float64Array}} The net's own distribution,
   *   and what temperature, top-k and nucleus have left of it.
   */
  distributionAt(place) {
    const logits = this.net.logits(this.state(place));
    return {
      own: tempered(logits, 1),
      chosen: chosenDistribution(logits, this.settings),
    };
  }

  /**
   * How strongly the log probability of a character reacts to the characters before it:
   * S_t = ‖∂ log p(x_n | x_1 .. x_{n-1}) / ∂ x_t‖ for one-hot x_t. See
   * unrolled.training.saliency.
   * @param {number} place Of the character; 1 to the length of the text, at which it is
   *   the most probable one.
   * @returns {Float64Array} One number for each of the last characters before the
   *   place, at most SALIENCY_REACH of them, the earliest first.
   */
  saliencyAt(place) {
    const { net, text } = this;
    const logits = net.logits(this.state(place));
    const slopes = tempered(logits, 1).map((share) => -share);
    const index = text[place] ?? logits.indexOf(Math.max(...logits));
    slopes[index] += 1;
    const back = net.logitsBackward(slopes);
    const reach = Math.min(place, SALIENCY_REACH);
    const lengths = new Float64Array(reach);
    for (let k = 1; k <= reach; k++) {
      const at = place - k;
      const own = net.stepBackward(back, this.state(at), this.gatesAt(at));
      lengths[reach - k] = net.lengthAtInput(own);
    }
    return lengths;
  }

  /** The mean bits of what was written; not a number before the first character. */
  get meanBits() {
    const written = this.bits.slice(this.prefixLength);
    return written.reduce((sum, bits) => sum + bits, 0) / written.length;
  }

  /** The activation of a unit (counted from 1) after the character at a place. */
  activation(unit, place) {
    return this.states[(place + 1) * this.net.hidden + unit - 1];
  }

  /** A character of the text, or of the alphabet's number. */
  sign(place) {
    return this.net.characters[this.text[place]];
  }
}

/** −log₂ of the probability that a softmax gives an index. */
function bitsOf(logits, index) {
  let largest = -Infinity;
  for (let k = 0; k < logits.length; k++) largest = Math.max(largest, logits[k]);
  let total = 0;
  for (let k = 0; k < logits.length; k++) total += Math.exp(logits[k] - largest);
  return (Math.log(total) + largest - logits[index]) / Math.LN2;
}

/**
 * The most probable characters at a place, and what became of the others.
 * @param {SamplerRun} run
 * @param {number} place 1 to the length of the text.
 * @param {number} count How many are wanted.
 * @returns {{rows: {index: number, rank: number, own: number, chosen: number,
 *   isDrawn: boolean}[], kept: number, rest: number, others: number}} The character
 *   that stands at the place is among the rows, if need be as the last. `kept`: how
 *   many can be drawn; `others` and `rest`: how many are not among the rows, and their
 *   share for the net.
 */
export function topOfDistribution(run, place, count) {
  const { own, chosen } = run.distributionAt(place);
  const drawn = run.text[place];
  const ranked = Array.from(own, (_, k) => k).sort((a, b) => own[b] - own[a] || a - b);
  const first = ranked.slice(0, count);
  if (drawn !== undefined && !first.includes(drawn)) first[first.length - 1] = drawn;
  const rows = first.map((index) => ({
    ...{ index, rank: ranked.indexOf(index) + 1, own: own[index] },
    ...{ chosen: chosen[index], isDrawn: index === drawn },
  }));
  return {
    rows,
    kept: chosen.reduce((sum, share) => sum + Number(share > 0), 0),
    others: own.length - rows.length,
    rest: Math.max(1 - rows.reduce((sum, row) => sum + row.own, 0), 0),
  };
}
