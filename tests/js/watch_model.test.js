// The record of a run as the browser reads it, against the run that Python recorded.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  areBits,
  decodeRecord,
  formatDuration,
  hasEnded,
  indexAt,
  liveText,
  momentAt,
  momentsOf,
  recordText,
  smoothed,
  spansDecades,
  writtenText,
} from "../../lib/unrolled/views/js/watch_model.js";
import { golden } from "./tools.js";

const [weights, sequences, long, empty, text] = golden("watch");

/** Read bytes in the three forms in which front ends hand them over. */
function forms(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  return [bytes.buffer, new DataView(bytes.buffer), shifted.subarray(3)];
}

const read = (text) => decodeRecord(forms(text)[1]);

/** Demand that decoded values lie within the bound that their series states. */
function assertWithinBound({ values, bound, relative }, truth, name) {
  assert.equal(values.length, truth.length, name);
  assert.ok(bound >= 0 && bound < 1e-2, `${name}: the bound is ${bound}`);
  truth.map(Number).forEach((wanted, k) => {
    const value = values[k];
    if (!Number.isFinite(wanted)) {
      assert.ok(Object.is(value, wanted), `${name}[${k}]: ${value}, not ${wanted}`);
      return;
    }
    const allowed = bound * (relative ? Math.abs(wanted) : 1);
    assert.ok(Math.abs(value - wanted) <= allowed, `${name}[${k}]: ${value}, not ${wanted}`);
  });
}

const numbers = (values) => values.map((value) => ({ inf: Infinity, nan: NaN })[value] ?? value);

test("bytes are read in whatever form a front end hands them over", () => {
  for (const { record } of [weights, sequences, long, empty, text]) {
    const [one, ...others] = forms(record).map(decodeRecord);
    for (const other of others) {
      assert.deepEqual(JSON.stringify(other), JSON.stringify(one));
    }
  }
});

test("bytes that are no record are refused in words", () => {
  assert.throws(() => decodeRecord(new ArrayBuffer(16)), /no record of a run/);
  assert.throws(() => decodeRecord(new ArrayBuffer(0)), /no record of a run/);
});

test("what a record says of its run", () => {
  const run = read(weights.record);
  assert.deepEqual(
    [run.title, run.state, run.words, run.step, run.epoch, run.planned, run.stepsPerEpoch],
    ["Rprop ↘", "failed", "ArithmeticError: too – steep", 8, 1, 20, 4],
  );
  assert.deepEqual([run.live, run.seconds, run.rate, run.panel], [false, null, null, "weights"]);
  assert.ok(hasEnded(run));
});

test("losses over many decades, with 0, infinity and NaN, are right within the bound", () => {
  const { losses } = read(weights.record);
  assert.deepEqual([...losses.steps], weights.steps);
  assert.ok(losses.relative && losses.bound < 3e-4);
  assertWithinBound(losses, numbers(weights.losses), "losses");
  assert.ok(Object.is(losses.values[5], 0));
});

test("negative losses are stored on a linear scale", () => {
  const { losses } = read(sequences.record);
  assert.deepEqual([...losses.steps], sequences.steps);
  assert.ok(!losses.relative && losses.bound < 1e-6);
  assertWithinBound(losses, sequences.losses, "losses");
});

test("weights and metrics are right within the bound", () => {
  const run = read(weights.record);
  assert.deepEqual(run.weights.map(({ name }) => name), ["w_x", "w_rec"]);
  for (const series of run.weights) {
    assert.deepEqual([...series.steps], weights.steps);
    assertWithinBound(series, weights.weights[series.name], series.name);
  }
  assert.deepEqual(run.metrics.map(({ name }) => name), ["gradient_norm", "late"]);
  for (const series of run.metrics) {
    const truth = numbers(weights.metrics[series.name]);
    const told = truth.flatMap((value, k) => (Number.isNaN(value) ? [] : [[k, value]]));
    for (const [k, value] of told) {
      const at = [...series.steps].indexOf(weights.report_steps[k]);
      const allowed = series.bound * (series.relative ? Math.abs(value) : 1);
      assert.ok(Math.abs(series.values[at] - value) <= allowed, `${series.name}: ${value}`);
    }
  }
});

test("sequences are right within half a code of each sample's own scale", () => {
  const { samples } = read(sequences.record);
  assert.deepEqual([...samples.steps], sequences.steps);
  for (const [name, truth] of Object.entries(sequences.samples)) {
    const { shape, at } = samples.arrays[name];
    assert.deepEqual(shape, [2, 5]);
    truth.forEach((wanted, index) => {
      const values = at(index);
      const bound = (Math.max(...wanted) - Math.min(...wanted)) / 131062 + 1e-12;
      assert.equal(values.length, wanted.length);
      values.forEach((value, k) => {
        assert.ok(Math.abs(value - wanted[k]) <= bound, `${name} ${index}: ${value}`);
      });
    });
  }
});

test("a thinned record keeps the ends and the extremes, and every value is right", () => {
  const { losses } = read(long.record);
  const { steps, values, bound } = losses;
  assert.ok(steps.length < long.count && steps.length > 1000);
  assert.deepEqual([steps[0], steps.at(-1)], [0, long.count - 1]);
  const truth = (step) => long.extremes[step] ?? 3 / (1 + step) + (step % 97) / 97 + 0.25;
  steps.forEach((step, k) => {
    assert.ok(k === 0 || step > steps[k - 1]);
    assert.ok(Math.abs(values[k] / truth(step) - 1) <= bound, `step ${step}`);
  });
  for (const step of Object.keys(long.extremes)) {
    assert.ok(steps.includes(Number(step)), `the extreme at step ${step}`);
  }
});

test("a frame tells the same of the end of the run, in less", () => {
  for (const kept of [weights, sequences, long, text]) {
    const [frame, record] = [read(kept.frame), read(kept.record)];
    assert.ok(frame.live && !hasEnded(frame));
    assert.equal(frame.step, record.step);
    const [now, then] = [frame, record].map((run) => momentAt(run, run.step));
    assert.ok(Math.abs(now.loss.value / then.loss.value - 1) < 1e-3);
    assert.ok(frame.losses.steps.length <= 602);
  }
});

test("texts are those that were written, each at the step at which it came", () => {
  const { texts, panel } = read(text.record);
  assert.equal(panel, "text");
  assert.deepEqual([...texts.steps], text.changes);
  const pairs = texts.written.map(({ prefix, text: wrote }) => [prefix, wrote]);
  assert.deepEqual(pairs, text.written);
  assert.deepEqual(read(weights.record).texts, { steps: [], written: [] });
});

test("a frame has the newest text alone", () => {
  const { texts } = read(text.frame);
  assert.deepEqual([...texts.steps], text.changes.slice(-1));
  assert.deepEqual(texts.written, [{ prefix: "", text: "" }]);
});

test("a run of nothing but texts is played from one to the next", () => {
  const run = read(text.record);
  assert.deepEqual(momentsOf(run), text.steps);
  assert.deepEqual(momentsOf({ ...run, losses: { steps: [] } }), text.changes);
});

test("the perplexity stands beside the loss", () => {
  assert.equal(
    recordText(read(text.record), 1200),
    "Recorded run, finished at update 20000. Shown: update 1200 of 20000, epoch 4, " +
      "loss 0.005833, perplexity 2.75, gradient norm 0.5.",
  );
});

test("how far the net was trained when it wrote", () => {
  const run = read(text.record);
  const said = [-1, 0, 2, 3, 4].map((index) => writtenText(run, index));
  assert.deepEqual(said, [
    "nothing written yet",
    "after 300 of 20,000 updates",
    "after 1,200 of 20,000 updates",
    "after 2,400 of 20,000 updates",
    "nothing written yet", // it is empty
  ]);
  const endless = (step) => ({ planned: 0, texts: { steps: [step], written: [{ text: "a" }] } });
  const then = [1, 999, 1234567].map((step) => writtenText(endless(step), 0));
  assert.deepEqual(then, ["after 1 update", "after 999 updates", "after 1,234,567 updates"]);
});

test("a run that said nothing is a record too", () => {
  const run = read(empty.record);
  assert.deepEqual(momentsOf(run), []);
  assert.equal(recordText(run, 0), "Recorded run, stopped at update 0. It has no losses.");
  assert.equal(indexAt(run.losses.steps, 3), -1);
});

test("the last step not beyond a given one is found", () => {
  const steps = [2, 5, 5, 9];
  assert.deepEqual([1, 2, 4, 5, 8, 9, 10].map((step) => indexAt(steps, step)), [
    ...[-1, 0, 0, 2, 2, 3, 3],
  ]);
});

test("a moment knows what was known then, and no more", () => {
  const run = read(weights.record);
  const early = momentAt(run, 1);
  assert.deepEqual([early.epoch, early.metrics], [0, []]);
  const later = momentAt(run, 6);
  assert.equal(later.epoch, 1);
  assert.deepEqual(later.metrics.map(({ name }) => name), ["gradient_norm"]);
  assert.equal(momentAt(read(sequences.record), 25).sample, 1);
  assert.equal(momentAt(read(sequences.record), 5).sample, -1);
  assert.equal(momentAt(read(sequences.record), 5).epoch, null);
});

test("no digit is shown that may be wrong", () => {
  const losses = (bound, relative) => ({ steps: [0], values: [0.123456], bound, relative });
  const run = { ...read(empty.record), metrics: [] };
  const shown = (bound, relative) => {
    const moment = momentAt({ ...run, losses: losses(bound, relative) }, 0);
    return moment.loss.digits;
  };
  assert.deepEqual([1e-9, 4e-5, 6e-5, 4e-4, 0.3, 9].map((bound) => shown(bound, true)), [
    ...[4, 4, 3, 3, 1, 1],
  ]);
  assert.deepEqual([1e-9, 4e-5, 9e-4].map((bound) => shown(bound, false)), [4, 3, 1]);
});

test("the states of a run in words", () => {
  const run = read(weights.record);
  assert.equal(
    recordText(run, 3, 75),
    "Recorded run, failed at update 8 after 1 min 15 s of computing. It failed with " +
      "ArithmeticError: too – steep. Shown: update 3 of 20, epoch 0, loss 0.5, " +
      "gradient norm 1.",
  );
  const frame = { ...read(weights.frame), rate: 2, seconds: 2.25, state: "running" };
  assert.equal(
    liveText(frame),
    "Running: update 8 of 20, epoch 2, loss 0.002, gradient norm 10⁻⁶, late −2, " +
      "2 updates per second, about 6.0 s left, 2.3 s of computing.",
  );
  const held = liveText({ ...frame, state: "paused" });
  assert.ok(held.startsWith("Paused: update 8 of 20") && !held.includes("left"));
});

test("times are written for people", () => {
  const written = [0.04, 9.94, 9.96, 59.4, 59.6, 3599, 3600, 7500].map(formatDuration);
  assert.deepEqual(written, [
    ...["0.0 s", "9.9 s", "10 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "2 h 5 min"],
  ]);
});

test("an axis becomes logarithmic where losses span much, and never with negative ones", () => {
  assert.ok(spansDecades([1, 30]));
  assert.ok(spansDecades([0, 1, 30]));
  assert.ok(!spansDecades([1, 10]));
  assert.ok(!spansDecades([-1, 1e-9, 30]));
  assert.ok(!spansDecades([1, Infinity, NaN]));
  assert.ok(!spansDecades([]));
});

test("smoothing is a mean that does not lag, and passes over what is not finite", () => {
  const line = Float64Array.from({ length: 9 }, (_, k) => 2 * k);
  assert.deepEqual([...smoothed(line, 3)], [...line]);
  const noisy = Float64Array.of(1, 3, NaN, 5, Infinity, 1, 1);
  assert.deepEqual([...smoothed(noisy, 1)], [1, 2, 4, 5, 3, 1, 1]);
});

test("bits are told from other sequences, in the first sample and the last", () => {
  const samples = (...rows) => ({
    steps: rows.map((_, index) => index),
    arrays: { target: { shape: [1, 3], at: (index) => Float64Array.from(rows[index]) } },
  });
  assert.ok(areBits(samples([0, 1, 1])));
  assert.ok(areBits(samples([0, 0, 0], [1, 1, 1])));
  assert.ok(!areBits(samples([0, 1, 0.5])));
  assert.ok(!areBits(samples([0, 1, 1], [0, 1, 2])));
  assert.ok(!areBits(read(sequences.record).samples));
});
