// The pure parts of the plots: scales, ticks, numbers as text, symbols, contours, labels.

import assert from "node:assert/strict";
import { test } from "node:test";

import { contourPieces } from "../../lib/unrolled/views/js/contours.js";
import { parseSymbols, plainSymbols } from "../../lib/unrolled/views/js/elements.js";
import { moveApart } from "../../lib/unrolled/views/js/legend.js";
import {
  axisTicks,
  createScale,
  fitDomain,
  formatFixed,
  formatNumber,
  keepWithin,
  moveDomain,
} from "../../lib/unrolled/views/js/scales.js";

const AXES = [
  {},
  { scale: "log" },
  { scale: "symlog", threshold: 0.01, stretch: 0.6 },
  { scale: "symlog" },
];

function written(axis, domain, count) {
  const { major, format } = axisTicks(axis, domain, count);
  return major.map((value) => format(value)).join(" ");
}

function near(actual, wanted, relative = 1e-12) {
  const size = Math.max(Math.abs(wanted), Math.abs(actual), 1e-300);
  assert.ok(Math.abs(actual - wanted) <= relative * size, `${actual} is not ${wanted}`);
}

for (const [axis, domain, count, wanted] of [
  [{}, [0, 1], 5, "0.0 0.2 0.4 0.6 0.8 1.0"],
  [{}, [1, 0], 5, "0.0 0.2 0.4 0.6 0.8 1.0"],
  [{}, [-2.2, 3], 6, "−2 −1 0 1 2 3"],
  [{}, [0, 0.22], 5, "0.00 0.05 0.10 0.15 0.20"],
  [{}, [0, 10], 4, "0.0 2.5 5.0 7.5 10.0"],
  [{}, [1e6, 3e6], 4, "10⁶ 1.5×10⁶ 2×10⁶ 2.5×10⁶ 3×10⁶"],
  [{}, [0, 1e-6], 2, "0 5×10⁻⁷ 10⁻⁶"],
  [{ integer: true }, [0, 7], 12, "0 1 2 3 4 5 6 7"],
  [{ integer: true }, [0, 9], 4, "0 5"],
  [{ integer: true }, [0, 173], 6, "0 50 100 150"],
  [{ scale: "log" }, [1e-3, 1e3], 5, "10⁻³ 10⁻² 10⁻¹ 10⁰ 10¹ 10² 10³"],
  [{ scale: "log" }, [1e-9, 1e9], 5, "10⁻⁹ 10⁻⁶ 10⁻³ 10⁰ 10³ 10⁶ 10⁹"],
  [{ scale: "log" }, [0.3, 20], 5, "0.5 1 2 5 10 20"],
  [{ scale: "log" }, [2e-6, 3e-5], 5, "2×10⁻⁶ 3×10⁻⁶ 5×10⁻⁶ 10⁻⁵ 2×10⁻⁵ 3×10⁻⁵"],
  [{ scale: "log" }, [1, 1.5], 5, "1.0 1.1 1.2 1.3 1.4 1.5"],
  [
    { scale: "symlog", threshold: 0.01, stretch: 0.6 },
    ...[[-1e7, 1e8], 9, "−10⁶ −10⁴ −10² −10⁰ 0 10⁰ 10² 10⁴ 10⁶ 10⁸"],
  ],
  [{ scale: "symlog" }, [-5, 5], 5, "−4 −2 0 2 4"],
  [{ ticks: [0, 0.3, 9] }, [0, 1], 5, "0.0 0.3"],
  [{ format: (value) => `${value} s` }, [0, 2], 2, "0 s 1 s 2 s"],
]) {
  test(`ticks of ${JSON.stringify(axis)} from ${domain}`, () => {
    assert.equal(written(axis, domain, count), wanted);
  });
}

test("ticks are exact numbers and lie inside the domain", () => {
  const { major } = axisTicks({}, [0, 1], 10);
  assert.deepEqual(major, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  for (const axis of AXES) {
    const { major: inside, minor } = axisTicks(axis, [0.37, 4400], 6);
    for (const value of [...inside, ...minor]) {
      assert.ok(value >= 0.37 && value <= 4400, `${value}`);
    }
    assert.ok(inside.length >= 2, JSON.stringify(axis));
  }
});

for (const [value, wanted] of [
  [0, "0"],
  [-0, "0"],
  [-0.25, "−0.25"],
  [2 / 3, "0.667"],
  [12345.4, "12345"],
  [1234567, "1.23×10⁶"],
  [3.14e-7, "3.14×10⁻⁷"],
  [-1e-7, "−10⁻⁷"],
  [0.001, "0.001"],
  [0.00012, "1.2×10⁻⁴"],
  [99999.6, "10⁵"],
  [NaN, "not a number"],
  [-Infinity, "−∞"],
]) {
  test(`${value} is written ${wanted}`, () =>
    assert.equal(formatNumber(value), wanted));
}

test("a fixed number of decimals, without a sign before zero", () => {
  assert.equal(formatFixed(-0.5, 2), "−0.50");
  assert.equal(formatFixed(-0.001, 2), "0.00");
  assert.equal(formatFixed(Infinity, 2), "∞");
});

test("pixels and values are each other's inverse on every scale", () => {
  for (const axis of AXES) {
    for (const domain of [
      [0.002, 3e4],
      [3e4, 0.002],
    ]) {
      const scale = createScale(axis, domain, [40, 640]);
      for (let pixel = 40; pixel <= 640; pixel += 7.3) {
        near(scale.toPixel(scale.toValue(pixel)), pixel, 1e-10);
      }
      near(scale.toPixel(domain[0]), 40);
      near(scale.toPixel(domain[1]), 640);
    }
  }
  const symlog = createScale(AXES[2], [-1e3, 1e3], [0, 100]);
  near(symlog.toPixel(0), 50);
  near(symlog.toPixel(-0.005) + symlog.toPixel(0.005), 100);
  assert.ok(Number.isNaN(createScale({ scale: "log" }, [1, 10], [0, 1]).toPixel(0)));
});

test("a domain moves and zooms evenly as its axis is laid out", () => {
  assert.deepEqual(moveDomain({}, [0, 10], 0.5), [5, 15]);
  assert.deepEqual(moveDomain({}, [0, 10], 0, 0.5, 0), [0, 5]);
  const [low, high] = moveDomain({ scale: "log" }, [1, 100], 0.5);
  near(low, 10);
  near(high, 1000);
});

test("a domain stays within its limits, at its length and in its direction", () => {
  assert.deepEqual(keepWithin({}, [-3, 1], [-2, 9]), [-2, 2]);
  assert.deepEqual(keepWithin({}, [1, -3], [-2, 9]), [2, -2]);
  assert.deepEqual(keepWithin({}, [-30, 30], [-2, 9]), [-2, 9]);
  assert.deepEqual(keepWithin({}, [0, 1], [-2, 9]), [0, 1]);
  assert.deepEqual(keepWithin({}, [0, 99], undefined), [0, 99]);
});

test("a domain is fitted around values; ends that are given stay", () => {
  assert.deepEqual(fitDomain({}, 0, 10, 0.1), [-1, 11]);
  assert.deepEqual(fitDomain({ domain: [0, null] }, 5, 10, 0), [0, 10]);
  assert.deepEqual(fitDomain({}, Infinity, -Infinity, 0), [0, 1]);
  assert.deepEqual(fitDomain({}, 3, 3, 0), [2.5, 3.5]);
});

test("symbols become runs of one style", () => {
  const runs = (text) =>
    parseSymbols(text).map(({ text: piece, italic, level }) => [piece, italic, level]);
  assert.deepEqual(runs("w_{rec}"), [
    ["w", true, 0],
    ["rec", false, -1],
  ]);
  assert.deepEqual(runs("∂*L*/∂h_{t-1}"), [
    ["∂", false, 0],
    ["L", true, 0],
    ["/∂", false, 0],
    ["h", true, 0],
    ["t−1", true, -1],
  ]);
  assert.deepEqual(runs("3.1×10⁻⁷"), [
    ["3.1×10", false, 0],
    ["−7", false, 1],
  ]);
  assert.deepEqual(runs("10^{-3}"), [
    ["10", false, 0],
    ["−3", false, 1],
  ]);
  assert.deepEqual(runs("a file_name, 2 * 3 * 4"), [
    ["a file_name, 2 * 3 * 4", false, 0],
  ]);
  assert.equal(plainSymbols("weight w_{rec} (10⁻³)"), "weight w rec (10^−3)");
});

test("contours of a plane lie on straight lines", () => {
  const [rows, columns] = [5, 7];
  const values = Array.from({ length: rows * columns }, (_, at) => {
    return (at % columns) + 2 * Math.floor(at / columns);
  });
  const pieces = contourPieces(values, rows, columns, [3.5, 8.25]);
  const levels = new Set();
  for (let k = 0; k < pieces.length; k += 2) {
    const value = pieces[k] + 2 * pieces[k + 1];
    const level = Math.abs(value - 3.5) < 1 ? 3.5 : 8.25;
    near(value, level);
    levels.add(level);
  }
  assert.equal(levels.size, 2);
});

test("contours of a bowl are closed: each end is the end of two pieces", () => {
  const size = 24;
  const values = Array.from({ length: size * size }, (_, at) => {
    return Math.hypot((at % size) - 11.3, 1.3 * (Math.floor(at / size) - 11.6));
  });
  const pieces = contourPieces(values, size, size, [4, 8]);
  const ends = new Map();
  for (let k = 0; k < pieces.length; k += 2) {
    const key = `${pieces[k].toFixed(6)} ${pieces[k + 1].toFixed(6)}`;
    ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  assert.ok(ends.size > 40);
  assert.deepEqual([...new Set(ends.values())], [2]);
});

test("at a saddle the mean of the corners decides", () => {
  // Corners 0 and 2 are high. With a high mean the low corners are cut off, one by one.
  const joined = contourPieces([4, 0, 0, 3], 2, 2, [1]); // rows: 4 0 / 0 3
  assert.deepEqual(joined, [0.75, 0, 1, 1 / 3, 1 - 2 / 3, 1, 0, 0.75]);
  const apart = contourPieces([1.2, 0, 0, 1.2], 2, 2, [1]);
  const corner = (k) =>
    Math.hypot(apart[k] - apart[k + 2], apart[k + 1] - apart[k + 3]);
  assert.ok(corner(0) < 0.3 && corner(4) < 0.3, `${apart}`);
});

test("nothing is drawn through a cell with a gap", () => {
  assert.deepEqual(contourPieces([0, NaN, 2, 3], 2, 2, [1]), []);
});

test("labels move apart, in order and within their range", () => {
  assert.deepEqual(moveApart([10, 12, 80], [0, 100], 15), [10, 25, 80]);
  assert.deepEqual(moveApart([95, 96], [0, 100], 15), [85, 100]);
  assert.deepEqual(moveApart([-9], [0, 100], 15), [0]);
});
