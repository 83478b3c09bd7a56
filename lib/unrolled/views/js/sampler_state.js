/**
 * The state of the sampler's net as a heat map: a row for each unit, a column for each
 * of the last characters, and one unit picked out.
 */

import { BitPicture } from "./bit_rows.js";
import { OWN_KEYS, htmlElement } from "./elements.js";
import { shownSign, stateText } from "./sampler_words.js";
import { divergingRamp } from "./theme.js";

/** Characters in the picture. */
export const STATE_COLUMNS = 40;

const GUTTER = 30; // pixels left of the columns, for the number of the unit
const EDGE = 2;
const FOOT = 22; // below the rows, for the characters
const SIGN_SIZE = 13;

export class StatePicture {
  /**
   * @param {Object} options
   * @param {(unit: number, place: ?number) => void} options.onPick A unit is picked
   *   out, and a character is to be looked at.
   * @param {(by: number) => void} options.onMove An arrow key: another unit.
   */
  constructor({ onPick, onMove }) {
    this.picture = new BitPicture((pen, width) => this.paint(pen, width));
    const { canvas, frame } = this.picture;
    this.canvas = canvas;
    this.pixels = document.createElement("canvas");
    const area = htmlElement("div", {
      ...{ class: "unrolled-surface", tabindex: 0, role: "group", [OWN_KEYS]: true },
      "aria-label": "Units; the arrow keys up and down pick out another one",
      on: {
        click: (event) => {
          const found = this.placeOf(event);
          if (found) onPick(found.unit, found.place);
        },
        keydown: (event) => {
          const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 }[event.key];
          if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          onMove(by);
        },
      },
    });
    frame.append(area);
    this.element = frame;
  }

  /**
   * Show the states of a text.
   * @param {SamplerRun} run See sampler_model.js.
   * @param {number} unit The one that is picked out, counted from 1.
   * @param {number} place The character that is looked at.
   */
  show(run, unit, place) {
    const end = Math.min(run.text.length, Math.max(place + STATE_COLUMNS / 2, 1));
    const follows = place >= run.text.length - 1;
    const last = (follows ? run.text.length : Math.max(end, STATE_COLUMNS)) - 1;
    const until = Math.min(last, run.text.length - 1);
    const first = Math.max(until - STATE_COLUMNS + 1, 0);
    this.seen = { run, unit, place, first, last: until };
    const label = stateText(run, unit, first, until);
    if (this.label !== label) this.canvas.setAttribute("aria-label", label);
    this.label = label;
    this.picture.draw();
  }

  /** The unit and the character under a pointer; null beside them. */
  placeOf({ offsetX, offsetY }) {
    if (!this.layout) return null;
    const { cell, row, columns } = this.layout;
    const { run, first } = this.seen;
    const column = Math.floor((offsetX - GUTTER) / cell);
    const unit = Math.floor(offsetY / row) + 1;
    if (column < 0 || column >= columns || unit > run.net.hidden) return null;
    return { unit, place: first + column };
  }

  paint(pen, width) {
    if (!this.seen) return;
    const { run, first, last } = this.seen;
    const { context } = pen;
    const H = run.net.hidden;
    const row = H > 140 ? 2 : 3;
    const columns = last - first + 1;
    const cell = (width - GUTTER - EDGE) / STATE_COLUMNS;
    this.layout = { cell, row, columns };
    this.picture.fit(width, H * row + FOOT);
    Object.assign(this.pixels, { width: columns, height: H });
    const image = new ImageData(columns, H);
    const ramp = divergingRamp(pen.colours);
    for (let column = 0; column < columns; column++) {
      const state = run.state(first + column + 1);
      for (let j = 0; j < H; j++) {
        image.data.set(ramp(state[j]), 4 * (j * columns + column));
      }
    }
    this.pixels.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.pixels, GUTTER, 0, columns * cell, H * row);
    paintFrame(pen, this.seen, this.layout);
    paintSigns(pen, this.seen, this.layout);
  }

  destroy() {
    this.picture.destroy();
  }
}

/** Around the heat map, the unit that is picked out and the column that is looked at. */
function paintFrame({ context, colours, lettering }, { run, unit, place, first }, layout) {
  const { cell, row, columns } = layout;
  const [right, bottom] = [GUTTER + columns * cell, run.net.hidden * row];
  const middle = (unit - 0.5) * row;
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.5;
  context.strokeRect(GUTTER - 1, middle - row / 2 - 1.5, right - GUTTER + 2, row + 3);
  const column = place - first;
  if (column >= 0 && column < columns) {
    context.setLineDash([3, 2]);
    context.strokeRect(GUTTER + column * cell, 0, cell, bottom);
    context.setLineDash([]);
  }
  const y = Math.min(Math.max(middle, 7), bottom - 7);
  const style = { colour: colours.ink, size: SIGN_SIZE, align: "right", weight: "600" };
  lettering.write(String(unit), GUTTER - 5, y, style);
}

/** The characters under their columns. */
function paintSigns(pen, { run, place, first, last }, { cell, row }) {
  const { context, colours } = pen;
  const y = run.net.hidden * row + 15;
  const size = Math.min(SIGN_SIZE, Math.max(cell * 1.25, 8));
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  const { fontFamily } = getComputedStyle(context.canvas);
  for (let k = first; k <= last; k++) {
    const isGiven = k < run.prefixLength;
    context.font = `${k === place ? "700 " : ""}${size}px ${fontFamily}`;
    context.fillStyle = isGiven ? colours.input : colours.ink;
    const x = GUTTER + (k - first + 0.5) * cell;
    context.fillText(shownSign(run.sign(k)), x, y, 1.6 * cell);
  }
}
