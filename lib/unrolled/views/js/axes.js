// Where the parts of a plot lie, and the drawing of its axes.

import { axisTicks, createScale, fitDomain } from "./scales.js";

const TICK_SIZE = 13; // pixels, of the letters
const AXIS_LABEL_SIZE = 14;

/**
 * The domain of an axis: what the reader looks at, else what was set, else what fits.
 * @param {Object} options Of the plot, see plot.js.
 * @param {"x"|"y"} name
 * @param {[number, number]|null} view The reader's.
 * @returns {[number, number]}
 */
export function shownDomain(options, name, view) {
  const axis = options[name];
  if (view) return view;
  if (axis.domain && axis.domain.every((end) => end !== null)) return axis.domain;
  const shown = options.series.filter((series) => !series.hidden);
  const [low, high] = extentOf(shown, name, axis.scale === "log");
  return fitDomain(axis, low, high, marginOf(shown, name));
}

function extentOf(shown, name, positive) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of shown.flatMap((series) => coordinatesOf(series, name))) {
    for (let k = 0; k < values.length; k++) {
      const value = values[k]; // NaN is neither less nor greater
      if (positive && value <= 0) continue;
      if (value < low && value !== -Infinity) low = value;
      if (value > high && value !== Infinity) high = value;
    }
  }
  return [low, high];
}

/** The arrays of coordinates that a series has along an axis. */
function coordinatesOf(series, name) {
  const { kind } = series;
  if (kind === "image")
    return [series.extent.slice(...(name === "x" ? [0, 2] : [2, 4]))];
  if (kind === "rule") return series[name] === undefined ? [] : [[series[name]]];
  if (kind === "text") return [];
  if (kind === "band" && name === "y") return [series.low, series.high];
  if (name === "x" && !series.x)
    return series.y.length ? [[0, series.y.length - 1]] : [];
  return [series[name]];
}

function marginOf(shown, name) {
  if (shown.some((series) => series.kind === "image")) return 0;
  if (name === "y") return 0.06;
  const bare = shown.every((series) => series.kind !== "points" && !series.markers);
  return bare ? 0 : 0.02;
}

/**
 * Lay a plot out: where its box is, the scales and the ticks of its axes.
 *
 * The margins only grow while a plot keeps its width, so that it does not tremble when
 * its numbers change.
 *
 * @param {Object} plot The state of a plot, see plot.js.
 * @param {number} room What the labels at the ends of lines need at the right.
 * @returns {{box: Object, x: Object, y: Object, ticks: {x: Object, y: Object}}}
 */
export function layOutPlot(plot, room) {
  const { options, size, lettering, margins, view } = plot;
  const [xDomain, yDomain] = ["x", "y"].map((name) =>
    shownDomain(options, name, view[name]),
  );
  const bare = (axis) => axis.ticks?.length === 0;
  const top = options.y.label ? 30 : 10;
  const below = (bare(options.x) ? 6 : 24) + (options.x.label ? 20 : 0);
  const height = Math.max(size.height - top - below, 10);
  const yTicks = axisTicks(options.y, yDomain, height / 36);
  const widest = (ticks) =>
    Math.max(0, ...ticks.major.map((v) => lettering.width(ticks.format(v), TICK_SIZE)));
  margins.left = Math.max(
    margins.left,
    bare(options.y) ? 14 : Math.ceil(widest(yTicks)) + 10,
  );
  margins.right = Math.max(margins.right, Math.ceil(room), 14);
  const width = Math.max(size.width - margins.left - margins.right, 10);
  const first = axisTicks(options.x, xDomain, width / 90);
  const xTicks = axisTicks(options.x, xDomain, width / (widest(first) + 34));
  const box = { left: margins.left, top, width, height };
  return {
    box,
    x: createScale(options.x, xDomain, [box.left, box.left + width]),
    y: createScale(options.y, yDomain, [top + height, top]),
    ticks: { x: xTicks, y: yTicks },
  };
}

/**
 * Draw the lines of the grid, behind everything else.
 * @param {Object} plot
 */
export function drawGrid({ options, layout, context, colours, ratio }) {
  const { box, ticks, x, y } = layout;
  const lines = (values, scale, draw) => {
    for (const value of values) {
      context.strokeStyle = value === 0 ? colours.line : colours.grid;
      context.beginPath();
      draw(snapped(scale.toPixel(value), ratio));
      context.stroke();
    }
  };
  context.lineWidth = hairline(ratio);
  const usual = !options.series.some((series) => series.kind === "image");
  if (options.x.grid ?? usual) {
    lines(ticks.x.major, x, (at) => {
      context.moveTo(at, box.top);
      context.lineTo(at, box.top + box.height);
    });
  }
  if (options.y.grid ?? usual) {
    lines(ticks.y.major, y, (at) => {
      context.moveTo(box.left, at);
      context.lineTo(box.left + box.width, at);
    });
  }
}

/**
 * Draw the axes: their lines, ticks, numbers and labels.
 * @param {Object} plot
 */
export function drawAxes(plot) {
  const { options, layout, context, colours, lettering, ratio, size } = plot;
  const { box, ticks, x, y } = layout;
  const [bottom, right] = [box.top + box.height, box.left + box.width];
  const tick = { colour: colours.ink, size: TICK_SIZE };
  const label = { colour: colours.ink, size: AXIS_LABEL_SIZE };
  context.strokeStyle = colours.muted;
  context.lineWidth = hairline(ratio);
  context.beginPath();
  if (options.y.ticks?.length !== 0)
    strokeAxis([box.left, box.top], [box.left, bottom]);
  strokeAxis([box.left, bottom], [right, bottom]);
  for (const [values, length] of [
    [ticks.x.major, 5],
    [ticks.x.minor, 3],
  ]) {
    for (const value of values) strokeTick(x.toPixel(value), bottom, 0, length);
  }
  for (const [values, length] of [
    [ticks.y.major, 5],
    [ticks.y.minor, 3],
  ]) {
    for (const value of values) strokeTick(box.left, y.toPixel(value), -length, 0);
  }
  context.stroke();
  for (const value of ticks.x.major) {
    const text = ticks.x.format(value);
    const half = lettering.width(text, TICK_SIZE) / 2;
    const at = Math.min(Math.max(x.toPixel(value), half), size.width - half);
    lettering.write(text, at, bottom + 15, { ...tick, align: "center" });
  }
  for (const value of ticks.y.major) {
    const style = { ...tick, align: "right" };
    lettering.write(ticks.y.format(value), box.left - 8, y.toPixel(value), style);
  }
  const centre = box.left + box.width / 2;
  const style = { ...label, align: "center" };
  if (options.x.label) lettering.write(options.x.label, centre, size.height - 9, style);
  if (options.y.label) lettering.write(options.y.label, 0, 9, label);

  function strokeAxis(from, to) {
    context.moveTo(...from.map((at) => snapped(at, ratio)));
    context.lineTo(...to.map((at) => snapped(at, ratio)));
  }
  function strokeTick(left, top, across, down) {
    strokeAxis([left, top], [left + across, top + down]);
  }
}

/** The width of the thinnest line that is crisp: about a CSS pixel. */
function hairline(ratio) {
  return Math.max(1, Math.round(ratio)) / ratio;
}

/** The nearest place where such a line fills whole pixels of the screen. */
function snapped(at, ratio) {
  const half = (hairline(ratio) * ratio) / 2;
  return (Math.round(at * ratio - half) + half) / ratio;
}
