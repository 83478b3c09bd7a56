// The numbers of the view of the gates, against those of the Python library.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  GATE_PRESETS,
  GATE_STEPS,
  gateLogit,
  gatesPass,
  leakCurve,
  paintedPulses,
  presetOf,
  stepsFrom,
  tanhRest,
  taskProgress,
} from "../../lib/unrolled/views/js/gates_model.js";
import { gateStateText, stepEquations } from "../../lib/unrolled/views/js/gates_words.js";
import { sigmoid } from "../../lib/unrolled/views/js/numerics.js";
import { assertClose, golden } from "./tools.js";

const preset = (name) => GATE_PRESETS.find((each) => each.name === name).settings;
const run = (name, changes = {}) => gatesPass({ ...preset(name), ...changes });

for (const [k, { settings, ...wanted }] of golden("gates").entries()) {
  test(`the cell and the tanh unit as in Python: case ${k}, ${settings.drive}`, () => {
    const pass = gatesPass(settings);
    for (const [name, values] of Object.entries(wanted)) {
      assertClose(pass[name].subarray(1), values, 1e-9, name);
    }
    assert.equal(pass.c[0], settings.c_0);
    assert.equal(pass.tanh[0], settings.c_0);
    assert.ok(Number.isNaN(pass.h[0]) && Number.isNaN(pass.f[0]));
  });
}

test("a gate set to 0 or 1 is exactly that, and others to rounding", () => {
  for (const gate of [0, 1]) assert.equal(sigmoid(gateLogit(gate)), gate);
  for (const gate of [0.01, 0.25, 0.5, 0.9, 0.99]) {
    assertClose(sigmoid(gateLogit(gate)), gate, 1e-13);
  }
});

test("what is left after fifty steps is the power of the forget gate", () => {
  for (const [name, forget] of [["leak 0.9", 0.9], ["leak 0.99", 0.99]]) {
    const pass = run(name);
    assertClose(pass.c[50], forget ** 50, 1e-12);
    assertClose(pass.kept[50], forget ** 50, 1e-12);
    assertClose(leakCurve(pass, forget), pass.c, 1e-12);
  }
  assert.equal((0.9 ** 50).toFixed(4), "0.0052");
  assert.equal((0.99 ** 50).toFixed(3), "0.605");
});

test("the curves to compare with get the same writings", () => {
  const once = leakCurve(run("answer: write, keep, read"), 0.9);
  assert.deepEqual([...once.subarray(0, 6)], [0, 0, 0, 0, 0, 1]);
  assertClose(once[50], 0.9 ** 45, 1e-12);
  const twice = leakCurve(run("answer, written twice"), 0.99);
  assertClose(twice[50], 0.99 ** 45 + 0.99 ** 30, 1e-12);
  const held = run("leak 0.9", { levels: { i: 0.3, f: 0.7, g: -0.5, o: 1 }, c_0: -1 });
  assertClose(leakCurve(held, 0.7), held.c, 1e-12);
});

test("a memory begins with the first state, or with the first writing", () => {
  const pass = run("answer: write, keep, read");
  assert.equal(pass.since, 5);
  assert.ok(Number.isNaN(pass.kept[4]));
  assert.deepEqual([pass.kept[5], pass.kept[50]], [1, 1]);
  assert.equal(run("answer, forgotten at 30").kept[30], 0);
  assert.equal(run("leak 0.9").since, 0);
  const nothing = run("answer: write, keep, read", { pulses: { i: [], f: [], o: [] } });
  assert.equal(nothing.since, null);
  assert.ok(nothing.kept.every(Number.isNaN));
});

test("the presets do what they are called", () => {
  assert.deepEqual(
    [4, 5, 6].map((step) => run("write, keep nothing").c[step]),
    [0, 1, 0],
  );
  assert.deepEqual(
    [5, 19, 20, 50].map((step) => run("answer, written twice").c[step]),
    [1, 1, 2, 2],
  );
  assert.deepEqual(
    [29, 30, 50].map((step) => run("answer, forgotten at 30").c[step]),
    [1, 0, 0],
  );
  assert.deepEqual([...run("count the steps").c], [0, ...stepsFrom(1)]);
  const keep = run("answer: write, keep, read");
  assert.deepEqual([keep.h[49], keep.h[50]], [0, Math.tanh(1)]);
});

test("the task is done by the preset that keeps, and by no other", () => {
  const done = GATE_PRESETS.filter(({ settings }) => taskProgress(gatesPass(settings)).read);
  assert.deepEqual(done.map(({ name }) => name), ["answer: write, keep, read"]);
});

test("the reader begins with nothing, and what gives the answer away says so", () => {
  const [first] = GATE_PRESETS;
  assert.equal(first.name, "all closed");
  assert.deepEqual(taskProgress(gatesPass(first.settings)), {
    ...{ written: false, kept: false, read: false, lost: 5 },
  });
  const keeps = ({ settings }) => settings.drive === "pulses" && settings.pulses.f.length > 0;
  const names = GATE_PRESETS.filter(keeps).map(({ name }) => name);
  assert.deepEqual(names, GATE_PRESETS.slice(-3).map(({ name }) => name));
  for (const name of names) assert.match(name, /^answer/);
});

test("where a gate stands is said in a number and a word", () => {
  assert.equal(gateStateText("f", false, 1, 6), "f_{6} = 0.00, closed");
  assert.equal(gateStateText("f", true, 1, 6), "f_{6} = 1.00, open");
  assert.equal(gateStateText("i", true, 0.9, 12), "i_{12} = 0.90, partly open");
  assert.equal(gateStateText("o", true, 0, 50), "o_{50} = 0.00, opened by 0");
});

test("an equation says where a number in it is rounded", () => {
  const [exact] = stepEquations(run("answer: write, keep, read"), 5);
  assert.equal(exact, "c_{5} = f_{5} c_{4} + i_{5} g_{5} = 0.0000 + 1.0000 = 1.0000");
  const [, rounded] = stepEquations(run("answer: write, keep, read"), 50);
  assert.equal(rounded, "h_{50} = o_{50} tanh(c_{50}) ≈ 1.0000 · 0.7616 ≈ 0.7616");
});

test("the task says how far it is done", () => {
  const keep = preset("answer: write, keep, read");
  const judged = (changes) => taskProgress(gatesPass({ ...keep, ...changes }));
  const pulsed = (changes) => judged({ pulses: { ...keep.pulses, ...changes } });
  assert.deepEqual(judged({}), { written: true, kept: true, read: true, lost: null });
  assert.deepEqual(pulsed({ o: [] }), { written: true, kept: true, read: false, lost: null });
  assert.equal(pulsed({ f: stepsFrom(6, 49) }).lost, 50);
  assert.equal(pulsed({ i: [5, 9] }).lost, 9);
  assert.deepEqual(pulsed({ i: [6] }), { written: false, kept: false, read: false, lost: 5 });
  assert.equal(judged({ levels: { ...keep.levels, f: 0.99 } }).lost, 11);
  assert.equal(judged({ levels: { ...keep.levels, g: -1 } }).written, false);
});

test("painting opens and closes steps in either direction", () => {
  assert.deepEqual(paintedPulses([1, 9], 4, 6, true), [1, 4, 5, 6, 9]);
  assert.deepEqual(paintedPulses([1, 4, 5, 9], 9, 5, false), [1, 4]);
  assert.deepEqual(paintedPulses([2], 2, 2, true), [2]);
});

test("a preset is recognised, whatever the tanh unit's weight", () => {
  for (const { name, settings } of GATE_PRESETS) {
    assert.equal(presetOf({ ...settings, w_rec: 0.3 }), name);
  }
  const keep = preset("answer: write, keep, read");
  assert.equal(presetOf({ ...keep, pulses: { ...keep.pulses, o: [49] } }), "");
  assert.equal(presetOf({ ...keep, c_0: 0.5 }), "");
  assert.equal(presetOf({ ...preset("leak 0.9"), pulses: keep.pulses }), "leak 0.9");
});

test("a tanh unit keeps a value only where it rests", () => {
  assert.equal(tanhRest(0.9), 0);
  for (const w_rec of [1.1, 1.5, 2]) {
    const rest = tanhRest(w_rec);
    assertClose(Math.tanh(w_rec * rest), rest, 1e-12);
    assert.ok(rest > 0.4);
  }
  const long = run("answer: write, keep, read", { w_rec: 1.5 });
  const small = run("answer: write, keep, read", {
    ...{ w_rec: 1.5, levels: { i: 1, f: 1, g: 0.2, o: 1 } },
  });
  assertClose(long.tanh[GATE_STEPS], tanhRest(1.5), 1e-6);
  assertClose(small.tanh[GATE_STEPS], tanhRest(1.5), 1e-6);
  assertClose(small.c[GATE_STEPS], 0.2, 1e-12);
  assert.ok(run("answer: write, keep, read", { w_rec: 0.9 }).tanh[GATE_STEPS] < 0.01);
});
