// What a view of a training run knows: the record is read here, and put into words.
//
// A record is the bytes that lib/unrolled/views/live/record.py writes; see there for how
// they are laid out. Everything here is a pure function.

import { formatNumber } from "./scales.js";

const MAGIC = 0x31524e55; // "UNR1", the lowest byte first
const LAST_CODE = 65531;
const SPECIAL = { 65532: 0, 65533: -Infinity, 65534: Infinity, 65535: NaN };
const ARRAYS = {
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};
const PLAIN_BOUND = 2 ** -24; // of a number of 32 bits, relative
const MOST_DIGITS = 4; // significant ones, in words
const LOG_FROM = 20; // ratio of losses from which a logarithmic axis shows them better

/**
 * Numbers over the steps of a run.
 * @typedef {Object} Series
 * @property {ArrayLike<number>} steps In rising order.
 * @property {Float64Array} values One for each step.
 * @property {number} bound How far a value can be from the true one.
 * @property {boolean} relative Whether the bound is a part of the value.
 */

/**
 * A run as a view shows it: while it computes, a frame; afterwards, its record.
 * @typedef {Object} RunRecord
 * @property {string} title
 * @property {"running"|"paused"|"finished"|"stopped"|"failed"} state
 * @property {string} words With which words it failed.
 * @property {string} trouble Why its sample cannot be drawn.
 * @property {number} step Of the newest report.
 * @property {number} epoch Full passes over the data.
 * @property {number} planned Steps in all; 0 if unknown.
 * @property {number} stepsPerEpoch 0 if unknown.
 * @property {string} panel Which draws the sample.
 * @property {boolean} live Whether it is a frame.
 * @property {number|null} seconds Spent computing; null in a record.
 * @property {number|null} rate Steps in a second, while it runs.
 * @property {Series} losses
 * @property {(Series & {name: string})[]} metrics
 * @property {(Series & {name: string})[]} weights
 * @property {{steps: ArrayLike<number>,
 *   arrays: Object<string, {shape: number[], at: (index: number) => Float64Array}>}}
 *   samples Sequences by name; `at` gives those of the sample at this index, row by row.
 * @property {{steps: ArrayLike<number>, written: {prefix: string, text: string}[]}} texts
 *   What the net was given to go on from and what it wrote, at the step of each change.
 */

/**
 * Read a record or a frame.
 * @param {DataView|ArrayBuffer|Uint8Array} bytes
 * @returns {RunRecord}
 * @throws {Error} If they are something else.
 */
export function decodeRecord(bytes) {
  const buffer = alignedCopy(bytes);
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, true) !== MAGIC) {
    throw new Error("These bytes are no record of a run: they do not begin with UNR1.");
  }
  const start = 8 + view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
  const read = ({ type, offset, shape }) => {
    const count = shape.reduce((product, length) => product * length, 1);
    return new ARRAYS[type](buffer, start + offset, count);
  };
  const named = (entry) => entry?.names.map((name, k) => ({ name, ...seriesOf(entry, k, read) }));
  return {
    title: header.title,
    state: header.state,
    words: header.words ?? "",
    trouble: header.trouble,
    step: header.step,
    epoch: header.epoch,
    planned: header.planned,
    stepsPerEpoch: header.steps_per_epoch,
    panel: header.panel,
    live: header.live,
    seconds: header.seconds ?? null,
    rate: header.rate ?? null,
    losses: seriesOf(header.losses, 0, read),
    metrics: (header.metrics ?? []).flatMap(named).concat(newestOf(header)),
    weights: named(header.weights) ?? [],
    samples: samplesOf(header.samples ?? { steps: { count: 0 }, arrays: {} }, read),
    texts: header.texts ? textsOf(header.texts, read) : { steps: [], written: [] },
  };
}

/** Typed arrays must begin at a multiple of their numbers' length. */
function alignedCopy(bytes) {
  if (bytes instanceof ArrayBuffer) return bytes;
  const { buffer, byteOffset, byteLength } = bytes;
  const whole = byteOffset === 0 && byteLength === buffer.byteLength;
  return whole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

function seriesOf({ steps, columns }, column, read) {
  const { type, codes, scale, low, high, bound } = columns[column];
  if (type) {
    const values = Float64Array.from(read(columns[column]));
    return { steps: decodeSteps(steps, read), values, bound: PLAIN_BOUND, relative: true };
  }
  const relative = scale === "log";
  const values = decodeCodes(read(codes), low, high, relative ? Math.exp : (value) => value);
  return { steps: decodeSteps(steps, read), values, bound, relative };
}

/** The metrics of a frame: of each only the newest value. */
function newestOf({ step, newest = [] }) {
  const exact = { bound: PLAIN_BOUND, relative: true };
  return newest.map(([name, value]) => ({ name, steps: [step], values: [value], ...exact }));
}

function decodeSteps(steps, read) {
  if (steps.type) return read(steps);
  const { first, stride, count } = steps;
  return Int32Array.from({ length: count }, (_, k) => first + stride * k);
}

function decodeCodes(codes, low, high, unspread) {
  return Float64Array.from(codes, (code) => {
    if (code > LAST_CODE) return SPECIAL[code];
    const part = code / LAST_CODE;
    return unspread((1 - part) * low + part * high);
  });
}

function samplesOf({ steps, arrays }, read) {
  const readers = Object.entries(arrays).map(([name, { codes, low, high }]) => {
    const [rows, ...shape] = codes.shape;
    const [all, lows, highs] = [codes, low, high].map(read);
    const at = (index) => {
      const row = Math.min(index, rows - 1); // one row stands for all, if all are equal
      const length = all.length / rows;
      const part = all.subarray(row * length, (row + 1) * length);
      return decodeCodes(part, lows[row], highs[row], (value) => value);
    };
    return [name, { shape, at }];
  });
  return { steps: decodeSteps(steps, read), arrays: Object.fromEntries(readers) };
}

function textsOf({ steps, prefix, text }, read) {
  const [prefixes, texts] = [prefix, text].map(({ table, which }) =>
    Array.from(read(which), (place) => table[place]),
  );
  const written = texts.map((each, k) => ({ prefix: prefixes[k], text: each }));
  return { steps: decodeSteps(steps, read), written };
}

/**
 * Whether the run that a record tells of is over.
 * @param {RunRecord} record
 * @returns {boolean}
 */
export function hasEnded(record) {
  return ["finished", "stopped", "failed"].includes(record.state);
}

/**
 * Find the last step that is not beyond a given one.
 * @param {ArrayLike<number>} steps In rising order.
 * @param {number} step
 * @returns {number} Its index; -1 if all lie beyond.
 */
export function indexAt(steps, step) {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * List the steps at which a player can stand: those of the losses, or, if there are none,
 * of the samples or the texts.
 * @param {RunRecord} record
 * @returns {number[]} In rising order, each once.
 */
export function momentsOf(record) {
  const { losses, samples, texts } = record;
  const all = [losses, samples, texts].map(({ steps }) => steps);
  return [...new Set(all.find(({ length }) => length > 0))];
}

/**
 * What was known of a run at one of its steps.
 * @param {RunRecord} record
 * @param {number} step
 * @returns {{step: number, epoch: number|null, loss: {value: number, digits: number},
 *   metrics: {name: string, value: number, digits: number}[], sample: number}} `epoch` is
 *   null if unknown, a value NaN if there was none yet, `digits` how many of its digits
 *   are right, `sample` the index of the sample, or -1.
 */
export function momentAt(record, step) {
  const known = ({ steps, values, ...error }) => {
    const value = values[indexAt(steps, step)] ?? NaN;
    return { value, digits: digitsOf(value, error) };
  };
  const { stepsPerEpoch } = record;
  const epochThen = step === record.step ? record.epoch : null;
  return {
    step,
    epoch: stepsPerEpoch > 0 ? Math.floor(step / stepsPerEpoch) : epochThen,
    loss: known(record.losses),
    sample: indexAt(record.samples.steps, step),
    metrics: record.metrics
      .map((metric) => ({ name: metric.name, ...known(metric) }))
      .filter(({ value }) => !Number.isNaN(value)),
  };
}

function digitsOf(value, { bound, relative }) {
  const error = relative ? bound : bound / Math.abs(value);
  const right = Math.floor(-Math.log10(2 * error));
  return right >= 1 ? Math.min(right, MOST_DIGITS) : 1;
}

/**
 * Whether a logarithmic axis shows losses better.
 * @param {ArrayLike<number>} losses
 * @returns {boolean}
 */
export function spansDecades(losses) {
  let [least, most] = [Infinity, 0];
  for (const loss of losses) {
    if (loss < 0) return false;
    if (loss > 0) least = Math.min(least, loss);
    if (loss < Infinity) most = Math.max(most, loss);
  }
  return most / least >= LOG_FROM;
}

/**
 * Say whether sequences are bits, which are drawn as bars and not as lines.
 * @param {{steps: ArrayLike<number>, arrays: object}} samples Of a record; its first and
 *   its last sample are looked at.
 * @returns {boolean}
 */
export function areBits({ steps, arrays }) {
  const isBit = (value) => value === 0 || value === 1;
  return Object.values(arrays).every(({ at }) =>
    [0, steps.length - 1].every((index) => Array.from(at(index)).every(isBit)),
  );
}

/**
 * Smooth a noisy series: the mean of the values around each one.
 * @param {Float64Array} values Those that are not finite count for nothing.
 * @param {number} reach How many neighbours on either side.
 * @returns {Float64Array}
 */
export function smoothed(values, reach) {
  const sums = new Float64Array(values.length + 1);
  const counts = new Int32Array(values.length + 1);
  values.forEach((value, k) => {
    const finite = Number.isFinite(value);
    sums[k + 1] = sums[k] + (finite ? value : 0);
    counts[k + 1] = counts[k] + (finite ? 1 : 0);
  });
  return values.map((_, k) => {
    // At the ends the reach is shorter on both sides, so that the mean does not lag.
    const near = Math.min(reach, k, values.length - 1 - k);
    const [from, to] = [k - near, k + near + 1];
    return (sums[to] - sums[from]) / (counts[to] - counts[from]);
  });
}

/**
 * Write a time.
 * @param {number} seconds
 * @returns {string} "0.4 s", "12 s", "3 min 20 s", "2 h 5 min".
 */
export function formatDuration(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Say in words where a run that computes stands.
 * @param {RunRecord} frame
 * @returns {string}
 */
export function liveText(frame) {
  const head = frame.state[0].toUpperCase() + frame.state.slice(1);
  const moment = momentAt(frame, frame.step);
  const { rate, planned, seconds } = frame;
  const parts = [momentText(frame, moment)];
  if (frame.state === "running" && rate > 0) {
    parts.push(`${formatNumber(rate, 3)} updates per second`);
    const left = (planned - frame.step) / rate;
    if (left > 0) parts.push(`about ${formatDuration(left)} left`);
  }
  if (seconds > 0) parts.push(`${formatDuration(seconds)} of computing`);
  return `${head}: ${parts.join(", ")}.`;
}

/**
 * Say in words what a player shows of a run that has ended.
 * @param {RunRecord} record
 * @param {number} step Where the player stands.
 * @param {number|null} [seconds] How long the run computed, where that is known.
 * @returns {string}
 */
export function recordText(record, step, seconds = null) {
  const time = seconds ? ` after ${formatDuration(seconds)} of computing` : "";
  const head = `Recorded run, ${record.state} at update ${record.step}${time}.`;
  const failure = record.words ? ` It failed with ${withStop(record.words)}` : "";
  if (momentsOf(record).length === 0) return `${head}${failure} It has no losses.`;
  return `${head}${failure} Shown: ${momentText(record, momentAt(record, step))}.`;
}

/**
 * Say in words how far a net was trained when it wrote a text.
 * @param {RunRecord} record
 * @param {number} index Of the text, or -1 if there was none yet.
 * @returns {string}
 */
export function writtenText({ planned, texts }, index) {
  if (!texts.written[index]?.text) return "nothing written yet";
  const step = texts.steps[index];
  if (planned > 0) return `after ${withCommas(step)} of ${withCommas(planned)} updates`;
  return `after ${withCommas(step)} ${step === 1 ? "update" : "updates"}`;
}

/** Write a whole number as the book does: "20,000". */
function withCommas(whole) {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
}

function momentText(record, { step, epoch, loss, metrics }) {
  const { planned, stepsPerEpoch } = record;
  const parts = [planned > 0 ? `update ${step} of ${planned}` : `update ${step}`];
  // Where each update is an epoch, saying so would only repeat the update.
  if (stepsPerEpoch !== 1 && (stepsPerEpoch > 1 || epoch > 0)) parts.push(`epoch ${epoch}`);
  const told = Number.isNaN(loss.value) ? metrics : [{ name: "loss", ...loss }, ...metrics];
  for (const { name, value, digits } of told) {
    parts.push(`${name.replaceAll("_", " ")} ${formatNumber(value, digits)}`);
  }
  return parts.join(", ");
}

function withStop(words) {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
