import assert from "node:assert/strict";
import { test } from "node:test";

import {
  LinearCell,
  LSTMCell,
  meanSquaredError,
  readout,
  readoutBackward,
  sigmoid,
  TanhCell,
  timeSlice,
} from "../../lib/unrolled/views/js/numerics.js";
import { assertClose, golden } from "./tools.js";

const CELLS = { LinearCell, TanhCell, LSTMCell };

for (const given of golden("cells")) {
  const [batch, steps, D, H] = given.sizes;
  const title = `${given.cell} with B ${batch}, T ${steps}, D ${D}, H ${H}`;
  const cell = new CELLS[given.cell](given.parameters);

  test(`${title}: forward and backward are those of Python`, () => {
    const trace = cell.forward(given.inputs, { batch, state: given.state });
    assert.deepEqual([cell.inputSize, cell.hiddenSize, trace.steps], [D, H, steps]);
    assertClose(trace.states, given.states, 1e-12);
    assertClose(trace.outputs, given.outputs, 1e-12);
    assertClose(trace.finalState, given.final_state, 1e-12);
    assertClose(cell.backward(trace, given.grad_outputs), given.gradients);
  });

  test(`${title}: the gradient of the inputs is that of central differences`, () => {
    const loss = (inputs) => {
      const { outputs } = cell.forward(inputs, { batch, state: given.state });
      return outputs.reduce((sum, h, k) => sum + h * given.grad_outputs[k], 0);
    };
    const slope = given.inputs.map((_, k) => {
      const nudged = (by) => given.inputs.map((x, j) => (j === k ? x + by : x));
      return (loss(nudged(1e-5)) - loss(nudged(-1e-5))) / 2e-5;
    });
    assertClose(given.gradients.inputs, slope, 1e-7);
  });
}

for (const given of golden("models")) {
  test(`${given.cell} with a readout and a squared error is that of Python`, () => {
    const { W_hq, b_q, ...parameters } = given.parameters;
    const cell = new CELLS[given.cell](parameters);
    const trace = cell.forward(given.inputs, { batch: given.batch });
    const outputs = readout(trace.outputs, W_hq, b_q);
    assertClose(outputs, given.outputs, 1e-12);
    const { loss, gradient } = meanSquaredError(outputs, given.targets);
    assertClose(loss, given.loss);
    const back = readoutBackward(trace.outputs, W_hq, b_q, gradient);
    const through = cell.backward(trace, back.hidden);
    assertClose({ ...through.parameters, ...back.parameters }, given.gradients);
  });
}

test("a net of one unit needs no more than its numbers", () => {
  const cell = new TanhCell({ W_xh: [2], W_hh: [0.5], b_h: [0.1] });
  const trace = cell.forward([1, 0]);
  const first = Math.tanh(2.1);
  assertClose(trace.outputs, [first, Math.tanh(0.5 * first + 0.1)], 1e-15);
  assert.deepEqual([trace.batch, trace.steps], [1, 2]);
});

test("the cache of an LSTM's step holds its gates, and they make the memory", () => {
  const [W_xh, zeros] = [[1, 2, 3, 4], [0, 0, 0, 0]];
  const cell = new LSTMCell({ W_xh, W_hh: zeros, b_h: zeros });
  const { caches, states } = cell.forward([0.5], { state: [[0], [2]] });
  const { i, f, g, o, cNext } = caches[0];
  const gates = [i, f, g, o].map((gate) => gate[0]);
  assertClose(gates, [sigmoid(0.5), sigmoid(1), Math.tanh(1.5), sigmoid(2)], 1e-15);
  assertClose(cNext[0], f[0] * 2 + i[0] * g[0], 1e-15);
  assertClose(states[1], [2, cNext[0]], 1e-15);
});

test("a pass forward can go on from where another ended", () => {
  const given = golden("cells").at(-1);
  const [batch, steps] = given.sizes;
  const cell = new LSTMCell(given.parameters);
  const whole = cell.forward(given.inputs, { batch, state: given.state });
  let state = given.state;
  for (let t = 0; t < steps; t++) {
    const x = timeSlice(whole.inputs, batch, steps, t);
    state = cell.forward(x, { batch, state }).finalState;
  }
  assertClose(state, whole.finalState, 1e-15);
});

test("a pass changes nothing that it was given, and keeps a copy of the inputs", () => {
  const given = golden("cells").at(-1);
  const [batch] = given.sizes;
  const parameters = Object.fromEntries(
    Object.entries(given.parameters).map(([name, p]) => [name, Float64Array.from(p)]),
  );
  const inputs = Float64Array.from(given.inputs);
  const state = given.state.map((part) => Float64Array.from(part));
  const direct = Float64Array.from(given.grad_outputs);
  const before = structuredClone([parameters, inputs, state, direct]);
  const cell = new LSTMCell(parameters);
  const trace = cell.forward(inputs, { batch, state });
  cell.backward(trace, direct);
  assert.deepEqual([parameters, inputs, state, direct], before);
  inputs.fill(9);
  state[0].fill(9);
  assertClose(cell.backward(trace, direct), given.gradients);
  assertClose(trace.inputs, given.inputs, 0);
  assertClose(trace.states, given.states, 1e-12);
});

test("a cell of the same kind with other parameters", () => {
  const cell = new LinearCell({ W_xh: [1], W_hh: [1] });
  const other = cell.withParameters({ W_xh: [2], W_hh: [3] });
  assert.ok(other instanceof LinearCell);
  assertClose(other.forward([1, 1]).outputs, [2, 8], 1e-15);
});

test("the logistic function does not overflow", () => {
  assert.deepEqual([sigmoid(-1e4), sigmoid(0), sigmoid(1e4)], [0, 0.5, 1]);
});

test("parameters that do not fit each other are refused", () => {
  const refused = [
    [TanhCell, { W_xh: [1], W_hh: [1] }, TypeError, /takes the parameters/],
    [LinearCell, { W_xh: [1], W_hh: [1], b_h: [1] }, TypeError, /takes the param/],
    [LinearCell, { W_xh: [1, 2], W_hh: [1, 2] }, RangeError, /W_hh must hold 1 H\^2/],
    [LinearCell, { W_xh: [1], W_hh: [1, 2, 3, 4] }, RangeError, /W_xh must hold D/],
    [LinearCell, { W_xh: [], W_hh: [1] }, RangeError, /W_xh must hold D rows/],
    [TanhCell, { W_xh: [1], W_hh: [1], b_h: [1, 2] }, RangeError, /b_h must hold 1/],
    [LSTMCell, { W_xh: [1], W_hh: [1], b_h: [1] }, RangeError, /W_hh must hold 4 H\^2/],
    [LinearCell, { W_xh: [[1]], W_hh: [1] }, TypeError, /W_xh must be a flat list/],
    [LinearCell, { W_xh: 1, W_hh: [1] }, TypeError, /W_xh must be a flat list/],
    [LinearCell, undefined, TypeError, /none were given/],
  ];
  for (const [Kind, parameters, error, message] of refused) {
    assert.throws(
      () => new Kind(parameters),
      (thrown) => thrown instanceof error && message.test(thrown.message),
    );
  }
});

test("sequences, states and gradients of the wrong size are refused", () => {
  const cell = new TanhCell({ W_xh: [1, 1], W_hh: [1], b_h: [0] });
  assert.throws(() => cell.forward([1, 2, 3]), RangeError);
  assert.throws(() => cell.forward([]), RangeError);
  assert.throws(() => cell.forward([1, 2], { batch: 2 }), RangeError);
  assert.throws(() => cell.forward([1, 2], { batch: 0 }), RangeError);
  assert.throws(() => cell.forward([1, 2], { state: [0] }), TypeError);
  assert.throws(() => cell.forward([1, 2], { state: [[0], [0]] }), TypeError);
  assert.throws(() => cell.forward([1, 2], { state: [[0, 0]] }), RangeError);
  assert.throws(() => cell.backward(cell.forward([1, 2]), [1, 1]), RangeError);
});

test("a readout of the wrong size is refused", () => {
  assert.throws(() => readout([1, 2], [1, 2, 3], [1, 2]), /W_hq must hold/);
  assert.throws(() => readout([1, 2, 3], [1, 2], [1]), /hidden must hold/);
  assert.throws(() => readoutBackward([1, 2], [1, 2], [1], [1, 1]), RangeError);
});
