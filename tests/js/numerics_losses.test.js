import assert from "node:assert/strict";
import { test } from "node:test";

import {
  crossEntropy,
  meanSquaredError,
  softmax,
} from "../../lib/unrolled/views/js/numerics.js";
import { assertClose, golden } from "./tools.js";

for (const given of golden("losses")) {
  const some = given.logits.slice(0, 3).join(", ");
  test(`softmax and cross-entropy of ${some} .. are those of Python`, () => {
    assertClose(softmax(given.logits, given.classes), given.softmax, 1e-12);
    const { loss, gradient } = crossEntropy(given.logits, given.labels);
    assertClose(loss, given.loss, 1e-12);
    assertClose(gradient, given.gradient, 1e-12);
  });
}

test("one row needs no number of classes", () => {
  assertClose(softmax([0, Math.log(3)]), [0.25, 0.75], 1e-15);
});

test("the loss of a class that is all but impossible is exact", () => {
  assert.equal(crossEntropy([0, 2000], [0]).loss, 2000);
});

test("the squared error and its gradient are means over all entries", () => {
  const { loss, gradient } = meanSquaredError([1, 2, 3, 4], [1, 0, 3, 8]);
  assert.equal(loss, 5);
  assert.deepEqual([...gradient], [0, 1, 0, -2]);
});

test("uneven rows, and labels that are no class, are refused", () => {
  assert.throws(() => softmax([1, 2, 3], 2), RangeError);
  assert.throws(() => softmax([], 2), RangeError);
  assert.throws(() => softmax(["1"]), TypeError);
  assert.throws(() => crossEntropy([1, 2, 3], [0, 1]), RangeError);
  for (const label of [-1, 2, 0.5, NaN]) {
    assert.throws(() => crossEntropy([1, 2], [label]), RangeError);
  }
  assert.throws(() => meanSquaredError([1, 2], [1]), RangeError);
});
