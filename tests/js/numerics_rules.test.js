import assert from "node:assert/strict";
import { test } from "node:test";

import {
  adagrad,
  adam,
  clipByGlobalNorm,
  clipped,
  globalNorm,
  gradientDescent,
  momentum,
  rprop,
} from "../../lib/unrolled/views/js/numerics.js";
import { assertClose, golden } from "./tools.js";

const RULES = {
  gradientDescent,
  momentum,
  adagrad,
  adam,
  rprop,
  clipped: (threshold) => clipped(momentum(0.1), threshold),
};

const [task, ...runs] = golden("rules");
const make = (run) => RULES[run.rule.split(" ")[0]](...run.arguments);
const typed = (set) => ({ W: Float64Array.from(set.W), b: set.b });

for (const run of runs) {
  test(`twenty updates by ${run.rule} are those of Python`, () => {
    const rule = make(run);
    let parameters = typed(task.parameters);
    let memory = rule.start(parameters);
    task.gradients.forEach((gradients, step) => {
      ({ parameters, memory } = rule.update(parameters, gradients, memory));
      assertClose(parameters, run.path[step], 1e-12, `step ${step}`);
    });
    assertClose(memory, run.memory, 1e-12, "memory");
  });

  test(`${run.rule} changes none of its arguments`, () => {
    const rule = make(run);
    const parameters = typed(task.parameters);
    let memory = rule.start(parameters);
    for (const gradients of task.gradients.slice(0, 3).map(typed)) {
      const before = structuredClone([parameters, gradients, memory]);
      const fresh = rule.update(parameters, gradients, memory);
      assert.deepEqual([parameters, gradients, memory], before);
      assert.notEqual(fresh.parameters.W, parameters.W);
      memory = fresh.memory;
    }
  });

  test(`${run.rule} refuses gradients of another size`, () => {
    const rule = make(run);
    const parameters = typed(task.parameters);
    for (const gradients of [{ W: [1, 2], b: 1 }, { W: task.parameters.W }]) {
      assert.throws(() => rule.update(parameters, gradients, rule.start(parameters)), {
        name: "RangeError",
        message: /must have the size of the parameter [Wb]/,
      });
    }
  });
}

test("the global norm and clipping are those of Python", () => {
  task.gradients.forEach((gradients, step) => {
    assertClose(globalNorm(gradients), task.global_norms[step], 1e-12);
    assertClose(clipByGlobalNorm(gradients, 2.5), task.clipped[step], 1e-12);
  });
});

test("the global norm exists where a square would not", () => {
  for (const size of [1e-200, 1e200]) {
    assertClose(globalNorm({ a: [3 * size], b: 4 * size }), 5 * size, 1e-14);
  }
  assert.equal(globalNorm({ a: [0, 0], b: 0 }), 0);
});

test("the global norm hides no NaN and no infinity", () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    assert.ok(!Number.isFinite(globalNorm({ a: [value], b: 0 })));
    assert.ok(!Number.isFinite(globalNorm({ a: [0], b: value })));
  }
});

test("settings that make no sense are refused", () => {
  const refused = [
    () => gradientDescent(-0.1),
    () => gradientDescent(NaN),
    () => momentum(0.1, 1),
    () => momentum(-1, 0.5),
    () => adagrad(-0.1),
    () => adagrad(0.1, -1),
    () => adagrad(0.1, 0, 0),
    () => adagrad(0.1, 1, -1e-8),
    () => adam(-1),
    () => adam(0.1, 1),
    () => adam(0.1, 0.9, 1),
    () => adam(0.1, 0.9, 0.9, 0),
    () => rprop(0),
    () => rprop(0.1, 0.9),
    () => rprop(0.1, 1.2, 0),
    () => rprop(0.1, 1.2, 1.1),
    () => clipped(gradientDescent(1), 0),
    () => clipByGlobalNorm({ a: 1 }, -1),
  ];
  for (const call of refused) assert.throws(call, RangeError);
  assert.throws(() => gradientDescent("0.1"), TypeError);
  assert.throws(() => gradientDescent(), TypeError);
});
