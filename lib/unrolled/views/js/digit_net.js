/**
 * The net of "Draw a digit": unpacked from bytes, read row by row, and asked which rows
 * moved its decision. The counterpart of unrolled.training.digit_net.
 *
 * D pixels in a row, T rows, H units, C classes; arrays are flat, row by row. The LSTM
 * of numerics.js computes the same for batches, and leaves a trace for the way back;
 * this one has a picture to answer for within a frame.
 */

import { addProduct, openPacked } from "./packed.js";
import { tempered } from "./sampler_choosing.js";

const DIGIT_MAGIC = "UNRDIGT1";
const DIGIT_TENSORS = ["W_xh", "W_hh", "b_h", "W_hq", "b_q"];
const WHITE = 255;

/**
 * Read the net that unrolled.training.digit_net has written.
 * @param {DataView} view All of the file.
 * @returns {DigitNet}
 */
export function unpackDigitNet(view) {
  const { header, read } = openPacked(view, DIGIT_MAGIC);
  const tensors = DIGIT_TENSORS.map((name) => [name, read(header.shapes[name])]);
  return new DigitNet({ ...header, ...Object.fromEntries(tensors) });
}

/** An LSTM with a readout. */
export class DigitNet {
  /** @param {Object} parts Name, about, and the tensors. */
  constructor({ name, about, W_xh, W_hh, b_h, W_hq, b_q }) {
    Object.assign(this, { name, about, W_xh, W_hh, b_h, W_hq, b_q });
    /** H, the number of units. */
    this.hidden = b_h.length / 4;
    /** D, the pixels in a row. */
    this.pixels = W_xh.length / b_h.length;
    /** C, the number of classes. */
    this.classes = b_q.length;
    this.gates = new Float64Array(b_h.length);
  }

  /**
   * What a row adds to the gates, x_t W_xh + b_h.
   * @param {Uint8Array} row D grey values.
   * @param {Float64Array} out Where it goes, 4 H numbers.
   */
  fromRow(row, out) {
    out.set(this.b_h);
    for (let i = 0; i < row.length; i++) {
      if (row[i] === 0) continue; // paper, most of it
      const factor = row[i] / WHITE;
      const start = i * out.length;
      for (let j = 0; j < out.length; j++) out[j] += factor * this.W_xh[start + j];
    }
  }

  /**
   * Make one step; see LSTMCell.step. The blocks are i, f, g, o.
   * @param {Float64Array} fromRow See fromRow.
   * @param {Float64Array} h
   * @param {Float64Array} c
   * @param {Float64Array} hNext Where the new state goes; may be h.
   * @param {Float64Array} cNext Likewise.
   */
  step(fromRow, h, c, hNext, cNext) {
    const { gates, hidden: H } = this;
    gates.set(fromRow);
    addProduct(h, this.W_hh, gates, H, 4 * H, 0, 4 * H);
    for (let j = 0; j < H; j++) {
      const [i, f] = [sigmoidOf(gates[j]), sigmoidOf(gates[H + j])];
      const [g, o] = [Math.tanh(gates[2 * H + j]), sigmoidOf(gates[3 * H + j])];
      cNext[j] = f * c[j] + i * g;
      hNext[j] = o * Math.tanh(cNext[j]);
    }
  }

  /**
   * The logits h W_hq + b_q.
   * @param {Float64Array} h
   * @returns {Float64Array} C numbers.
   */
  logits(h) {
    const out = Float64Array.from(this.b_q);
    addProduct(h, this.W_hq, out, this.hidden, this.classes, 0, this.classes);
    return out;
  }
}

/** One image, read from the top to the bottom. */
export class DigitReading {
  /**
   * @param {DigitNet} net
   * @param {Uint8Array} image T × D grey values.
   */
  constructor(net, image) {
    const { hidden: H, pixels } = net;
    Object.assign(this, { net, image });
    /** T, the number of rows. */
    this.rows = image.length / pixels;
    this.states = new Float64Array((this.rows + 1) * H); // h_0 .. h_T
    this.cells = new Float64Array((this.rows + 1) * H);
    this.fromRows = new Float64Array(this.rows * 4 * H);
    /** Of the classes after each row, the first row first; C numbers each. */
    this.probabilities = [];
    for (let t = 0; t < this.rows; t++) {
      net.fromRow(this.row(t), this.fromRow(t));
      const before = [this.state(t), this.cell(t)];
      net.step(this.fromRow(t), ...before, this.state(t + 1), this.cell(t + 1));
      this.probabilities.push(tempered(net.logits(this.state(t + 1)), 1));
    }
    this.decide();
    /** By how much each row has moved the margin, in nats, as far as it is known. */
    this.moved = [];
  }

  /** Row t of the image, counted from 0. */
  row(t) {
    return this.image.subarray(t * this.net.pixels, (t + 1) * this.net.pixels);
  }

  /** What row t, counted from 0, adds to the gates. */
  fromRow(t) {
    const columns = 4 * this.net.hidden;
    return this.fromRows.subarray(t * columns, (t + 1) * columns);
  }

  /** The hidden state after t rows, H numbers; not to be changed. */
  state(t) {
    return this.states.subarray(t * this.net.hidden, (t + 1) * this.net.hidden);
  }

  cell(t) {
    return this.cells.subarray(t * this.net.hidden, (t + 1) * this.net.hidden);
  }

  /** The classes after t rows, counted from 1, the most probable one first. */
  ranked(t) {
    const shares = this.probabilities[t - 1];
    const places = Array.from(shares, (_, k) => k);
    return places.sort((a, b) => shares[b] - shares[a] || a - b);
  }

  /** Find the chosen class, the runner-up, and the margin between them in nats. */
  decide() {
    const logits = this.net.logits(this.state(this.rows));
    const places = Array.from(logits, (_, k) => k);
    const [chosen, runnerUp] = places.sort((a, b) => logits[b] - logits[a] || a - b);
    Object.assign(this, { chosen, runnerUp, margin: logits[chosen] - logits[runnerUp] });
  }

  /** The first row with ink, from 1; one more than there are, if none has. */
  get firstInk() {
    const at = this.image.findIndex((grey) => grey > 0);
    return (at < 0 ? this.rows : Math.floor(at / this.net.pixels)) + 1;
  }

  /** The row since which the answer after each row is the last one; from 1. */
  get settledAt() {
    let t = this.rows;
    while (t > 1 && this.ranked(t - 1)[0] === this.chosen) t -= 1;
    return t;
  }

  get isAttributed() {
    return this.moved.length === this.rows;
  }

  /**
   * Find out which rows moved the decision, one after the other; see
   * unrolled.training.digit_net.DigitNet.attribution.
   * @param {number} [milliseconds] After which to pause.
   * @returns {boolean} Whether all of them are known.
   */
  attribute(milliseconds = Infinity) {
    const start = performance.now();
    while (!this.isAttributed) {
      this.moved.push(this.margin - this.marginWithout(this.moved.length));
      if (performance.now() - start >= milliseconds) break;
    }
    return this.isAttributed;
  }

  /** The margin if row t, counted from 0, were paper: only what follows is read anew. */
  marginWithout(t) {
    if (this.row(t).every((grey) => grey === 0)) return this.margin;
    const { net } = this;
    const [h, c] = [this.state(t).slice(), this.cell(t).slice()];
    net.step(net.b_h, h, c, h, c);
    for (let k = t + 1; k < this.rows; k++) net.step(this.fromRow(k), h, c, h, c);
    const logits = net.logits(h);
    return logits[this.chosen] - logits[this.runnerUp];
  }
}

function sigmoidOf(z) {
  return 0.5 * (1 + Math.tanh(0.5 * z));
}
