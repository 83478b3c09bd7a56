/**
 * The numerics behind the views: what the Python library computes, in a browser.
 *
 * Names, symbols and layouts are those of the Python library (see the page on
 * notation): B sequences, T steps, D inputs in a step, H hidden units, Q outputs. An
 * array is a flat Float64Array, row by row: inputs (B, T, D), states (B, T + 1, H),
 * W_xh (D, H). Wherever an array is asked for, a plain list of numbers will do. Sizes
 * follow from the lengths, so that a net of one unit needs no ceremony:
 *
 *     const cell = new TanhCell({ W_xh: [1], W_hh: [0.9], b_h: [0] });
 *     const trace = cell.forward([1, 0, 0]);          // trace.outputs: h_1, h_2, h_3
 *     const gradients = cell.backward(trace, [0, 0, 1]);
 *
 * Nothing here changes its arguments, but for a Generator, whose state moves on. What
 * is no number or list throws a TypeError, what does not fit a RangeError.
 */

// ---------------------------------------------------------------- arguments

/**
 * Return values as a Float64Array; no copy is made of one.
 *
 * @param {string} name What the caller calls the argument.
 * @param {ArrayLike<number>} values A flat list of numbers or a typed array.
 * @param {?number} length The length that is wanted; null accepts any.
 * @returns {Float64Array}
 */
export function floatArray(name, values, length = null) {
  const typed = ArrayBuffer.isView(values) && !(values instanceof DataView);
  const listed = Array.isArray(values) && values.every((v) => typeof v === "number");
  if (!typed && !listed) {
    const what = Array.isArray(values) ? "a list of other things" : typeof values;
    throw new TypeError(
      `${name} must be a flat list of numbers or a typed array, but ${what} was given.`,
    );
  }
  if (length !== null && values.length !== length) {
    throw new RangeError(
      `${name} must hold ${length} numbers, but ${values.length} were given.`,
    );
  }
  return values instanceof Float64Array ? values : Float64Array.from(values);
}

/** Return a size that must be a whole number of at least 1, or say what is amiss. */
function wholeSize(size, complaint) {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(complaint);
  return size;
}

/** Return a finite number inside its bounds, or say what is amiss. */
function checkedNumber(name, value, isInside, wanted) {
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number, but ${typeof value} was given.`);
  }
  if (!Number.isFinite(value) || !isInside(value)) {
    throw new RangeError(`${name} must be ${wanted}, but ${value} was given.`);
  }
  return value;
}

// ---------------------------------------------------------------- random numbers

/** The finaliser of MurmurHash3 (Appleby), which maps 32 bits one to one. */
function mixedBits(bits) {
  let mixed = bits;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function rotatedLeft(bits, places) {
  return (bits << places) | (bits >>> (32 - places));
}

/**
 * The seeded random numbers of unrolled.random, bit by bit the same as in Python.
 *
 * xoshiro128** (Blackman and Vigna 2021); see the Python module for how a seed becomes
 * its four words. Integers and uniforms agree exactly, normals to rounding.
 */
export class Generator {
  #words;

  /** @param {number} seed A whole number from 0 to 2^32 - 1. */
  constructor(seed) {
    const inside = (s) => Number.isInteger(s) && s >= 0 && s < 2 ** 32;
    checkedNumber("seed", seed, inside, "a whole number from 0 to 4294967295");
    const golden = 0x9e3779b9;
    const weyl = [1, 2, 3, 4].map((k) => seed + Math.imul(k, golden));
    this.#words = Uint32Array.from(weyl, (bits) => mixedBits(bits | 0));
  }

  /** Return 32 random bits as a whole number from 0 to 2^32 - 1. */
  bits32() {
    const words = this.#words;
    const result = Math.imul(rotatedLeft(Math.imul(words[1], 5), 7), 9) >>> 0;
    const shifted = words[1] << 9;
    words[2] ^= words[0];
    words[3] ^= words[1];
    words[1] ^= words[2];
    words[0] ^= words[3];
    words[2] ^= shifted;
    words[3] = rotatedLeft(words[3], 11);
    return result;
  }

  /** Return a number that is uniform in [0, 1): a multiple of 2^-53. */
  uniform() {
    const high = this.bits32() >>> 5;
    const low = this.bits32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /**
   * Return a whole number from low to high - 1, each equally likely.
   *
   * @param {number} low
   * @param {number} high Above low, by at most 2^32.
   */
  integers(low, high) {
    const span = high - low;
    const whole = Number.isSafeInteger(low) && Number.isSafeInteger(high);
    if (!whole || span < 1 || span > 2 ** 32) {
      throw new RangeError(
        `low and high must be whole numbers with low < high <= low + 2^32, but ` +
          `${low} and ${high} were given.`,
      );
    }
    const end = 2 ** 32 - (2 ** 32 % span);
    let bits = this.bits32();
    while (bits >= end) bits = this.bits32();
    return low + (bits % span);
  }

  /** Return a normal number, mean 0, standard deviation 1 (Box and Muller 1958). */
  normal() {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /**
   * Return index k with the probability probabilities[k].
   *
   * @param {ArrayLike<number>} probabilities At least 0; their sum is 1 up to 1e-6.
   */
  choice(probabilities) {
    const shares = floatArray("probabilities", probabilities);
    let total = 0;
    const sums = shares.map((share) => (total += share));
    if (!(Math.abs(total - 1) <= 1e-6) || shares.some((share) => share < 0)) {
      throw new RangeError(
        `probabilities must be at least 0 and add up to 1, but their sum is ${total} ` +
          `and the smallest is ${Math.min(...shares)}.`,
      );
    }
    const point = this.uniform() * total;
    const index = sums.findIndex((sum) => point < sum);
    return index >= 0 ? index : shares.findLastIndex((share) => share > 0);
  }

  /** Return a Float64Array of `length` uniform numbers. */
  uniforms(length) {
    return new Float64Array(length).map(() => this.uniform());
  }

  /** Return a Float64Array of `length` normal numbers. */
  normals(length) {
    return new Float64Array(length).map(() => this.normal());
  }
}

// ---------------------------------------------------------------- matrices

/** A B, for A (n, k) and B (k, m). */
function product(a, b, n, k, m) {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l];
      for (let j = 0; j < m; j++) out[i * m + j] += factor * b[l * m + j];
    }
  }
  return out;
}

/** A^T B, for A (n, k) and B (n, m). */
function productOfTransposed(a, b, n, k, m) {
  const out = new Float64Array(k * m);
  for (let i = 0; i < n; i++) {
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l];
      for (let j = 0; j < m; j++) out[l * m + j] += factor * b[i * m + j];
    }
  }
  return out;
}

/** A B^T, for A (n, m) and B (k, m). */
function productWithTransposed(a, b, n, m, k) {
  const out = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    for (let l = 0; l < k; l++) {
      for (let j = 0; j < m; j++) out[i * k + l] += a[i * m + j] * b[l * m + j];
    }
  }
  return out;
}

/** The sum of the rows of a matrix with m columns. */
function sumOfRows(matrix, m) {
  const out = new Float64Array(m);
  matrix.forEach((value, index) => (out[index % m] += value));
  return out;
}

function addInPlace(total, addend) {
  for (let index = 0; index < total.length; index++) total[index] += addend[index];
}

/**
 * Return what an array says about one step, as an array (B, size).
 *
 * @param {Float64Array} sequence Shape (batch, length, size).
 * @param {number} batch
 * @param {number} length How many steps the array has.
 * @param {number} t Which one: 0 .. length - 1.
 */
export function timeSlice(sequence, batch, length, t) {
  const size = sequence.length / (batch * length);
  const out = new Float64Array(batch * size);
  for (let b = 0; b < batch; b++) {
    const from = (b * length + t) * size;
    out.set(sequence.subarray(from, from + size), b * size);
  }
  return out;
}

/** Add an array (B, size) to one step of an array (batch, length, size), in place. */
function addToTimeSlice(sequence, batch, length, t, slice) {
  const size = slice.length / batch;
  for (let b = 0; b < batch; b++) {
    const to = (b * length + t) * size;
    for (let j = 0; j < size; j++) sequence[to + j] += slice[b * size + j];
  }
}

/** Join T arrays (B, size) into one of shape (B, T, size). */
function joinedInTime(slices, batch) {
  const out = new Float64Array(slices.length * slices[0].length);
  slices.forEach((slice, t) => addToTimeSlice(out, batch, slices.length, t, slice));
  return out;
}

// ---------------------------------------------------------------- cells

/**
 * What all cells share; the counterpart of unrolled.cells.cell.
 *
 * A subclass says which parameters it has, how many blocks of H columns they hold, how
 * many parts its state has, and how it makes a step forward and a step back.
 */
export class Cell {
  static parameterNames = ["W_xh", "W_hh", "b_h"];
  static blocks = 1;
  static stateParts = 1;

  /** @param {Object<string, ArrayLike<number>>} parameters See the subclass. */
  constructor(parameters) {
    const { parameterNames, blocks, name } = this.constructor;
    const given = Object.keys(parameters ?? {});
    if ([...given].sort().join() !== [...parameterNames].sort().join()) {
      throw new TypeError(
        `${name} takes the parameters ${parameterNames.join(", ")}, but ` +
          `${given.join(", ") || "none"} were given.`,
      );
    }
    const read = (key, length) => floatArray(key, parameters[key], length);
    const [W_xh, W_hh] = [read("W_xh"), read("W_hh")];
    /** H, the number of hidden units. */
    this.hiddenSize = wholeSize(
      Math.sqrt(W_hh.length / blocks),
      `W_hh must hold ${blocks} H^2 numbers, but ${W_hh.length} were given.`,
    );
    const columns = blocks * this.hiddenSize;
    /** D, the number of inputs in a step. */
    this.inputSize = wholeSize(
      W_xh.length / columns,
      `W_xh must hold D rows of ${columns} numbers, but ${W_xh.length} were given.`,
    );
    /** The parameters by name, each a Float64Array. */
    this.parameters = { W_xh, W_hh };
    if (parameterNames.includes("b_h")) this.parameters.b_h = read("b_h", columns);
  }

  /** Return a cell of the same kind with other parameters. */
  withParameters(parameters) {
    return new this.constructor(parameters);
  }

  /** Return the all-zero state: a list of its parts, each (batch, H). */
  zeroState(batch = 1) {
    const part = () => new Float64Array(batch * this.hiddenSize);
    return Array.from({ length: this.constructor.stateParts }, part);
  }

  /**
   * Run the cell over a batch of sequences.
   *
   * @param {ArrayLike<number>} inputs Shape (B, T, D).
   * @param {object} [options]
   * @param {number} [options.batch] B; one sequence if left out.
   * @param {?ArrayLike<number>[]} [options.state] The initial state, a list of parts of
   *   shape (B, H); all zeros if left out.
   * @returns {{batch: number, steps: number, inputs: Float64Array,
   *   states: Float64Array[], outputs: Float64Array, finalState: Float64Array[],
   *   caches: Object<string, Float64Array>[]}} The trace: B, T, the inputs, the states
   *   h_0 .. h_T (and c_0 .. c_T) of shape (B, T + 1, H), the outputs h_1 .. h_T, the
   *   last state, and for each step what its backward step needs, by name.
   */
  forward(inputs, { batch = 1, state = null } = {}) {
    const x = Float64Array.from(floatArray("inputs", inputs));
    wholeSize(batch, `batch must be a whole number of at least 1, not ${batch}.`);
    const steps = wholeSize(
      x.length / (batch * this.inputSize),
      `inputs must hold whole sequences of ${this.inputSize} number(s) a step for a ` +
        `batch of ${batch}, but ${x.length} numbers were given.`,
    );
    let now = this.#checkedState(state, batch);
    const history = [now];
    const caches = [];
    for (let t = 0; t < steps; t++) {
      const made = this.step(timeSlice(x, batch, steps, t), now);
      now = made.state;
      history.push(now);
      caches.push(made.cache);
    }
    const parts = now.map((_, part) => history.map((s) => s[part]));
    const states = parts.map((slices) => joinedInTime(slices, batch));
    const outputs = joinedInTime(parts[0].slice(1), batch);
    return { batch, steps, inputs: x, states, outputs, finalState: now, caches };
  }

  /**
   * Backpropagate through time.
   *
   * @param {object} trace What forward returned.
   * @param {ArrayLike<number>} gradOutputs The direct gradient of the loss at each of
   *   h_1 .. h_T, shape (B, T, H); zero where the loss does not look.
   * @returns {{parameters: Object<string, Float64Array>, inputs: Float64Array,
   *   states: Float64Array[]}} The gradient with respect to the parameters (summed over
   *   the batch), the inputs, and the states, shaped as in the trace; entry t of the
   *   states counts every path from h_t to the loss.
   */
  backward(trace, gradOutputs) {
    const { batch, steps } = trace;
    const direct = floatArray("gradOutputs", gradOutputs, trace.outputs.length);
    const parameters = filledLike(this.parameters, 0);
    const inputs = new Float64Array(trace.inputs.length);
    const states = trace.states.map((part) => new Float64Array(part.length));
    for (let t = steps - 1; t >= 0; t--) {
      const here = timeSlice(direct, batch, steps, t);
      addToTimeSlice(states[0], batch, steps + 1, t + 1, here);
      const gradState = states.map((p) => timeSlice(p, batch, steps + 1, t + 1));
      const back = this.stepBackward(trace.caches[t], gradState);
      for (const name in parameters) {
        addInPlace(parameters[name], back.parameters[name]);
      }
      addToTimeSlice(inputs, batch, steps, t, back.x);
      states.forEach((p, k) => addToTimeSlice(p, batch, steps + 1, t, back.state[k]));
    }
    return { parameters, inputs, states };
  }

  #checkedState(state, batch) {
    const zero = this.zeroState(batch);
    if (state === null) return zero;
    if (!Array.isArray(state) || state.length !== zero.length) {
      throw new TypeError(
        `state must be a list of ${zero.length} array(s) of ${zero[0].length} numbers.`,
      );
    }
    return zero.map((part, k) =>
      Float64Array.from(floatArray(`state[${k}]`, state[k], part.length)),
    );
  }

  /** z = x W_xh + h W_hh + b_h, for all blocks at once: shape (B, blocks H). */
  preActivation(x, h) {
    const { W_xh, W_hh, b_h } = this.parameters;
    const columns = this.constructor.blocks * this.hiddenSize;
    const batch = h.length / this.hiddenSize;
    const z = product(x, W_xh, batch, this.inputSize, columns);
    addInPlace(z, product(h, W_hh, batch, this.hiddenSize, columns));
    return b_h ? z.map((value, index) => value + b_h[index % columns]) : z;
  }

  /** Carry a gradient back from z to the parameters, x and h. */
  backFromPreActivation(x, h, gradZ) {
    const { W_xh, W_hh, b_h } = this.parameters;
    const [D, H] = [this.inputSize, this.hiddenSize];
    const columns = this.constructor.blocks * H;
    const batch = h.length / H;
    const parameters = {
      W_xh: productOfTransposed(x, gradZ, batch, D, columns),
      W_hh: productOfTransposed(h, gradZ, batch, H, columns),
    };
    if (b_h) parameters.b_h = sumOfRows(gradZ, columns);
    return {
      parameters,
      x: productWithTransposed(gradZ, W_xh, batch, columns, D),
      h: productWithTransposed(gradZ, W_hh, batch, columns, H),
    };
  }
}

/** h_t = x_t W_xh + h_{t-1} W_hh, with W_xh (D, H) and W_hh (H, H). */
export class LinearCell extends Cell {
  static parameterNames = ["W_xh", "W_hh"];

  /** Make one step: x (B, D), state [h (B, H)]. The cache holds x and h. */
  step(x, [h]) {
    return { state: [this.preActivation(x, h)], cache: { x, h } };
  }

  /** Carry a gradient back over one step: {parameters, x, state}. */
  stepBackward({ x, h }, [gradH]) {
    const back = this.backFromPreActivation(x, h, gradH);
    return { parameters: back.parameters, x: back.x, state: [back.h] };
  }
}

/** h_t = tanh(x_t W_xh + h_{t-1} W_hh + b_h), with b_h (H,) (Elman 1990). */
export class TanhCell extends Cell {
  /** Make one step: x (B, D), state [h (B, H)]. The cache holds x, h, z, hNext. */
  step(x, [h]) {
    const z = this.preActivation(x, h);
    const hNext = z.map(Math.tanh);
    return { state: [hNext], cache: { x, h, z, hNext } };
  }

  /** Carry a gradient back over one step, using tanh' = 1 - tanh^2. */
  stepBackward({ x, h, hNext }, [gradHNext]) {
    const gradZ = gradHNext.map((g, j) => g * (1 - hNext[j] ** 2));
    const back = this.backFromPreActivation(x, h, gradZ);
    return { parameters: back.parameters, x: back.x, state: [back.h] };
  }
}

/** Return 1 / (1 + exp(-z)), written so that no z overflows. */
export function sigmoid(z) {
  return 0.5 * (1 + Math.tanh(0.5 * z));
}

/**
 * Long short-term memory with a forget gate (Hochreiter and Schmidhuber 1997; Gers
 * 2000): c_t = f c_{t-1} + i g, h_t = o tanh(c_t); its state is [h, c].
 *
 * W_xh (D, 4H), W_hh (H, 4H), b_h (4H,), in Keras's order of blocks: i, f, g, o.
 */
export class LSTMCell extends Cell {
  static blocks = 4;
  static stateParts = 2;

  /** Make one step. The cache holds x, h, c, cNext and the gates i, f, g, o, (B, H). */
  step(x, [h, c]) {
    const [z, H] = [this.preActivation(x, h), this.hiddenSize];
    const block = (k, squash) =>
      c.map((_, j) => squash(z[Math.floor(j / H) * 4 * H + k * H + (j % H)]));
    const [i, f, o] = [block(0, sigmoid), block(1, sigmoid), block(3, sigmoid)];
    const g = block(2, Math.tanh);
    const cNext = c.map((memory, j) => f[j] * memory + i[j] * g[j]);
    const hNext = cNext.map((memory, j) => o[j] * Math.tanh(memory));
    return { state: [hNext, cNext], cache: { x, h, c, cNext, i, f, g, o } };
  }

  /** Carry a gradient back over one step; c_{t-1} gets it times the forget gate. */
  stepBackward({ x, h, c, cNext, i, f, g, o }, [gradHNext, gradCNext]) {
    const H = this.hiddenSize;
    const gradZ = new Float64Array(4 * c.length);
    const gradCBefore = new Float64Array(c.length);
    c.forEach((memory, j) => {
      const squashed = Math.tanh(cNext[j]);
      const gradC = gradCNext[j] + gradHNext[j] * o[j] * (1 - squashed ** 2);
      const at = Math.floor(j / H) * 4 * H + (j % H);
      gradZ[at] = gradC * g[j] * i[j] * (1 - i[j]);
      gradZ[at + H] = gradC * memory * f[j] * (1 - f[j]);
      gradZ[at + 2 * H] = gradC * i[j] * (1 - g[j] ** 2);
      gradZ[at + 3 * H] = gradHNext[j] * squashed * o[j] * (1 - o[j]);
      gradCBefore[j] = gradC * f[j];
    });
    const back = this.backFromPreActivation(x, h, gradZ);
    return { parameters: back.parameters, x: back.x, state: [back.h, gradCBefore] };
  }
}

// ---------------------------------------------------------------- readout and losses

/**
 * Return o = h W_hq + b_q for each of N rows.
 *
 * @param {ArrayLike<number>} hidden Shape (N, H); for a trace's outputs, N = B T.
 * @param {ArrayLike<number>} W_hq Shape (H, Q).
 * @param {ArrayLike<number>} b_q Shape (Q,).
 * @returns {Float64Array} Shape (N, Q).
 */
export function readout(hidden, W_hq, b_q) {
  const { h, W, b, N, H, Q } = readoutArguments(hidden, W_hq, b_q);
  return product(h, W, N, H, Q).map((value, index) => value + b[index % Q]);
}

/**
 * Carry a gradient back over the readout.
 *
 * @param {ArrayLike<number>} hidden Shape (N, H), as given to readout; so are the
 *   next two.
 * @param {ArrayLike<number>} W_hq Shape (H, Q).
 * @param {ArrayLike<number>} b_q Shape (Q,).
 * @param {ArrayLike<number>} gradOutputs Shape (N, Q).
 * @returns {{parameters: {W_hq: Float64Array, b_q: Float64Array},
 *   hidden: Float64Array}}
 */
export function readoutBackward(hidden, W_hq, b_q, gradOutputs) {
  const { h, W, N, H, Q } = readoutArguments(hidden, W_hq, b_q);
  const grad = floatArray("gradOutputs", gradOutputs, N * Q);
  return {
    parameters: {
      W_hq: productOfTransposed(h, grad, N, H, Q),
      b_q: sumOfRows(grad, Q),
    },
    hidden: productWithTransposed(grad, W, N, Q, H),
  };
}

function readoutArguments(hidden, W_hq, b_q) {
  const [h, W] = [floatArray("hidden", hidden), floatArray("W_hq", W_hq)];
  const b = floatArray("b_q", b_q);
  const complaint = (name, unit) =>
    `${name} must hold ${unit} numbers, but the lengths of hidden, W_hq and b_q are ` +
    `${h.length}, ${W.length} and ${b.length}.`;
  const H = wholeSize(W.length / b.length, complaint("W_hq", "H times b_q's"));
  const N = wholeSize(h.length / H, complaint("hidden", `rows of ${H}`));
  return { h, W, b, N, H, Q: b.length };
}

/**
 * Return the softmax of each row: exp(o_k) / sum of all exp(o_j).
 *
 * The largest logit of a row is subtracted first, so that nothing overflows.
 *
 * @param {ArrayLike<number>} logits Shape (N, C).
 * @param {number} [classes] C; the whole is one row if left out.
 * @returns {Float64Array} Shape (N, C); each row adds up to 1.
 */
export function softmax(logits, classes = logits.length) {
  return logSoftmax(logits, classes).map(Math.exp);
}

function logSoftmax(logits, classes) {
  const o = floatArray("logits", logits);
  const rows = wholeSize(
    o.length / classes,
    `logits must hold rows of ${classes} numbers, but ${o.length} were given.`,
  );
  const out = new Float64Array(o.length);
  for (let row = 0; row < rows; row++) {
    const own = o.subarray(row * classes, (row + 1) * classes);
    const largest = own.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = own.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    own.forEach((logit, k) => {
      out[row * classes + k] = logit - largest - Math.log(sum);
    });
  }
  return out;
}

/**
 * Return the mean softmax cross-entropy in nats, and its gradient.
 *
 * @param {ArrayLike<number>} logits Shape (N, C).
 * @param {ArrayLike<number>} labels The right class of each row, 0 .. C - 1; (N,).
 * @returns {{loss: number, gradient: Float64Array}} The gradient is (N, C).
 */
export function crossEntropy(logits, labels) {
  const right = floatArray("labels", labels);
  const classes = wholeSize(
    logits.length / right.length,
    `logits must hold one row for each of the ${right.length} labels, but ` +
      `${logits.length} numbers were given.`,
  );
  const logs = logSoftmax(logits, classes);
  const gradient = logs.map((value) => Math.exp(value) / right.length);
  let loss = 0;
  right.forEach((label, row) => {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(
        `labels must be whole numbers from 0 to ${classes - 1}, not ${label}.`,
      );
    }
    loss -= logs[row * classes + label] / right.length;
    gradient[row * classes + label] -= 1 / right.length;
  });
  return { loss, gradient };
}

/**
 * Return the mean of (o - y)^2 over all entries, and its gradient.
 *
 * @param {ArrayLike<number>} outputs Any shape.
 * @param {ArrayLike<number>} targets The same shape.
 * @returns {{loss: number, gradient: Float64Array}}
 */
export function meanSquaredError(outputs, targets) {
  const o = floatArray("outputs", outputs);
  const y = floatArray("targets", targets, o.length);
  const gradient = o.map((value, index) => (2 * (value - y[index])) / o.length);
  const loss = o.reduce((sum, v, index) => sum + (v - y[index]) ** 2, 0) / o.length;
  return { loss, gradient };
}

// ---------------------------------------------------------------- update rules

/**
 * A parameter is a number or a Float64Array, and parameters, gradients and each part of
 * a rule's memory are objects that hold one by name. A rule is pure: start gives the
 * memory before the first update, update gives new parameters and new memory.
 *
 * @typedef {object} Rule
 * @property {function(object): object} start (parameters) => memory
 * @property {function(object, object, object): {parameters: object, memory: object}}
 *   update (parameters, gradients, memory) => both anew
 */

/**
 * Combine parameters, gradients and memory entry by entry, under the first one's names.
 *
 */
function byEntry(combine, first, ...others) {
  const combined = Object.entries(first).map(([name, value]) => {
    const besides = others.map((other) => other[name]);
    const fits = (b) => typeof b === "number" || (b && b.length === value.length);
    if (!besides.every(fits)) {
      throw new RangeError(
        `Gradients and memory must have the size of the parameter ${name}: ` +
          `${value.length ?? "one"} number(s); start the rule with these parameters.`,
      );
    }
    const at = (b, k) => (typeof b === "number" ? b : b[k]);
    const entry = (v, k) => combine(v, ...besides.map((b) => at(b, k)));
    return [name, value.length ? Float64Array.from(value, entry) : entry(value, 0)];
  });
  return Object.fromEntries(combined);
}

/** Return parameters of the same names and sizes, with one number in every entry. */
function filledLike(parameters, value) {
  return byEntry(() => value, parameters);
}

/**
 * Return the Euclidean norm of all gradients taken together as one vector.
 *
 * The largest entry is divided out before squaring, so that a gradient that just fits
 * into a number has a norm too.
 *
 * @param {Object<string, number|Float64Array>} gradients
 * @returns {number}
 */
export function globalNorm(gradients) {
  const entries = Object.values(gradients).flatMap((g) => (g.length ? [...g] : [g]));
  const largest = entries.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  return largest * Math.sqrt(entries.reduce((sum, g) => sum + (g / largest) ** 2, 0));
}

/**
 * Shorten the gradient to at most threshold, keeping its direction (Pascanu et al.
 * 2013): g <- min(threshold / ||g||, 1) g over all parameters together.
 *
 * @param {Object<string, number|Float64Array>} gradients
 * @param {number} threshold The longest norm allowed; above 0.
 * @returns {Object<string, number|Float64Array>}
 */
export function clipByGlobalNorm(gradients, threshold) {
  checkedNumber("threshold", threshold, (v) => v > 0, "a finite number above 0");
  const norm = globalNorm(gradients);
  return norm <= threshold
    ? { ...gradients }
    : byEntry((g) => g * (threshold / norm), gradients);
}

function checkedRate(rate) {
  checkedNumber("rate", rate, (v) => v >= 0, "a finite number of at least 0");
}

function checkedShare(name, share) {
  checkedNumber(name, share, (v) => v >= 0 && v < 1, "at least 0 and below 1");
}

/**
 * w <- w - rate g.
 *
 * @param {number} rate The learning rate; at least 0.
 * @returns {Rule}
 */
export function gradientDescent(rate) {
  checkedRate(rate);
  return {
    start: () => ({}),
    update: (parameters, gradients, memory) => ({
      parameters: byEntry((w, g) => w - rate * g, parameters, gradients),
      memory,
    }),
  };
}

/**
 * v <- decay v - rate g; w <- w + v (Polyak 1964).
 *
 * @param {number} rate The learning rate; at least 0.
 * @param {number} [decay] The share of the velocity that is kept; in [0, 1).
 * @returns {Rule} Its memory: velocity.
 */
export function momentum(rate, decay = 0.9) {
  checkedRate(rate);
  checkedShare("decay", decay);
  return {
    start: (parameters) => ({ velocity: filledLike(parameters, 0) }),
    update: (parameters, gradients, memory) => {
      const faster = (v, g) => decay * v - rate * g;
      const velocity = byEntry(faster, memory.velocity, gradients);
      const moved = byEntry((w, v) => w + v, parameters, velocity);
      return { parameters: moved, memory: { velocity } };
    },
  };
}

/**
 * s <- s + g^2; w <- w - rate g / (epsilon + sqrt(s)) (Duchi et al. 2011).
 *
 * @param {number} rate The learning rate; at least 0.
 * @param {number} [initial] What s begins with; at least 0.
 * @param {number} [epsilon] Added to the root; at least 0, above 0 if s begins at 0.
 * @returns {Rule} Its memory: squares.
 */
export function adagrad(rate, initial = 0, epsilon = 1e-8) {
  checkedRate(rate);
  checkedNumber("initial", initial, (v) => v >= 0, "a finite number of at least 0");
  const fits = (v) => v >= 0 && v + initial > 0;
  checkedNumber("epsilon", epsilon, fits, "at least 0, and above 0 if initial is 0");
  return {
    start: (parameters) => ({ squares: filledLike(parameters, initial) }),
    update: (parameters, gradients, memory) => {
      const squares = byEntry((s, g) => s + g * g, memory.squares, gradients);
      const step = (w, g, s) => w - (rate * g) / (epsilon + Math.sqrt(s));
      const moved = byEntry(step, parameters, gradients, squares);
      return { parameters: moved, memory: { squares } };
    },
  };
}

/**
 * m and s, the running means of g and g^2, each divided by 1 - beta^t because they
 * began at 0; then w <- w - rate m / (sqrt(s) + epsilon) (Kingma and Ba 2015, alg. 1).
 *
 * @param {number} [rate] The learning rate; at least 0.
 * @param {number} [beta1] The share of m that is kept; in [0, 1).
 * @param {number} [beta2] The share of s that is kept; in [0, 1).
 * @param {number} [epsilon] Added to the root; above 0.
 * @returns {Rule} Its memory: mean, squares, updates.
 */
export function adam(rate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8) {
  checkedRate(rate);
  checkedShare("beta1", beta1);
  checkedShare("beta2", beta2);
  checkedNumber("epsilon", epsilon, (v) => v > 0, "a finite number above 0");
  const start = (parameters) => {
    const updates = Object.keys(parameters).map((name) => [name, 0]);
    const [mean, squares] = [filledLike(parameters, 0), filledLike(parameters, 0)];
    return { mean, squares, updates: Object.fromEntries(updates) };
  };
  const update = (parameters, gradients, memory) => {
    const updates = byEntry((t) => t + 1, memory.updates);
    const average = (beta) => (m, g) => beta * m + (1 - beta) * g;
    const mean = byEntry(average(beta1), memory.mean, gradients);
    const squared = byEntry((g) => g * g, gradients);
    const squares = byEntry(average(beta2), memory.squares, squared);
    const step = (w, m, s, t) =>
      w - (rate * (m / (1 - beta1 ** t))) / (Math.sqrt(s / (1 - beta2 ** t)) + epsilon);
    const moved = byEntry(step, parameters, mean, squares, updates);
    return { parameters: moved, memory: { mean, squares, updates } };
  };
  return { start, update };
}

/**
 * Resilient backpropagation (Riedmiller and Braun 1993), as in unrolled.training.rprop:
 * a step size grows by etaPlus while its gradient keeps its sign, shrinks by etaMinus
 * when the sign changes, and only the sign of the gradient says where to go.
 *
 * @param {number} [delta] The first step size; above 0.
 * @param {number} [etaPlus] At least 1.
 * @param {number} [etaMinus] Above 0 and at most 1.
 * @returns {Rule} Its memory: sign, delta.
 */
export function rprop(delta = 0.001, etaPlus = 1.2, etaMinus = 0.5) {
  checkedNumber("delta", delta, (v) => v > 0, "a finite number above 0");
  checkedNumber("etaPlus", etaPlus, (v) => v >= 1, "a finite number of at least 1");
  checkedNumber("etaMinus", etaMinus, (v) => v > 0 && v <= 1, "above 0 and at most 1");
  return {
    start: (parameters) => ({
      sign: filledLike(parameters, 0),
      delta: filledLike(parameters, delta),
    }),
    update: (parameters, gradients, memory) => {
      const sign = byEntry(Math.sign, gradients);
      const size = (d, now, before) => d * (now === before ? etaPlus : etaMinus);
      const sizes = byEntry(size, memory.delta, sign, memory.sign);
      const moved = byEntry((w, s, d) => w - s * d, parameters, sign, sizes);
      return { parameters: moved, memory: { sign, delta: sizes } };
    },
  };
}

/**
 * Another rule, fed with gradients clipped by their global norm.
 *
 * @param {Rule} rule The rule that makes the step.
 * @param {number} threshold The longest gradient norm allowed; above 0.
 * @returns {Rule}
 */
export function clipped(rule, threshold) {
  checkedNumber("threshold", threshold, (v) => v > 0, "a finite number above 0");
  return {
    start: rule.start,
    update: (parameters, gradients, memory) =>
      rule.update(parameters, clipByGlobalNorm(gradients, threshold), memory),
  };
}

// ---------------------------------------------------------------- counting ones

/**
 * Read the task of counting: one target for each sequence, so that T follows.
 *
 * @returns {{bits: Float64Array, wanted: Float64Array, batch: number, steps: number}}
 */
function countingTask(inputs, targets) {
  const [bits, wanted] = [floatArray("inputs", inputs), floatArray("targets", targets)];
  const steps = wholeSize(
    bits.length / wanted.length,
    `inputs must hold one sequence for each of the ${wanted.length} targets, but ` +
      `${bits.length} numbers were given.`,
  );
  return { bits, wanted, batch: wanted.length, steps };
}

/** Return sum_t x_t wRec^(T-t), by Horner's rule: the output for w_x = 1. */
function hornerSum(bits, b, steps, wRec) {
  let sum = 0;
  for (let t = b * steps; t < (b + 1) * steps; t++) sum = sum * wRec + bits[t];
  return sum;
}

/**
 * Return the outputs h_T of the linear net h_t = x_t w_x + h_{t-1} w_rec, h_0 = 0.
 *
 * @param {ArrayLike<number>} inputs Shape (B, T).
 * @param {number} batch B.
 * @param {number} wX Input weight.
 * @param {number} wRec Recurrent weight.
 * @returns {Float64Array} Shape (B,).
 */
export function countingOutputs(inputs, batch, wX, wRec) {
  const { bits, steps } = countingTask(inputs, new Float64Array(batch));
  const output = (_, b) => wX * hornerSum(bits, b, steps, wRec);
  return Float64Array.from({ length: batch }, output);
}

/**
 * Return the mean over the sequences of (h_T - y)^2.
 *
 * @param {ArrayLike<number>} inputs Shape (B, T).
 * @param {ArrayLike<number>} targets Shape (B,).
 * @param {number} wX Input weight.
 * @param {number} wRec Recurrent weight.
 * @returns {number}
 */
export function countingLoss(inputs, targets, wX, wRec) {
  const { bits, wanted, batch, steps } = countingTask(inputs, targets);
  let loss = 0;
  for (let b = 0; b < batch; b++) {
    loss += (wX * hornerSum(bits, b, steps, wRec) - wanted[b]) ** 2 / batch;
  }
  return loss;
}

/**
 * Return the loss, its gradient by backpropagation, and the gradient through time.
 *
 * @param {ArrayLike<number>} inputs Shape (B, T).
 * @param {ArrayLike<number>} targets Shape (B,).
 * @param {number} wX Input weight.
 * @param {number} wRec Recurrent weight.
 * @returns {{loss: number, gradients: {w_x: number, w_rec: number},
 *   throughTime: Float64Array}} throughTime is dL/dh_0 .. dL/dh_T, summed over the
 *   sequences; (T + 1,).
 */
export function countingGradient(inputs, targets, wX, wRec) {
  const { bits, wanted, batch, steps } = countingTask(inputs, targets);
  const states = new Float64Array(steps + 1);
  const throughTime = new Float64Array(steps + 1);
  const gradients = { w_x: 0, w_rec: 0 };
  let loss = 0;
  for (let b = 0; b < batch; b++) {
    const x = bits.subarray(b * steps, (b + 1) * steps);
    for (let t = 0; t < steps; t++) states[t + 1] = x[t] * wX + states[t] * wRec;
    const error = states[steps] - wanted[b];
    loss += error ** 2 / batch;
    let gradH = (2 * error) / batch;
    throughTime[steps] += gradH;
    for (let t = steps - 1; t >= 0; t--) {
      gradients.w_x += gradH * x[t];
      gradients.w_rec += gradH * states[t];
      gradH *= wRec;
      throughTime[t] += gradH;
    }
  }
  return { loss, gradients, throughTime };
}

/**
 * Return the loss for every pair of weights; the counterpart of cost_surface.
 *
 * Along w_x the loss is a parabola: with the output s for w_x = 1, it is
 * a (w_x - m)^2 + r, where a is the mean of s^2, m the best input weight and r the
 * loss there. A row costs one pass over the data, and nothing cancels at the minimum.
 * A row whose a is too large for a number is Infinity throughout.
 *
 * @param {ArrayLike<number>} inputs Shape (B, T).
 * @param {ArrayLike<number>} targets Shape (B,).
 * @param {ArrayLike<number>} xs Input weights, shape (N,).
 * @param {ArrayLike<number>} ys Recurrent weights, shape (M,).
 * @param {Float64Array} [surface] Where to write; a new array if left out.
 * @returns {Float64Array} Shape (M, N): rows follow w_rec, columns w_x.
 */
export function countingSurface(inputs, targets, xs, ys, surface = null) {
  const { bits, wanted, batch, steps } = countingTask(inputs, targets);
  const [across, upward] = [floatArray("xs", xs), floatArray("ys", ys)];
  const size = across.length * upward.length;
  const costs = floatArray("surface", surface ?? new Float64Array(size), size);
  const sums = new Float64Array(batch);
  upward.forEach((wRec, row) => {
    let [squares, products] = [0, 0];
    for (let b = 0; b < batch; b++) {
      sums[b] = hornerSum(bits, b, steps, wRec);
      squares += sums[b] ** 2 / batch;
      products += (sums[b] * wanted[b]) / batch;
    }
    const best = squares > 0 ? products / squares : 0;
    let rest = 0;
    for (let b = 0; b < batch; b++) rest += (best * sums[b] - wanted[b]) ** 2 / batch;
    for (let column = 0; column < across.length; column++) {
      const cost = squares * (across[column] - best) ** 2 + rest;
      costs[row * across.length + column] = squares < Infinity ? cost : Infinity;
    }
  });
  return costs;
}
