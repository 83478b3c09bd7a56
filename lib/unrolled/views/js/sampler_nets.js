/**
 * The nets of the sampler: unpacked from bytes, read one character at a time, and
 * differentiated through time. The counterpart of unrolled.training.packed (the file),
 * unrolled.cells.gru (a step and its transpose) and unrolled.training.saliency.
 *
 * V characters, e numbers for each of them, H units. A character is its place in the
 * alphabet, 0 to V − 1; arrays are flat, row by row.
 */

import { addProduct, openPacked } from "./packed.js";

const MAGIC = "UNRNETS1";
const TENSORS = ["E", "W_eh", "W_hh", "b_h", "W_he", "b_q"];

/**
 * Read the nets that unrolled.training.packed has written.
 * @param {DataView} view All of the file.
 * @returns {SamplerNet[]}
 */
export function unpackNets(view) {
  const { header, read } = openPacked(view, MAGIC);
  return header.nets.map(({ shapes, ...net }) => {
    const tensors = TENSORS.map((name) => [name, read(shapes[name])]);
    return new SamplerNet({ ...net, ...Object.fromEntries(tensors) });
  });
}

/** A GRU whose table of characters serves both ends: W_xh = E W_eh, W_hq = W_he Eᵀ. */
export class SamplerNet {
  /** @param {Object} parts Name, characters, units worth a look, and the tensors. */
  constructor({ name, about, characters, units, E, W_eh, W_hh, b_h, W_he, b_q }) {
    Object.assign(this, { name, about, units });
    Object.assign(this, { E, W_eh, W_hh, b_h, W_he, b_q });
    /** The alphabet, one text for each character. */
    this.characters = [...characters];
    /** V, the size of the alphabet. */
    this.size = b_q.length;
    /** H, the number of units. */
    this.hidden = b_h.length / 3;
    /** e, how many numbers stand for a character. */
    this.embedding = E.length / this.size;
    this.places = new Map(this.characters.map((sign, k) => [sign, k]));
    this.gates = new Float64Array(b_h.length);
    this.inner = new Float64Array(Math.max(this.hidden, this.embedding));
  }

  /**
   * Split a text into what the net knows and what it does not.
   * @param {string} text
   * @returns {{indices: number[], unknown: string[]}} Unknown ones are named once.
   */
  encode(text) {
    const signs = [...text];
    const indices = signs.filter((sign) => this.places.has(sign));
    const unknown = signs.filter((sign) => !this.places.has(sign));
    return {
      indices: indices.map((sign) => this.places.get(sign)),
      unknown: [...new Set(unknown)],
    };
  }

  /**
   * Read one character; see GRUCell.step.
   * @param {number} index
   * @param {Float64Array} h The state before, H numbers.
   * @param {Float64Array} hNext Where the new state goes.
   * @param {Float64Array} [gates] Where z, r and g go, 3 H numbers, for a step back.
   */
  step(index, h, hNext, gates = this.gates) {
    const { E, W_eh, W_hh, b_h, hidden: H, embedding } = this;
    const columns = 3 * H;
    gates.set(b_h);
    const own = E.subarray(index * embedding, (index + 1) * embedding);
    addProduct(own, W_eh, gates, embedding, columns, 0, columns);
    addProduct(h, W_hh, gates, H, columns, 0, 2 * H);
    for (let j = 0; j < 2 * H; j++) gates[j] = 0.5 * (1 + Math.tanh(0.5 * gates[j]));
    const reset = this.inner;
    for (let j = 0; j < H; j++) reset[j] = gates[H + j] * h[j];
    addProduct(reset, W_hh, gates, H, columns, 2 * H, columns);
    for (let j = 0; j < H; j++) {
      const z = gates[j];
      const g = Math.tanh(gates[2 * H + j]);
      gates[2 * H + j] = g;
      hNext[j] = z * h[j] + (1 - z) * g;
    }
  }

  /**
   * Return the logits of the next character, h W_he Eᵀ + b_q.
   * @param {Float64Array} h
   * @returns {Float64Array} V numbers.
   */
  logits(h) {
    const { E, W_he, b_q, hidden, embedding, size } = this;
    const thought = new Float64Array(embedding);
    addProduct(h, W_he, thought, hidden, embedding, 0, embedding);
    const out = Float64Array.from(b_q);
    for (let k = 0; k < size; k++) {
      let sum = 0;
      for (let i = 0; i < embedding; i++) sum += thought[i] * E[k * embedding + i];
      out[k] += sum;
    }
    return out;
  }

  /**
   * Carry a gradient back from the logits to the state.
   * @param {Float64Array} slopes V numbers.
   * @returns {Float64Array} H numbers.
   */
  logitsBackward(slopes) {
    const { E, W_he, hidden, embedding, size } = this;
    const thought = new Float64Array(embedding);
    addProduct(slopes, E, thought, size, embedding, 0, embedding);
    const back = new Float64Array(hidden);
    addTransposed(thought, W_he, back, embedding, 0, embedding);
    return back;
  }

  /**
   * Carry a gradient back over a step; see GRUCell.step_backward.
   * @param {Float64Array} back At the new state; becomes that at the old state.
   * @param {Float64Array} h The old state.
   * @param {Float64Array} gates z, r and g of the step.
   * @returns {Float64Array} The gradient at the row E[index], e numbers.
   */
  stepBackward(back, h, gates) {
    const { W_eh, W_hh, hidden: H, embedding } = this;
    const columns = 3 * H;
    const grad = new Float64Array(columns);
    const reset = new Float64Array(H);
    for (let j = 0; j < H; j++) {
      const [z, g] = [gates[j], gates[2 * H + j]];
      grad[2 * H + j] = back[j] * (1 - z) * (1 - g * g);
      grad[j] = back[j] * (h[j] - g) * z * (1 - z);
    }
    addTransposed(grad, W_hh, reset, columns, 2 * H, columns);
    for (let j = 0; j < H; j++) {
      const r = gates[H + j];
      grad[H + j] = reset[j] * h[j] * r * (1 - r);
      back[j] = back[j] * gates[j] + reset[j] * r;
    }
    addTransposed(grad, W_hh, back, columns, 0, 2 * H);
    const own = new Float64Array(embedding);
    addTransposed(grad, W_eh, own, columns, 0, columns);
    return own;
  }

  /**
   * The length of a gradient at a one-hot character, whose entries are E · own: it is
   * the root of ownᵀ (Eᵀ E) own, so that the V entries need not be computed.
   * @param {Float64Array} own The gradient at a row of E.
   */
  lengthAtInput(own) {
    this.gram ??= gramMatrix(this.E, this.size, this.embedding);
    let square = 0;
    for (let i = 0; i < own.length; i++) {
      let sum = 0;
      for (let j = 0; j < own.length; j++) sum += this.gram[i * own.length + j] * own[j];
      square += own[i] * sum;
    }
    return Math.sqrt(Math.max(square, 0));
  }
}

/** out += a Wᵀ, for the columns of W from `from` to `to` alone. */
function addTransposed(a, W, out, columns, from, to) {
  for (let i = 0; i < out.length; i++) {
    const start = i * columns;
    let sum = 0;
    for (let j = from; j < to; j++) sum += a[j] * W[start + j];
    out[i] += sum;
  }
}

/** Eᵀ E. */
function gramMatrix(E, rows, columns) {
  const gram = new Float64Array(columns * columns);
  for (let k = 0; k < rows; k++) {
    const row = E.subarray(k * columns, (k + 1) * columns);
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < columns; j++) gram[i * columns + j] += row[i] * row[j];
    }
  }
  return gram;
}
