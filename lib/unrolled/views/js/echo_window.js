/**
 * The picture of a window: how far the gradient of its last step reaches, and beneath
 * it, step by step, what the net read, what it was to say and what it said.
 *
 * Steps lie side by side; those of the window are counted from 1. Left of the window
 * stand as many steps before it as the delay is long, so that the input which the last
 * step needs is seen wherever it lies.
 */

import {
  BitPicture,
  bitsKey,
  isWrong,
  LETTERS,
  line,
  paintNumbers,
  paintRow,
} from "./bit_rows.js";
import { shareText, windowText } from "./echo_words.js";
import { htmlElement, svgElement } from "./elements.js";
import { cssColour } from "./marks.js";

const GUTTER = 44; // pixels left of the steps, for labels
const EDGE = 6; // right of them
const WIDEST = 46; // of a step
const TOP = 22; // above the bars of the gradient
const REACH = 62; // height of these bars
const GAP = 12; // between them and the rows
const FOOT = 18; // below the rows, for the numbers of the steps
const LEAST_SHARE = 1e-4; // of the gradient, that has a height
const MOST_SHARE = 5;

export class WindowPicture {
  constructor() {
    this.picture = new BitPicture((pen, width) => this.paint(pen, width));
    this.canvas = this.picture.canvas;
    this.caption = htmlElement("p", { class: "echo-caption" });
    const share = { x: 4, y: 3, width: 12, height: 16, fill: cssColour("purple") };
    this.element = htmlElement(
      ...["div", { class: "echo-window" }],
      htmlElement("div", { class: "unrolled-title", text: "The newest window" }),
      this.caption,
      this.picture.frame,
      bitsKey([[svgElement("rect", share), "gradient of the last step’s loss"]]),
    );
  }

  /**
   * Draw the newest window of a run.
   * @param {EchoRun} run See echo_model.js.
   */
  show(run) {
    const { settings } = run;
    const reach = run.reach();
    const rows = rowsOf(run);
    const wrong = rows.flatMap(({ bits }) => bits).filter(isWrong).length;
    this.seen = { settings, reach, rows };
    const label = windowText(settings, { rows: rows.length, wrong }, reach);
    this.canvas.setAttribute("aria-label", label);
    const share = shareText(settings, reach);
    if (this.caption.textContent !== share) this.caption.textContent = share;
    this.picture.draw();
  }

  paint(look, width) {
    if (!this.seen) return;
    const row = width < 420 ? 28 : 34;
    const { rows, settings } = this.seen;
    const height = TOP + REACH + GAP + rows.length * row + FOOT;
    this.picture.fit(width, height);
    const steps = settings.delay + settings.window;
    const cell = Math.min((width - GUTTER - EDGE) / steps, WIDEST);
    const place = (step) => GUTTER + (step - 1 + settings.delay) * cell; // its left end
    const pen = { ...look, row, cell, place, left: GUTTER };
    pen.right = place(settings.window + 1);
    paintOutside(pen, this.seen, height);
    paintReach(pen, this.seen);
    rows.forEach(({ before, bits }, r) => {
      const all = [...before.map((input) => ({ input })), ...bits];
      paintRow(pen, `row ${r + 1}`, rowGround(pen, r), all, 1 - settings.delay);
    });
    paintNumbers(pen, settings.window, height - 7);
    paintNeed(pen, this.seen);
    nameOutside(pen, this.seen);
  }

  destroy() {
    this.picture.destroy();
  }
}

/** The bits of the newest window, and the inputs before it, row by row. */
function rowsOf({ net, bits, targets, start, rowLength, settings }) {
  const { batch, window } = net;
  return Array.from({ length: batch }, (_, b) => {
    const first = b * rowLength + start;
    const before = Array.from({ length: settings.delay }, (_, k) => {
      const step = k - settings.delay; // from the window's start
      return start + step >= 0 ? bits[first + step] : null;
    });
    const inside = Array.from({ length: window }, (_, t) => ({
      input: bits[first + t],
      target: targets[first + t],
      prediction: Number(net.odds[t * batch + b] > 0),
    }));
    return { before, bits: inside };
  });
}

// --- painting -----------------------------------------------------------------------

/** What lies before the window: no gradient comes there. */
function paintOutside({ context, colours, place }, { settings }, height) {
  const [left, edge] = [place(1 - settings.delay), place(1)];
  context.fillStyle = colours.raised;
  context.fillRect(left, TOP, edge - left, height - TOP - FOOT);
}

/** Say of what lies before the window that no gradient comes there. */
function nameOutside({ colours, place, lettering }, { settings }) {
  const { delay, window } = settings;
  const need = Math.min(window - delay, 1); // the needed input, where it lies out there
  const parts = [
    [place(1 - delay), place(need)],
    [place(need + 1), place(1)],
  ];
  const [left, edge] = parts.reduce((a, b) => (b[1] - b[0] > a[1] - a[0] ? b : a));
  const fits = (text) => edge - left > lettering.width(text, LETTERS) + 4;
  const text = ["no gradient", "cut"].find(fits);
  const halo = colours.raised;
  const style = { colour: colours.ink, size: LETTERS, align: "center", halo };
  if (text) lettering.write(text, (left + edge) / 2, TOP + 0.36 * REACH, style);
}

function paintReach(
  { context, colours, place, cell, right, lettering },
  { reach, settings },
) {
  const bottom = TOP + REACH;
  const level = (share) => {
    const part = Math.log(share / LEAST_SHARE) / Math.log(MOST_SHARE / LEAST_SHARE);
    return REACH * Math.min(Math.max(part, 0), 1);
  };
  context.lineWidth = 1;
  for (const [share, text] of [
    [1, "1"],
    [1e-2, "10^{-2}"],
    [1e-4, "10^{-4}"],
  ]) {
    const y = bottom - level(share);
    context.strokeStyle = colours.line;
    line(context, place(1 - settings.delay), y, right, y);
    const style = { colour: colours.ink, size: LETTERS, align: "right" };
    lettering.write(text, GUTTER - 5, y, style);
  }
  context.fillStyle = colours.purple;
  reach.forEach((share, back) => {
    const left = place(settings.window - back) + 0.15 * cell;
    const height = level(share);
    context.fillRect(left, bottom - height, 0.7 * cell, height);
  });
}

/** Where the bars of a row stand. */
function rowGround({ row }, r) {
  return TOP + REACH + GAP + (r + 1) * row;
}

/** The window's edge, its last step, and the input that this step needs. */
function paintNeed(pen, { settings, rows }) {
  const { context, colours, place, cell } = pen;
  const { window, delay } = settings;
  const bottom = rowGround(pen, rows.length - 1);
  const [edge, end] = [place(1), place(window + 1)];
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.strokeRect(edge, TOP, end - edge, bottom - TOP);
  const [need, last] = [place(window - delay), place(window)];
  context.setLineDash([4, 3]);
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.6;
  context.strokeRect(need + 1, TOP + 1, cell - 2, bottom - TOP - 2);
  context.setLineDash([]);
  const [from, to] = [last + cell / 2, need + cell / 2];
  arrow(context, colours.ink, from, to, TOP - 2);
  const text = `echoes ${delay} back`;
  const half = pen.lettering.width(text, LETTERS) / 2;
  const middle = Math.max((from + to) / 2, GUTTER + half);
  const x = Math.min(middle, Math.max(pen.right - half, GUTTER + half));
  const style = { colour: colours.ink, size: LETTERS, align: "center" };
  pen.lettering.write(text, x, 6, style);
}

/** An arrow that leaves upwards, goes left, and comes down at its end. */
function arrow(context, colour, from, to, ground) {
  const top = ground - 7;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 1.6;
  context.beginPath();
  context.moveTo(from, ground + 2);
  context.lineTo(from, top);
  context.lineTo(to, top);
  context.lineTo(to, ground - 2);
  context.stroke();
  context.beginPath();
  context.moveTo(to - 4, ground - 4);
  context.lineTo(to + 4, ground - 4);
  context.lineTo(to, ground + 2);
  context.fill();
}
