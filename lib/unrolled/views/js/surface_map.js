/**
 * What a map of the cost surface shows in a window: the surface itself, the region of
 * the goal, trails of runs, and where those are that have left it.
 *
 * A window is [left, right, bottom, top] in the weights w_x (to the right) and w_rec
 * (upwards). Nothing here draws.
 */

import { countingSurface } from "./numerics.js";

/** Trails are followed this many window widths beyond the window, not further. */
const BEYOND = 2;

/**
 * Return log10(cost + 1) at the centres of the cells of a window.
 *
 * @param {{inputs: Float64Array, targets: Float64Array}} task
 * @param {[number, number, number, number]} window Left, right, bottom, top.
 * @param {number} columns
 * @param {number} rows
 * @returns {Float64Array} Shape (rows, columns), the lowest w_rec first.
 */
export function logSurface(task, window, columns, rows) {
  const [left, right, bottom, top] = window;
  const xs = centres(left, right, columns);
  const ys = centres(bottom, top, rows);
  const values = countingSurface(task.inputs, task.targets, xs, ys);
  for (let k = 0; k < values.length; k++) values[k] = Math.log10(values[k] + 1);
  return values;
}

/**
 * Return where contours are drawn: at every half power of ten of the cost, and in a
 * window that shows them apart at small costs too.
 *
 * @param {[number, number, number, number]} window Left, right, bottom, top.
 * @returns {number[]} Values of log10(cost + 1), rising.
 */
export function contourLevels([left, right]) {
  const smallest = Math.floor(2 * Math.log10((right - left) / 3));
  const costs = [];
  for (let half = Math.max(-8, Math.min(0, smallest)); half <= 22; half++) {
    costs.push(10 ** (half / 2));
  }
  return costs.map((cost) => Math.log10(cost + 1));
}

function centres(from, to, count) {
  const width = (to - from) / count;
  return Float64Array.from({ length: count }, (_, k) => from + (k + 0.5) * width);
}

/**
 * Return the outline of the region around the minimum where the cost is below a goal.
 *
 * In each row the cost is a parabola in w_x, known from three of its points; so the
 * outline is exact.
 *
 * @param {{inputs: Float64Array, targets: Float64Array}} task
 * @param {number} goal
 * @param {[number, number]} optimum The minimum; the region is sought up to 1 above and
 *   below it.
 * @param {number} [rows] How many rows the outline has.
 * @returns {{x: number[], y: number[]}} Closed; empty if the optimum is above the goal.
 */
export function goalOutline(task, goal, optimum, rows = 80) {
  const row = (wRec) => goalRow(task, goal, wRec);
  if (!(row(optimum[1]).half >= 0)) return { x: [], y: [] };
  const bottom = lastInside((step) => row(optimum[1] - step).half >= 0);
  const top = lastInside((step) => row(optimum[1] + step).half >= 0);
  const [right, left] = [[], []];
  for (let k = 0; k <= rows; k++) {
    // Closer rows at the two ends, where the outline turns.
    const share = (1 - Math.cos((Math.PI * k) / rows)) / 2;
    const wRec = optimum[1] - bottom + share * (bottom + top);
    const { middle, half } = row(wRec);
    right.push([middle + (half || 0), wRec]);
    left.push([middle - (half || 0), wRec]);
  }
  const points = [...right, ...left.reverse(), right[0]];
  return { x: points.map((point) => point[0]), y: points.map((point) => point[1]) };
}

/** Return where the cost of one row is below a goal: middle ± half, NaN if nowhere. */
function goalRow({ inputs, targets }, goal, wRec) {
  const [before, at, after] = countingSurface(inputs, targets, [-1, 0, 1], [wRec]);
  const curvature = (before + after) / 2 - at;
  const middle = (before - after) / (4 * curvature);
  const [lowest] = countingSurface(inputs, targets, [middle], [wRec]);
  return { middle, half: Math.sqrt((goal - lowest) / curvature) };
}

/** Return the largest number below 1 where a condition that holds at 0 still does. */
function lastInside(holds) {
  let [inside, outside] = [0, 1];
  for (let k = 0; k < 50; k++) {
    const middle = (inside + outside) / 2;
    if (holds(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}

/**
 * Return the trail of a run as a line to be drawn: points closer to each other than
 * `apart` are left out, and far beyond the window it is cut off, with NaN as a gap.
 *
 * @param {Run} run
 * @param {number} updates The last update to be drawn.
 * @param {[number, number, number, number]} window Left, right, bottom, top.
 * @param {number} apart In the unit of the weights.
 * @returns {{x: number[], y: number[]}}
 */
export function trail(run, updates, window, apart) {
  const box = widened(window, BEYOND);
  const [x, y] = [[], []];
  const add = (point) => {
    x.push(point[0]);
    y.push(point[1]);
  };
  const last = Math.min(updates, run.losses.length - 1);
  let from = [run.w_x[0], run.w_rec[0]];
  if (inWindow(from, box)) add(from);
  for (let k = 1; k <= last; k++) {
    const to = [run.w_x[k], run.w_rec[k]];
    const step = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (step < apart && k < last) continue;
    const part = cutToBox(from, to, box);
    if (part === null) {
      if (x.length && !Number.isNaN(x.at(-1))) add([NaN, NaN]);
    } else {
      const [begin, end] = part;
      if (x.length === 0 || begin[0] !== x.at(-1) || begin[1] !== y.at(-1)) {
        if (x.length && !Number.isNaN(x.at(-1))) add([NaN, NaN]);
        add(begin);
      }
      add(end);
    }
    from = to;
  }
  return { x, y };
}

/** Return a window made wider and higher by a multiple of itself on each side. */
function widened([left, right, bottom, top], share) {
  const [wide, high] = [share * (right - left), share * (top - bottom)];
  return [left - wide, right + wide, bottom - high, top + high];
}

/**
 * Say whether a point lies in a window, its border included.
 * @param {[number, number]} point
 * @param {[number, number, number, number]} window Left, right, bottom, top.
 */
export function inWindow([x, y], [left, right, bottom, top]) {
  return x >= left && x <= right && y >= bottom && y <= top;
}

/**
 * Return the part of a straight line in a box, or null (Liang and Barsky 1984).
 */
function cutToBox(from, to, [left, right, bottom, top]) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  let [enter, leave] = [0, 1];
  for (const [step, room] of [
    [-dx, from[0] - left],
    [dx, right - from[0]],
    [-dy, from[1] - bottom],
    [dy, top - from[1]],
  ]) {
    if (step === 0 && room < 0) return null;
    if (step < 0) enter = Math.max(enter, room / step);
    if (step > 0) leave = Math.min(leave, room / step);
  }
  if (enter > leave) return null;
  const at = (share) => [from[0] + share * dx, from[1] + share * dy];
  return [enter === 0 ? from : at(enter), leave === 1 ? to : at(leave)];
}

/**
 * Return where a run left a window that it is not in, and the way it went.
 *
 * @param {Run} run
 * @param {number} updates How far it has gone.
 * @param {[number, number, number, number]} window Left, right, bottom, top.
 * @returns {{x: number, y: number, dx: number, dy: number, words: string}} A point on
 *   the border; a direction, in widths and heights of the window; and the side in
 *   words, such as "above the map" or "below and left of the map". A run that never passed the
 *   window is seen from the middle of it.
 */
export function exitPoint(run, updates, window) {
  const last = Math.min(updates, run.losses.length - 1);
  const at = (k) => [run.w_x[k], run.w_rec[k]];
  for (let k = last; k > 0; k--) {
    const part = cutToBox(at(k - 1), at(k), window);
    if (part) return wayOut(part[1], at(k - 1), at(k), window);
  }
  const middle = [(window[0] + window[1]) / 2, (window[2] + window[3]) / 2];
  const [, border] = cutToBox(middle, at(last), window);
  return wayOut(border, middle, at(last), window);
}

function wayOut([x, y], from, to, [left, right, bottom, top]) {
  const [wide, high] = [right - left, top - bottom];
  const [dx, dy] = [(to[0] - from[0]) / wide, (to[1] - from[1]) / high];
  const length = Math.hypot(dx, dy);
  const near = 1e-9;
  const sides = [
    y > top - near * high ? "above" : y < bottom + near * high ? "below" : "",
    x > right - near * wide ? "right of" : x < left + near * wide ? "left of" : "",
  ].filter(Boolean);
  const words = `${sides.join(" and ")} the map`;
  return { x, y, dx: dx / length, dy: dy / length, words };
}

/**
 * Round a coordinate to as many decimals as a map's pixels can tell apart, 2 or more.
 *
 * @param {number} value
 * @param {number} pixel How much one pixel stands for.
 * @returns {number}
 */
export function roundedToPixel(value, pixel) {
  const decimals = Math.min(12, Math.max(2, Math.ceil(-Math.log10(pixel))));
  return Number(value.toFixed(decimals)) + 0; // + 0: no negative zero
}
