// Parts of the pictures of "Draw a digit": grey values and probabilities as cells.

import { FRAME_SIDE } from "./digit_frame.js";
import { channels } from "./theme.js";

const looks = new WeakMap(); // channels of the colours of a theme

/** Red, green and blue of a colour of the theme, looked up once for each theme. */
function channelsOf(colours, name) {
  if (!looks.has(colours)) looks.set(colours, new Map());
  const known = looks.get(colours);
  if (!known.has(name)) known.set(name, channels(colours[name]));
  return known.get(name);
}

/**
 * Paint numbers from 0 to 1 as cells, from the ground of the page to a colour.
 * @param {Object} pen Of BitPicture.
 * @param {ArrayLike<number>} shares Row by row.
 * @param {{columns: number, left: number, top: number, width: number, height: number,
 *   colour: string, pale?: (row: number) => number}} place `pale` is how much of the
 *   colour is left in a row; all of it if left out.
 */
export function paintShares(pen, shares, place) {
  const { columns, colour, pale = () => 1 } = place;
  const [from, to] = ["ground", colour].map((name) => channelsOf(pen.colours, name));
  const colourOf = (share) => from.map((low, k) => low + share * (to[k] - low));
  paintPixels(pen, place, shares.length / columns, (row, column) =>
    colourOf(pale(row) * shares[row * columns + column]),
  );
}

/**
 * Paint grey values as square cells.
 * @param {Object} pen
 * @param {Uint8Array} grey 28 × 28.
 * @param {{left: number, top: number, cell: number, ink: string,
 *   pale?: (row: number) => number}} place `ink` is the name of a colour.
 */
export function paintGrey(pen, grey, { left, top, cell, ink, pale }) {
  const side = FRAME_SIDE * cell;
  const shares = Float32Array.from(grey, (value) => value / 255);
  const box = { columns: FRAME_SIDE, left, top, width: side, height: side };
  paintShares(pen, shares, { ...box, colour: ink, pale });
}

/**
 * Paint cells that have one pixel each.
 * @param {Object} pen
 * @param {{columns: number, left: number, top: number, width: number, height: number}}
 *   box Where they lie.
 * @param {number} rows
 * @param {(row: number, column: number) => number[]} colourAt Red, green and blue.
 */
export function paintPixels({ context }, box, rows, colourAt) {
  const { columns, left, top, width, height } = box;
  const image = new ImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = 4 * (row * columns + column);
      image.data.set(colourAt(row, column), at);
      image.data[at + 3] = 255;
    }
  }
  const pixels = document.createElement("canvas");
  Object.assign(pixels, { width: columns, height: rows });
  pixels.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(pixels, left, top, width, height);
}
