// The numbers of the view of the cost surface, against those of the Python library.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  contourLevels,
  exitPoint,
  goalOutline,
  inWindow,
  logSurface,
  roundedToPixel,
  trail,
} from "../../lib/unrolled/views/js/surface_map.js";
import {
  RACERS,
  Race,
  Run,
  SETTINGS,
  STARTS,
  gradientThroughTime,
  nearestStop,
  raceResult,
  standing,
} from "../../lib/unrolled/views/js/surface_model.js";
import {
  gradientText,
  placesText,
  raceText,
  settingText,
  settingsText,
  standingText,
} from "../../lib/unrolled/views/js/surface_words.js";
import { assertClose, golden } from "./tools.js";

const [data, ...races] = golden("surface");
const [, { points }, { surfaces }] = golden("counting");
const task = {
  inputs: Float64Array.from(data.inputs),
  targets: Float64Array.from(data.targets),
};
const optimum = [1, 1];
const goal = 1e-3;

function begin({ racer, start, settings }) {
  return new Run(task, start, RACERS[racer].rule(settings), goal);
}

for (const race of races) {
  test(`a race as in Python: ${race.case}`, () => {
    const run = begin(race).upTo(race.limit);
    const { verdict } = standing(run, race.limit, { limit: race.limit, optimum });
    assert.equal(verdict, race.verdict);
    assert.equal(run.reached ?? -1, race.reached);
    assert.equal(Number(run.diverged), race.diverged);
    race.updates.forEach((update, k) => {
      assertClose(run.losses[update], race.losses[k], 1e-8, `the loss at ${update}`);
      assertClose(run.w_x[update], race.weights[k][0], 1e-9, `w_x at ${update}`);
      assertClose(run.w_rec[update], race.weights[k][1], 1e-9, `w_rec at ${update}`);
    });
  });
}

test("Rprop's published run ends at the published weights", () => {
  const settings = { delta: 0.001 };
  const run = begin({ racer: "Rprop", start: [-1.5, 2], settings }).upTo(500);
  assertClose(run.w_x[500], 1.00135554721, 1e-9, "w_x");
  assertClose(run.w_rec[500], 0.999674473785, 1e-9, "w_rec");
});

test("a run computed in pieces is the run computed at once", () => {
  const settings = { rate: 1e-3, decay: 0.9, threshold: 10 };
  const race = { racer: "clipped momentum", start: [-1.5, 2], settings };
  const pieces = begin(race);
  for (const updates of [1, 2, 7, 7, 3, 60]) pieces.upTo(updates);
  const whole = begin(race).upTo(60);
  assert.deepEqual(pieces.losses, whole.losses);
  assert.deepEqual(pieces.w_rec, whole.w_rec);
  assert.equal(pieces.losses.length, 61);
});

test("a standing looks back: it knows nothing of later updates", () => {
  const race = { limit: 2000, optimum };
  const settings = { delta: 0.001 };
  const run = begin({ racer: "Rprop", start: [-1.5, 2], settings }).upTo(500);
  const at = (updates) => standing(run, updates, race);
  assert.equal(at(0).verdict, "ready");
  assert.equal(at(228).verdict, "on its way");
  assert.equal(at(228).state, "going");
  assert.equal(at(229).verdict, "reaches the goal after 229 updates");
  assert.equal(at(500).state, "reached");
  assertClose(at(0).distance, Math.hypot(2.5, 1), 1e-12, "the distance at the start");
});

test("a diverging run keeps its last sound weights and says when it broke down", () => {
  const settings = { rate: 1e-3 };
  const run = begin({ racer: "gradient descent", start: [-1.5, 2], settings }).upTo(9);
  const race = { limit: 2500, optimum };
  assert.equal(standing(run, 1, race).state, "going");
  const end = standing(run, 2, race);
  assert.deepEqual([end.state, end.update], ["diverged", 1]);
  assert.ok(Number.isFinite(end.cost));
});

test("who is at the goal first wins, and only as far as the race has gone", () => {
  const race = (states) => {
    const entries = Object.entries(states).map(([name, [state, at = null]]) => [
      name,
      { state, at },
    ]);
    return raceResult(Object.fromEntries(entries));
  };
  const going = race({ momentum: ["going"], Rprop: ["reached", 41] });
  assert.deepEqual([going.winners, going.decided], [["Rprop"], false]);
  assert.equal(going.text, "Rprop wins, after 41 updates.");
  const both = race({ momentum: ["reached", 40], Rprop: ["reached", 41] });
  assert.deepEqual([both.winners, both.decided], [["momentum"], true]);
  const tie = race({ momentum: ["reached", 41], Rprop: ["reached", 41] });
  assert.equal(tie.text, "Momentum and Rprop tie, after 41 updates.");
  const none = race({ momentum: ["diverged", 2], Rprop: ["failed"] });
  assert.deepEqual([none.winners, none.decided], [[], true]);
  assert.equal(none.text, "Nobody reaches the goal.");
  assert.equal(race({ Rprop: ["diverged", 2] }).text, "The goal is not reached.");
  const alone = race({ Rprop: ["reached", 41] });
  assert.equal(alone.text, "Rprop reaches the goal after 41 updates.");
  assert.equal(race({}).decided, false);
  assert.match(race({}).text, /tick/);
});

const LINE_UP = {
  racers: ["gradient descent", "Rprop"],
  settings: { "gradient descent": { rate: 1e-3 }, Rprop: { delta: 1e-3 } },
  start: [-1.5, 2],
};

test("a race is decided when all have arrived or diverged", () => {
  const together = new Race(task, goal, 2500, optimum);
  assert.equal(together.decidedAt, 0);
  assert.deepEqual(together.standings(7), {});
  together.lineUp(LINE_UP);
  assert.equal(together.decidedAt, 2500);
  assert.equal(together.compute(300, 1e4), 300);
  assert.equal(together.decidedAt, 229);
  const { "gradient descent": descent, Rprop: winner } = together.standings(300);
  assert.equal(descent.verdict, "diverges at update 2");
  assert.equal(winner.verdict, "reaches the goal after 229 updates");
});

test("a race without time goes on where it was", () => {
  const slow = new Race(task, goal, 2500, optimum);
  slow.lineUp(LINE_UP);
  assert.equal(slow.compute(300, -1), 0);
  assert.equal(slow.compute(40, 1e4), 40);
  assert.equal(slow.compute(300, -1), 40);
  const { Rprop: before } = slow.runs;
  const settings = { ...LINE_UP.settings, momentum: { rate: 1e-3, decay: 0.9 } };
  slow.lineUp({ ...LINE_UP, racers: ["Rprop", "momentum"], settings });
  assert.equal(slow.runs.Rprop, before);
  slow.lineUp({ ...LINE_UP, start: [0, 0] });
  assert.notEqual(slow.runs.Rprop, before);
  assert.deepEqual(slow.runs.Rprop.w_x, [0]);
});

test("a race ends at its limit", () => {
  const short = new Race(task, goal, 100, optimum);
  short.lineUp(LINE_UP);
  short.compute(100, 1e4);
  assert.equal(short.decidedAt, 100);
  assert.equal(short.standings(100).Rprop.state, "failed");
});

test("the surface is the logarithm of the cost + 1, the lowest row first", () => {
  const { w_x, w_rec, costs } = surfaces[0];
  const half = [(w_x[1] - w_x[0]) / 2, (w_rec[1] - w_rec[0]) / 2];
  const window = [
    w_x[0] - half[0],
    w_x.at(-1) + half[0],
    w_rec[0] - half[1],
    w_rec.at(-1) + half[1],
  ];
  const values = logSurface(task, window, w_x.length, w_rec.length);
  assert.equal(values.length, costs.length);
  values.forEach((value, k) => {
    assertClose(value, Math.log10(costs[k] + 1), 1e-9, `the value of cell ${k}`);
  });
});

test("along the outline the cost is the goal, and the optimum lies inside", () => {
  const { x, y } = goalOutline(task, goal, optimum);
  x.forEach((w_x, k) => {
    const run = new Run(task, [w_x, y[k]], RACERS.Rprop.rule({ delta: 1 }), goal);
    assertClose(run.losses[0], goal, 1e-6, `the cost at point ${k}`);
  });
  assert.ok(Math.min(...x) < 0.98 && Math.max(...x) > 1.02);
  assert.deepEqual([x[0], y[0]], [x.at(-1), y.at(-1)]);
  assert.deepEqual(goalOutline(task, goal, [2, 2]), { x: [], y: [] });
});

const MAP = [-3, 3, -3, 3];

test("a trail begins at the start, ends at the last update and is thin", () => {
  const settings = { rate: 1e-3, threshold: 10 };
  const race = { racer: "clipped gradient descent", start: [-1.5, 2], settings };
  const run = begin(race).upTo(2000);
  const { x, y } = trail(run, 2000, MAP, 0.02);
  assert.deepEqual([x[0], y[0]], [-1.5, 2]);
  assert.deepEqual([x.at(-1), y.at(-1)], [run.w_x[2000], run.w_rec[2000]]);
  assert.ok(x.length < 400 && x.length > 50);
  assert.ok(!x.includes(NaN));
  assert.equal(trail(run, 3, MAP, 0).x.length, 4);
  assert.deepEqual(trail(run, 0, MAP, 0.02), { x: [-1.5], y: [2] });
});

test("a trail that leaves is cut beyond the map, in the direction of the jump", () => {
  const settings = { rate: 1e-3 };
  const race = { racer: "gradient descent", start: [-1.5, 2], settings };
  const run = begin(race).upTo(2);
  const { x, y } = trail(run, 2, MAP, 0.02);
  assert.equal(x.length, 2);
  assert.ok(!inWindow([x[1], y[1]], MAP));
  assert.ok(Math.abs(y[1]) <= 15 + 1e-9);
  const slope = (run.w_rec[1] - 2) / (run.w_x[1] + 1.5);
  assertClose((y[1] - 2) / (x[1] + 1.5), slope, 1e-9, "the slope of the jump");
});

test("a trail that leaves and comes back has a gap", () => {
  const away = { losses: [1, 1, 1, 1], w_x: [0, 50, 50, 0], w_rec: [0, 0, 50, 0.5] };
  const { x } = trail(away, 3, MAP, 0.01);
  assert.equal(x.filter(Number.isNaN).length, 1);
  assert.deepEqual([x[0], x.at(-1)], [0, 0]);
});

test("a run that has left is marked where it crossed the border", () => {
  const straight = { losses: [1, 1], w_x: [0, 0], w_rec: [0, -1e9] };
  const below = exitPoint(straight, 1, MAP);
  assertClose([below.x, below.y, below.dx, below.dy], [0, -3, 0, -1], 1e-12);
  assert.equal(below.words, "below the map");
  const corner = { losses: [1, 1], w_x: [1, 30], w_rec: [1, 30] };
  assert.equal(exitPoint(corner, 1, MAP).words, "above and right of the map");
  const late = { losses: [1, 1, 1], w_x: [0, 6, 60], w_rec: [0, 2, -60] };
  const exit = exitPoint(late, 2, MAP);
  assertClose([exit.x, exit.y], [3, 1], 1e-12);
  assert.equal(exit.words, "right of the map");
});

test("a run that never passed the window is seen from its middle", () => {
  const away = { losses: [1], w_x: [0], w_rec: [0] };
  const { x, y, dx, dy, words } = exitPoint(away, 0, [1, 3, -1, 1]);
  assertClose([x, y, dx, dy], [1, 0, -1, 0], 1e-12);
  assert.equal(words, "left of the map");
});

test("the gradient through time is that of the library", () => {
  for (const point of points) {
    const gradient = gradientThroughTime(task, point.w_x, point.w_rec);
    assertClose(gradient, point.through_time);
  }
});

test("sliders stop at the numbers of the chapter, as Python writes them", () => {
  const chapter = {
    rate: [1e-2, 1e-3, 1e-4, 1e-6, 1e-7],
    delta: [1e-6, 1e-3, 0.1, 10],
    threshold: [10],
    decay: [0.9],
  };
  for (const [name, values] of Object.entries(chapter)) {
    for (const value of values) assert.ok(SETTINGS[name].stops.includes(value), value);
  }
  for (const { stops } of Object.values(SETTINGS)) {
    stops.forEach((stop, k) => {
      assert.equal(nearestStop(stops, stop), k);
      assert.ok(k === 0 || stop > stops[k - 1]);
      assert.equal(stop, Number(stop.toPrecision(3)));
    });
  }
  assert.equal(SETTINGS.rate.stops[nearestStop(SETTINGS.rate.stops, 1.1e-3)], 1e-3);
});

test("racers and settings are those of Python, the starts six pairs and three", () => {
  const racers = Object.entries(RACERS).map(([name, { settings }]) => [name, settings]);
  assert.deepEqual(Object.fromEntries(racers), data.racers);
  for (const name of Object.values(data.racers).flat()) assert.ok(name in SETTINGS);
  assert.equal(STARTS.length, 9);
  assert.deepEqual(STARTS.find(({ name }) => name === "the cliff").start, [-1.5, 2]);
});

test("a place on the map keeps the decimals that its pixels can show", () => {
  assert.equal(roundedToPixel(0.123456, 6 / 500), 0.12);
  assert.equal(roundedToPixel(0.123456, 6 / 50000), 0.1235);
  assert.ok(Object.is(roundedToPixel(-0.001, 0.012), 0));
});

test("contours are rising, and finer where the window is small", () => {
  const wide = contourLevels(MAP);
  const near = contourLevels([0.95, 1.05, 0.95, 1.05]);
  for (const levels of [wide, near]) {
    levels.forEach((level, k) => assert.ok(k === 0 || level > levels[k - 1]));
  }
  assertClose(wide[0], Math.log10(2), 1e-12);
  assert.ok(near[0] < Math.log10(1.05) && near.length > wide.length);
});

test("settings are written in words, and as all numbers of the view are", () => {
  assert.equal(settingText(1e-3), "0.001");
  assert.equal(settingText(1.5e-4), "1.5×10⁻⁴");
  assert.equal(settingText(1e-12), "10⁻¹²");
  assert.deepEqual([10, 0.9, 0.01, 0].map(settingText), ["10", "0.9", "0.01", "0"]);
  const settings = { decay: 0.9, threshold: 10, rate: 1e-7 }; // in any order
  assert.equal(settingsText(settings), "rate 10⁻⁷, decay 0.9, threshold 10");
});

test("a racer that has left the map is said to, and where", () => {
  const settings = { rate: 1e-3 };
  const run = begin({ racer: "gradient descent", start: [-1.5, 2], settings }).upTo(2);
  const now = standing(run, 2, { limit: 2500, optimum });
  assert.equal(
    standingText(now, exitPoint(run, 2, MAP).words),
    "diverges at update 2, below the map",
  );
  const at = (updates) => standingText(standing(run, updates, race), "");
  const race = { limit: 2500, optimum };
  assert.equal(at(0), "ready: cost 6.157×10⁵");
  assert.match(at(1), /^on its way: cost [\d.]+×10/);
  assert.equal(standingText(undefined, ""), "not in the race");
});

test("weights are written with all digits that can be compared", () => {
  const weights = { w_x: 1.001355547207059, w_rec: -0.9996744737846419 };
  const Rprop = { ...weights, cost: 3.99967, distance: 1.99967 };
  const words =
    "Rprop: w_x = 1.00135554721, w_{rec} = −0.999674473785, cost 4, " +
    "2 away from the minimum.";
  assert.equal(placesText({ Rprop }), words);
});

test("the race is told: where, how far, who wins, what the others do", () => {
  const state = { start: [-1.5, 2], updates: 382, limit: 2500 };
  const now = (is, at, verdict) => ({ state: is, at, verdict, cost: 588.9 });
  const standings = {
    "gradient descent": now("diverged", 2),
    "clipped gradient descent": now("going", null),
    "clipped momentum": now("reached", 382),
    Rprop: now("reached", 229),
  };
  assert.equal(
    raceText(state, standings, raceResult(standings)),
    "Update 382 of 2500, from (−1.5, 2). Rprop wins, after 229 updates. " +
      "Then: clipped momentum (after 382). " +
      "On the way: clipped gradient descent (cost 588.9). " +
      "Diverged: gradient descent (at update 2).",
  );
  const ready = { Rprop: now("start", null) };
  assert.equal(
    raceText({ ...state, updates: 0 }, ready, raceResult(ready)),
    "Update 0 of 2500, from (−1.5, 2). Ready: Rprop (cost 588.9).",
  );
  const failed = { momentum: now("failed", null, "too slow") };
  assert.equal(
    raceText({ ...state, updates: 2500 }, failed, raceResult(failed)),
    "Update 2500 of 2500, from (−1.5, 2). The goal is not reached. " +
      "Not there: momentum (too slow).",
  );
});

test("the gradient through time is told with its factor", () => {
  const gradient = gradientThroughTime(task, 1, 2);
  assert.equal(
    gradientText({ name: "the start", w_x: 1, w_rec: 2 }, gradient),
    "The start, (1, 2): 884.3 at h_{10}, 9.055×10⁵ at h_0; " +
      "each step back multiplies it by w_{rec} = 2.",
  );
});
