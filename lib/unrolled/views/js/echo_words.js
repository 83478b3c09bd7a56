/**
 * What the echo lab says in words: how far the run is, how well the net does, and
 * whether the gradient reaches the input that a target needs.
 */

import { CHANCE, LAST_WINDOWS, taughtSteps } from "./echo_model.js";
import { formatFixed, formatNumber } from "./scales.js";

/** From this share of right bits on the echo counts as learnt. */
const LEARNT = 0.99;

/** Above this loss a net knows next to nothing; chance is ln 2 = 0.693. */
const NEAR_CHANCE = 0.65;

/** From this share on a net that cannot be taught knows something nevertheless. */
const LUCK = 0.7;

/**
 * Say how far a run is and what the net can do.
 * @param {EchoRun} run See echo_model.js.
 */
export function progressText({ windows, epoch, last, diverged }) {
  if (windows === 0) return "Not trained yet.";
  if (diverged) return `Diverged at window ${windows}: lower the learning rate.`;
  const many =
    windows < LAST_WINDOWS ? "all windows" : `the last ${LAST_WINDOWS} windows`;
  return (
    `Window ${windows}, epoch ${epoch + 1}. Over ${many}: loss ` +
    `${formatNumber(last.loss)}, ${percent(last.accuracy)} of the bits right: ` +
    `${standing(last)}.`
  );
}

/**
 * Say in a word or two what the net can do.
 * @param {{loss: number, accuracy: number}} last
 */
export function standing({ loss, accuracy }) {
  if (accuracy >= LEARNT) return "learnt";
  return loss > NEAR_CHANCE ? "near chance" : "partly learnt";
}

/**
 * Say how many of a window's targets have the input that they echo in the window.
 * @param {EchoRun} run
 */
export function reachText({ settings, last }) {
  const { window, delay } = settings;
  const taught = taughtSteps(settings);
  const back = `${steps(delay)} back`;
  if (taught === 0) {
    const luck = last.accuracy > LUCK ? " What it gets right it owes to luck." : "";
    return (
      `The gradient ends too early: the input that a target echoes, ${back}, is never ` +
      `in the target’s own window (${steps(window)}).${luck}`
    );
  }
  const has = taught === 1 ? "has" : "have";
  return (
    `The gradient reaches far enough: ${taught} of a window’s ` +
    `${window} targets ${has} the input that they echo, ${back}, in the same window.`
  );
}

/**
 * Say which input the last step of a window needs, and how much of the gradient of its
 * loss arrives there.
 * @param {EchoSettings} settings
 * @param {Float64Array} reach See `gradientReach`.
 */
export function shareText({ window, delay }, reach) {
  if (delay < window) {
    const share = formatNumber(reach[delay], 2);
    return (
      `Step ${window} echoes the input of step ${window - delay}: the gradient there is ` +
      `${share} times as large as at step ${window}.`
    );
  }
  return (
    `Step ${window} echoes an input ${steps(delay - window + 1)} before the window: ` +
    "there the gradient is cut."
  );
}

/**
 * Describe the picture of a window.
 * @param {EchoSettings} settings
 * @param {{rows: number, wrong: number}} seen
 * @param {Float64Array} reach
 */
export function windowText(settings, { rows, wrong }, reach) {
  const bits = rows * settings.window;
  return (
    `A window of ${steps(settings.window)} in ${rows} rows, with inputs, targets and ` +
    `predictions: ${wrong} of ${bits} bits are told wrong. Above the rows, how much of ` +
    `the gradient of the last step’s loss arrives at each step. ${shareText(settings, reach)}`
  );
}

/** Name a run by its settings, in short. */
export function runName({ window, stride, delay, hidden, seed }) {
  const overlap = stride < window ? `, stride ${stride}` : "";
  return `window ${window}${overlap}, delay ${delay}, state ${hidden}, seed ${seed}`;
}

/** Write a number of windows in a second. */
export function speedText(rate) {
  return `${rate < 10 ? formatNumber(rate, 2) : thousands(rate)} windows/s`;
}

/** Describe the picture of the loss. */
export function lossText({ windows, last }) {
  if (windows === 0) return "The loss of each window; none is trained yet.";
  return (
    `The loss of each window so far, ${windows} of them; ${formatNumber(last.loss)} of ` +
    `late, and chance is ${formatNumber(CHANCE)}.`
  );
}

function thousands(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function percent(share) {
  const decimals = share > 0.9 && share < 1 ? 1 : 0;
  return `${formatFixed(100 * share, decimals)}\u202f%`;
}

function steps(count) {
  return count === 1 ? "1 step" : `${count} steps`;
}
