/**
 * The echo net's arithmetic, fast enough to train it in a page: a tanh cell with a
 * readout of two classes, one window of truncated backpropagation through time, and
 * three update rules. Everything lies in flat arrays that are made once.
 *
 * The net, for bits x_t and B sequences side by side:
 *
 *     h_t = tanh(x_t W_xh + h_{t-1} W_hh + b_h),  o_t = h_t W_hq + b_q
 *
 * and the loss of a window is the mean softmax cross-entropy over batch and steps. Of
 * two classes the softmax needs only z = o_1 − o_0, the log-odds of a 1. The numbers are
 * those of unrolled.training.window_tf, see scripts/golden_echo.py.
 */

const CLASSES = 2;
const ADAM = { mean: 0.9, squares: 0.999, epsilon: 1e-8 };
const ADAGRAD_START = 0.1; // of the sums of squares; TensorFlow's own

/** The parameters of a net of H units, in the order in which they lie in one array. */
function parameterSizes(hidden) {
  return {
    W_xh: hidden,
    W_hh: hidden * hidden,
    b_h: hidden,
    W_hq: hidden * CLASSES,
    b_q: CLASSES,
  };
}

/** Return views of one array by the names of the parameters. */
function namedParts(array, hidden) {
  let from = 0;
  const parts = Object.entries(parameterSizes(hidden)).map(([name, size]) => {
    from += size;
    return [name, array.subarray(from - size, from)];
  });
  return Object.fromEntries(parts);
}

/**
 * Draw the first weights; biases that are not drawn are 0. The schemes are those of
 * unrolled.training.nets_tf.draw_weights, the numbers come from another generator.
 *
 * @param {Generator} generator See numerics.js.
 * @param {number} hidden H.
 * @param {"course"|"published"} scheme
 * @returns {Float64Array} All parameters, one after the other.
 */
export function drawEchoWeights(generator, hidden, scheme) {
  const length = Object.values(parameterSizes(hidden)).reduce(
    (sum, size) => sum + size,
  );
  const weights = new Float64Array(length);
  const { W_xh, W_hh, W_hq, b_h } = namedParts(weights, hidden);
  if (scheme === "published") {
    for (const part of [W_xh, W_hh, W_hq]) part.set(generator.uniforms(part.length));
    return weights;
  }
  const fill = (part, size) =>
    part.set(generator.normals(part.length).map((draw) => size * draw));
  fill(W_xh, 1);
  fill(W_hh, 0.5 / Math.sqrt(hidden));
  fill(W_hq, 0.5);
  b_h.set(W_xh.map((weight) => -weight / 2));
  return weights;
}

/** The update rules by name: each makes what changes weights in place. */
export const ECHO_RULES = {
  adagrad(length) {
    const squares = new Float64Array(length).fill(ADAGRAD_START);
    return (weights, gradients, rate) => {
      for (let k = 0; k < length; k++) {
        const slope = gradients[k];
        squares[k] += slope * slope;
        weights[k] -= (rate * slope) / Math.sqrt(squares[k]);
      }
    };
  },
  adam(length) {
    const [mean, squares] = [new Float64Array(length), new Float64Array(length)];
    let updates = 0;
    return (weights, gradients, rate) => {
      updates++;
      const evenMean = 1 - ADAM.mean ** updates;
      const evenSquares = 1 - ADAM.squares ** updates;
      for (let k = 0; k < length; k++) {
        const slope = gradients[k];
        mean[k] += (1 - ADAM.mean) * (slope - mean[k]);
        squares[k] += (1 - ADAM.squares) * (slope * slope - squares[k]);
        const size = Math.sqrt(squares[k] / evenSquares) + ADAM.epsilon;
        weights[k] -= (rate * mean[k]) / evenMean / size;
      }
    };
  },
  "gradient descent": () => (weights, gradients, rate) => {
    for (let k = 0; k < weights.length; k++) weights[k] -= rate * gradients[k];
  },
};

/**
 * A net and the buffers of one window.
 *
 * The states lie step by step, (T + 1, B, H); entry 0 is the state before the window.
 * `odds` (T, B) are the log-odds of the last forward pass.
 */
export class EchoNet {
  /**
   * @param {Float64Array} weights All parameters; the net changes them in place.
   * @param {{hidden: number, batch: number, window: number}} sizes H, B and T.
   */
  constructor(weights, { hidden, batch, window }) {
    Object.assign(this, { weights, hidden, batch, window });
    this.gradients = new Float64Array(weights.length);
    /** The parameters and their gradients by name. */
    this.parameters = namedParts(weights, hidden);
    this.slopes = namedParts(this.gradients, hidden);
    this.states = new Float64Array((window + 1) * batch * hidden);
    this.odds = new Float64Array(window * batch);
    this.back = new Float64Array(hidden); // dL/dh of one sequence, on its way back
    this.before = new Float64Array(hidden); // the same, one step earlier
  }

  /** Set the state before the window to zero. */
  clearState() {
    this.states.fill(0, 0, this.batch * this.hidden);
  }

  /** Make the state after `stride` steps that before the next window. */
  carryState(stride) {
    const size = this.batch * this.hidden;
    this.states.copyWithin(0, stride * size, (stride + 1) * size);
  }

  /**
   * Run a window.
   * @param {Uint8Array} bits Rows of bits, one after the other.
   * @param {number} start The place of the window's first bit in the first row.
   * @param {number} stride How far the rows are apart.
   */
  forward(bits, start, rowLength) {
    const { hidden, batch, window, states, odds } = this;
    const { W_xh, W_hh, b_h, W_hq, b_q } = this.parameters;
    const size = batch * hidden;
    for (let t = 0; t < window; t++) {
      for (let b = 0; b < batch; b++) {
        const bit = bits[b * rowLength + start + t];
        const from = t * size + b * hidden;
        let z = b_q[1] - b_q[0];
        for (let j = 0; j < hidden; j++) {
          let sum = bit ? b_h[j] + W_xh[j] : b_h[j];
          for (let i = 0; i < hidden; i++)
            sum += states[from + i] * W_hh[i * hidden + j];
          const state = Math.tanh(sum);
          states[from + size + j] = state;
          z += state * (W_hq[2 * j + 1] - W_hq[2 * j]);
        }
        odds[t * batch + b] = z;
      }
    }
  }

  /**
   * Return the loss of the last forward pass, in nats.
   * @param {Uint8Array} targets Laid out as the bits.
   */
  loss(targets, start, rowLength) {
    const { batch, window, odds } = this;
    let total = 0;
    for (let t = 0; t < window; t++) {
      for (let b = 0; b < batch; b++) {
        const z = odds[t * batch + b];
        const wrong = targets[b * rowLength + start + t] ? -z : z;
        total += Math.max(wrong, 0) + Math.log1p(Math.exp(-Math.abs(z)));
      }
    }
    return total / (window * batch);
  }

  /** Return how many bits the last forward pass told right. */
  countRight(targets, start, rowLength) {
    const { batch, window, odds } = this;
    let right = 0;
    for (let t = 0; t < window; t++) {
      for (let b = 0; b < batch; b++) {
        if (odds[t * batch + b] > 0 === targets[b * rowLength + start + t] > 0) right++;
      }
    }
    return right;
  }

  /**
   * Set `gradients` to those of the loss of the last forward pass. What came before the
   * window is a number like any other: no gradient goes back there.
   */
  backward(bits, targets, start, rowLength) {
    this.gradients.fill(0);
    for (let b = 0; b < this.batch; b++) {
      this.backwardOne(bits, targets, b, b * rowLength + start);
    }
    const { W_hq, b_q } = this.slopes;
    for (let k = 0; k < W_hq.length; k += 2) W_hq[k] = -W_hq[k + 1];
    b_q[0] = -b_q[1]; // o_0 lowers z as much as o_1 raises it
  }

  /** Add what one sequence adds to the gradients; of W_hq and b_q only the column 1. */
  backwardOne(bits, targets, b, first) {
    const { hidden, batch, window, states, odds, before } = this;
    const { W_hh, W_hq } = this.parameters;
    const slopes = this.slopes;
    const size = batch * hidden;
    const share = 1 / (window * batch);
    const back = this.back.fill(0);
    for (let t = window - 1; t >= 0; t--) {
      const bit = bits[first + t];
      const from = t * size + b * hidden;
      const p = 1 / (1 + Math.exp(-odds[t * batch + b]));
      const slope = (p - targets[first + t]) * share; // dL/dz
      slopes.b_q[1] += slope;
      before.fill(0);
      for (let j = 0; j < hidden; j++) {
        const state = states[from + size + j];
        slopes.W_hq[2 * j + 1] += slope * state;
        const whole = back[j] + slope * (W_hq[2 * j + 1] - W_hq[2 * j]);
        const inner = whole * (1 - state * state);
        slopes.b_h[j] += inner;
        if (bit) slopes.W_xh[j] += inner;
        for (let i = 0; i < hidden; i++) {
          slopes.W_hh[i * hidden + j] += states[from + i] * inner;
          before[i] += W_hh[i * hidden + j] * inner;
        }
      }
      back.set(before);
    }
  }
}
