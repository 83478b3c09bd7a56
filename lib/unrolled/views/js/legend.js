// What the lines of a plot are called: at their ends, or below the plot.

import { htmlElement, writeSymbols } from "./elements.js";
import { MARKERS, dashLengths, lineSample } from "./marks.js";

const LEGEND_SIZE = 13; // pixels, of the letters
const SAMPLE_LENGTH = 16; // pixels of line before a label
const LABELS_APART = 17; // pixels between two labels
const NARROW_PLOT = 480; // pixels of width below which labels stand below the plot

/**
 * Decide where the labels stand.
 * @param {Object} plot The state of a plot, see plot.js.
 * @returns {{place: "ends"|"below"|"none", room: number}} `room`: pixels at the right.
 */
export function placeLegend({ options, size, lettering }) {
  const named = namedSeries(options);
  if (named.length === 0 || options.legend === "none")
    return { place: "none", room: 0 };
  const widths = named.map((series) => lettering.width(series.label, LEGEND_SIZE));
  const room = Math.max(...widths) + SAMPLE_LENGTH + 14;
  const lines = named.every((series) => series.kind === "line");
  const images = options.series.some((series) => series.kind === "image");
  const fits = lines && !images && size.width >= NARROW_PLOT && room < 0.3 * size.width;
  const place = options.legend === "auto" ? (fits ? "ends" : "below") : options.legend;
  return place === "ends" ? { place, room } : { place, room: 0 };
}

function namedSeries(options) {
  return options.series.filter((each) => isNamed(each) && !each.hidden);
}

function isNamed({ label, kind }) {
  return Boolean(label) && ["line", "points", "band"].includes(kind);
}

/**
 * Write the labels of lines at their ends, moved apart where they would meet.
 * @param {Object} plot
 */
export function drawEndLabels(plot) {
  const { options, layout, lettering, colours } = plot;
  const { box } = layout;
  const ends = namedSeries(options)
    .map((series) => ({ series, at: lastPlace(series, layout) }))
    .filter(({ at }) => at)
    .sort((a, b) => a.at[1] - b.at[1]);
  const heights = moveApart(
    ends.map(({ at }) => at[1]),
    [box.top + 6, box.top + box.height - 6],
  );
  ends.forEach(({ series, at }, k) => {
    const x = at[0] + 8;
    drawSample(plot, series, x, heights[k]);
    const style = { colour: colours.ink, size: LEGEND_SIZE, halo: colours.ground };
    lettering.write(series.label, x + SAMPLE_LENGTH + 4, heights[k], style);
  });
}

/** The point of a line that can be seen last on the way to the right, in pixels. */
function lastPlace({ x, y }, layout) {
  const { domain, toPixel } = layout.x;
  const [low, high] = [Math.min(...domain), Math.max(...domain)];
  const slack = 1e-9 * (high - low);
  const at = (k) => (x ? x[k] : k);
  const count = y.length;
  const turned = toPixel(at(0)) > toPixel(at(count - 1));
  for (let step = 1; step <= count; step++) {
    const k = turned ? step - 1 : count - step;
    if (!(at(k) >= low - slack && at(k) <= high + slack)) continue;
    const place = [toPixel(at(k)), layout.y.toPixel(y[k])];
    if (!Number.isNaN(place[1])) return place;
  }
  return null;
}

/**
 * Move labels apart as little as their order allows.
 * @param {number[]} wanted Heights in pixels, rising.
 * @param {[number, number]} range Within which they stay.
 * @param {number} [apart] Least distance.
 * @returns {number[]}
 */
export function moveApart(wanted, [low, high], apart = LABELS_APART) {
  const placed = [];
  for (const height of wanted) {
    const before = placed.at(-1);
    const least = before === undefined ? low : before + apart;
    placed.push(Math.min(Math.max(height, least), Math.max(high, least)));
  }
  for (let k = placed.length - 1; k >= 0; k--) {
    const most = k === placed.length - 1 ? high : placed[k + 1] - apart;
    placed[k] = Math.min(placed[k], most);
  }
  return placed;
}

function drawSample({ context, pen }, series, x, y) {
  const colour = pen.colour(series.colour ?? "ink");
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = series.width ?? 2;
  context.setLineDash(dashLengths(series.dash));
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + SAMPLE_LENGTH, y);
  context.stroke();
  context.setLineDash([]);
  if (!MARKERS[series.markers]) return;
  const path = new Path2D();
  const place = new DOMMatrix([3.6, 0, 0, 3.6, x + SAMPLE_LENGTH / 2, y]);
  path.addPath(new Path2D(MARKERS[series.markers]), place);
  context.fill(path);
}

/**
 * Write the labels below the plot, each with a sample; touched only when they change.
 * A series that is hidden keeps its place, so that nothing moves when it appears.
 * @param {Object} plot
 * @param {HTMLElement} list
 * @param {boolean} wanted
 */
export function writeLegend(plot, list, wanted) {
  const named = wanted ? plot.options.series.filter(isNamed) : [];
  const look = ({ kind, label, hidden, colour, dash, markers, marker, ...more }) =>
    JSON.stringify([
      ...[kind, label, hidden, colour, dash, markers, marker],
      ...[more.filled, more.width, more.halo],
    ]);
  const signs = named.map(look).join("\n");
  if (plot.legendSigns === signs) return;
  plot.legendSigns = signs;
  list.hidden = named.every(({ hidden }) => hidden);
  list.replaceChildren(
    ...named.map((series) => {
      const text = htmlElement("span");
      writeSymbols(text, series.label);
      const style = series.hidden ? "visibility: hidden" : null;
      return htmlElement("li", { style }, lineSample(series), text);
    }),
  );
}
