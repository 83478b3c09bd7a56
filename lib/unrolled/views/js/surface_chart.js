/** The map of the cost surface: the surface, the trails of the racers, the start. */

import { choice } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { lineSample, lineStyle } from "./marks.js";
import { createPlot } from "./plot.js";
import { formatNumber } from "./scales.js";
import {
  contourLevels,
  exitPoint,
  goalOutline,
  inWindow,
  logSurface,
  roundedToPixel,
  trail,
} from "./surface_map.js";
import { weightsText } from "./surface_words.js";
import { cividis, colourScale } from "./theme.js";

/** The map goes from -12 to 12 in both weights. */
const MAP_LIMIT = 12;

const NARROW = 420; // pixels of width; below it the map leaves room for the controls
const MAP_TITLE = "The cost surface";
const MAP_COLOUR_ENDS = { from: -0.2, to: 8 }; // log10(cost + 1), as in the chapter
const MAP_COLOURS = colourScale(MAP_COLOUR_ENDS);
const CONTOUR = "rgb(255 255 255 / 0.35)";

const COARSE = 110; // columns and rows of the surface while it moves
const SHARP_PIXEL = 1.6; // CSS pixels of a cell of the surface at rest
const REST = 90; // milliseconds without a movement after which it is drawn sharply
const TRAIL_PIXEL = 1.5; // CSS pixels between two points of a trail that is drawn
const TIP = 0.015; // between an arrow and the border of the map, as a share of the map
const SHAFT = 0.07; // length of an arrow, as a share of the map
const HALO = "#ffffff"; // the map looks the same on a light and on a dark page

/** The look of each racer; the chapter's figure of the race has the same. */
export const RACER_LOOKS = {
  "gradient descent": lineStyle(0),
  "clipped gradient descent": lineStyle(1),
  momentum: lineStyle(4),
  "clipped momentum": lineStyle(2),
  Rprop: lineStyle(3),
};

/** A map of the cost over both weights, on which the reader moves the start. */
export class SurfaceChart {
  /**
   * @param {Object} options
   * @param {{inputs: Float64Array, targets: Float64Array}} options.task
   * @param {number} options.goal The cost to fall below.
   * @param {[number, number]} options.optimum The best weights.
   * @param {number[]} options.whole The whole map: left, right, bottom, top.
   * @param {(window: number[], done: boolean) => void} options.onWindow The reader
   *   wants to see another part of the map.
   * @param {(start: [number, number], done: boolean) => void} options.onStart
   * @param {(place: ?[number, number]) => void} options.onPoint The mouse points to
   *   these weights, or to none.
   * @param {() => void} options.onResize The map has another size: draw it anew.
   * @param {() => void} options.onRest The map has come to rest: draw it sharply.
   */
  constructor(options) {
    const { task, goal, optimum, whole } = options;
    const [across, upward] = optimum;
    this.options = options;
    this.outline = goalOutline(task, goal, optimum);
    this.windows = {
      whole,
      near: [across - 0.5, across + 0.5, upward - 0.25, upward + 0.25],
    };
    this.shown = whole; // the window that the plot has
    this.image = null;
    this.sharpen = 0;
    this.plot = this.makePlot();
    this.part = choice({
      label: "Part of the map",
      options: [
        { value: "whole", label: "whole map" },
        { value: "near", label: "minimum" },
      ],
      value: "whole",
      onInput: (part) => options.onWindow(this.windows[part], true),
    });
    this.sizes = new ResizeObserver(options.onResize);
    this.sizes.observe(this.plot.canvas);
    const below = { class: "surface-below" };
    this.element.append(
      mapKey(goal),
      htmlElement("div", below, colourBar(), this.part.element),
    );
  }

  makePlot() {
    const { whole, onWindow } = this.options;
    const bounds = [-MAP_LIMIT, MAP_LIMIT];
    this.element = htmlElement("div", { class: "surface-map" });
    const plot = createPlot(this.element, {
      label: "Map of the cost over both weights, with the trails of the racers.",
      title: MAP_TITLE,
      height: (width) => Math.round(Math.min((width < NARROW ? 0.82 : 0.95) * width, 540)),
      x: { domain: whole.slice(0, 2), label: "w_x", grid: false },
      y: { domain: whole.slice(2), label: "w_{rec}", grid: false },
      legend: "none",
      pan: true,
      zoom: true,
      limits: { x: bounds, y: bounds, span: [1e-3, 4] },
      onView: (x, y) => {
        this.shown = [...x, ...y];
        onWindow(this.shown, false);
      },
      onClick: (x, y) => this.moveStart(x, y, true),
    });
    plot.element.addEventListener("pointermove", (event) => this.follow(event));
    plot.element.addEventListener("pointerleave", () => this.options.onPoint(null));
    return plot;
  }

  /** Tell where the mouse points to; a finger and a drag point to nothing. */
  follow(event) {
    const { left, top } = this.plot.canvas.getBoundingClientRect();
    const isPointing = event.pointerType === "mouse" && !event.buttons;
    const place = this.plot.toData(event.clientX - left, event.clientY - top);
    const isOnMap = isPointing && inWindow(place, this.shown);
    this.options.onPoint(isOnMap ? this.rounded(place) : null);
  }

  /** A place with as many decimals as the map can show. */
  rounded(place) {
    const pixel = (this.shown[1] - this.shown[0]) / this.plot.canvas.clientWidth;
    return place.map((value) => roundedToPixel(value, pixel));
  }

  /** Ask for a start on the map. */
  moveStart(x, y, done) {
    const inside = (value) => Math.min(Math.max(value, -MAP_LIMIT), MAP_LIMIT);
    this.options.onStart(this.rounded([x, y].map(inside)), done);
  }

  /** Where a racer is that has left the whole map, in words; empty while it has not. */
  sideLeft(run, { update, w_x, w_rec }) {
    const { whole } = this.windows;
    return inWindow([w_x, w_rec], whole) ? "" : exitPoint(run, update, whole).words;
  }

  /**
   * Draw the map.
   * @param {{start: [number, number], window: number[]}} state
   * @param {Object<string, Run>} runs By the racers' names.
   * @param {Object<string, object>} standings Where they are, by the same names.
   * @param {?{place: [number, number], cost: number}} pointed What the mouse points to.
   */
  show({ start, window }, runs, standings, pointed) {
    this.showWindow(window);
    const apart = (TRAIL_PIXEL * (window[1] - window[0])) / (this.width || 400);
    const racers = Object.entries(runs).map(([name, run]) => {
      const { update, w_x, w_rec } = standings[name];
      const isSeen = inWindow([w_x, w_rec], window);
      const exit = isSeen ? null : exitPoint(run, update, window);
      return { name, line: trail(run, update, window, apart), w_x, w_rec, exit };
    });
    this.plot.set({
      title: pointed ? pointText(pointed) : MAP_TITLE,
      series: [
        this.surface(window),
        ...this.goalSeries(),
        ...racers.map(trailSeries),
        ...racers.flatMap((racer) => headSeries(racer, window)),
      ],
      handles: [this.handle(start)],
    });
  }

  get width() {
    return this.plot.canvas.clientWidth;
  }

  goalSeries() {
    const [x, y] = this.options.optimum;
    const outline = { ...this.outline, colour: HALO, dash: "dotted", width: 1.5 };
    const star = { x: [x], y: [y], marker: "*", size: 7, colour: HALO, halo: "black" };
    return [
      { kind: "line", ...outline },
      { kind: "points", ...star },
    ];
  }

  handle([x, y]) {
    return {
      ...{ x, y, label: "start", marker: "o" },
      onMove: (w_x, w_rec, phase) => this.moveStart(w_x, w_rec, phase === "end"),
      format: (w_x, w_rec) =>
        `w_x ${formatNumber(w_x, 4)}, w_{rec} ${formatNumber(w_rec, 4)}`,
    };
  }

  /** Follow a window that was chosen below the map or set from Python. */
  showWindow(window) {
    const isSame = (one) => one.every((value, k) => value === window[k]);
    const known = Object.keys(this.windows).find((name) => isSame(this.windows[name]));
    this.part.value = known ?? "";
    if (isSame(this.shown)) return;
    this.shown = window;
    const [left, right, bottom, top] = window;
    this.plot.set({ x: { domain: [left, right] }, y: { domain: [bottom, top] } });
  }

  /** The surface in a window: coarse while it moves, sharp soon afterwards. */
  surface(window) {
    const { clientWidth, clientHeight } = this.plot.canvas;
    const key = [...window, clientWidth, clientHeight].join();
    if (this.image?.key === key) return this.image.series;
    const cells = [clientWidth, clientHeight].map((length) =>
      Math.max(COARSE, Math.round(length / SHARP_PIXEL)),
    );
    clearTimeout(this.sharpen);
    if (!this.image?.isSeen) return this.paint(key, window, cells);
    this.sharpen = setTimeout(() => {
      this.paint(key, window, cells);
      this.options.onRest();
    }, REST);
    return this.paint(key, window, [COARSE, COARSE]);
  }

  paint(key, window, [across, down]) {
    const series = {
      ...{ kind: "image", rows: down, columns: across, extent: window },
      ...{ values: logSurface(this.options.task, window, across, down) },
      ...{ colours: MAP_COLOURS, levels: contourLevels(window), levelColour: CONTOUR },
    };
    this.image = { key, series, isSeen: this.width > 0 };
    return series;
  }

  destroy() {
    clearTimeout(this.sharpen);
    this.sizes.disconnect();
    this.plot.destroy();
  }
}

/** Text for the place beneath the mouse, such as "(1.2, −0.5): cost 23.3". */
function pointText({ place, cost }) {
  return `${weightsText(place)}: cost ${formatNumber(cost, 4)}`;
}

function trailSeries({ name, line }) {
  const { colour, dash } = RACER_LOOKS[name];
  return { kind: "line", ...line, colour, dash, width: 2.5, halo: HALO };
}

/** Where a racer is: its marker, or an arrow at the border where it has left. */
function headSeries({ name, w_x, w_rec, exit }, [left, right, bottom, top]) {
  const { colour, markers: marker } = RACER_LOOKS[name];
  const head = { kind: "points", marker, colour, size: 6, halo: HALO };
  if (!exit) return [{ ...head, x: [w_x], y: [w_rec] }];
  const back = (share) => [
    exit.x - share * exit.dx * (right - left),
    exit.y - share * exit.dy * (top - bottom),
  ];
  const [tip, tail] = [back(TIP), back(TIP + SHAFT)];
  const shaft = { x: [tail[0], tip[0]], y: [tail[1], tip[1]], width: 4, halo: HALO };
  return [
    { kind: "line", ...shaft, colour, arrow: true },
    { ...head, x: [tail[0]], y: [tail[1]] },
  ];
}

/** What the signs on the map mean, and how it is moved. */
function mapKey(goal) {
  const sign = { kind: "points", colour: "white", halo: "ink" };
  const entries = [
    [{ ...sign, marker: "o" }, "start"],
    [{ ...sign, marker: "*" }, "minimum"],
    [{ dash: "dotted" }, `goal: cost below ${formatNumber(goal)}`],
  ].map(([look, text]) => htmlElement("li", {}, lineSample(look), text));
  const mouse = "Drag the map to move it; Ctrl and the wheel zoom.";
  const touch = "One finger scrolls; two move and zoom the map.";
  return htmlElement(
    ...["div", { class: "surface-key" }],
    htmlElement("ul", { class: "unrolled-legend" }, ...entries),
    htmlElement("p", { class: "surface-for-mouse", text: mouse }),
    htmlElement("p", { class: "surface-for-touch", text: touch }),
  );
}

/** What the colours of the map mean. */
function colourBar() {
  const shares = [0, 0.25, 0.5, 0.75, 1];
  const stops = shares.map((share) => `rgb(${cividis(share).join(" ")})`).join(", ");
  const { from, to } = MAP_COLOUR_ENDS;
  const ticks = [0, 2, 4, 6, 8].map((power) => {
    const place = `left: ${(100 * (power - from)) / (to - from)}%`;
    const tick = htmlElement("span", { style: place });
    writeSymbols(tick, power === 0 ? "1" : `10^${power}`);
    return tick;
  });
  const bar = htmlElement("div", { class: "surface-bar" });
  bar.style.background = `linear-gradient(to right, ${stops})`;
  const numbers = htmlElement("div", { class: "surface-ticks" }, ...ticks);
  return htmlElement(
    ...["div", { class: "surface-scale", "aria-hidden": "true" }],
    htmlElement("span", { text: "cost + 1" }),
    htmlElement("div", {}, bar, numbers),
  );
}
