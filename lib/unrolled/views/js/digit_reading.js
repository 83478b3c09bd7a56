/**
 * The reading of an image, row by row, in panels that share their rows: the image as the
 * net gets it, how much each row moved the decision, the probabilities after each row,
 * and the hidden state. Where there is little room, the state stands below.
 */

import { BitPicture, line } from "./bit_rows.js";
import { FRAME_SIDE } from "./digit_frame.js";
import { paintGrey, paintPixels, paintShares } from "./digit_panels.js";
import { readingText } from "./digit_words.js";
import { htmlElement } from "./elements.js";
import { divergingRamp } from "./theme.js";

const ROW_GUTTER = 24; // pixels, for the numbers of the rows
const GAP = 12;
const HEAD = 21; // above the panels
const SIZE = 12.5; // of letters
const PALE = 0.28; // of what is not read yet
const NUMBERED = [1, 7, 14, 21, 28];
const MOVED = 84; // pixels of the bars, where the state stands beside them
const LEAST_STATE = 192; // pixels; with less, the state has a line of its own

export class ReadingPicture {
  /**
   * @param {Object} options
   * @param {(row: number, done: boolean) => void} options.onPick A row is looked at.
   */
  constructor({ onPick }) {
    this.picture = new BitPicture((pen, width) => this.paint(pen, width));
    const { canvas, frame } = this.picture;
    this.canvas = canvas;
    const pick = (event, done) => {
      const row = this.rowOf(event);
      if (row !== null) onPick(row, done);
    };
    // The slider of the rows is for keys; this is the short way for a pointer.
    const surface = htmlElement("div", {
      class: "unrolled-surface",
      on: {
        click: (event) => pick(event, true),
        pointermove: (event) => {
          if (event.pointerType === "mouse" && event.buttons === 1) pick(event, false);
        },
      },
    });
    frame.append(surface);
    this.element = frame;
  }

  /**
   * Show a reading.
   * @param {DigitReading} reading See digit_net.js.
   * @param {number} row The one that is looked at, from 1.
   * @param {?number} label The digit that it is, if that is known.
   */
  show(reading, row, label) {
    this.seen = { reading, row, label };
    const text = readingText(reading, row);
    if (this.text !== text) this.canvas.setAttribute("aria-label", text);
    this.text = text;
    this.picture.draw();
  }

  rowOf({ offsetX, offsetY }) {
    if (!this.layout) return null;
    const { cell, state } = this.layout;
    const below = state.top > HEAD && offsetY >= state.top - HEAD;
    const row = Math.floor((offsetY - (below ? state.top : HEAD)) / cell) + 1;
    return offsetX >= 0 && row >= 1 && row <= FRAME_SIDE ? row : null;
  }

  paint(pen, width) {
    if (!this.seen) return;
    const layout = panelLayout(width);
    this.layout = layout;
    this.picture.fit(width, layout.height);
    const { reading, row, label } = this.seen;
    const pale = (at) => (at < row ? 1 : PALE);
    const { cell, image } = layout;
    paintGrey(pen, reading.image, { ...image, cell, ink: "input", pale });
    paintMoved(pen, reading, row, layout);
    paintClasses(pen, reading, row, label, layout);
    this.paintState(pen, reading, pale, layout);
    paintHeads(pen, layout, reading.net.hidden);
    for (const box of layout.panels) paintPanel(pen, box, row, layout);
  }

  paintState(pen, { net, rows, states }, pale, { state }) {
    // The ramp is made of 200 colours: once for each theme.
    if (this.colours !== pen.colours) this.ramp = divergingRamp(pen.colours);
    this.colours = pen.colours;
    const H = net.hidden;
    paintPixels(pen, { ...state, columns: H }, rows, (t, j) =>
      this.ramp(pale(t) * states[(t + 1) * H + j]),
    );
  }

  destroy() {
    this.picture.destroy();
  }
}

/** Where the panels lie: squares for pixels, and the rest of the room for the others. */
function panelLayout(width) {
  const isNarrow = width < 560;
  const share = isNarrow ? 0.43 : 0.26; // of the width, for the image
  const cell = Math.min(Math.max(Math.floor((share * width) / FRAME_SIDE), 4), 7);
  const height = FRAME_SIDE * cell;
  const right = width - 1;
  const box = (left, wide, top = HEAD) => ({ left, top, width: wide, height });
  const image = box(ROW_GUTTER, height);
  const start = image.left + height + GAP;
  const classes = 10 * (isNarrow ? 11 : 15);
  const room = right - start - GAP - classes; // without the state
  const fits = room - MOVED - GAP >= LEAST_STATE;
  const moved = box(start, fits ? MOVED : room);
  const shares = box(moved.left + moved.width + GAP, classes);
  const beside = shares.left + classes + GAP;
  const below = box(ROW_GUTTER, right - ROW_GUTTER, 2 * HEAD + height + 4);
  const state = fits ? box(beside, right - beside) : below;
  const panels = [image, moved, shares, state];
  return { cell, image, moved, shares, state, panels, height: state.top + height + 1 };
}

/** Bars to the right: the row spoke for the decision; to the left: against it. */
function paintMoved(pen, reading, row, { moved: box, cell }) {
  const { context, colours } = pen;
  const middle = Math.round(box.left + box.width / 2) + 0.5;
  const most = reading.moved.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const full = box.width / 2 - 3;
  reading.moved.forEach((by, t) => {
    const length = most > 0 ? (full * Math.abs(by)) / most : 0;
    if (length < 0.5) return;
    const left = by > 0 ? middle : middle - length;
    const [top, thick] = [box.top + t * cell + 1, cell - 2];
    context.globalAlpha = t < row ? 1 : PALE;
    context.fillStyle = by > 0 ? colours.prediction : colours.ground;
    context.fillRect(left, top, length, thick);
    context.strokeStyle = by > 0 ? colours.prediction : colours.target;
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, top + 0.5, Math.max(length - 1, 0.5), thick - 1);
  });
  context.globalAlpha = 1;
  context.strokeStyle = colours.muted;
  line(context, middle, box.top, middle, box.top + box.height);
}

/** The probabilities after each row, a dot in the largest. */
function paintClasses(pen, { net, probabilities, rows }, row, label, layout) {
  const { context, colours, lettering } = pen;
  const { shares: box, cell } = layout;
  const columns = net.classes;
  const flat = probabilities.flatMap((shares) => [...shares]);
  const pale = (at) => (at < row ? 1 : PALE);
  paintShares(pen, flat, { ...box, columns, colour: "prediction", pale });
  const wide = box.width / columns;
  const side = Math.max(cell - 4, 2.5);
  for (let t = 0; t < rows; t++) {
    const best = bestOf(probabilities[t]);
    const x = box.left + (best + 0.5) * wide;
    context.globalAlpha = pale(t);
    context.fillStyle = colours.ink;
    context.fillRect(x - side / 2, box.top + (t + 0.5) * cell - side / 2, side, side);
  }
  context.globalAlpha = 1;
  for (let k = 0; k < columns; k++) {
    const isTrue = k === label;
    const x = box.left + (k + 0.5) * wide;
    const weight = isTrue ? "700" : "normal";
    const style = { colour: colours.ink, size: SIZE, align: "center", weight };
    lettering.write(String(k), x, HEAD - 9, style);
    if (!isTrue) continue;
    context.strokeStyle = colours.target;
    context.lineWidth = 2.5;
    line(context, x - 5, HEAD - 2, x + 5, HEAD - 2);
  }
}

function bestOf(shares) {
  return shares.reduce((best, share, k) => (share > shares[best] ? k : best), 0);
}

function paintHeads({ colours, lettering }, { image, moved, state }, hidden) {
  const style = { colour: colours.ink, size: SIZE };
  lettering.write("image", image.left, HEAD - 9, style);
  const middle = moved.left + moved.width / 2;
  const text = moved.width > 75 ? "against | for" : "− | +";
  lettering.write(text, middle, HEAD - 9, { ...style, align: "center" });
  lettering.write(`state: ${hidden} units`, state.left, state.top - 9, style);
}

/** A panel's frame, the row that is looked at, and the numbers of the rows. */
function paintPanel({ context, colours, lettering }, box, row, { cell }) {
  context.lineWidth = 1;
  context.strokeStyle = colours.line;
  context.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
  context.lineWidth = 1.5;
  context.strokeStyle = colours.ink;
  const top = box.top + (row - 1) * cell;
  context.strokeRect(box.left - 1.5, top - 0.5, box.width + 3, cell + 1);
  if (box.left !== ROW_GUTTER) return;
  for (const number of new Set([...NUMBERED, row])) {
    const isNow = number === row;
    if (!isNow && Math.abs(number - row) * cell < 13) continue;
    const style = { colour: isNow ? colours.ink : colours.muted, size: 12 };
    const look = { ...style, align: "right", weight: isNow ? "700" : "normal" };
    lettering.write(String(number), ROW_GUTTER - 5, box.top + (number - 0.5) * cell, look);
  }
}
