// The one drawing kernel of all views: a plot on a canvas.

import { drawAxes, drawGrid, layOutPlot } from "./axes.js";
import { htmlElement, plainSymbols, writeSymbols } from "./elements.js";
import { drawEndLabels, placeLegend, writeLegend } from "./legend.js";
import { createLettering } from "./lettering.js";
import { attachPointer } from "./pointer.js";
import { createScale, formatNumber } from "./scales.js";
import { drawSeries } from "./series.js";
import { onTheme, themeColours } from "./theme.js";

const AXIS_DEFAULTS = {
  scale: "linear",
  domain: null,
  label: "",
  ticks: null,
  format: null,
};
const PLOT_DEFAULTS = {
  title: "",
  series: [],
  legend: "auto",
  handles: [],
  hover: false,
};

/**
 * One axis of a plot. Give what differs from the defaults.
 *
 * @typedef {Object} Axis
 * @property {"linear"|"log"|"symlog"} [scale] "linear".
 * @property {number} [threshold] Of a symlog axis: linear within ± threshold (1).
 * @property {number} [stretch] Of a symlog axis: the linear half takes as much room as
 *   this many powers of ten (1); `linscale` in matplotlib.
 * @property {[number|null, number|null]|null} [domain] Values at the axis's two ends;
 *   the greater first turns it round. null: fitted to the series at each drawing.
 * @property {string} [label] May hold symbols, such as "w_{rec}", see elements.js.
 * @property {boolean} [integer] Ticks at whole numbers only.
 * @property {number[]|null} [ticks] Where the ticks are; null: at nice places.
 * @property {((value: number) => string)|null} [format] Writes the ticks.
 * @property {boolean} [grid] Lines at the ticks (where there is no image).
 */

/**
 * What a plot draws. `kind` says what it is; the properties of each kind:
 *
 * - all: `colour` (a name of views.css such as "input", or any CSS colour; "ink"),
 *   `label` (symbols allowed), `halo` (a colour drawn around it, for use on an image),
 *   `opacity` (1), `hidden` (false).
 * - "line": `y`, `x` (0, 1, 2 ... where it is left out), `dash` (one of "solid",
 *   "dashed", "dashdot", "dotted", or lengths in pixels), `width` (2), `markers` (a
 *   shape, drawn every `spacing` pixels, 48; 0: at each point), `arrow` (false: at its
 *   end). A NaN leaves a gap.
 * - "points": `x`, `y`, `marker` (one of "o", "s", "^", "D", "v", "P", "x", "*"),
 *   `size` (radius 4), `filled` (true), `labels` (a text beside each, or null).
 * - "band": `x`, `low`, `high`: the area between two lines.
 * - "rule": `x` or `y`: a line across the plot at this number, `label`, `dash`, `align`
 *   (the label's; "left" or "right").
 * - "text": `x`, `y`, `text`, `align` ("left", "center", "right"), `offset` ([0, 0], in
 *   pixels to the right and up).
 * - "image": `values` (numbers, row by row, the lowest row first), `rows`, `columns`,
 *   `extent` ([left, right, bottom, top] of the image's outer edges), `colours` (the
 *   function from a value to [red, green, blue], each 0 to 255), `levels` (values at
 *   which contours are drawn), `levelColour`. Arrays changed in place need a new
 *   `version` (any number) to be painted again. Linear axes only.
 *
 * `x`, `y`, `low`, `high` and `values` are arrays or typed arrays of one length.
 *
 * @typedef {Object} Series
 */

/**
 * A point that the reader moves, with the pointer or the arrow keys (Shift: finer).
 *
 * @typedef {Object} Handle
 * @property {number} x
 * @property {number} y
 * @property {string} label What it is called, such as "start point".
 * @property {(x: number, y: number, phase: "move"|"end") => void} onMove Called with
 *   the wanted place; the handle follows at once, and `set({handles})` may correct it.
 * @property {"both"|"x"|"y"} [along] The direction it moves in ("both").
 * @property {[number, number]} [steps] What one arrow key adds; a fiftieth of the
 *   domain if left out.
 * @property {(x: number, y: number) => string} [format] Its place in words.
 * @property {string} [colour] "target".
 * @property {string} [marker] "o".
 */

/**
 * Everything about a plot. `set` merges: `x` and `y` property by property, the rest
 * replaces.
 *
 * @typedef {Object} PlotOptions
 * @property {string} label Alternative text of the picture: what it shows, in words.
 * @property {string} [title] Above the plot.
 * @property {number|((width: number) => number)} [height] Of the canvas in CSS pixels;
 *   left out: from its width.
 * @property {Axis} [x]
 * @property {Axis} [y]
 * @property {Series[]} [series] Drawn in order.
 * @property {"auto"|"ends"|"below"|"none"} [legend] Where the labels of lines stand:
 *   "auto" writes them at the lines' ends, or below where the plot is narrow.
 * @property {boolean} [pan] The reader may move the domain (drag, arrow keys).
 * @property {boolean} [zoom] The reader may zoom (buttons, + − 0, pinch, wheel with
 *   Ctrl or once the plot has the focus). 0 and its button go back to the domain that
 *   was last `set`.
 * @property {{x?: [number, number], y?: [number, number], span?: [number, number]}}
 *   [limits] How far: the domain stays within x and y; `span` is the least and the most
 *   part of the domain last `set` that is shown ([1e-3, 10]).
 * @property {Handle[]} [handles]
 * @property {boolean|((hit: Hit) => string)} [hover] Read out the nearest point of a
 *   line or of points (arrow keys walk along it, where `pan` is off).
 * @property {(x: [number, number], y: [number, number]) => void} [onView] The reader
 *   has moved or zoomed; at most once a frame.
 * @property {(x: number, y: number) => void} [onClick] A click or a tap on the plot, in
 *   data coordinates.
 */

/**
 * A point of a series that was found near the pointer.
 * @typedef {{series: Series, index: number, x: number, y: number}} Hit
 */

/**
 * Create a plot; it follows its parent's width, the theme and the screen's resolution.
 *
 * @param {HTMLElement} parent Inside an `.unrolled-view`; the plot is appended.
 * @param {PlotOptions} options
 * @returns {{element: HTMLElement, canvas: HTMLCanvasElement,
 *   set: (options: Partial<PlotOptions>) => void, draw: () => void,
 *   toData: (px: number, py: number) => [number, number],
 *   toPixels: (x: number, y: number) => [number, number],
 *   domain: {x: [number, number], y: [number, number]}, options: PlotOptions,
 *   destroy: () => void}}
 *   `set` merges options and redraws in the next animation frame, once however often it
 *   is called; `draw` draws now; pixels are CSS pixels from the canvas's top left, as
 *   it was last drawn; so is `domain`, what is shown.
 */
export function createPlot(parent, options) {
  const plot = plotState(options);
  let pending = 0;
  const schedule = () => {
    pending ||= requestAnimationFrame(() => {
      pending = 0;
      plot.pointer.tell(); // the view may answer with a new picture for this very frame
      draw();
    });
  };
  const draw = () => {
    cancelAnimationFrame(pending);
    pending = 0;
    drawPlot(plot);
  };
  const restyle = () => {
    plot.colours = null;
    schedule();
  };
  plot.pointer = attachPointer(plot, schedule);
  parent.append(plot.element);
  fitWidth(plot, plot.frame.clientWidth || 600);
  draw();
  const stops = [onTheme(restyle), onResolution(schedule), onWidth(plot, draw)];
  const fonts = () => restyle();
  document.fonts.addEventListener("loadingdone", fonts);
  return {
    element: plot.element,
    canvas: plot.canvas,
    options: plot.options,
    set(changes) {
      mergeOptions(plot, changes);
      if ("height" in changes) fitWidth(plot, plot.size.width);
      plot.pointer.adopt();
      schedule();
    },
    draw,
    toData: (px, py) => [plot.layout.x.toValue(px), plot.layout.y.toValue(py)],
    toPixels: (x, y) => [plot.layout.x.toPixel(x), plot.layout.y.toPixel(y)],
    get domain() {
      return { x: plot.layout.x.domain, y: plot.layout.y.domain };
    },
    destroy() {
      cancelAnimationFrame(pending);
      document.fonts.removeEventListener("loadingdone", fonts);
      for (const stop of stops) stop();
      plot.element.remove();
    },
  };
}

/**
 * Create a bar that shows what the colours of an image mean.
 *
 * @param {HTMLElement} parent Inside an `.unrolled-view`; the bar is appended.
 * @param {{label: string, from: number, to: number, scale?: "linear"|"log",
 *   colours: (value: number) => number[]}} options `label` may hold symbols; `colours`
 *   is that of the image, see colourScale in theme.js.
 * @returns {Object} A plot, see createPlot.
 */
export function createColourBar(
  parent,
  { label, from, to, scale = "linear", colours },
) {
  const columns = 256;
  const axis = { scale, label, domain: [from, to], grid: false };
  const { toValue } = createScale(axis, [from, to], [0, columns]);
  const values = Float64Array.from({ length: columns }, (_, k) => toValue(k + 0.5));
  const extent = [from, to, 0, 1];
  const ends = [from, to].map((end) => formatNumber(end));
  return createPlot(parent, {
    label: `Colours of ${plainSymbols(label)}, from ${ends.join(" to ")}.`,
    height: 70,
    x: axis,
    y: { domain: [0, 1], ticks: [], grid: false },
    series: [{ kind: "image", values, rows: 1, columns, extent, colours }],
  });
}

/** Everything that a plot knows; the functions of the other modules read it. */
function plotState(options) {
  const canvas = htmlElement("canvas", { role: "img" });
  const frame = htmlElement("div", { class: "unrolled-frame" }, canvas);
  const title = htmlElement("div", { class: "unrolled-title" });
  const tools = htmlElement("div", { class: "unrolled-tools", hidden: true });
  const head = htmlElement("div", { class: "unrolled-head" }, title, tools);
  const legend = htmlElement("ul", { class: "unrolled-legend", hidden: true });
  const plot = {
    options: { ...PLOT_DEFAULTS, x: { ...AXIS_DEFAULTS }, y: { ...AXIS_DEFAULTS } },
    element: htmlElement("div", { class: "unrolled-plot" }, head, frame, legend),
    ...{ canvas, frame, title, tools, head, legend },
    context: canvas.getContext("2d"),
    size: { width: 0, height: 0 }, // of the canvas, in CSS pixels
    ratio: 1, // pixels of the screen in a CSS pixel
    margins: { left: 0, right: 0 },
    view: { x: null, y: null }, // the domains that the reader chose
    images: new Map(),
    hit: null, // place of the series and index of the point that is read out
    legendSigns: "",
    ...{ colours: null, lettering: null, layout: null, pen: null, pointer: null },
  };
  mergeOptions(plot, options);
  return plot;
}

function mergeOptions(plot, { x = {}, y = {}, ...rest }) {
  const { options, view } = plot;
  Object.assign(options, rest);
  for (const [name, { domain, ...axis }] of Object.entries({ x, y })) {
    Object.assign(options[name], axis);
    if (["label", "scale", "format", "ticks"].some((key) => key in axis)) {
      plot.margins.left = 0;
    }
    // A view that gives back the domain which the reader chose changes nothing.
    const same = view[name] && domain?.every((end, k) => end === view[name][k]);
    if (domain === undefined || same) continue;
    options[name].domain = domain;
    view[name] = null;
  }
  plot.canvas.setAttribute("aria-label", options.label);
  if (rest.title !== undefined) writeSymbols(plot.title, rest.title);
  if ("legend" in rest || "series" in rest) plot.margins.right = 0;
}

function drawPlot(plot) {
  const { context, options, size } = plot;
  if (!plot.colours) readLook(plot);
  fitCanvas(plot);
  const legend = placeLegend(plot);
  plot.layout = layOutPlot(plot, legend.room);
  const { box, x, y } = plot.layout;
  const { colours, lettering, images } = plot;
  const colour = (name) => colours[name] ?? name;
  plot.pen = { context, x, y, box, ratio: plot.ratio, colour, lettering, images };
  context.setTransform(plot.ratio, 0, 0, plot.ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  drawGrid(plot);
  options.series.forEach((series, index) => {
    if (!series.hidden) drawSeries(plot.pen, series, index);
  });
  drawAxes(plot);
  if (legend.place === "ends") drawEndLabels(plot);
  writeLegend(plot, plot.legend, legend.place === "below");
  plot.pointer.place();
  if (!plot.element.isConnected) plot.colours = null; // read again once on the page
}

/** Read from the page what the plot is to look like: once, and when it has changed. */
function readLook(plot) {
  plot.colours = themeColours(plot.element);
  const family = getComputedStyle(plot.element).fontFamily || "sans-serif";
  plot.lettering = createLettering(plot.context, family);
  plot.margins = { left: 0, right: 0 };
}

/** Give the canvas one pixel for each of the screen's. */
function fitCanvas(plot) {
  const { canvas, size } = plot;
  plot.ratio = window.devicePixelRatio || 1;
  const width = Math.round(size.width * plot.ratio);
  const height = Math.round(size.height * plot.ratio);
  if (canvas.width === width && canvas.height === height) return;
  Object.assign(canvas, { width, height });
  canvas.style.width = `${width / plot.ratio}px`;
  canvas.style.height = `${height / plot.ratio}px`;
}

function fitWidth(plot, width) {
  const { height } = plot.options;
  const usual = Math.min(Math.max(Math.round(0.58 * width), 220), 420);
  const wanted = typeof height === "function" ? height(width) : (height ?? usual);
  plot.size = { width, height: wanted };
  plot.margins = { left: 0, right: 0 };
}

/** Draw before the next paint whenever the room has another width. */
function onWidth(plot, draw) {
  const observer = new ResizeObserver((entries) => {
    const width = Math.floor(entries.at(-1).contentRect.width);
    if (width === 0 || (width === plot.size.width && plot.colours)) return;
    fitWidth(plot, width);
    draw();
  });
  observer.observe(plot.frame);
  return () => observer.disconnect();
}

/** Call back when the page moves to another screen or is enlarged. */
function onResolution(callback) {
  let query = null;
  const listen = () => {
    query = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    query.addEventListener("change", change, { once: true });
  };
  const change = () => {
    callback();
    listen();
  };
  listen();
  return () => query.removeEventListener("change", change);
}
