/**
 * The pad: 28 × 28 cells to be drawn on with a mouse, a finger, a pen or the keyboard.
 *
 * One finger draws, two scroll the page. With the keyboard a cursor moves from cell to
 * cell; the space bar puts the pen down and lifts it, so that one key at a time is
 * enough. The pad only tells of strokes; what they do to the ink is decided elsewhere.
 */

import { BitPicture } from "./bit_rows.js";
import { FRAME_SIDE } from "./digit_frame.js";
import { paintGrey } from "./digit_panels.js";
import { padCursorText } from "./digit_words.js";
import { OWN_KEYS, htmlElement } from "./elements.js";

const LARGEST_CELL = 12; // pixels
const FAR = 4; // cells that Shift with an arrow key goes
const MOVES = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class DigitPad {
  /**
   * @param {Object} options
   * @param {() => void} options.onStart A stroke begins.
   * @param {(from: [number, number], to: [number, number]) => void} options.onStroke It
   *   goes on; places in cells, across and down.
   * @param {() => void} options.onEnd It is done.
   * @param {() => void} options.onCancel It was none: the page is scrolled instead.
   * @param {() => void} options.onUndo
   */
  constructor(options) {
    this.options = options;
    this.pointer = null; // the one that draws, and where it was
    this.cursor = { column: 14, row: 14, penDown: false, shown: false };
    this.picture = new BitPicture((pen, width) => this.paint(pen, width));
    this.surface = this.makeSurface();
    this.picture.frame.append(this.surface);
    this.reading = htmlElement("p", { class: "digit-cursor", role: "status" });
    const parts = [this.picture.frame, this.reading];
    this.element = htmlElement("div", { class: "digit-pad" }, ...parts);
  }

  makeSurface() {
    const own = (act) => (event) => {
      if (event.pointerId === this.pointer?.id) act(event);
    };
    return htmlElement("div", {
      ...{ class: "unrolled-surface", role: "application", tabindex: 0 },
      ...{ [OWN_KEYS]: true, "aria-roledescription": "drawing pad" },
      "aria-label":
        "Pad of 28 by 28 cells: the arrow keys move, the space bar puts the pen down " +
        "and lifts it, Control with Z undoes",
      on: {
        pointerdown: (event) => this.onDown(event),
        pointermove: own((event) => this.onMove(event)),
        pointerup: own(() => this.endPointer(this.options.onEnd)),
        pointercancel: own(() => this.endPointer(this.options.onCancel)),
        keydown: (event) => this.onKey(event),
        blur: () => {
          this.liftPen();
          this.moveCursor(0, 0, false);
        },
      },
    });
  }

  // --- pointers --------------------------------------------------------------------

  onDown(event) {
    if (event.button !== 0) return;
    if (this.pointer) {
      // A second finger: the page is to be scrolled or zoomed.
      if (event.pointerType === "touch") this.endPointer(this.options.onCancel);
      return;
    }
    if (!event.isPrimary) return;
    this.liftPen();
    this.cursor.shown = false;
    this.surface.setPointerCapture(event.pointerId);
    const at = this.placeOf(event);
    this.pointer = { id: event.pointerId, at };
    this.options.onStart();
    this.options.onStroke(at, at);
  }

  onMove(event) {
    // Between two frames a pen is at more places than one.
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const each of passed.length ? passed : [event]) {
      const at = this.placeOf(each);
      this.options.onStroke(this.pointer.at, at);
      this.pointer.at = at;
    }
  }

  endPointer(tell) {
    this.pointer = null;
    tell();
  }

  placeOf({ clientX, clientY }) {
    const { left, top, width, height } = this.picture.canvas.getBoundingClientRect();
    const part = (at, length) => (FRAME_SIDE * at) / (length || 1);
    return [part(clientX - left, width), part(clientY - top, height)];
  }

  // --- keys ------------------------------------------------------------------------

  onKey(event) {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    if ((ctrlKey || metaKey) && key.toLowerCase() === "z") {
      this.liftPen();
      this.options.onUndo();
    } else if (ctrlKey || metaKey || altKey) return;
    else if (MOVES[key]) {
      const [across, down] = MOVES[key];
      const far = shiftKey ? FAR : 1;
      this.moveCursor(far * across, far * down);
    } else if (key === " ") {
      if (!event.repeat) this.togglePen();
    } else if (key === "Escape" && this.cursor.penDown) this.liftPen();
    else return;
    event.preventDefault();
  }

  get cursorPlace() {
    return [this.cursor.column - 0.5, this.cursor.row - 0.5];
  }

  moveCursor(across, down, shown = true) {
    const { cursor } = this;
    const from = this.cursorPlace;
    const within = (cell) => Math.min(Math.max(cell, 1), FRAME_SIDE);
    cursor.column = within(cursor.column + across);
    cursor.row = within(cursor.row + down);
    cursor.shown = shown;
    if (cursor.penDown) this.options.onStroke(from, this.cursorPlace);
    this.showCursor();
  }

  togglePen() {
    if (this.cursor.penDown) {
      this.liftPen();
      return;
    }
    Object.assign(this.cursor, { penDown: true, shown: true });
    this.options.onStart();
    this.options.onStroke(this.cursorPlace, this.cursorPlace);
    this.showCursor();
  }

  liftPen() {
    if (!this.cursor.penDown) return;
    this.cursor.penDown = false;
    this.options.onEnd();
    this.showCursor();
  }

  showCursor() {
    const text = padCursorText(this.cursor, this.seen?.erases);
    if (this.reading.textContent !== text) this.reading.textContent = text;
    this.picture.draw();
  }

  /** Whether a stroke is under way. */
  get isDrawing() {
    return this.pointer !== null || this.cursor.penDown;
  }

  // --- showing ---------------------------------------------------------------------

  /**
   * Show what is drawn.
   * @param {Uint8Array} ink
   * @param {boolean} erases Whether the rubber is in hand.
   * @param {string} label What is on the pad, in words.
   */
  show(ink, erases, label) {
    this.seen = { ink, erases };
    if (this.label !== label) this.picture.canvas.setAttribute("aria-label", label);
    this.label = label;
    this.showCursor();
  }

  paint(pen, width) {
    if (!this.seen) return;
    const cell = Math.min(Math.floor(width / FRAME_SIDE), LARGEST_CELL);
    const side = FRAME_SIDE * cell;
    const { context, colours } = pen;
    this.picture.fit(side, side);
    const { style } = this.surface;
    style.width = style.height = `${side}px`;
    paintGrey(pen, this.seen.ink, { left: 0, top: 0, cell, ink: "ink" });
    context.strokeStyle = colours.grid;
    context.lineWidth = 1;
    context.beginPath();
    for (let k = 1; k < FRAME_SIDE; k++) {
      context.moveTo(k * cell + 0.5, 0);
      context.lineTo(k * cell + 0.5, side);
      context.moveTo(0, k * cell + 0.5);
      context.lineTo(side, k * cell + 0.5);
    }
    context.globalAlpha = 0.6;
    context.stroke();
    context.globalAlpha = 1;
    context.strokeStyle = colours.edge;
    context.strokeRect(0.5, 0.5, side - 1, side - 1);
    if (this.cursor.shown) paintCursor(pen, this.cursor, cell);
  }

  destroy() {
    this.picture.destroy();
  }
}

/** A frame around the cell of the cursor; filled while the pen is down. */
function paintCursor({ context, colours }, { column, row, penDown }, cell) {
  const [x, y] = [(column - 1) * cell, (row - 1) * cell];
  for (const [colour, width, out] of [
    [colours.ground, 5, 3],
    [colours.focus, 2.5, 3],
  ]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(x - out, y - out, cell + 2 * out, cell + 2 * out);
  }
  if (!penDown) return;
  context.fillStyle = colours.focus;
  context.fillRect(x + 2, y + 2, cell - 4, cell - 4);
}
