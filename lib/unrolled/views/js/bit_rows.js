// Bits in rows: what a net read, what it was to say, and what it said, as bars that are
// told apart by height and width, not by colour alone.

import { htmlElement, svgElement } from "./elements.js";
import { createLettering } from "./lettering.js";
import { cssColour } from "./marks.js";
import { onTheme, themeColours } from "./theme.js";

export const LETTERS = 12.5; // pixels of the numbers and names
const HATCH = 5; // pixels between two lines of a hatched bar

/** What is drawn of each bit: its share of a row's height and of a step's width. */
const BARS = [
  { name: "input", colour: "input", height: 1, width: 0.9 },
  { name: "target", colour: "target", height: 0.5, width: 0.68, hatched: true },
  { name: "prediction", colour: "prediction", height: 0.3, width: 0.42 },
];

/** A canvas for rows of bits that follows its width and the theme. */
export class BitPicture {
  /**
   * @param {(pen: object, width: number) => void} paint Called once there is a width,
   *   and again when the width or the theme changes; it fits the height first. The pen
   *   holds the canvas's `context`, the `colours` of the page and the `lettering`.
   */
  constructor(paint) {
    this.paint = paint;
    this.canvas = htmlElement("canvas", { role: "img" });
    this.frame = htmlElement("div", { class: "unrolled-frame" }, this.canvas);
    this.context = this.canvas.getContext("2d");
    this.stopTheme = onTheme(() => {
      this.look = null;
      this.draw();
    });
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.frame);
  }

  draw() {
    const width = Math.floor(this.frame.clientWidth);
    if (width > 0) this.paint({ ...this.readLook(), context: this.context }, width);
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
    const family = getComputedStyle(this.frame).fontFamily || "sans-serif";
    this.look ??= {
      colours: themeColours(this.frame),
      lettering: createLettering(this.context, family),
    };
    return this.look;
  }

  destroy() {
    this.stopTheme();
    this.sizes.disconnect();
  }
}

export function isWrong({ target, prediction }) {
  const known = target !== undefined && prediction !== undefined;
  return known && target !== prediction;
}

/**
 * Draw the bits of one row: its name, its ground, a bar for each 1, a cross over each
 * prediction that is wrong.
 *
 * @param {object} pen What {@link BitPicture} hands out, and the height of a `row`, the
 *   width of a `cell`, where a step begins (`place`, a function) and where the rows
 *   begin and end (`left`, `right`).
 * @param {string} name
 * @param {number} ground Where the bars stand.
 * @param {{input?: number, target?: number, prediction?: number}[]} bits
 * @param {number} [first] The step of the first of them.
 */
export function paintRow(pen, name, ground, bits, first = 1) {
  const { context, colours, place, row, left, right } = pen;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  line(context, left, ground + 0.5, right, ground + 0.5);
  const style = { colour: colours.ink, size: LETTERS, align: "right" };
  pen.lettering.write(name, left - 5, ground - row / 2 + 3, style);
  bits.forEach((bit, k) => {
    paintBits(pen, ground, first + k, bit);
    if (isWrong(bit)) paintCross(pen, place(first + k + 0.5), ground - 0.72 * row);
  });
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

/** The numbers of the steps under the rows, as many as fit. */
export function paintNumbers({ colours, place, cell, lettering }, steps, y) {
  const apart = [1, 2, 5, 10, 20, 50].find((each) => each * cell > 24) ?? 100;
  for (let step = 1; step <= steps; step++) {
    if (step % apart !== 0 && step !== 1) continue;
    if (step === 1 && apart > 1 && 2 * cell < 18) continue;
    const style = { colour: colours.ink, size: LETTERS, align: "center" };
    lettering.write(String(step), place(step + 0.5), y, style);
  }
}

export function line(context, fromX, fromY, toX, toY) {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}

/**
 * What the bars and crosses mean.
 * @param {[SVGElement, string][]} [more] Further signs, in a box of 20 by 20, with texts.
 * @param {string[]} [names] Of the bars that are drawn.
 */
export function bitsKey(more = [], names = BARS.map(({ name }) => name)) {
  const drawn = BARS.filter(({ name }) => names.includes(name));
  const bars = drawn.map(({ name, colour, height, width }) => {
    const size = { width: 18 * width, height: 18 * height };
    const place = { x: 10 - size.width / 2, y: 19 - size.height };
    const bar = svgElement("rect", { ...place, ...size, fill: cssColour(colour) });
    return [bar, `${name} 1`];
  });
  const path = { d: "M5 5L15 15M5 15L15 5", stroke: "currentColor", "stroke-width": 2.2 };
  const cross = [svgElement("path", path), "wrong"];
  const entries = [...bars, cross, ...more].map(([shape, text]) => {
    const box = { class: "unrolled-sign", viewBox: "0 0 20 20", "aria-hidden": "true" };
    return htmlElement("li", {}, svgElement("svg", box, shape), text);
  });
  return htmlElement("ul", { class: "unrolled-legend" }, ...entries);
}
