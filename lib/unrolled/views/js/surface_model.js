/**
 * The races behind the view of the cost surface: runs of update rules from one start,
 * and what has become of each.
 *
 * The net is the linear one of two weights; its loss and gradient are those of
 * numerics.js, and the verdicts those of unrolled.training.race. Weights are plain
 * numbers, costs have the unit of the squared targets, updates are counted from 0, the
 * start.
 */

import {
  clipped,
  countingGradient,
  globalNorm,
  gradientDescent,
  momentum,
  rprop,
} from "./numerics.js";

/** How many of the last losses tell a slow run from an oscillation. */
const LAST_UPDATES = 200;

/** How many updates are computed between two looks at the clock. */
const PIECE = 10;

/** The racers by name: the settings of each, and the rule that they make. */
export const RACERS = {
  "gradient descent": {
    settings: ["rate"],
    rule: ({ rate }) => gradientDescent(rate),
  },
  "clipped gradient descent": {
    settings: ["rate", "threshold"],
    rule: ({ rate, threshold }) => clipped(gradientDescent(rate), threshold),
  },
  momentum: {
    settings: ["rate", "decay"],
    rule: ({ rate, decay }) => momentum(rate, decay),
  },
  "clipped momentum": {
    settings: ["rate", "decay", "threshold"],
    rule: ({ rate, decay, threshold }) => clipped(momentum(rate, decay), threshold),
  },
  Rprop: {
    settings: ["delta"],
    rule: ({ delta }) => rprop(delta),
  },
};

/** What each setting is called, and the values that its slider stops at. */
export const SETTINGS = {
  rate: { label: "learning rate *η*", stops: decades(-8, -1, [1, 1.5, 2, 3, 5, 7]) },
  decay: { label: "decay", stops: Array.from({ length: 100 }, (_, k) => k / 100) },
  threshold: { label: "threshold *κ*", stops: decades(-1, 3, [1, 2, 5]) },
  delta: { label: "first step size *Δ*", stops: decades(-6, 1, [1, 2, 5]) },
};

/** Starts with a name, as [w_x, w_rec]. */
export const STARTS = [
  { name: "the cliff", start: [-1.5, 2] },
  { name: "zero", start: [0, 0] },
  { name: "the valley floor", start: [1.25, 0.945] },
  ...[
    [2, 1],
    [1, 2],
    [1, -2],
    [1, 0],
    [1, 0.5],
    [1, -0.5],
  ].map((start) => ({ name: "", start })),
];

/** Return mantissas times powers of ten, from 10^low to 10^high, rising. */
function decades(low, high, mantissas) {
  const stops = [];
  for (let power = low; power < high; power++) {
    // Read from text: 7 * 10 ** -6 is not the number that Python calls 7e-6.
    for (const mantissa of mantissas) stops.push(Number(`${mantissa}e${power}`));
  }
  return [...stops, Number(`1e${high}`)];
}

/**
 * Return which of the rising stops is nearest to a value, by ratio if all are above 0.
 * @param {number[]} stops
 * @param {number} value
 * @returns {number} An index.
 */
export function nearestStop(stops, value) {
  const distance =
    stops[0] > 0
      ? (stop) => Math.abs(Math.log(stop / value))
      : (stop) => Math.abs(stop - value);
  let best = 0;
  stops.forEach((stop, k) => {
    if (distance(stop) < distance(stops[best])) best = k;
  });
  return best;
}

/**
 * One run of an update rule, computed as far as it has been asked for.
 *
 * As in the Python library, a run has diverged when a loss, its gradient or a weight is
 * no longer a finite number; what came before is kept.
 */
export class Run {
  #rule;
  #memory;
  #parameters;
  #gradients;

  /**
   * @param {{inputs: Float64Array, targets: Float64Array}} task Inputs (B, T), row by
   *   row, and targets (B,).
   * @param {[number, number]} start The first w_x and w_rec.
   * @param {object} rule A rule of numerics.js.
   * @param {number} goal The loss to fall below.
   */
  constructor(task, start, rule, goal) {
    this.task = task;
    this.goal = goal;
    /** The loss before the first update and after each one. */
    this.losses = [];
    /** The weights that go with the losses. */
    this.w_x = [];
    this.w_rec = [];
    /** Whether update `losses.length` broke down. */
    this.diverged = false;
    /** After how many updates the loss was first below the goal; null: not yet. */
    this.reached = null;
    this.#rule = rule;
    const parameters = { w_x: start[0], w_rec: start[1] };
    this.#memory = rule.start(parameters);
    this.#arrive(parameters);
  }

  /**
   * Compute the run up to an update, unless it diverges before.
   * @param {number} updates
   * @returns {Run} This run.
   */
  upTo(updates) {
    while (!this.diverged && this.losses.length <= updates) {
      const moved = this.#rule.update(this.#parameters, this.#gradients, this.#memory);
      this.#memory = moved.memory;
      this.#arrive(moved.parameters);
    }
    return this;
  }

  #arrive(parameters) {
    const { inputs, targets } = this.task;
    const { w_x, w_rec } = parameters;
    const { loss, gradients } = countingGradient(inputs, targets, w_x, w_rec);
    if (![w_x, w_rec, loss, globalNorm(gradients)].every(Number.isFinite)) {
      this.diverged = true;
      return;
    }
    if (this.reached === null && loss < this.goal) this.reached = this.losses.length;
    this.losses.push(loss);
    this.w_x.push(w_x);
    this.w_rec.push(w_rec);
    this.#parameters = parameters;
    this.#gradients = gradients;
  }
}

/**
 * Say where a run stands after some updates.
 *
 * @param {Run} run Computed up to there.
 * @param {number} updates
 * @param {{limit: number, optimum: [number, number]}} race Where races end, and the
 *   weights that distances are measured from.
 * @returns {{state: "start"|"going"|"reached"|"diverged"|"failed", update: number,
 *   cost: number, w_x: number, w_rec: number, distance: number, verdict: string,
 *   at: ?number}} The last sound update, and what happened, in the words of
 *   unrolled.training.race; `at`: the update at which it reached the goal or diverged.
 */
export function standing(run, updates, { limit, optimum }) {
  const update = Math.min(updates, run.losses.length - 1);
  const [w_x, w_rec] = [run.w_x[update], run.w_rec[update]];
  const distance = Math.hypot(w_x - optimum[0], w_rec - optimum[1]);
  const judgement = judged(run, updates, limit);
  return { ...judgement, update, cost: run.losses[update], w_x, w_rec, distance };
}

function judged(run, updates, limit) {
  if (run.diverged && updates >= run.losses.length) {
    const at = run.losses.length;
    return { state: "diverged", at, verdict: `diverges at update ${at}` };
  }
  if (run.reached !== null && run.reached <= updates) {
    const at = run.reached;
    return { state: "reached", at, verdict: `reaches the goal after ${at} updates` };
  }
  if (updates >= limit) {
    return { state: "failed", at: null, verdict: failure(run.losses, updates) };
  }
  return updates > 0
    ? { state: "going", at: null, verdict: "on its way" }
    : { state: "start", at: null, verdict: "ready" };
}

function failure(losses, updates) {
  const last = losses.slice(Math.max(0, updates + 1 - LAST_UPDATES), updates + 1);
  if (last.some((loss, k) => k > 0 && loss > last[k - 1])) {
    return "oscillates and does not reach the goal";
  }
  return `too slow: its cost is still about ${Number(last.at(-1).toPrecision(1))}`;
}

/** Several runs from one start, computed together. */
export class Race {
  #kept = new Map();

  /**
   * @param {{inputs: Float64Array, targets: Float64Array}} task Inputs (B, T), row by
   *   row, and targets (B,).
   * @param {number} goal The loss to fall below.
   * @param {number} limit The update at which the race ends.
   * @param {[number, number]} optimum The weights that distances are measured from.
   */
  constructor(task, goal, limit, optimum) {
    Object.assign(this, { task, goal, limit, optimum });
    /** The runs by the names of their racers. */
    this.runs = {};
  }

  /**
   * Have a run for each racer; those that are known already go on.
   * @param {{racers: string[], settings: object, start: [number, number]}} state
   *   `settings` by the name of the racer.
   */
  lineUp({ racers, settings, start }) {
    const known = this.#kept;
    this.#kept = new Map();
    const pairs = racers.map((name) => {
      const key = JSON.stringify([name, settings[name], start]);
      const rule = RACERS[name].rule(settings[name]);
      const run = known.get(key) ?? new Run(this.task, start, rule, this.goal);
      this.#kept.set(key, run);
      return [name, run];
    });
    this.runs = Object.fromEntries(pairs);
  }

  /**
   * Compute all runs, for as long as there is time.
   * @param {number} updates
   * @param {number} milliseconds
   * @returns {number} The update up to which they are known now.
   */
  compute(updates, milliseconds) {
    const until = performance.now() + milliseconds;
    const runs = Object.values(this.runs);
    const known = (run) => (run.diverged ? Infinity : run.losses.length - 1);
    let least = Math.min(updates, ...runs.map(known));
    while (least < updates && performance.now() < until) {
      least = Math.min(updates, least + PIECE);
      for (const run of runs) run.upTo(least);
    }
    return least;
  }

  /** Where all racers stand after some updates, by name; see `standing`. */
  standings(updates) {
    const pairs = Object.entries(this.runs).map(([name, run]) => [
      name,
      standing(run, updates, this),
    ]);
    return Object.fromEntries(pairs);
  }

  /**
   * The update from which on nothing more can be decided: each run has reached the goal
   * or diverged by then, as far as is known, or the race ends. 0 if nobody runs.
   */
  get decidedAt() {
    const ends = Object.values(this.runs).map(({ reached, diverged, losses }) => {
      const broken = diverged ? losses.length : this.limit;
      return Math.min(reached ?? this.limit, broken, this.limit);
    });
    return Math.max(0, ...ends);
  }
}

/**
 * Say who wins.
 *
 * @param {Object<string, {state: string, at: ?number}>} standings By the name of the
 *   racer, see `standing`.
 * @returns {{winners: string[], decided: boolean, text: string}} `winners`: those who
 *   were there first, as far as the race has gone; `decided`: nobody can still arrive.
 */
export function raceResult(standings) {
  const names = Object.keys(standings);
  const there = names.filter((name) => standings[name].state === "reached");
  const best = Math.min(...there.map((name) => standings[name].at));
  const winners = there.filter((name) => standings[name].at === best);
  const isRunning = (name) => ["start", "going"].includes(standings[name].state);
  const decided = names.length > 0 && !names.some(isRunning);
  return { winners, decided, text: resultText(names, winners, best, decided) };
}

function resultText(names, winners, best, decided) {
  if (names.length === 0) return "Nobody races: tick an optimiser.";
  if (winners.length > 1) return `${listed(winners)} tie, after ${best} updates.`;
  if (winners.length === 1 && names.length > 1) {
    return `${capital(winners[0])} wins, after ${best} updates.`;
  }
  if (winners.length === 1) {
    return `${capital(winners[0])} reaches the goal after ${best} updates.`;
  }
  if (!decided) return "";
  return names.length > 1 ? "Nobody reaches the goal." : "The goal is not reached.";
}

/** Join names as in "Momentum, clipped momentum and Rprop". */
function listed(names) {
  return capital(`${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
}

/**
 * Return text with its first letter as a capital.
 * @param {string} text
 */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Return dL/dh_0 .. dL/dh_T, summed over the sequences, at a pair of weights.
 *
 * @param {{inputs: Float64Array, targets: Float64Array}} task
 * @param {number} w_x
 * @param {number} w_rec
 * @returns {Float64Array} Shape (T + 1,).
 */
export function gradientThroughTime(task, w_x, w_rec) {
  return countingGradient(task.inputs, task.targets, w_x, w_rec).throughTime;
}
