// The places of the unrolled net: numbers never overlap, on a wide sheet and on a tall.

import assert from "node:assert/strict";
import test from "node:test";

import { toyLayout } from "../../lib/unrolled/views/js/unroll_layout.js";

const sides = ({ x, y, width, height }) => ({
  left: x - width / 2,
  right: x + width / 2,
  top: y - height / 2,
  bottom: y + height / 2,
});

function overlap(one, other) {
  const [a, b] = [sides(one), sides(other)];
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Whether a straight line passes through a box, looked at every half unit. */
function crosses({ from, to }, box) {
  const { left, right, top, bottom } = sides(box);
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  return Array.from({ length: Math.ceil(2 * length) }, (_, k) => k / (2 * length)).some(
    (part) => {
      const [x, y] = [0, 1].map((axis) => from[axis] + part * (to[axis] - from[axis]));
      return x > left && x < right && y > top && y < bottom;
    },
  );
}

const sheets = [["wide", false], ["tall", true]];
for (const [name, tall] of sheets) {
  const { width, height, nodes, edges, steps } = toyLayout(tall);
  const boxes = [
    ...nodes,
    ...[...edges].map(([edge, { label }]) => [`numbers of ${edge}`, label]),
  ];

  test(`${name}: every part of the net has its place`, () => {
    assert.equal(nodes.size, 2 + 2 * 6);
    assert.equal(edges.size, 2 * 10);
    for (const [part, box] of [...boxes, ...steps.map((frame, k) => [`step ${k}`, frame])]) {
      const { left, right, top, bottom } = sides(box);
      const inside = left >= 0 && top >= 0 && right <= width && bottom <= height;
      assert.ok(inside, `${part} leaves the sheet: ${JSON.stringify(sides(box))}`);
    }
  });

  test(`${name}: no two nodes or numbers overlap`, () => {
    boxes.forEach(([first, box], k) => {
      for (const [second, other] of boxes.slice(k + 1)) {
        assert.ok(!overlap(box, other), `${first} and ${second} overlap`);
      }
    });
  });

  test(`${name}: no edge runs under the numbers of another, or through a node`, () => {
    for (const [edge, line] of edges) {
      for (const [part, box] of boxes) {
        if (part === `numbers of ${edge}`) continue;
        assert.ok(!crosses(line, box), `${edge} crosses ${part}`);
      }
    }
  });

  test(`${name}: edges leave and meet nodes at their rims`, () => {
    const onRim = ([x, y], box) => {
      const { left, right, top, bottom } = sides(box);
      const within = x >= left && x <= right && y >= top && y <= bottom;
      return within && (x === left || x === right || y === top || y === bottom);
    };
    for (const [edge, { from, to }] of edges) {
      for (const end of [from, to]) {
        assert.ok([...nodes.values()].some((box) => onRim(end, box)), `${edge} is loose`);
      }
    }
  });
}
