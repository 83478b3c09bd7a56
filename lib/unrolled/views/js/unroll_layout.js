// Where the parts of the unrolled net stand: pure geometry, in units of the drawing.
//
// Time runs to the right on a wide sheet and downwards on a tall one (a phone). In both,
// a step is a group of nodes: z and h of each unit at the sides, the input and the output
// between them. Numbers stand on the edges, so the places are chosen such that no two
// texts meet and no edge runs under the numbers of another; a test holds them to it.

/** Room for the numbers of one edge: four lines of at most eight signs. */
export const LABEL_SIZE = { width: 60, height: 66 };
/** Height of one line of numbers. */
export const LINE = 16;

const NODE = 74; // width of z, h and o
const Z_HEIGHT = 58; // three lines: bias, sum, gradient
const H_HEIGHT = 42; // two lines: state, gradient
const O_HEIGHT = 74; // four lines: bias, output, target, error
const X_SIZE = { width: 58, height: 28 };

/**
 * A rectangle by its centre.
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 */

/**
 * @typedef {{from: [number, number], to: [number, number], label: Box,
 *   over: boolean}} PlacedEdge `over`: the numbers stand on the line, on a ground of
 *   their own; otherwise the line runs between the first two and the last two.
 */

/**
 * Place the net of two steps and two units.
 *
 * @param {boolean} tall Time runs downwards.
 * @returns {{width: number, height: number, nodes: Map<string, Box>,
 *   edges: Map<string, PlacedEdge>, steps: Box[]}} Nodes are named "h-0-1" (letter, step,
 *   unit; units count from 0), "x-1" and "o-1" (letter, step), edges "W_hh-1-0-1"
 *   (parameter, step, row, column) and "phi-1-0" (from z to h; step, unit); `steps` are
 *   the frames around what belongs to a step.
 */
export function toyLayout(tall) {
  const place = tall ? tallPlaces() : widePlaces();
  const edges = new Map();
  for (const t of [1, 2]) {
    for (const unit of [0, 1]) {
      edges.set(`W_xh-${t}-0-${unit}`, place.inputEdge(t, unit));
      edges.set(`phi-${t}-${unit}`, place.squashingEdge(t, unit));
      edges.set(`W_hq-${t}-${unit}-0`, place.outputEdge(t, unit));
      for (const end of [0, 1]) {
        edges.set(`W_hh-${t}-${unit}-${end}`, place.recurrentEdge(t, unit, end));
      }
    }
  }
  const { width, height, nodes, steps } = place;
  return { width, height, nodes, edges, steps };
}

function widePlaces() {
  const [rows, middle] = [[64, 356], 210];
  const columns = { h: [40, 364, 688], z: [NaN, 238, 562] };
  const nodes = new Map();
  rows.forEach((y, unit) => {
    for (const t of [0, 1, 2]) {
      nodes.set(`h-${t}-${unit}`, boxAt(columns.h[t], y, NODE, H_HEIGHT));
      if (t > 0) nodes.set(`z-${t}-${unit}`, boxAt(columns.z[t], y, NODE, Z_HEIGHT));
    }
  });
  for (const t of [1, 2]) {
    nodes.set(`x-${t}`, { x: columns.z[t], y: middle, ...X_SIZE });
    nodes.set(`o-${t}`, boxAt(columns.h[t], middle, NODE, O_HEIGHT));
  }
  const node = (name) => nodes.get(name);
  return {
    width: 729,
    height: 398,
    nodes,
    steps: [1, 2].map((t) => boxAt((columns.z[t] + columns.h[t]) / 2, 199, 208, 394)),
    inputEdge: (t, unit) => upright(node(`x-${t}`), node(`z-${t}-${unit}`)),
    outputEdge: (t, unit) => upright(node(`h-${t}-${unit}`), node(`o-${t}`)),
    squashingEdge: (t, unit) => level(node(`z-${t}-${unit}`), node(`h-${t}-${unit}`)),
    recurrentEdge(t, unit, end) {
      const [start, goal] = [node(`h-${t - 1}-${unit}`), node(`z-${t}-${end}`)];
      return unit === end ? level(start, goal) : slanted(right(start), left(goal));
    },
  };
}

function tallPlaces() {
  const [columns, middle] = [[39, 303], 171];
  const rows = { h: [24, 300, 576], z: [NaN, 206, 482] };
  const nodes = new Map();
  columns.forEach((x, unit) => {
    for (const t of [0, 1, 2]) {
      nodes.set(`h-${t}-${unit}`, boxAt(x, rows.h[t], NODE, H_HEIGHT));
      if (t > 0) nodes.set(`z-${t}-${unit}`, boxAt(x, rows.z[t], NODE, Z_HEIGHT));
    }
  });
  for (const t of [1, 2]) {
    nodes.set(`x-${t}`, { x: middle, y: rows.z[t], ...X_SIZE });
    nodes.set(`o-${t}`, boxAt(middle, rows.h[t], NODE - 4, O_HEIGHT));
  }
  const node = (name) => nodes.get(name);
  return {
    width: 342,
    height: 622,
    nodes,
    steps: [1, 2].map((t) => boxAt(middle, (rows.z[t] + rows.h[t]) / 2 - 1, 340, 176)),
    inputEdge: (t, unit) => level(node(`x-${t}`), node(`z-${t}-${unit}`)),
    outputEdge: (t, unit) => level(node(`h-${t}-${unit}`), node(`o-${t}`)),
    squashingEdge: (t, unit) => upright(node(`z-${t}-${unit}`), node(`h-${t}-${unit}`), 34),
    recurrentEdge(t, unit, end) {
      const [start, goal] = [node(`h-${t - 1}-${unit}`), node(`z-${t}-${end}`)];
      return unit === end ? upright(start, goal) : slanted(bottom(start), top(goal));
    },
  };
}

function boxAt(x, y, width, height) {
  return { x, y, width, height };
}

const left = ({ x, y, width }) => [x - width / 2, y];
const right = ({ x, y, width }) => [x + width / 2, y];
const top = ({ x, y, height }) => [x, y - height / 2];
const bottom = ({ x, y, height }) => [x, y + height / 2];

/** An edge along a row; its numbers stand above and below the line. */
function level(start, goal) {
  const ahead = goal.x > start.x;
  const [from, to] = ahead ? [right(start), left(goal)] : [left(start), right(goal)];
  const x = (from[0] + to[0]) / 2;
  const width = Math.min(LABEL_SIZE.width, Math.abs(to[0] - from[0]));
  const label = boxAt(x, from[1], width, LABEL_SIZE.height + 4);
  return { from, to, label, over: false };
}

/** An edge along a column; its numbers stand on the line. */
function upright(start, goal, height = LABEL_SIZE.height) {
  const down = goal.y > start.y;
  const [from, to] = down ? [bottom(start), top(goal)] : [top(start), bottom(goal)];
  const label = boxAt(from[0], (from[1] + to[1]) / 2, LABEL_SIZE.width, height);
  return { from, to, label, over: true };
}

/** An edge from one unit to the other; its numbers stand nearer to where it leads. */
function slanted(from, to) {
  const at = (axis) => from[axis] + 0.7 * (to[axis] - from[axis]);
  return { from, to, label: { x: at(0), y: at(1), ...LABEL_SIZE }, over: true };
}
