/**
 * The run behind the echo lab: epochs of random bits, read window by window, by a net
 * that learns to repeat each bit some steps later.
 *
 * A run follows from its settings alone: the weights come from the generator of its
 * seed, the bits of an epoch from one of their own. Windows, epochs and the steps of a
 * row are counted from 0; losses are in nats.
 *
 * @typedef {Object} EchoSettings
 * @property {number} delay How many steps later a bit comes back.
 * @property {number} window Steps in a window, T.
 * @property {number} stride Steps from one window to the next, 1 to `window`.
 * @property {number} hidden The size of the state, H.
 * @property {number} rate The learning rate.
 * @property {"adagrad"|"adam"|"gradient descent"} rule
 * @property {"course"|"published"} scheme How the first weights are drawn.
 * @property {number} seed A whole number from 0 to 999.
 */

import { ECHO_RULES, EchoNet, drawEchoWeights } from "./echo_kernel.js";
import { Generator } from "./numerics.js";

/** The published task: five rows, side by side, of one series. */
export const ECHO_BATCH = 5;
export const SERIES_LENGTH = 50_000;

/** A run ends after this many epochs, as the published one. */
export const ECHO_EPOCHS = 100;

/** The loss of a net that knows nothing: every bit is 0 or 1 with the same chance. */
export const CHANCE = Math.LN2;

/** Losses and bits are told over this many of the last windows. */
export const LAST_WINDOWS = 100;

/** What the sliders go to. */
export const ECHO_LIMITS = { delay: 10, window: 30, hidden: 12, seed: 999 };

/** The learning rates at which the slider stops. */
export const ECHO_RATES = [
  ...[0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05],
  ...[0.1, 0.2, 0.3, 0.5, 1, 2, 3],
];

const PUBLISHED = {
  ...{ delay: 3, window: 15, stride: 15, hidden: 4, rate: 0.3, rule: "adagrad" },
  ...{ scheme: "published", seed: 2 },
};

/**
 * Settings with a name. The seeds were chosen. Weights of the published kind with seed 2
 * learn within the first epoch, those with seed 0 are still at chance after 32. Of the
 * course's kind, all seeds from 0 to 19 learn with windows of 15. With windows of 3 one
 * of the seeds from 0 to 39 has learnt after four epochs, seed 0, whose first weights
 * happen to keep what is needed; many others find the echo in the first few hundred
 * windows and lose it again, for nothing holds it. Such a run magnifies rounding, which
 * differs between browsers: seed 34 was chosen because it stays near chance (above 0.6)
 * even if its first weights are changed in their last digits.
 */
export const ECHO_PRESETS = [
  {
    name: "the failing window",
    settings: { ...PUBLISHED, window: 3, stride: 3, scheme: "course", seed: 34 },
  },
  { name: "the published settings", settings: PUBLISHED },
  { name: "the unlucky seed", settings: { ...PUBLISHED, seed: 0 } },
  {
    name: "the course's initialisation",
    settings: { ...PUBLISHED, scheme: "course", seed: 0 },
  },
];

const PIECE = 8; // windows between two looks at the clock
const CURVE_LENGTH = 1024; // points of a loss curve, at most; even
const SERIES_APART = 1_000_003; // between the generators of two seeds: epochs fit in

/**
 * Draw the fair random bits of an epoch.
 * @param {number} seed Of the run.
 * @param {number} epoch
 * @param {number} length
 * @returns {Uint8Array}
 */
export function epochBits(seed, epoch, length) {
  const generator = new Generator(SERIES_APART * (seed + 1) + epoch);
  const bits = new Uint8Array(length);
  let word = 0;
  for (let k = 0; k < length; k++) {
    if (k % 32 === 0) word = generator.bits32();
    bits[k] = (word >>> (k % 32)) & 1;
  }
  return bits;
}

/**
 * Return a series some steps later; its first entries are 0.
 * @param {Uint8Array} bits
 * @param {number} delay
 * @returns {Uint8Array}
 */
export function echoOf(bits, delay) {
  const echoes = new Uint8Array(bits.length);
  echoes.set(bits.subarray(0, bits.length - delay), delay);
  return echoes;
}

/** One run of the echo net, trained as far as it has been asked to. */
export class EchoRun {
  /**
   * @param {EchoSettings} settings
   * @param {{batch?: number, seriesLength?: number}} [sizes] Of the task.
   */
  constructor(settings, { batch = ECHO_BATCH, seriesLength = SERIES_LENGTH } = {}) {
    const { hidden, window, scheme, seed, rule } = settings;
    const weights = drawEchoWeights(new Generator(seed), hidden, scheme);
    this.settings = settings;
    this.net = new EchoNet(weights, { hidden, batch, window });
    this.update = ECHO_RULES[rule](weights.length);
    this.seriesLength = seriesLength;
    this.rowLength = seriesLength / batch;
    this.windowsPerEpoch = Math.floor((this.rowLength - window) / settings.stride) + 1;
    /** Windows trained so far. */
    this.windows = 0;
    /** Whether a loss is no longer a finite number; then nothing more is trained. */
    this.diverged = false;
    this.curve = new LossCurve();
    this.last = new LastWindows(batch * window);
    /** The weights with which the newest window was read, before its update. */
    this.weightsThen = weights.slice();
    this.look(0);
    this.net.forward(this.bits, 0, this.rowLength);
  }

  /** The window that the buffers of the net hold: the newest, or the first to come. */
  get newest() {
    return Math.max(this.windows - 1, 0);
  }

  /** The epoch of that window. */
  get epoch() {
    return Math.floor(this.newest / this.windowsPerEpoch);
  }

  /** Where that window begins in every row. */
  get start() {
    return (this.newest % this.windowsPerEpoch) * this.settings.stride;
  }

  get isOver() {
    return this.diverged || this.windows >= ECHO_EPOCHS * this.windowsPerEpoch;
  }

  /** Have the bits of an epoch at hand. */
  look(epoch) {
    this.bits = epochBits(this.settings.seed, epoch, this.seriesLength);
    this.targets = echoOf(this.bits, this.settings.delay);
  }

  /**
   * Train on the next window.
   * @returns {number} Its loss, before the update.
   */
  train() {
    const { net, rowLength, settings } = this;
    const place = this.windows % this.windowsPerEpoch;
    if (place > 0) net.carryState(settings.stride);
    else {
      if (this.windows > 0) this.look(this.windows / this.windowsPerEpoch);
      net.clearState();
    }
    const start = place * settings.stride;
    this.weightsThen.set(net.weights);
    net.forward(this.bits, start, rowLength);
    const loss = net.loss(this.targets, start, rowLength);
    this.windows++;
    this.diverged = !Number.isFinite(loss);
    if (this.diverged) return loss;
    net.backward(this.bits, this.targets, start, rowLength);
    this.update(net.weights, net.gradients, settings.rate);
    this.curve.add(loss);
    this.last.add(loss, net.countRight(this.targets, start, rowLength));
    return loss;
  }

  /**
   * Train until so many windows are done or the time is up, whatever comes first.
   * @param {number} windows Of the whole run.
   * @param {number} [milliseconds]
   */
  upTo(windows, milliseconds = Infinity) {
    const end = performance.now() + milliseconds;
    while (this.windows < windows && !this.isOver) {
      this.train();
      if (this.windows % PIECE === 0 && performance.now() >= end) return;
    }
  }

  /** How far the gradient reaches in the newest window; see `gradientReach`. */
  reach() {
    return gradientReach(this.net, this.weightsThen);
  }
}

/**
 * How much of the gradient arrives how far back, in the window that a net holds.
 *
 * Entry k is the mean, over the sequences, of
 *
 *     ‖∂L_T/∂h_{T-k}‖ / ‖∂L_T/∂h_T‖,   k = 0 .. T − 1,
 *
 * for the loss L_T of the window's last step T. It is exact, and the loss itself cancels:
 * L_T acts on h_T through the log-odds alone, ∂L_T/∂h_T = (p − y)(W_hq[:, 1] − W_hq[:, 0]),
 * so that a net without errors has a reach too. The state h_{T-k} holds what the input
 * x_{T-k} has written; beyond k = T − 1 lies what came before the window, and there the
 * gradient is 0 because it is cut.
 *
 * @param {EchoNet} net
 * @param {Float64Array} weights With which the window was read.
 * @returns {Float64Array} T numbers; the first is 1, or 0 if the readout is blind.
 */
export function gradientReach({ hidden, batch, window, states }, weights) {
  const W_hh = weights.subarray(hidden, hidden + hidden * hidden);
  const W_hq = weights.subarray(2 * hidden + hidden * hidden);
  const reach = new Float64Array(window);
  for (let b = 0; b < batch; b++) {
    let back = Float64Array.from(
      { length: hidden },
      (_, j) => W_hq[2 * j + 1] - W_hq[2 * j],
    );
    const whole = Math.hypot(...back);
    for (let k = 0; k < window && whole > 0; k++) {
      reach[k] += Math.hypot(...back) / whole / batch;
      back = stepBack(back, W_hh, states, ((window - k) * batch + b) * hidden);
    }
  }
  return reach;
}

/** From dz/dh_t to dz/dh_{t-1}, for the state that lies at a place of `states`. */
function stepBack(back, W_hh, states, place) {
  const inner = back.map((value, j) => value * (1 - states[place + j] ** 2));
  return back.map((_, i) =>
    inner.reduce((sum, value, j) => sum + W_hh[i * inner.length + j] * value, 0),
  );
}

/**
 * How many of a window's targets echo an input of the same window: those from step
 * delay + 1 on. Only they can teach the net which input to keep.
 * @param {{window: number, delay: number}} settings
 */
export function taughtSteps({ window, delay }) {
  return Math.max(window - delay, 0);
}

/** The losses of a run in a bounded number of points: each that of some windows. */
export class LossCurve {
  constructor() {
    /** Windows in a point; a power of 2. */
    this.size = 1;
    this.count = 0; // points begun
    this.inLast = 0; // windows in the last of them
    const numbers = () => new Float64Array(CURVE_LENGTH);
    this.sums = numbers();
    this.lows = numbers();
    this.highs = numbers();
  }

  /** Add the loss of the next window. */
  add(loss) {
    if (this.count === 0 || this.inLast === this.size) this.begin();
    const last = this.count - 1;
    this.sums[last] += loss;
    this.lows[last] = Math.min(this.lows[last], loss);
    this.highs[last] = Math.max(this.highs[last], loss);
    this.inLast++;
  }

  begin() {
    if (this.count === CURVE_LENGTH) this.halve();
    this.sums[this.count] = 0;
    this.lows[this.count] = Infinity;
    this.highs[this.count] = -Infinity;
    this.count++;
    this.inLast = 0;
  }

  /** Join points by twos. */
  halve() {
    const { sums, lows, highs } = this;
    for (let k = 0; k < CURVE_LENGTH / 2; k++) {
      sums[k] = sums[2 * k] + sums[2 * k + 1];
      lows[k] = Math.min(lows[2 * k], lows[2 * k + 1]);
      highs[k] = Math.max(highs[2 * k], highs[2 * k + 1]);
    }
    this.count = CURVE_LENGTH / 2;
    this.size *= 2;
  }

  /**
   * The points as arrays: the middle of their windows (counted from 1), and the mean,
   * least and greatest loss.
   */
  points() {
    const { count, size, inLast } = this;
    const windows = (k) => (k === count - 1 ? inLast : size);
    const x = Float64Array.from(
      { length: count },
      (_, k) => k * size + (windows(k) + 1) / 2,
    );
    const mean = x.map((_, k) => this.sums[k] / windows(k));
    return {
      x,
      mean,
      low: this.lows.slice(0, count),
      high: this.highs.slice(0, count),
    };
  }
}

/** What the last windows said, the oldest forgotten first. */
class LastWindows {
  /** @param {number} bits In a window, over all sequences. */
  constructor(bits) {
    this.bits = bits;
    this.losses = new Float64Array(LAST_WINDOWS);
    this.right = new Float64Array(LAST_WINDOWS);
    this.seen = 0;
  }

  add(loss, right) {
    const place = this.seen++ % LAST_WINDOWS;
    this.losses[place] = loss;
    this.right[place] = right;
  }

  /** How many windows this is about. */
  get count() {
    return Math.min(this.seen, LAST_WINDOWS);
  }

  /** The mean loss; NaN before the first window. */
  get loss() {
    return this.losses.reduce((sum, loss) => sum + loss, 0) / this.count;
  }

  /** The share of bits that were told right; NaN before the first window. */
  get accuracy() {
    return this.right.reduce((sum, right) => sum + right, 0) / this.count / this.bits;
  }
}
