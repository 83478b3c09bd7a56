import assert from "node:assert/strict";
import { test } from "node:test";

import {
  countingGradient,
  countingLoss,
  countingOutputs,
  countingSurface,
  LinearCell,
  rprop,
} from "../../lib/unrolled/views/js/numerics.js";
import { assertClose, golden } from "./tools.js";

const [data, { points }, { surfaces }, { rprop: run }] = golden("counting");
const { inputs, targets } = data;

for (const { w_x, w_rec, outputs, loss, gradients, through_time } of points) {
  test(`outputs, loss and gradients at (${w_x}, ${w_rec}) are those of Python`, () => {
    assertClose(countingOutputs(inputs, targets.length, w_x, w_rec), outputs);
    assertClose(countingLoss(inputs, targets, w_x, w_rec), loss);
    const found = countingGradient(inputs, targets, w_x, w_rec);
    assertClose(found, { loss, gradients, throughTime: through_time });
  });
}

surfaces.forEach(({ w_x, w_rec, costs }, index) => {
  test(`cost surface ${index} is that of Python at every single point`, () => {
    const found = countingSurface(inputs, targets, w_x, w_rec);
    costs.forEach((cost, k) => assertClose(found[k], cost, 1e-9, `point ${k}`));
    assert.equal(found.length, costs.length);
  });
});

test("the published Rprop run ends at the published weights", () => {
  const rule = rprop();
  let parameters = run.start;
  let memory = rule.start(parameters);
  for (let step = 0; step < run.updates; step++) {
    const { gradients } = countingGradient(
      inputs, targets, parameters.w_x, parameters.w_rec,
    );
    ({ parameters, memory } = rule.update(parameters, gradients, memory));
  }
  assertClose(parameters, run.weights, 1e-9);
  assert.equal(parameters.w_x.toFixed(8), "1.00135555");
  assert.equal(parameters.w_rec.toFixed(8), "0.99967447");
  const sequence = [0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1];
  const [output] = countingOutputs(sequence, 1, parameters.w_x, parameters.w_rec);
  assert.equal(output.toFixed(5), "4.99896");
});

test("the linear net with two weights is the linear cell with one unit", () => {
  const cell = new LinearCell({ W_xh: [1.2], W_hh: [0.7] });
  const trace = cell.forward(inputs, { batch: 20 });
  const last = trace.finalState[0];
  assertClose(countingOutputs(inputs, 20, 1.2, 0.7), last, 1e-12);
  const direct = new Float64Array(200);
  last.forEach((h, b) => (direct[b * 10 + 9] = (2 * (h - targets[b])) / 20));
  const { parameters } = cell.backward(trace, direct);
  const { gradients } = countingGradient(inputs, targets, 1.2, 0.7);
  assertClose([gradients.w_x], parameters.W_xh);
  assertClose([gradients.w_rec], parameters.W_hh);
});

test("the surface is filled in place where one is given", () => {
  const surface = new Float64Array(6);
  const found = countingSurface(inputs, targets, [0, 1, 2], [0.5, 1], surface);
  assert.equal(found, surface);
  assert.equal(surface[4], 0);
});

test("the surface is flat where the output does not depend on the weights", () => {
  const surface = countingSurface([0, 0], [3], [-1, 0, 1], [0, 1]);
  assert.deepEqual([...surface], Array(6).fill(9));
});

test("a surface too high for a number is infinite and not NaN", () => {
  const bits = new Float64Array(200).fill(1);
  const surface = countingSurface(bits, [200], [0, 1], [1e3, 1]);
  assert.deepEqual([...surface], [Infinity, Infinity, 40000, 0]);
});

test("a surface of 160 by 160 is filled well within a frame", () => {
  const axis = Float64Array.from({ length: 160 }, (_, k) => -3 + k / 26.5);
  const surface = new Float64Array(axis.length ** 2);
  const times = Array.from({ length: 20 }, () => {
    const began = performance.now();
    countingSurface(inputs, targets, axis, axis, surface);
    return performance.now() - began;
  });
  assert.ok(Math.min(...times) < 8, `it took ${Math.min(...times)} ms`);
});

test("sequences and targets that do not fit each other are refused", () => {
  assert.throws(() => countingLoss([1, 2, 3], [1, 2], 1, 1), RangeError);
  assert.throws(() => countingGradient([], [1], 1, 1), RangeError);
  assert.throws(() => countingGradient([1, 2], [], 1, 1), RangeError);
  assert.throws(() => countingOutputs([1, 2, 3], 2, 1, 1), RangeError);
  assert.throws(() => countingSurface([1], [1], "ab", [1]), TypeError);
  const small = new Float64Array(3);
  assert.throws(() => countingSurface([1], [1], [1, 2], [1, 2], small), RangeError);
});
