/**
 * The picture of a window: how far the gradient of its last step reaches, and beneath
 * it, step by step, what the net read, what it was to say and what it said.
 *
 * Steps lie side by side; those of the window are counted from 1. Left of the window
 * stand as many steps before it as the delay is long, so that the input which the last
 * step needs is seen wherever it lies.
 */

import { shareText, windowText } from "./echo_words.js";
import { htmlElement, svgElement } from "./elements.js";
import { createLettering } from "./lettering.js";
import { cssColour } from "./marks.js";
import { onTheme, themeColours } from "./theme.js";

const GUTTER = 44; // pixels left of the steps, for labels
const EDGE = 6; // right of them
const WIDEST = 46; // of a step
const TOP = 22; // above the bars of the gradient
const REACH = 62; // height of these bars
const GAP = 12; // between them and the rows
const FOOT = 18; // below the rows, for the numbers of the steps
const LETTERS = 12.5;
const LEAST_SHARE = 1e-4; // of the gradient, that has a height
const MOST_SHARE = 5;
const HATCH = 5; // pixels between two lines of a hatched bar

/** What is drawn of each bit: its share of a row's height and of a step's width. */
const BARS = [
  { name: "input", colour: "input", height: 1, width: 0.9 },
  { name: "target", colour: "target", height: 0.5, width: 0.68, hatched: true },
  { name: "prediction", colour: "prediction", height: 0.3, width: 0.42 },
];

/** A canvas that follows its width and the theme. */
export class WindowPicture {
  constructor() {
    this.canvas = htmlElement("canvas", { role: "img" });
    this.frame = htmlElement("div", { class: "echo-frame" }, this.canvas);
    this.caption = htmlElement("p", { class: "echo-caption" });
    this.element = htmlElement(
      ...["div", { class: "echo-window" }],
      htmlElement("div", { class: "unrolled-title", text: "The newest window" }),
      this.caption,
      this.frame,
      barsKey(),
    );
    this.context = this.canvas.getContext("2d");
    this.forget = () => {
      this.look = null;
      this.draw();
    };
    this.stopTheme = onTheme(this.forget);
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.frame);
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
    this.draw();
  }

  draw() {
    const width = Math.floor(this.frame.clientWidth);
    if (!this.seen || width === 0) return;
    this.look ??= this.readLook();
    const row = width < 420 ? 28 : 34;
    const { rows, settings } = this.seen;
    const height = TOP + REACH + GAP + rows.length * row + FOOT;
    this.fit(width, height);
    const steps = settings.delay + settings.window;
    const cell = Math.min((width - GUTTER - EDGE) / steps, WIDEST);
    const place = (step) => GUTTER + (step - 1 + settings.delay) * cell; // its left end
    const pen = { ...this.look, context: this.context, row, cell, place };
    pen.right = place(settings.window + 1);
    paintOutside(pen, this.seen, height);
    paintReach(pen, this.seen);
    paintRows(pen, this.seen);
    paintNumbers(pen, settings, height);
    paintNeed(pen, this.seen);
    nameOutside(pen, this.seen);
  }

  /** Give the canvas one pixel for each of the screen's, all of them empty. */
  fit(width, height) {
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [width, height].map((length) => Math.round(length * ratio));
    if (this.canvas.width !== across || this.canvas.height !== down) {
      Object.assign(this.canvas, { width: across, height: down });
      this.canvas.style.height = `${height}px`;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
  }

  readLook() {
    const family = getComputedStyle(this.element).fontFamily || "sans-serif";
    const lettering = createLettering(this.context, family);
    return { colours: themeColours(this.element), lettering };
  }

  destroy() {
    this.stopTheme();
    this.sizes.disconnect();
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

function isWrong({ target, prediction }) {
  return target !== prediction;
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

function paintRows(pen, { rows, settings }) {
  const { context, colours, place, row, right } = pen;
  rows.forEach(({ before, bits }, r) => {
    const ground = rowGround(pen, r);
    context.strokeStyle = colours.line;
    context.lineWidth = 1;
    line(context, GUTTER, ground + 0.5, right, ground + 0.5);
    const style = { colour: colours.ink, size: LETTERS, align: "right" };
    pen.lettering.write(`row ${r + 1}`, GUTTER - 5, ground - row / 2 + 3, style);
    before.forEach((input, k) =>
      paintBits(pen, ground, k + 1 - settings.delay, { input }),
    );
    bits.forEach((bit, t) => {
      paintBits(pen, ground, t + 1, bit);
      if (isWrong(bit)) paintCross(pen, place(t + 1.5), ground - 0.72 * row);
    });
  });
}

/** Where the bars of a row stand. */
function rowGround({ row }, r) {
  return TOP + REACH + GAP + (r + 1) * row;
}

function paintBits({ context, colours, place, cell, row }, ground, step, bits) {
  const middle = place(step) + cell / 2;
  for (const { name, colour, height, width, hatched } of BARS) {
    if (!bits[name]) continue;
    const [across, up] = [width * cell, height * (row - 5)];
    const [left, top] = [middle - across / 2, ground - up];
    context.fillStyle = colours[colour];
    context.fillRect(left, top, across, up);
    if (hatched) hatch(context, colours.ground, left, top, across, up);
    context.strokeStyle = colours.ground;
    context.lineWidth = 1;
    context.strokeRect(left, top, across, up);
  }
}

/** Lines from the lower left to the upper right. */
function hatch(context, colour, left, top, width, height) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 0.8;
  for (let shift = 0; shift < width + height; shift += HATCH) {
    line(context, left + shift - height, top + height, left + shift, top);
  }
  context.restore();
}

function paintCross({ context, colours, cell }, x, y) {
  const size = Math.min(4.5, 0.32 * cell);
  for (const [colour, width] of [
    [colours.ground, 5],
    [colours.ink, 2],
  ]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    line(context, x - size, y - size, x + size, y + size);
    line(context, x - size, y + size, x + size, y - size);
  }
}

/** The numbers of the steps, as many as fit. */
function paintNumbers({ colours, place, cell, lettering }, { window }, height) {
  const apart = [1, 2, 5, 10].find((each) => each * cell > 24) ?? 10;
  for (let step = 1; step <= window; step++) {
    if (step % apart !== 0 && step !== 1) continue;
    if (step === 1 && apart > 1 && 2 * cell < 18) continue;
    const style = { colour: colours.ink, size: LETTERS, align: "center" };
    lettering.write(String(step), place(step + 0.5), height - 7, style);
  }
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

function line(context, fromX, fromY, toX, toY) {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}

// --- its key ------------------------------------------------------------------------

/** What the bars and crosses mean; told apart by height and width, not by colour alone. */
function barsKey() {
  const bars = BARS.map(({ name, colour, height, width }) => {
    const size = { width: 18 * width, height: 18 * height };
    const place = { x: 10 - size.width / 2, y: 19 - size.height };
    const bar = svgElement("rect", { ...place, ...size, fill: cssColour(colour) });
    return [bar, `${name} 1`];
  });
  const path = {
    d: "M5 5L15 15M5 15L15 5",
    stroke: "currentColor",
    "stroke-width": 2.2,
  };
  const cross = [svgElement("path", path), "wrong"];
  const share = { x: 4, y: 3, width: 12, height: 16, fill: cssColour("purple") };
  const gradient = [svgElement("rect", share), "gradient of the last step’s loss"];
  const entries = [...bars, cross, gradient].map(([shape, text]) => {
    const box = { class: "echo-sign", viewBox: "0 0 20 20", "aria-hidden": "true" };
    return htmlElement("li", {}, svgElement("svg", box, shape), text);
  });
  return htmlElement("ul", { class: "unrolled-legend" }, ...entries);
}
