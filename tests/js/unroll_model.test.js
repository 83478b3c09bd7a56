// The numbers of the view "Unroll", against those of the Python library.

import assert from "node:assert/strict";
import test from "node:test";

import {
  TOY_NET,
  TOY_STAGES,
  chainPass,
  edgeProgress,
  reachVerdict,
  toyEdges,
  toyGradients,
  toyPass,
  toyStage,
} from "../../lib/unrolled/views/js/unroll_model.js";
import { chainSentence, edgeNumber, gradientSentence } from "../../lib/unrolled/views/js/unroll_words.js";
import { equalsSign } from "../../lib/unrolled/views/js/scales.js";
import { assertClose, golden } from "./tools.js";

const cases = golden("unroll");
const shortCases = cases.filter(({ net }) => net);
const chainCases = cases.filter(({ settings }) => settings);

/** The sums of the view by parameter, each as a flat list. */
function sumsOf(net, steps) {
  const sums = {};
  for (const { parameter, sum } of toyGradients(net, steps)) {
    (sums[parameter] ??= []).push(sum);
  }
  return sums;
}

for (const [k, expected] of shortCases.entries()) {
  test(`the short net as in Python: ${expected.case}, net ${k}`, () => {
    const { steps, loss } = toyPass(expected.net);
    assertClose([expected.net.h_0, ...steps.map(({ h }) => h)].flat(), expected.states.flat());
    assertClose(steps.map(({ o }) => o), expected.outputs);
    assertClose(loss, expected.loss);
    assertClose(steps.map(({ delta }) => delta).flat(), expected.deltas.flat());
    const sums = sumsOf(expected.net, steps);
    for (const [name, gradient] of Object.entries(expected.gradients)) {
      assertClose(sums[name], gradient.flat(), 1e-9, name);
    }
  });
}

test("the net of the view is the one of the chapter", () => {
  const [{ net }] = shortCases;
  assert.deepEqual(TOY_NET, net);
  const { steps } = toyPass(TOY_NET);
  assert.deepEqual(steps.map(({ o }) => o.toFixed(4)), ["0.2461", "0.3627"]);
});

test("the numbers on the edges add up to those in the nodes, forward and backward", () => {
  for (const { net } of shortCases) {
    const { steps } = toyPass(net);
    const edges = toyEdges(net, steps);
    const total = (wanted, number) =>
      edges.filter(wanted).reduce((sum, edge) => sum + edge[number], 0);
    for (const { t, z, o, delta } of steps) {
      for (const j of [0, 1]) {
        const into = total((e) => e.t === t && e.j === j && e.parameter !== "W_hq", "product");
        assertClose(into + net.b_h[j], z[j]);
        const own = (e) => e.t === t && e.parameter === "W_hq" && e.i === j;
        const later = (e) => e.t === t + 1 && e.parameter === "W_hh" && e.i === j;
        assertClose(total((e) => own(e) || later(e), "back"), delta[j]);
      }
      const out = total((e) => e.t === t && e.parameter === "W_hq", "product");
      assertClose(out + net.b_q[0], o);
    }
  }
});

test("a gradient has one term for each step, the last step first", () => {
  const { steps } = toyPass(TOY_NET);
  const gradients = toyGradients(TOY_NET, steps);
  assert.equal(gradients.length, 11);
  for (const { terms, sum } of gradients) {
    assert.deepEqual(terms.map(({ t }) => t), [2, 1]);
    for (const { source, error, term } of terms) assert.equal(term, source * error);
    assert.equal(sum, terms[0].term + terms[1].term);
  }
  const recurrent = gradients.filter(({ parameter }) => parameter === "W_hh");
  assert.deepEqual(recurrent.map(({ i, j }) => [i, j]), [[0, 0], [0, 1], [1, 0], [1, 1]]);
  // h_0 is zero: the first step adds nothing to the gradient of W_hh.
  assert.ok(recurrent.every(({ terms }) => terms[1].term === 0 && terms[0].term !== 0));
});

test("the walk goes forward from the first step and back from the last", () => {
  const walk = TOY_STAGES.slice(1).map(({ name, t }) => `${name} ${t}`);
  assert.deepEqual(walk, [
    ...["products 1", "z 1", "h 1", "o 1", "products 2", "z 2", "h 2", "o 2", "loss 0"],
    ...["delta 2", "zeta 2", "terms 2", "delta 1", "zeta 1", "terms 1"],
  ]);
});

test("an edge shows what the walk has computed, and no more", () => {
  const { steps } = toyPass(TOY_NET);
  const edges = toyEdges(TOY_NET, steps);
  const end = TOY_STAGES.length - 1;
  for (const edge of edges) {
    const start = edgeProgress(edge, 0);
    assert.deepEqual(start, { product: false, back: false, term: false, active: false });
    const done = edgeProgress(edge, end);
    // Towards h_0 and towards the inputs no gradient is needed.
    const needed = edge.parameter === "W_hq" || (edge.parameter === "W_hh" && edge.t === 2);
    assert.deepEqual([done.product, done.back, done.term], [true, needed, true]);
  }
  const shown = (stage, number) => edges.filter((e) => edgeProgress(e, stage)[number]).length;
  assert.equal(shown(toyStage("products", 1), "product"), 6);
  assert.equal(shown(toyStage("o", 1), "product"), 8);
  assert.equal(shown(toyStage("loss"), "product"), 16);
  assert.equal(shown(toyStage("loss"), "back"), 0);
  assert.equal(shown(toyStage("delta", 2), "back"), 2);
  assert.equal(shown(toyStage("delta", 1), "back"), 8);
  assert.equal(shown(toyStage("terms", 2), "term"), 8);
  const active = edges.filter((e) => edgeProgress(e, toyStage("delta", 1)).active);
  const names = active.map(({ parameter, t }) => `${parameter} ${t}`);
  assert.deepEqual([...new Set(names)], ["W_hq 1", "W_hh 2"]);
});

for (const expected of chainCases) {
  test(`the long net as in Python: ${expected.case}`, () => {
    const pass = chainPass(expected.settings);
    assertClose(pass.inputs, expected.inputs);
    assertClose(pass.states, expected.states);
    assertClose(pass.gradients, expected.gradients);
    assertClose(pass.size, Math.abs(expected.gradients[0]));
    const product = pass.factors.reduce((all, factor) => all * factor, 1);
    assertClose(product, expected.gradients[0]);
    assertClose(pass.meanFactor ** expected.settings.steps, pass.size, 1e-8);
  });
}

test("the verdict's limits", () => {
  const verdicts = [0, 0.0099, 0.01, 1, 100, 101].map(reachVerdict);
  assert.deepEqual(verdicts, ["dies", "dies", "stays", "stays", "stays", "explodes"]);
});

test("the answers to the question of the long net", () => {
  const verdict = (activation, w_rec, w_x, drive = "constant") =>
    chainPass({ activation, w_rec, w_x, steps: 50, drive, seed: 1 }).verdict;
  const stays = (activation, w_x, sign) => {
    const weights = Array.from({ length: 200 }, (_, k) => (sign * (k + 1)) / 100);
    return weights.filter((w_rec) => verdict(activation, w_rec, w_x) === "stays");
  };
  // Linear: near 1 and -1, whatever the input; tanh without input: the same.
  for (const sign of [1, -1]) {
    const linear = stays("linear", 0.5, sign);
    assert.deepEqual(linear, stays("tanh", 0, sign));
    assert.ok(linear.includes(sign) && linear.every((w) => Math.abs(Math.abs(w) - 1) < 0.1));
  }
  // Tanh with a constant input: no positive weight at all; a negative one beyond -1.
  assert.deepEqual(stays("tanh", 0.5, 1), []);
  const negative = stays("tanh", 0.5, -1);
  assert.ok(negative.length > 0 && negative.every((w) => w < -0.9 && w > -1.3));
  // A strong input: none of either sign.
  assert.deepEqual([...stays("tanh", 2, 1), ...stays("tanh", 2, -1)], []);
});

test("a sum of rounded numbers is not called equal to them", () => {
  assert.equal(equalsSign([0.5, -0.25], edgeNumber), "=");
  assert.equal(equalsSign([0.5, 1 / 3], edgeNumber), "≈");
  const say = (net) => {
    const { steps } = toyPass(net);
    const sum = toyGradients(net, steps).find(({ parameter }) => parameter === "b_q");
    return gradientSentence(sum, () => true);
  };
  assert.match(say(TOY_NET), / ≈ −0\.3912$/);
  const still = { ...TOY_NET, W_hq: [[0], [0]] }; // o is b_q alone: e is 0.1 and −0.9
  assert.match(say(still), / = −0\.8000$/);
});

test("the long net says what its last state is", () => {
  const settings = { activation: "tanh", w_x: 0.5, w_rec: 0.9, steps: 30, drive: "constant" };
  const said = chainSentence(settings, chainPass({ ...settings, seed: 1 }));
  assert.match(said, /; the last state is 0\.853\./);
});
