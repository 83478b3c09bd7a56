/**
 * Ink on the pad: strokes of a soft brush, and what was there before. Pure functions.
 *
 * Places are measured in cells from the upper left corner, so that the middle of the
 * first cell lies at (0.5, 0.5).
 */

import { FRAME_SIDE } from "./digit_frame.js";

const FULL = 255;
const CORE = 0.75; // cells from the middle of a stroke up to which the ink is full
const SOFT = 1.75; // and from which there is none
const RUBBER = 0.8; // by which the rubber is wider than the brush

/**
 * Draw or erase a line from one place to another, or a dot.
 * @param {Uint8Array} ink 28 × 28 grey values; changed.
 * @param {[number, number]} from Across and down.
 * @param {[number, number]} to
 * @param {boolean} erases
 */
export function strokeInk(ink, from, to, erases = false) {
  const wider = erases ? RUBBER : 0;
  const reach = SOFT + wider;
  const span = (k) => {
    const [low, high] = [Math.min(from[k], to[k]), Math.max(from[k], to[k])];
    const last = FRAME_SIDE - 1;
    return [
      Math.max(Math.floor(low - reach), 0),
      Math.min(Math.ceil(high + reach), last),
    ];
  };
  const [[left, right], [top, bottom]] = [span(0), span(1)];
  for (let i = top; i <= bottom; i++) {
    for (let j = left; j <= right; j++) {
      const far = distanceToLine([j + 0.5, i + 0.5], from, to) - wider;
      const share = Math.min(Math.max((SOFT - far) / (SOFT - CORE), 0), 1);
      const level = Math.round(FULL * share);
      const at = i * FRAME_SIDE + j;
      ink[at] = erases ? Math.min(ink[at], FULL - level) : Math.max(ink[at], level);
    }
  }
}

function distanceToLine([x, y], [fromX, fromY], [toX, toY]) {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const square = alongX * alongX + alongY * alongY;
  const part = ((x - fromX) * alongX + (y - fromY) * alongY) / (square || 1);
  const kept = Math.min(Math.max(part, 0), 1);
  return Math.hypot(x - fromX - kept * alongX, y - fromY - kept * alongY);
}

/** Whether nothing is drawn. */
export function isBlank(ink) {
  return ink.every((grey) => grey === 0);
}

/** What was on the pad before, as far as it can be had back. */
export class InkHistory {
  constructor(most = 100) {
    this.most = most;
    this.past = [];
  }

  get isEmpty() {
    return this.past.length === 0;
  }

  keep(before) {
    this.past.push(before);
    if (this.past.length > this.most) this.past.shift();
  }

  /** Return what was last, and forget it. */
  back() {
    return this.past.pop();
  }
}
