// The drawing of the short net in the view "Unroll": nodes, edges and their numbers.

import { htmlElement, svgElement, writeSvgSymbols } from "./elements.js";
import { frameLoop, reducedMotion } from "./player.js";
import { LINE, toyLayout } from "./unroll_layout.js";
import { TOY_STAGES, edgeProgress, toyStage } from "./unroll_model.js";
import { edgeNumber, weightNumber } from "./unroll_words.js";

const TALL_BELOW = 620; // CSS pixels of width under which time runs downwards
const PULSE_SECONDS = 0.55; // how long a signal takes along an edge
const LETTERS = 13; // units of the sheet, of a number's letters
const NUMBER_WIDTH = 47.5; // units of the sheet that "−0.0000" may take
const UNKNOWN = "·";
/** Before what a step adds to the gradient of a weight: one term of it, no sum. */
export const TERM_SIGN = "∂";
const SHEET_LABEL =
  "The net unrolled over two steps, with a number on every edge; all numbers stand in " +
  "the table at the end.";

/**
 * Everything that the drawing shows at one moment.
 * @typedef {{net: import("./unroll_model.js").ToyNet,
 *   steps: import("./unroll_model.js").ToyStep[],
 *   edges: import("./unroll_model.js").ToyEdge[], stage: number,
 *   selected: ?{parameter: string, i: number, j: number}}} ToyPicture
 */

/**
 * Create the drawing. It follows its width: wide, or tall on a phone.
 *
 * @param {(parameter: string, i: number, j: number) => void} onSelect The reader has
 *   pointed at the numbers of an edge.
 * @returns {{element: HTMLElement, show: (picture: ToyPicture) => void,
 *   destroy: () => void}} `show` writes the numbers at once; a step forward also sends
 *   signals along the edges that are at work, unless the reader wants less motion.
 */
export function createToyDrawing(onSelect) {
  const element = htmlElement("div", { class: "unroll-net" });
  let sheet = null;
  let picture = null;
  let progress = 0;
  const loop = frameLoop(element, (seconds) => {
    progress += seconds / PULSE_SECONDS;
    sheet.movePulses(Math.min(progress, 1));
    return progress < 1;
  });
  const fit = (width) => {
    const tall = width < TALL_BELOW;
    if (sheet?.tall === tall) return;
    sheet = createSheet(tall, onSelect);
    element.replaceChildren(sheet.element);
    if (picture) sheet.show(picture);
  };
  const observer = new ResizeObserver((entries) => {
    const { width } = entries.at(-1).contentRect;
    if (width === 0) return; // not shown
    fit(width);
    fitLetters(sheet.element);
  });
  observer.observe(element);
  fit(TALL_BELOW);
  return {
    element,
    show(next) {
      const ahead = picture && next.stage === picture.stage + 1;
      if (picture && next.stage !== picture.stage) {
        loop.stop();
        sheet.clearPulses();
      }
      picture = next;
      sheet.show(picture);
      if (!ahead || reducedMotion()) return;
      progress = 0;
      sheet.startPulses(picture.stage);
      loop.start();
    },
    destroy() {
      observer.disconnect();
      loop.destroy();
    },
  };
}

/** Make the letters smaller where the page's font is so wide that numbers would meet. */
function fitLetters(sheet) {
  const probe = svgElement("text", { class: "is-new", text: "−0.0000" });
  sheet.style.removeProperty("--unroll-letters");
  sheet.append(probe);
  const width = probe.getComputedTextLength();
  probe.remove();
  const size = LETTERS * Math.min(1, NUMBER_WIDTH / (width || NUMBER_WIDTH));
  sheet.style.setProperty("--unroll-letters", `${size.toFixed(2)}px`);
}

// --- the sheet ---------------------------------------------------------------------

/** Draw the net on a wide or a tall sheet; return what changes its numbers. */
function createSheet(tall, onSelect) {
  const layout = toyLayout(tall);
  const frames = layout.steps.map((box, k) => drawFrame(box, k + 1, tall));
  const drawn = (places, draw) => new Map([...places].map(([n, at]) => [n, draw(at, n)]));
  const [edges, nodes] = [drawn(layout.edges, drawEdge), drawn(layout.nodes, drawNode)];
  const parts = [...edges.values()];
  const pulses = svgElement("g", { class: "unroll-pulses" });
  const element = svgElement(
    "svg",
    {
      class: `unroll-sheet ${tall ? "unroll-tall" : "unroll-wide"}`,
      viewBox: `0 0 ${layout.width} ${layout.height}`,
      role: "img",
      "aria-label": SHEET_LABEL,
    },
    ...frames,
    ...parts.map(({ line }) => line),
    pulses,
    ...parts.map(({ label }) => label),
    ...[...nodes.values()].map(({ group }) => group),
  );
  for (const [name, { label }] of edges) {
    const [parameter, , i, j] = name.split("-");
    if (parameter === "phi") continue;
    label.classList.add("is-weighted");
    label.addEventListener("click", () => onSelect(parameter, Number(i), Number(j)));
  }
  let running = [];
  return {
    tall,
    element,
    show(picture) {
      for (const [name, node] of nodes) node.show(nodeLines(name, picture), picture.stage);
      for (const edge of picture.edges) {
        const name = `${edge.parameter}-${edge.t}-${edge.i}-${edge.j}`;
        edges.get(name).show(edgeLook(edge, picture));
      }
      for (const step of picture.steps) {
        for (const unit of [0, 1]) {
          edges.get(`phi-${step.t}-${unit}`).show(squashingLook(step, unit, picture));
        }
      }
    },
    startPulses(stage) {
      running = parts.filter(({ look }) => look.moving).map((part) => startPulse(part));
      pulses.classList.toggle("is-back", TOY_STAGES[stage].pass === "backward");
      pulses.replaceChildren(...running.map(({ dot }) => dot));
    },
    movePulses(progress) {
      for (const pulse of running) pulse.move(progress);
      if (progress === 1) this.clearPulses();
    },
    clearPulses() {
      running = [];
      pulses.replaceChildren();
    },
  };
}

/** The frame around a step: a copy of the one cell. */
function drawFrame({ x, y, width, height }, t, tall) {
  const top = y - height / 2;
  const box = { x: x - width / 2, y: top, width, height, rx: 12 };
  const frame = svgElement("rect", { class: "unroll-frame", ...box });
  return svgElement("g", {}, frame, caption(`step ${t}`, x, top + (tall ? 18 : 20)));
}

// --- nodes ---------------------------------------------------------------------------

/**
 * The lines of a node: a symbol, its value, the stage from which it is known.
 * @returns {{symbol: string, text: string, since: number, kind: string}[]}
 */
function nodeLines(name, { net, steps }) {
  const [letter, t, unit] = name.split("-").map((part, k) => (k ? Number(part) : part));
  const given = (symbol, value) => {
    return { symbol, text: weightNumber(value), since: 0, kind: "given" };
  };
  const made = (symbol, value, at, kind = "value") => {
    return { symbol, text: edgeNumber(value), since: toyStage(at, t), kind };
  };
  const back = (symbol, value, at) => made(symbol, value, at, "gradient");
  if (letter === "h" && t === 0) return [given("*h*", net.h_0[unit])];
  const step = steps[t - 1];
  if (letter === "x") return [given("*x*", step.x)];
  if (letter === "o") {
    const error = { ...back("*e*", step.error, "o"), since: toyStage("loss") };
    const output = made("*o*", step.o, "o");
    return [given("b_q", net.b_q[0]), output, given("*y*", step.y), error];
  }
  if (letter === "z") {
    const sum = made("*z*", step.z[unit], "z");
    return [given("b_h", net.b_h[unit]), sum, back("*ζ*", step.zeta[unit], "zeta")];
  }
  return [made("*h*", step.h[unit], "h"), back("*δ*", step.delta[unit], "delta")];
}

/** Draw a node; its lines are written when it is first shown. */
function drawNode(place, name) {
  const { x, y, width, height } = place;
  const [letter, t, unit] = name.split("-");
  const corner = { x: x - width / 2, y: y - height / 2, rx: letter === "x" ? 14 : 8 };
  const box = svgElement("rect", { ...corner, width, height });
  const group = svgElement("g", { class: `unroll-node unroll-node-${letter}` }, box);
  const isFirst = letter === "h" && t === "0";
  if (isFirst) group.append(caption(`unit ${Number(unit) + 1}`, x, y - 5));
  let numbers = [];
  return {
    group,
    show(lines, stage) {
      if (numbers.length === 0) {
        const middle = y + (isFirst ? LINE / 2 : 0);
        numbers = nodeTexts(lines, { ...place, y: middle }, group);
      }
      lines.forEach(({ text, since }, k) => {
        const isNew = stage > 0 && stage === since;
        writeText(numbers[k], stage >= since ? text : UNKNOWN);
        numbers[k].classList.toggle("is-new", isNew);
      });
      const active = lines.some(({ since }) => stage > 0 && since === stage);
      group.classList.toggle("is-active", active);
    },
  };
}

/** Write the symbols of a node's lines; return the texts that take the numbers. */
function nodeTexts(lines, { x, y, width }, group) {
  return lines.map(({ symbol, kind }, k) => {
    const at = { y: y + (k - (lines.length - 1) / 2) * LINE + 4.5 };
    const left = { class: `unroll-symbol is-${kind}`, x: x - width / 2 + 7 };
    const right = { class: `unroll-number is-${kind}`, x: x + width / 2 - 6 };
    const name = svgElement("text", { ...left, ...at });
    const number = svgElement("text", { ...right, ...at });
    writeSvgSymbols(name, symbol);
    group.append(name, number);
    return number;
  });
}

function caption(text, x, y) {
  const place = { x, y, "text-anchor": "middle" };
  return svgElement("text", { class: "unroll-caption", ...place, text });
}

// --- edges ---------------------------------------------------------------------------

/**
 * How an edge looks: four lines of text (weight, product; gradient, term), and whether
 * something has gone forward or backward along it.
 * @typedef {{lines: string[], forward: boolean, back: boolean, active: boolean,
 *   selected: boolean, moving: boolean}} EdgeLook
 */

function edgeLook(edge, { stage, selected }) {
  const { product, back, term, active } = edgeProgress(edge, stage);
  const { name } = TOY_STAGES[stage];
  const chosen = ["parameter", "i", "j"].every((key) => selected?.[key] === edge[key]);
  return {
    lines: [
      `×${weightNumber(edge.weight)}`,
      product ? edgeNumber(edge.product) : "",
      back ? `◂${edgeNumber(edge.back)}` : "",
      term ? `${TERM_SIGN}${edgeNumber(edge.term)}` : "",
    ],
    ...{ forward: product, back, active, selected: chosen },
    moving: active && name !== "terms",
  };
}

function squashingLook(step, unit, { net, stage }) {
  const [forward, back] = ["h", "zeta"].map((name) => toyStage(name, step.t));
  const active = stage === forward || stage === back;
  const name = net.activation === "tanh" ? "tanh" : "linear";
  return {
    lines: [name, "", stage >= back ? `×${edgeNumber(step.slope[unit])}` : "", ""],
    ...{ forward: stage >= forward, back: stage >= back, active, selected: false },
    moving: active,
  };
}

function drawEdge({ from, to, label, over }, name) {
  const [parameter] = name.split("-");
  const path = svgElement("path", { class: "unroll-way", d: `M${from}L${to}` });
  const line = svgElement(
    ...["g", { class: `unroll-edge unroll-edge-${parameter}` }, path],
    ...[arrowhead(from, to, "unroll-ahead"), arrowhead(to, from, "unroll-behind")],
  );
  const ground = svgElement("rect", { class: "unroll-ground", rx: 5 });
  const texts = ["weight", "product", "gradient", "gradient"].map((kind) =>
    svgElement("text", { class: `unroll-number is-${kind}`, x: label.x }),
  );
  const group = svgElement("g", { class: "unroll-label" }, ...texts);
  if (over) group.prepend(ground);
  const part = { line, label: group, from, to, look: null };
  part.show = (look) => {
    part.look = look;
    texts.forEach((text, k) => writeText(text, look.lines[k]));
    for (const state of ["forward", "back", "active", "selected"]) {
      line.classList.toggle(`is-${state}`, look[state]);
      group.classList.toggle(`is-${state}`, look[state]);
    }
    if (over) stackLines(texts, ground, look.lines, label);
    else spreadLines(texts, look.lines, label);
  };
  return part;
}

/** Stack the lines that hold something around the middle of a line that runs below. */
function stackLines(texts, ground, lines, { x, y, width }) {
  const shown = texts.filter((_, k) => lines[k]);
  const height = shown.length * LINE + 2;
  shown.forEach((text, k) => place(text, y - height / 2 + k * LINE + 13.5));
  const box = { x: x - width / 2, y: y - height / 2, width, height };
  for (const [key, value] of Object.entries(box)) ground.setAttribute(key, value);
}

/** What goes forward stands above the line, what goes backward below. */
function spreadLines(texts, lines, { y }) {
  const above = texts.filter((_, k) => k < 2 && lines[k]);
  const below = texts.filter((_, k) => k >= 2 && lines[k]);
  above.forEach((text, k) => place(text, y - 6 - (above.length - 1 - k) * LINE));
  below.forEach((text, k) => place(text, y + 16 + k * LINE));
}

function place(text, y) {
  if (text.getAttribute("y") !== String(y)) text.setAttribute("y", y);
}

function writeText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A head at the end of a line. */
function arrowhead([x0, y0], [x, y], kind) {
  const angle = (Math.atan2(y - y0, x - x0) * 180) / Math.PI;
  const turned = `translate(${x} ${y}) rotate(${angle.toFixed(2)})`;
  return svgElement("path", { class: kind, d: "M0 0L-9-4.2V4.2Z", transform: turned });
}

/** A dot that runs along an edge, in the direction of the pass. */
function startPulse({ from, to, look }) {
  const dot = svgElement("circle", { r: 5 });
  const [start, goal] = look.back ? [to, from] : [from, to];
  const move = (progress) => {
    const eased = progress * progress * (3 - 2 * progress);
    const at = [0, 1].map((axis) => start[axis] + eased * (goal[axis] - start[axis]));
    dot.setAttribute("transform", `translate(${at[0].toFixed(1)} ${at[1].toFixed(1)})`);
  };
  move(0);
  return { dot, move };
}
