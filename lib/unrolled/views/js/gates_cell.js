// The drawing of the LSTM cell in the view "Gates", as in the chapter's figure, with the
// numbers of one step on it.

import { parseSymbols, svgElement, writeSvgSymbols } from "./elements.js";
import { cellNumber } from "./gates_words.js";
import { cssColour } from "./marks.js";

// Places in units of the drawing; at its smallest, on a phone, one is about 0.9 pixels.
const CELL_SIZE = { width: 372, height: 318 };
const CELL_COLUMNS = { old: 37, keep: 100, add: 211, show: 266, out: 335 };
const CELL_ROWS = { road: 56, squash: 110, turn: 142, meet: 180, gates: 250, names: 292 };
const CELL_BOX = { width: 72, height: 50 };
const CELL_KNOB = 12; // radius of a product or a sum
const CELL_GATES = {
  f: { name: "forget", colour: "orange", x: 37 },
  i: { name: "input", colour: "input", x: 124 },
  g: { name: "candidate", colour: "ink", x: 211 },
  o: { name: "output", colour: "prediction", x: 298 },
};
const CELL_LINE = { least: 1.5, more: 4 }; // width of a line behind a closed, an open gate

/**
 * Create the drawing.
 * @returns {{element: SVGElement,
 *   show: (pass: import("./gates_model.js").GatePass, t: number) => void}}
 */
export function createCellDrawing() {
  const wires = drawWires();
  const boxes = drawBoxes();
  const labels = drawLabels();
  const element = svgElement(
    "svg",
    {
      ...{ class: "gates-cell", viewBox: `0 0 ${CELL_SIZE.width} ${CELL_SIZE.height}` },
      ...{ role: "img", "aria-label": "The LSTM cell with its numbers at this step" },
    },
    ...wires.elements,
    ...boxes.elements,
    ...labels.elements,
  );
  return {
    element,
    show(pass, t) {
      wires.show(pass, t);
      boxes.show(pass, t);
      labels.show(pass, t);
    },
  };
}

// --- lines ----------------------------------------------------------------------------

function drawWires() {
  const { old, keep, add, show, out } = CELL_COLUMNS;
  const { road, squash, turn, meet, gates } = CELL_ROWS;
  const { f, i } = CELL_GATES;
  const [half, knob] = [CELL_BOX.width / 2, CELL_KNOB];
  const exit = gates - CELL_BOX.height / 2; // where a gate's line leaves its box
  const state = [
    wire("orange", [old + half, road], [keep - knob, road]),
    wire("orange", [add + knob, road], [out - half, road]),
    wire("orange", [show, road], [show, squash - 13]),
  ];
  for (const line of state) line.open(1);
  const plain = [
    wire("ink", [f.x, exit], [f.x, turn], [keep, turn], [keep, road + knob]),
    wire("ink", [i.x, exit], [i.x, meet], [add - knob, meet]),
    wire("ink", [add, exit], [add, meet + knob]),
    wire("ink", [show, exit], [show, meet + knob]),
    wire("ink", [show, squash + 13], [show, meet - knob]),
  ];
  for (const line of plain) line.open(0.1);
  // How thick these are says how far their gate is open; a closed one is dashed.
  const valves = {
    f: wire("orange", [keep + knob, road], [add - knob, road]),
    i: wire("input", [add, meet - knob], [add, road + knob]),
    o: wire("prediction", [show + knob, meet], [out - half, meet]),
  };
  return {
    elements: [...state, ...plain, ...Object.values(valves)].map(({ element }) => element),
    show(pass, t) {
      for (const [name, line] of Object.entries(valves)) line.open(pass[name][t]);
    },
  };
}

/** A line through points with an arrowhead at its end. */
function wire(colour, ...points) {
  const [[x0, y0], [x, y]] = points.slice(-2);
  const length = Math.hypot(x - x0, y - y0);
  const [along, down] = [(x - x0) / length, (y - y0) / length];
  const at = (back, aside) =>
    [x - back * along - aside * down, y - back * down + aside * along].join(" ");
  const shaft = [...points.slice(0, -1).map((point) => point.join(" ")), at(6, 0)];
  const line = svgElement("path", { d: `M${shaft.join("L")}`, fill: "none" });
  const head = svgElement("path", { d: `M${at(0, 0)}L${at(9, 5)}L${at(9, -5)}Z` });
  line.style.stroke = cssColour(colour);
  head.style.fill = cssColour(colour);
  return {
    element: svgElement("g", {}, line, head),
    open(share) {
      line.setAttribute("stroke-width", CELL_LINE.least + CELL_LINE.more * share);
      line.setAttribute("stroke-dasharray", share > 0 ? "none" : "4 4");
    },
  };
}

// --- boxes ----------------------------------------------------------------------------

function drawBoxes() {
  const { old, keep, add, show, out } = CELL_COLUMNS;
  const { road, squash, meet, gates } = CELL_ROWS;
  const knobs = [
    knobAt(keep, road, "×"),
    knobAt(add, road, "+"),
    knobAt(add, meet, "×"),
    knobAt(show, meet, "×"),
    squashBox(show, squash),
  ];
  const before = numberBox(old, road, "orange");
  const after = numberBox(out, road, "orange");
  const shown = numberBox(out, meet, "prediction");
  const levels = Object.fromEntries(
    Object.entries(CELL_GATES).map(([name, { colour, x }]) => [
      name,
      numberBox(x, gates, colour),
    ]),
  );
  const boxes = [before, after, shown, ...Object.values(levels)];
  return {
    elements: [...knobs, ...boxes.map(({ element }) => element)],
    show(pass, t) {
      before.show(`c_{${t - 1}}`, pass.c[t - 1]);
      after.show(`c_{${t}}`, pass.c[t]);
      shown.show(`h_{${t}}`, pass.h[t]);
      for (const [name, box] of Object.entries(levels)) {
        box.show(`${name}_{${t}}`, pass[name][t]);
        box.fill(Math.abs(pass[name][t]));
      }
    },
  };
}

function knobAt(x, y, sign) {
  const circle = svgElement("circle", { cx: x, cy: y, r: CELL_KNOB, class: "gates-knob" });
  const text = svgElement("text", { x, y: y + 6, class: "gates-sign", text: sign });
  return svgElement("g", {}, circle, text);
}

function squashBox(x, y) {
  const size = { x: x - 22, y: y - 13, width: 44, height: 26, rx: 6 };
  const box = svgElement("rect", { ...size, class: "gates-knob" });
  return svgElement("g", {}, box, svgElement("text", { x, y: y + 4.5, text: "tanh" }));
}

/** A box with a symbol above a number; `fill` fills it from below. */
function numberBox(x, y, colour) {
  const { width, height } = CELL_BOX;
  const [left, top] = [x - width / 2, y - height / 2];
  const size = { x: left, y: top, width, height, rx: 7 };
  const ground = svgElement("rect", { ...size, class: "gates-ground" });
  const inner = { x: left + 2, width: width - 4, rx: 5, y: top + height, height: 0 };
  const level = svgElement("rect", { ...inner, class: "gates-level" });
  const frame = svgElement("rect", { ...size, class: "gates-frame" });
  level.style.fill = cssColour(colour);
  frame.style.stroke = cssColour(colour);
  const symbol = textAt(x, y - 5, "gates-symbol");
  const number = textAt(x, y + 15, "gates-number");
  return {
    element: svgElement("g", {}, ground, level, frame, symbol.element, number.element),
    show(name, value) {
      symbol.write(name);
      number.write(cellNumber(value));
    },
    fill(share) {
      const tall = (height - 4) * share;
      level.setAttribute("height", tall);
      level.setAttribute("y", top + height - 2 - tall);
    },
  };
}

// --- words and numbers on the lines -----------------------------------------------------

function drawLabels() {
  const { keep, add, show } = CELL_COLUMNS;
  const { road, squash, names } = CELL_ROWS;
  const between = (keep + add) / 2;
  const kept = [textAt(between, road - 29), textAt(between, road - 9, "gates-number")];
  const written = [
    textAt(add - 10, road + 50, "gates-end"),
    textAt(add - 10, road + 70, "gates-number gates-end"),
  ];
  const squashed = textAt(show + 9, squash + 34, "gates-number gates-start");
  const still = Object.values(CELL_GATES).map(({ name, x }) => {
    const text = textAt(x, names, "gates-remark");
    text.write(name);
    return text;
  });
  const source = textAt(CELL_SIZE.width / 2, CELL_SIZE.height - 5, "gates-remark");
  source.write("set by you; in a trained net, by x_t and h_{t-1}");
  const all = [...kept, ...written, squashed, ...still, source];
  return {
    elements: all.map(({ element }) => element),
    show({ i, f, g, c }, t) {
      kept[0].write(`f_{${t}} c_{${t - 1}}`);
      kept[1].write(cellNumber(f[t] * c[t - 1]));
      written[0].write(`i_{${t}} g_{${t}}`);
      written[1].write(cellNumber(i[t] * g[t]));
      squashed.write(cellNumber(Math.tanh(c[t])));
    },
  };
}

function textAt(x, y, kind = "") {
  const element = svgElement("text", { x, y, class: kind || null });
  let shown = null;
  return {
    element,
    write(text) {
      if (text !== shown && !rewrite(element, text)) writeSvgSymbols(element, text);
      shown = text;
    },
  };
}

/**
 * Change the letters of a text whose symbols stay: at each step all of its numbers move
 * on, and to make their elements anew takes longer.
 * @returns {boolean} Whether it could be done.
 */
function rewrite(element, text) {
  const runs = parseSymbols(text);
  if (runs.length !== element.children.length) return false;
  runs.forEach((run, k) => {
    const part = element.children[k];
    if (part.textContent !== run.text) part.textContent = run.text;
  });
  return true;
}
