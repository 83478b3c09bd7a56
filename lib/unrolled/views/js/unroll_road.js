// The pictures of the long mode of the view "Unroll": the chain of states as a road, as
// wide as the gradient is large, and the same sizes in a plot.

import { svgElement, writeSvgSymbols } from "./elements.js";
import { REACH_LIMITS } from "./unroll_model.js";

const ROAD = { height: 122, middle: 38, inputs: 70, states: 104, bar: 14 }; // pixels
const ROAD_WIDTH = { one: 9, each: 1.7, least: 0.7, most: 36 }; // pixels
const GONE = 1e-5; // a smaller gradient is drawn as dots
const FLOOR = 1e-20; // a gradient below it lies at the bottom of the plot
const POWERS = [4, 8, 12, 16, 20]; // of ten: where the plot may end, down and up
const ROAD_LABEL =
  "The chain of states; the wider the road between two, the larger the gradient. " +
  "Below it a bar for each input, and one for each state";
const REACH_LABEL =
  "Size of the gradient at each state, and factor of each step, on a logarithmic axis";

/**
 * What the pictures show. The gradient travels from h_T back to h_0; `front` is how far
 * it has come, a number from T to 0 that stands between two states while it travels.
 *
 * @typedef {{steps: number, w_x: number, front: number,
 *   pass: {inputs: Float64Array, states: Float64Array, factors: Float64Array,
 *   gradients: Float64Array}}} Reach
 * `pass` is what chainPass returned.
 */

/**
 * The state that a travelling gradient has reached last.
 * @param {number} front
 * @returns {number} A whole number.
 */
export function reachedState(front) {
  return Math.ceil(front - 1e-9);
}

// --- the road -------------------------------------------------------------------------

/**
 * Create the road: the chain of states, the inputs below it and the states themselves.
 * @returns {{element: SVGElement,
 *   draw: (reach: Reach, xOf: (t: number) => number) => void}} `xOf` says where a time
 *   stands, in pixels. While a gradient travels, only what it passes is drawn anew.
 */
export function createRoad() {
  const path = (kind) => svgElement("path", { class: kind });
  const ways = { lane: path("unroll-lane"), solid: path("unroll-solid") };
  Object.assign(ways, { dots: path("unroll-dots"), inputs: path("unroll-inputs") });
  Object.assign(ways, { states: path("unroll-states") });
  const [dots, labels] = [svgElement("g"), svgElement("g")];
  const options = { class: "unroll-road", height: ROAD.height, role: "img" };
  const element = svgElement(
    ...["svg", { ...options, "aria-label": ROAD_LABEL }],
    ...[ways.lane, ways.solid, ways.dots, dots, ways.inputs, ways.states, labels],
  );
  let [place, pass] = ["", null];
  return {
    element,
    draw(reach, xOf) {
      const { solid, dots: sparse } = roadPieces(reach, xOf);
      ways.solid.setAttribute("d", solid);
      ways.dots.setAttribute("d", sparse);
      const here = [0, 1, reach.steps].map(xOf).join();
      if (here !== place) {
        placeDots(dots, reach.steps, xOf);
        labels.replaceChildren(...roadLabels(reach.steps, xOf));
      }
      if (here !== place || reach.pass !== pass) drawBars(ways, reach, xOf);
      showSigns(dots, reach);
      [place, pass] = [here, reach.pass];
    },
  };
}

/** The lane of the road, and beneath it a bar for each input and each state. */
function drawBars({ lane, inputs, states }, { steps, w_x, pass }, xOf) {
  const [start, end] = [xOf(0), xOf(steps)].map((x) => x.toFixed(1));
  lane.setAttribute("d", `M${start} ${ROAD.middle}H${end}M${start} ${ROAD.states}H${end}`);
  const driven = Array.from(pass.inputs, (x) => w_x * x);
  inputs.setAttribute("d", barsAt(driven, ROAD.inputs, (k) => xOf(k + 1)));
  states.setAttribute("d", barsAt(Array.from(pass.states), ROAD.states, xOf));
}

/** Paths along the part that the gradient has travelled: a ribbon, or dots. */
function roadPieces({ steps, front, pass: { gradients } }, xOf) {
  let [solid, dots] = ["", ""];
  for (let t = Math.floor(front); t < steps; t++) {
    const start = Math.max(t, front); // the front may stand between two states
    const [before, after] = [Math.abs(gradients[t]), Math.abs(gradients[t + 1])];
    const size = before ** (t + 1 - start) * after ** (start - t);
    const ends = [xOf(start), xOf(t + 1)];
    if (size < GONE) dots += `M${ends[0].toFixed(1)} ${ROAD.middle}H${ends[1].toFixed(1)}`;
    else solid += ribbon(ends, [size, after].map(roadWidth));
  }
  return { solid, dots };
}

/** Width of the road where the gradient has a size: an even amount for a power of ten. */
function roadWidth(size) {
  const { one, each, least, most } = ROAD_WIDTH;
  return Math.min(Math.max(one + each * Math.log10(Math.max(size, 1e-300)), least), most);
}

function ribbon(ends, widths) {
  const [x0, x1] = ends.map((x) => x.toFixed(1));
  const [up0, up1] = widths.map((width) => (ROAD.middle - width / 2).toFixed(2));
  const [down0, down1] = widths.map((width) => (ROAD.middle + width / 2).toFixed(2));
  return `M${x0} ${up0}L${x1} ${up1}V${down1}L${x0} ${down0}Z`;
}

/** A dot for each state, at its time. */
function placeDots(dots, steps, xOf) {
  const radius = Math.min(Math.max(0.2 * (xOf(1) - xOf(0)), 2), 7).toFixed(1);
  const dot = (_, t) =>
    svgElement("circle", { cx: xOf(t).toFixed(1), cy: ROAD.middle, r: radius });
  dots.replaceChildren(...Array.from({ length: steps + 1 }, dot));
}

/** Fill a dot where the gradient is positive; leave it hollow where it is negative. */
function showSigns(dots, { front, pass: { gradients } }) {
  [...dots.children].forEach((dot, t) => {
    const sign = gradients[t] < 0 ? "is-negative" : "is-positive";
    const kind = t < front ? "is-waiting" : sign;
    if (dot.getAttribute("class") !== kind) dot.setAttribute("class", kind);
  });
}

/** Bars up and down from a line; one as tall as there is room means 1, or the largest. */
function barsAt(values, y, xOf) {
  const largest = Math.max(1, ...values.map(Math.abs));
  const bar = (value, k) => {
    const tall = (ROAD.bar * value) / largest;
    return `M${xOf(k).toFixed(1)} ${y}v${(-tall).toFixed(1)}`;
  };
  return values.map(bar).join("");
}

function roadLabels(steps, xOf) {
  return [
    roadLabel("h_0", xOf(0), "start"),
    roadLabel(`h_{${steps}}`, xOf(steps), "end"),
    roadLabel("x_t w_x", xOf(0) - 4, "end", ROAD.inputs + 4),
    roadLabel("h_t", xOf(0) - 4, "end", ROAD.states + 4),
  ];
}

function roadLabel(symbol, x, anchor, y = 14) {
  const place = { x: x.toFixed(1), y, "text-anchor": anchor };
  const text = svgElement("text", { class: "unroll-caption", ...place });
  writeSvgSymbols(text, symbol);
  return text;
}

// --- the plot --------------------------------------------------------------------------

/** What stays the same in the plot. @returns {Object} Options of createPlot. */
export function reachOptions() {
  return {
    label: REACH_LABEL,
    height: (width) => (width < 500 ? 200 : 260),
    x: { label: "*t*", integer: true },
    y: { scale: "log", label: "size" },
    legend: "below",
  };
}

/**
 * What changes in the plot.
 * @param {Reach} reach
 * @returns {Object} Options of createPlot.
 */
export function reachPicture({ steps, front, pass: { gradients, factors } }) {
  const sizes = Array.from(gradients, shownSize);
  const factorSizes = Array.from(factors, shownSize);
  const first = reachedState(front);
  const times = Array.from({ length: steps + 1 - first }, (_, k) => first + k);
  const domain = reachDomain([...sizes, ...factorSizes, ...REACH_LIMITS]);
  const [dies, explodes] = REACH_LIMITS;
  const points = (sign, filled, label) => {
    const x = times.filter((t) => Math.sign(gradients[t]) === sign);
    const look = { colour: "target", marker: "o", size: steps > 30 ? 2.8 : 3.6, filled };
    return { kind: "points", x, y: x.map((t) => sizes[t]), ...look, ...label };
  };
  const factorLook = { colour: "orange", width: 1.5, dash: "dotted", markers: "s" };
  return {
    x: { domain: [0, steps] },
    y: { domain },
    series: [
      ...region("explodes", [explodes, domain[1]], steps, explodes, 12),
      ...region("dies", [domain[0], dies], steps, dies, -12),
      {
        ...{ kind: "line", x: factors.map((_, k) => k + 1), y: factorSizes, ...factorLook },
        label: "factor of step *t*",
      },
      {
        ...{ kind: "line", x: times, y: times.map((t) => sizes[t]), colour: "target" },
        label: "gradient ∂h_T/∂h_t",
      },
      points(1, true, {}),
      // Always named: a line that came into the legend would move the controls below.
      points(-1, false, { label: "negative" }),
    ],
  };
}

/** A size as it is drawn: never below the floor; zero has no place on the axis. */
function shownSize(value) {
  return value === 0 ? NaN : Math.max(Math.abs(value), FLOOR);
}

/** Powers of ten in which all lies; few choices, so that the axis seldom jumps. */
function reachDomain(values) {
  const powers = values.filter((value) => value > 0).map(Math.log10);
  const reach = (wanted) => POWERS.find((power) => power >= wanted) ?? POWERS.at(-1);
  const ends = [-reach(-Math.min(...powers)), reach(Math.max(...powers))];
  return [10 ** (ends[0] - 0.5), 10 ** (ends[1] + 0.5)];
}

/** A shaded part of the plot, with its name at the edge where it begins. */
function region(text, [low, high], steps, edge, rise) {
  const band = { x: [0, steps], low: [low, low], high: [high, high] };
  return [
    { kind: "band", ...band, colour: "muted", opacity: 0.1 },
    { kind: "rule", y: edge, dash: "dashed", colour: "muted", width: 1 },
    { kind: "text", x: 0, y: edge, text, offset: [8, rise] },
  ];
}
