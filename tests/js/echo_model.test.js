import assert from "node:assert/strict";
import { test } from "node:test";
import { ECHO_RULES } from "../../lib/unrolled/views/js/echo_kernel.js";
import {
  CHANCE,
  ECHO_EPOCHS,
  ECHO_LIMITS,
  ECHO_PRESETS,
  ECHO_RATES,
  EchoRun,
  LossCurve,
  echoOf,
  epochBits,
  taughtSteps,
} from "../../lib/unrolled/views/js/echo_model.js";
import {
  progressText,
  reachText,
  runName,
  shareText,
  speedText,
  windowText,
} from "../../lib/unrolled/views/js/echo_words.js";
import { assertClose, golden } from "./tools.js";

const SMALL = { batch: 5, seriesLength: 700 };

function preset(name, changes = {}) {
  return { ...ECHO_PRESETS.find((each) => each.name === name).settings, ...changes };
}

/** Train some epochs; return the mean loss and the accuracy of the last 100 windows. */
function trained(settings, epochs) {
  const run = new EchoRun(settings);
  run.upTo(epochs * run.windowsPerEpoch);
  return run.last;
}

// --- the numbers of the library -----------------------------------------------------

test("runs are those of the library", () => {
  for (const stored of golden("echo")) {
    const sizes = { batch: stored.batch, seriesLength: stored.series_length };
    const run = new EchoRun(stored.settings, sizes);
    const { net } = run;
    assertClose(net.parameters, stored.first, 1e-9, "the first weights");
    const losses = [run.train()];
    const right = [run.last.right[0]];
    assertClose(net.slopes, stored.gradients[0], 1e-9, "the first gradient");
    while (run.windows < stored.losses.length) {
      losses.push(run.train());
      right.push(run.last.right[run.windows - 1]);
    }
    assert.ok(run.epoch > 0, "a second epoch was not begun");
    assert.deepEqual(right, stored.right);
    assertClose(losses, stored.losses);
    assertClose(net.slopes, stored.gradients[1], 1e-9, "the last gradient");
    assertClose(net.parameters, stored.weights, 1e-9, "the last weights");
    assertClose(net.states.slice(-stored.states.length), stored.states, 1e-9, "states");
    assertClose(run.reach(), stored.reach, 1e-9, "the reach");
  }
});

test("every rule of the view is held against the library", () => {
  const held = new Set(golden("echo").map(({ settings }) => settings.rule));
  assert.deepEqual([...held].sort(), Object.keys(ECHO_RULES).sort());
});

test("the gradient is that of differences of the loss", () => {
  const run = new EchoRun(preset("the course's initialisation", { window: 4 }), SMALL);
  const { net, bits, targets, rowLength } = run;
  const lossAt = () => {
    net.forward(bits, 0, rowLength);
    return net.loss(targets, 0, rowLength);
  };
  lossAt();
  net.backward(bits, targets, 0, rowLength);
  const slopes = net.gradients.map((_, k) => {
    const [weight, step] = [net.weights[k], 1e-6];
    net.weights[k] = weight + step;
    const above = lossAt();
    net.weights[k] = weight - step;
    const below = lossAt();
    net.weights[k] = weight;
    return (above - below) / (2 * step);
  });
  assertClose(net.gradients, slopes, 1e-7);
});

// --- task and windows -----------------------------------------------------------------

test("bits are fair, new in every epoch and for every seed", () => {
  const length = 50_000;
  const series = [
    [0, 0],
    [0, 1],
    [1, 0],
  ].map(([s, e]) => epochBits(s, e, length));
  for (const bits of series) {
    const ones = bits.reduce((sum, bit) => sum + bit, 0);
    assert.ok(Math.abs(ones / length - 0.5) < 0.01);
  }
  for (const [one, other] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ]) {
    const same = series[one].filter((bit, k) => bit === series[other][k]).length;
    assert.ok(Math.abs(same / length - 0.5) < 0.01);
  }
  assert.deepEqual(epochBits(0, 1, 100), series[1].slice(0, 100));
});

test("an echo comes some steps later and begins with zeros", () => {
  const bits = Uint8Array.from([1, 0, 1, 1, 1, 0]);
  assert.deepEqual([...echoOf(bits, 2)], [0, 0, 1, 0, 1, 1]);
});

test("windows lie a stride apart, and an epoch has as many as fit", () => {
  assert.equal(new EchoRun(preset("the published settings")).windowsPerEpoch, 666);
  const run = new EchoRun(preset("the published settings", { stride: 4 }), SMALL);
  assert.equal(run.windowsPerEpoch, 32); // rows of 140: the last begins at 124
  const starts = [];
  while (run.windows < 34) {
    run.train();
    starts.push(run.start);
  }
  assert.deepEqual(starts.slice(0, 3), [0, 4, 8]);
  assert.deepEqual(starts.slice(31), [124, 0, 4]);
});

test("the state before a window is that after the stride; an epoch begins at zero", () => {
  const run = new EchoRun(preset("the published settings", { stride: 4 }), SMALL);
  const size = 5 * 4;
  run.train();
  const after = run.net.states.slice(4 * size, 5 * size);
  run.train();
  assert.deepEqual(run.net.states.slice(0, size), after);
  run.upTo(33);
  assert.equal(run.start, 0);
  assert.ok(run.net.states.slice(0, size).every((value) => value === 0));
});

test("two runs of the same settings are one, however they are cut into pieces", () => {
  const settings = preset("the course's initialisation");
  const [one, other] = [new EchoRun(settings, SMALL), new EchoRun(settings, SMALL)];
  one.upTo(50);
  while (other.windows < 50) other.upTo(50, 0);
  assert.deepEqual(one.net.weights, other.net.weights);
});

test("a run ends after the epochs of the published one, or where it diverges", () => {
  const run = new EchoRun(preset("the failing window"), { batch: 5, seriesLength: 60 });
  run.upTo(Infinity);
  assert.equal(run.windows, ECHO_EPOCHS * run.windowsPerEpoch);
  assert.ok(run.isOver && !run.diverged);
  const broken = new EchoRun(preset("the failing window"), SMALL);
  broken.net.weights.fill(NaN);
  broken.upTo(10);
  assert.equal(broken.windows, 1);
  assert.match(progressText(broken), /^Diverged at window 1/);
});

// --- the reach of the gradient ----------------------------------------------------------

test("the reach ends at the window's edge and does not depend on the error", () => {
  for (const window of [1, 3, 15]) {
    const run = new EchoRun(
      preset("the course's initialisation", { window, stride: 1 }),
    );
    run.train();
    const reach = run.reach();
    assert.equal(reach.length, window);
    assertClose(reach[0], 1, 1e-12);
    run.targets.fill(1);
    assert.deepEqual(run.reach(), reach);
  }
});

test("of a target's inputs one is in the window if the window is wider than the delay", () => {
  const at = (window, delay) => taughtSteps({ window, delay });
  assert.deepEqual(
    [at(3, 3), at(4, 3), at(15, 3), at(1, 1), at(2, 5)],
    [0, 1, 12, 0, 0],
  );
});

test("before training the unlucky seed's gradient is much shorter than the course's", () => {
  const reach = (name) => new EchoRun(preset(name)).reach()[3];
  assert.ok(reach("the unlucky seed") < 1e-3);
  assert.ok(reach("the course's initialisation") > 1e-2);
});

// --- presets ----------------------------------------------------------------------------

test("presets are settings that the sliders have", () => {
  for (const { name, settings } of ECHO_PRESETS) {
    for (const [key, most] of Object.entries(ECHO_LIMITS)) {
      assert.ok(settings[key] >= 0 && settings[key] <= most, `${name}: ${key}`);
    }
    assert.ok(settings.stride <= settings.window);
    assert.ok(ECHO_RATES.includes(settings.rate));
  }
});

test("the failing window stays near chance, whatever the last digits are", () => {
  for (const change of [0, 1e-15, -1e-15, 3e-15]) {
    const run = new EchoRun(preset("the failing window"));
    run.net.weights.forEach((weight, k, all) => (all[k] = weight * (1 + change)));
    for (let part = 1; part <= 40; part++) {
      run.upTo(Math.ceil((part / 10) * run.windowsPerEpoch));
      assert.ok(run.last.loss > 0.55, `${run.last.loss} after ${run.windows} windows`);
    }
    assert.ok(run.last.accuracy < 0.65);
  }
});

test("a window one step wider learns; so do wider ones, and overlap makes no odds", () => {
  for (const [window, stride, epochs] of [
    [4, 4, 1],
    [8, 8, 1],
    [15, 3, 1],
    [30, 30, 2],
  ]) {
    const last = trained(preset("the failing window", { window, stride }), epochs);
    assert.ok(last.loss < 0.01, `window ${window}: ${last.loss}`);
  }
  const overlapping = trained(preset("the failing window", { stride: 1 }), 1);
  assert.ok(overlapping.loss > 0.5);
});

test("the published settings learn within two epochs, with their good seed", () => {
  assert.ok(trained(preset("the published settings"), 2).loss < 0.05);
});

test("the unlucky seed is at chance after four epochs, and with the course's is not", () => {
  const run = new EchoRun(preset("the unlucky seed"));
  for (let epoch = 1; epoch <= 4; epoch++) {
    run.upTo(epoch * run.windowsPerEpoch);
    assert.ok(Math.abs(run.last.loss - CHANCE) < 0.01, `epoch ${epoch}`);
  }
  const { seed } = run.settings;
  assert.ok(trained(preset("the course's initialisation", { seed }), 1).loss < 0.01);
});

test("of ten published seeds three are at chance after two epochs, and one after four", () => {
  const stuck = (epochs) =>
    [...Array(10).keys()].filter(
      (seed) => trained(preset("the published settings", { seed }), epochs).loss > 0.4,
    );
  assert.deepEqual(stuck(2), [0, 1, 9]);
  assert.deepEqual(stuck(4), [0]);
});

test("the state needs one unit more than the delay has steps", () => {
  const wider = { window: 15, stride: 15 };
  for (const delay of [2, 3, 5]) {
    const last = (hidden) =>
      trained(preset("the failing window", { ...wider, delay, hidden }), 2);
    assert.ok(last(delay).accuracy < 0.95, `${delay} units for a delay of ${delay}`);
    assert.ok(last(delay + 1).accuracy > 0.995, `${delay + 1} for a delay of ${delay}`);
  }
});

// --- the curve ----------------------------------------------------------------------------

test("a curve keeps means and extremes in a bounded number of points", () => {
  const curve = new LossCurve();
  const losses = Array.from({ length: 5000 }, (_, k) => Math.sin(k) + k / 5000);
  losses.forEach((loss) => curve.add(loss));
  const { x, mean, low, high } = curve.points();
  assert.equal(curve.size, 8);
  assert.equal(x.length, 625);
  assertClose(
    high.reduce((a, b) => Math.max(a, b)),
    Math.max(...losses),
    1e-12,
  );
  assertClose(
    low.reduce((a, b) => Math.min(a, b)),
    Math.min(...losses),
    1e-12,
  );
  const first = losses.slice(0, 8);
  assertClose(mean[0], first.reduce((a, b) => a + b) / 8, 1e-12);
  assert.equal(x[0], 4.5);
});

test("a curve that has a point for each window has the losses themselves", () => {
  const curve = new LossCurve();
  [0.7, 0.5, 0.6].forEach((loss) => curve.add(loss));
  const { x, mean } = curve.points();
  assert.deepEqual(
    [[...x], [...mean]],
    [
      [1, 2, 3],
      [0.7, 0.5, 0.6],
    ],
  );
});

// --- in words -------------------------------------------------------------------------------

test("a run is told: how far, how well, whether it can be taught", () => {
  const last = { loss: 0.00421, accuracy: 0.9983 };
  const run = { windows: 1998, epoch: 2, last, settings: { window: 15, delay: 3 } };
  assert.equal(progressText({ ...run, windows: 0 }), "Not trained yet.");
  assert.equal(
    progressText(run),
    "Window 1998, epoch 3. Over the last 100 windows: loss 0.00421, 99.8\u202f% of the " +
      "bits right: learnt.",
  );
  assert.equal(
    reachText(run),
    "The gradient reaches far enough: 12 of a window’s 15 targets have the input that " +
      "they echo, 3 steps back, in the same window.",
  );
  const failing = {
    ...run,
    settings: { window: 3, delay: 3 },
    last: { accuracy: 0.5 },
  };
  const fails = reachText(failing);
  assert.match(fails, /^The gradient ends too early: .* 3 steps back, is never in/);
  assert.ok(!fails.includes("luck"));
  assert.match(
    reachText({ ...failing, last }),
    /What it gets right it owes to luck\.$/,
  );
  assert.match(
    progressText({ ...run, last: { loss: 0.69, accuracy: 0.5 } }),
    /near chance/,
  );
  assert.match(
    progressText({ ...run, last: { loss: 0.3, accuracy: 0.9 } }),
    /partly learnt/,
  );
});

test("where the needed input lies is told, and how much arrives there", () => {
  const reach = Float64Array.from([1, 0.5, 0.25, 0.125]);
  assert.equal(
    shareText({ window: 4, delay: 3 }, reach),
    "Step 4 echoes the input of step 1: the gradient there is 0.13 times as large as at " +
      "step 4.",
  );
  assert.equal(
    shareText({ window: 3, delay: 3 }, reach.slice(0, 3)),
    "Step 3 echoes an input 1 step before the window: there the gradient is cut.",
  );
  const seen = { rows: 5, wrong: 6 };
  assert.match(
    windowText({ window: 3, delay: 3 }, seen, reach.slice(0, 3)),
    /^A window of 3 steps in 5 rows, .*: 6 of 15 bits are told wrong\./,
  );
});

test("runs and speeds are named", () => {
  const settings = preset("the published settings", { stride: 3 });
  assert.equal(runName(settings), "window 15, stride 3, delay 3, state 4, seed 2");
  assert.equal(speedText(12345.6), "12\u202f346 windows/s");
  assert.equal(speedText(1.26), "1.3 windows/s");
});
