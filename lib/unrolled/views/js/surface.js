/**
 * The view of the cost surface: a map to be walked on, racers that run down it, and the
 * gradient through time where one of them stands.
 *
 * All that it shows follows from the model's state: `start`, `racers`, `settings`,
 * `updates` (how far the race has gone) and `window` (the part of the map in sight). A
 * control only writes to the state; every change of it is drawn in the next frame.
 */

import { button, choice, columns, panel, slider } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { lineSample, lineStyle } from "./marks.js";
import { countingLoss } from "./numerics.js";
import { player, reducedMotion, summary } from "./player.js";
import { createPlot } from "./plot.js";
import { formatFixed, formatNumber } from "./scales.js";
import {
  contourLevels,
  exitPoint,
  goalOutline,
  inWindow,
  logSurface,
  roundedToPixel,
  trail,
} from "./surface_map.js";
import {
  RACERS,
  Run,
  SETTINGS,
  STARTS,
  capital,
  decidedAt,
  gradientThroughTime,
  nearestStop,
  raceResult,
  standing,
} from "./surface_model.js";
import {
  SETTING_SYMBOLS,
  digitsText,
  gradientText,
  pairText,
  raceText,
  settingText,
  settingsText,
  standingText,
} from "./surface_words.js";
import { cividis, colourScale } from "./theme.js";

/** What changes a picture: the traits that the view listens to. */
const SHOWN = ["start", "racers", "settings", "updates", "window", "place"];

/** log10(cost + 1) at the two ends of the colours, as in the chapter's figures. */
const COLOUR_ENDS = { from: -0.2, to: 8 };

const MAP_LIMIT = 12; // the map goes from -12 to 12 in both weights
const COARSE = 110; // columns and rows of the map while it moves
const SHARP_PIXEL = 1.6; // CSS pixels of a cell of the map at rest
const REST = 90; // milliseconds without a movement after which it is drawn sharply
const BUDGET = 8; // milliseconds of a frame for computing updates
const PIECE = 10; // updates that are computed between two looks at the clock
const TRAIL_PIXEL = 1.5; // CSS pixels between two points of a trail that is drawn
const TIP = 0.015; // between an arrow and the border of the map, as a share of the map
const SHAFT = 0.07; // length of an arrow, as a share of the map
const SMALL_GRADIENT = 0.02; // of a sign that does not occur: room for the zero line
const STILL = 400; // milliseconds between two pictures where motion is reduced

/** The look of each racer; the chapter's figure of the race has the same. */
const LOOKS = {
  "gradient descent": lineStyle(0),
  "clipped gradient descent": lineStyle(1),
  momentum: lineStyle(4),
  "clipped momentum": lineStyle(2),
  Rprop: lineStyle(3),
};

const MAP_TITLE = "The cost surface";
const SURFACE_COLOURS = colourScale(COLOUR_ENDS);

/** One view of the cost surface in one place of a page. */
class SurfaceView {
  constructor(model, el) {
    this.model = model;
    this.first = Object.fromEntries(SHOWN.map((name) => [name, model.get(name)]));
    this.task = {
      inputs: Float64Array.from(model.get("inputs").flat()),
      targets: Float64Array.from(model.get("targets")),
    };
    this.goal = model.get("goal");
    this.optimum = model.get("optimum");
    this.race = { limit: model.get("limit"), optimum: this.optimum };
    this.runs = new Map();
    this.outline = goalOutline(this.task, this.goal, this.optimum);
    this.pointer = null; // the weights beneath the mouse
    this.build(el);
    for (const name of SHOWN) model.on(`change:${name}`, this.invalidate);
    this.update();
  }

  // --- state ---------------------------------------------------------------------

  /** Read the state; a start outside the map is none that the view would write. */
  get state() {
    return Object.fromEntries(SHOWN.map((name) => [name, this.model.get(name)]));
  }

  /** Change the state; a kernel, where there is one, is told unless more will follow. */
  write(changes, { save = !this.player.playing } = {}) {
    for (const [name, value] of Object.entries(changes)) this.model.set(name, value);
    if (save) this.model.save_changes();
    this.invalidate();
  }

  /** Draw in the next frame, once however often the state has changed. */
  invalidate = () => {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.update();
    });
  };

  // --- building ------------------------------------------------------------------

  build(el) {
    this.summary = summary();
    this.buildPlayer();
    const mapBox = htmlElement("div", { class: "surface-map" });
    const gradientBox = htmlElement("div");
    const question = htmlElement("p", { class: "unrolled-question" });
    writeSymbols(question, this.model.get("question"));
    this.root = htmlElement(
      "div",
      {
        class: "unrolled-view surface-view",
        role: "group",
        "aria-label": "Race on the cost surface",
      },
      question,
      columns(
        [mapBox, this.buildBelowMap(), this.player, this.summary],
        [this.buildRacers(), this.buildStart()],
      ),
      panel("", this.buildPlace(), gradientBox),
    );
    el.append(this.root);
    this.buildMap(mapBox);
    this.buildGradient(gradientBox);
  }

  buildMap(box) {
    this.shown = this.model.get("window");
    const [left, right, bottom, top] = this.shown;
    this.map = createPlot(box, {
      label: "Map of the cost over both weights, with the trails of the racers.",
      title: MAP_TITLE,
      height: (width) => Math.round(Math.min(0.95 * width, 540)),
      x: { domain: [left, right], label: "w_x", grid: false },
      y: { domain: [bottom, top], label: "w_{rec}", grid: false },
      legend: "none",
      pan: true,
      zoom: true,
      limits: {
        x: [-MAP_LIMIT, MAP_LIMIT],
        y: [-MAP_LIMIT, MAP_LIMIT],
        span: [1e-3, 4],
      },
      onView: (x, y) => {
        this.shown = [...x, ...y];
        this.write({ window: this.shown }, { save: false });
      },
      onClick: (x, y) => this.moveStart(x, y, "end"),
    });
    const { canvas, element } = this.map;
    element.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "mouse" || event.buttons) return this.point(null);
      const { left: x, top: y } = canvas.getBoundingClientRect();
      return this.point(this.map.toData(event.clientX - x, event.clientY - y));
    });
    element.addEventListener("pointerleave", () => this.point(null));
  }

  /** Look at a place beneath the mouse for as long as it is there. */
  point(place) {
    const inside = place && inWindow(place, this.model.get("window"));
    const next = inside ? place : null;
    if (next === this.pointer) return;
    this.pointer = next;
    this.invalidate();
  }

  buildBelowMap() {
    const [across, upward] = this.optimum;
    this.windows = {
      whole: this.first.window,
      near: [across - 0.5, across + 0.5, upward - 0.25, upward + 0.25],
    };
    this.part = choice({
      label: "Part of the map",
      options: [
        { value: "whole", label: "whole map" },
        { value: "near", label: "minimum" },
      ],
      value: "",
      onInput: (part) => this.write({ window: this.windows[part] }),
    });
    const parts = [this.buildLegend(), this.part.element];
    return htmlElement("div", { class: "surface-below" }, ...parts);
  }

  buildLegend() {
    const shares = [0, 0.25, 0.5, 0.75, 1];
    const stops = shares.map((share) => `rgb(${cividis(share).join(" ")})`).join(", ");
    const { from, to } = COLOUR_ENDS;
    const ticks = [0, 2, 4, 6, 8].map((power) => {
      const tick = htmlElement("span", {
        style: `left: ${(100 * (power - from)) / (to - from)}%`,
      });
      writeSymbols(tick, power === 0 ? "1" : `10^${power}`);
      return tick;
    });
    const bar = htmlElement("div", { class: "surface-bar" });
    bar.style.background = `linear-gradient(to right, ${stops})`;
    return htmlElement(
      "div",
      { class: "surface-scale", "aria-hidden": "true" },
      htmlElement("span", { text: "cost + 1" }),
      htmlElement("div", {}, bar, htmlElement("div", { class: "surface-ticks" }, ...ticks)),
    );
  }

  buildPlayer() {
    this.player = player({
      onStep: (count) => this.advance(count),
      onBack: () => this.write({ updates: Math.max(0, this.model.get("updates") - 1) }),
      onReset: () => this.write({ updates: 0 }),
      onPlay: (playing) => this.onPlay(playing),
      speed: { min: 5, max: 1000, value: 60, format: (v) => `${formatNumber(v, 2)}/s` },
    });
    const { limit } = this.race;
    this.updateSlider = slider({
      label: "update",
      min: 0,
      max: limit,
      step: 1,
      value: this.model.get("updates"),
      format: (value) => `${value} of ${limit}`,
      onInput: (value) => this.write({ updates: value }, { save: false }),
      onChange: () => this.model.save_changes(),
    });
    const ten = button({ label: "+10", onClick: () => this.advance(10) });
    ten.element.setAttribute("aria-label", "10 steps");
    const { element } = this.player;
    element.querySelector(".unrolled-buttons").append(ten.element);
    element.append(this.updateSlider.element);
  }

  /** Go on by some updates; a race that is decided stops playing. */
  advance(count) {
    const { limit } = this.race;
    this.due = (this.due ?? 0) + count;
    if (this.player.playing && reducedMotion()) {
      // Fewer pictures, each standing still for a while.
      if (performance.now() - (this.shownAt ?? 0) < STILL) return;
      this.shownAt = performance.now();
    }
    const updates = Math.min(this.model.get("updates") + this.due, limit);
    this.due = 0;
    this.write({ updates });
  }

  onPlay(playing) {
    if (!playing) {
      this.model.save_changes();
      return;
    }
    // Play again from the start where nothing more would happen.
    if (this.isOver) this.write({ updates: 0 });
    this.isOver = false;
  }

  buildRacers() {
    this.cards = Object.fromEntries(
      Object.keys(RACERS).map((name) => [name, this.buildCard(name)]),
    );
    const cards = Object.values(this.cards).map((card) => card.element);
    this.digits = htmlElement("p");
    const details = htmlElement("details", { class: "surface-digits" });
    details.append(htmlElement("summary", { text: "All digits of the weights" }), this.digits);
    return panel("Who races?", ...cards, details);
  }

  buildCard(name) {
    const box = htmlElement("input", { type: "checkbox" });
    box.addEventListener("change", () => this.toggleRacer(name, box.checked));
    const title = htmlElement("span", { text: capital(name) });
    const label = htmlElement(
      ...["label", { class: "unrolled-check" }, box, lineSample(LOOKS[name]), title],
    );
    const sliders = Object.fromEntries(
      RACERS[name].settings.map((key) => [key, this.buildSetting(name, key)]),
    );
    const elements = Object.values(sliders).map((control) => control.element);
    const details = htmlElement("div", { class: "surface-settings" }, ...elements);
    const now = htmlElement("span");
    const hidden = htmlElement("span", { class: "surface-hidden", text: `Set ${name}: ` });
    const opener = htmlElement("button", { type: "button", class: "surface-opener" });
    opener.append(hidden, now);
    const open = (on) => {
      details.hidden = !on;
      opener.setAttribute("aria-expanded", String(on));
    };
    opener.addEventListener("click", () => open(details.hidden));
    open(false);
    const output = htmlElement("output", { "aria-live": "off", "aria-label": name });
    const element = htmlElement(
      ...["div", { class: "surface-racer" }, label, opener, details, output],
    );
    return { element, box, opener, open, now, sliders, output };
  }

  /** A slider that stops at round numbers; a number set from Python may lie between. */
  buildSetting(name, key) {
    const { label, stops } = SETTINGS[key];
    return slider({
      label: SETTING_SYMBOLS[key] === label ? label : `${label} ${SETTING_SYMBOLS[key]}`,
      min: 0,
      max: stops.length - 1,
      step: 1,
      value: nearestStop(stops, this.model.get("settings")[name][key]),
      format: (index) => {
        const value = this.model.get("settings")[name][key];
        return settingText(nearestStop(stops, value) === index ? value : stops[index]);
      },
      onInput: (index) => this.set(name, key, stops[index], { save: false }),
      onChange: () => this.model.save_changes(),
    });
  }

  set(name, key, value, options) {
    const settings = this.model.get("settings");
    const changed = { ...settings, [name]: { ...settings[name], [key]: value } };
    this.write({ settings: changed }, options);
  }

  toggleRacer(name, on) {
    const before = this.model.get("racers");
    const racers = Object.keys(RACERS).filter((each) =>
      each === name ? on : before.includes(each),
    );
    this.write({ racers });
  }

  buildStart() {
    const options = STARTS.map(({ name, start }, k) => ({
      value: String(k),
      label: name ? `${name} ${pairText(start)}` : pairText(start),
    }));
    this.starts = choice({
      label: "from",
      options: [...options, { value: "", label: "a place of your own" }],
      value: "",
      onInput: (value) => value && this.write({ start: [...STARTS[value].start] }),
    });
    const weight = (label, k) =>
      slider({
        ...{ label, min: -3, max: 3, step: 0.005, value: this.model.get("start")[k] },
        format: (value) => formatNumber(value, 4),
        onInput: (value) => {
          const start = [...this.model.get("start")];
          start[k] = value;
          this.write({ start }, { save: false });
        },
        onChange: () => this.model.save_changes(),
      });
    this.weights = [weight("w_x", 0), weight("w_{rec}", 1)];
    const undo = button({ label: "Undo all changes", onClick: () => this.write(this.first) });
    return panel("Where do they start?", this.starts, ...this.weights, undo);
  }

  moveStart(x, y, phase) {
    const [left, right] = this.model.get("window");
    const pixel = (right - left) / this.map.canvas.clientWidth;
    const inMap = (value) => Math.min(Math.max(value, -MAP_LIMIT), MAP_LIMIT);
    const start = [x, y].map((value) => roundedToPixel(inMap(value), pixel));
    this.write({ start }, { save: phase === "end" });
  }

  buildPlace() {
    this.place = choice({
      label: "The gradient through time at",
      options: [
        { value: "front", label: "the racer in front" },
        { value: "start", label: "the start" },
        ...Object.keys(RACERS),
      ],
      value: this.model.get("place"),
      onInput: (place) => this.write({ place }),
    });
    this.caption = htmlElement("p", { class: "surface-caption" });
    return htmlElement("div", {}, this.place.element, this.caption);
  }

  buildGradient(box) {
    this.gradient = createPlot(box, {
      label: "The gradient of the cost at every state, time running backwards",
      height: 210,
      x: {
        integer: true,
        label: "time step *t*, running backwards",
      },
      y: {
        ...{ scale: "symlog", threshold: 1e-2, stretch: 0.6, format: formatNumber },
        label: "∂*L*/∂h_t, summed over the sequences",
      },
      legend: "none",
    });
  }

  // --- computing -----------------------------------------------------------------

  /** Have a run for each racer, those known already among them. */
  lineUp({ racers, settings, start }) {
    const known = this.runs;
    this.runs = new Map();
    const pairs = racers.map((name) => {
      const key = JSON.stringify([name, settings[name], start]);
      const rule = RACERS[name].rule(settings[name]);
      const run = known.get(key) ?? new Run(this.task, start, rule, this.goal);
      this.runs.set(key, run);
      return [name, run];
    });
    this.byName = Object.fromEntries(pairs);
  }

  /**
   * Compute the runs for as long as a frame allows.
   * @param {number} updates
   * @returns {number} The update up to which all of them are known.
   */
  compute(updates) {
    const until = performance.now() + BUDGET;
    const runs = Object.values(this.byName);
    const known = (run) => (run.diverged ? Infinity : run.losses.length - 1);
    let least = Math.min(updates, ...runs.map(known));
    while (least < updates && performance.now() < until) {
      least = Math.min(updates, least + PIECE);
      for (const run of runs) run.upTo(least);
    }
    return least;
  }

  // --- showing -------------------------------------------------------------------

  update() {
    const wanted = this.state;
    this.lineUp(wanted);
    const state = { ...wanted, updates: this.compute(wanted.updates) };
    if (state.updates < wanted.updates) this.invalidate();
    this.stopIfDecided(state);
    const standings = Object.fromEntries(
      Object.entries(this.byName).map(([name, run]) => [
        name,
        standing(run, state.updates, this.race),
      ]),
    );
    const result = raceResult(standings);
    this.showControls({ ...wanted, updates: this.model.get("updates") });
    this.showCards(state, standings, result);
    this.showMap(state, standings);
    this.showGradient(state, standings);
    const text = raceText({ ...state, ...this.race }, standings, result);
    this.summary.say(text, this.player.playing);
  }

  /** End a race that plays where it is decided, although a frame makes many updates. */
  stopIfDecided(state) {
    const end = decidedAt(Object.values(this.byName), this.race.limit);
    this.isOver = state.updates >= end;
    if (!this.isOver || !this.player.playing) return;
    this.player.playing = false;
    state.updates = end;
    this.write({ updates: end });
  }

  showControls({ start, updates, settings, place }) {
    this.updateSlider.value = updates;
    const known = STARTS.findIndex(({ start: [x, y] }) => x === start[0] && y === start[1]);
    this.starts.value = known < 0 ? "" : String(known);
    this.weights.forEach((control, k) => (control.value = start[k]));
    this.place.value = place;
    for (const [name, card] of Object.entries(this.cards)) {
      for (const [key, control] of Object.entries(card.sliders)) {
        control.value = nearestStop(SETTINGS[key].stops, settings[name][key]);
      }
      writeOnce(card.now, settingsText(settings[name]));
    }
  }

  showCards({ racers }, standings, { winners }) {
    writeOnce(this.digits, digitsText(standings));
    for (const [name, card] of Object.entries(this.cards)) {
      const on = racers.includes(name);
      card.box.checked = on;
      card.opener.hidden = !on;
      if (!on) card.open(false);
      card.element.classList.toggle("surface-winner", winners.includes(name));
      const side = on ? this.sideLeft(name, standings[name]) : "";
      writeOnce(card.output, on ? standingText(standings[name], side) : "");
    }
  }

  /** By which side a racer has left the whole map; empty while it has not. */
  sideLeft(name, { update, w_x, w_rec }) {
    const { whole } = this.windows;
    if (inWindow([w_x, w_rec], whole)) return "";
    return exitPoint(this.byName[name], update, whole).words;
  }

  showMap(state, standings) {
    const { window, start, updates } = state;
    this.showWindow(window);
    const width = this.map.canvas.clientWidth || 400;
    const apart = (TRAIL_PIXEL * (window[1] - window[0])) / width;
    const outline = { kind: "line", ...this.outline, colour: "#ffffff", dash: "dotted" };
    const goalStar = {
      ...{ kind: "points", x: [this.optimum[0]], y: [this.optimum[1]], marker: "*" },
      ...{ size: 7, colour: "#ffffff", halo: "#000000" },
    };
    const runners = Object.entries(this.byName).map(([name, run]) => {
      const { update, w_x, w_rec } = standings[name];
      const isSeen = inWindow([w_x, w_rec], window);
      const exit = isSeen ? null : exitPoint(run, update, window);
      return { name, line: trail(run, updates, window, apart), w_x, w_rec, exit };
    });
    this.map.set({
      title: this.mapTitle(),
      series: [
        this.surfaceImage(window),
        { ...outline, width: 1.5 },
        goalStar,
        ...runners.map(trailSeries),
        ...runners.flatMap((runner) => headSeries(runner, window)),
      ],
      handles: [
        {
          ...{ x: start[0], y: start[1], label: "start", marker: "o" },
          onMove: (x, y, phase) => this.moveStart(x, y, phase),
          format: (x, y) => `w_x ${formatNumber(x)}, w_{rec} ${formatNumber(y)}`,
        },
      ],
    });
  }

  /** Follow a window that was set by a control or from Python, not on the map. */
  showWindow(window) {
    const names = Object.keys(this.windows);
    this.part.value = names.find((name) => isSame(this.windows[name], window)) ?? "";
    if (isSame(this.shown, window)) return;
    this.shown = window;
    this.map.set({ x: { domain: window.slice(0, 2) }, y: { domain: window.slice(2) } });
  }

  /** The surface in the window: coarse while it moves, sharp soon afterwards. */
  surfaceImage(window) {
    const key = window.join();
    if (this.image?.key === key) return this.image.series;
    const canvas = this.map.canvas;
    const isFirst = !this.image;
    clearTimeout(this.sharpen);
    const paint = (across, down) => {
      this.image = {
        key,
        series: {
          ...{ kind: "image", values: logSurface(this.task, window, across, down) },
          ...{ rows: down, columns: across, extent: window, colours: SURFACE_COLOURS },
          ...{ levels: contourLevels(window), levelColour: "rgb(255 255 255 / 0.35)" },
        },
      };
    };
    const sharp = (length) => Math.max(COARSE, Math.round(length / SHARP_PIXEL));
    if (isFirst) paint(sharp(canvas.clientWidth), sharp(canvas.clientHeight));
    else {
      paint(COARSE, COARSE);
      this.sharpen = setTimeout(() => {
        paint(sharp(canvas.clientWidth), sharp(canvas.clientHeight));
        this.invalidate();
      }, REST);
    }
    return this.image.series;
  }

  /** The cost beneath the mouse, in place of the map's title. */
  mapTitle() {
    if (!this.pointer) return MAP_TITLE;
    const [w_x, w_rec] = this.pointer;
    const { inputs, targets } = this.task;
    const cost = formatNumber(countingLoss(inputs, targets, w_x, w_rec), 4);
    return `(${formatFixed(w_x, 2)}, ${formatFixed(w_rec, 2)}): cost ${cost}`;
  }

  showGradient(state, standings) {
    const { name, w_x, w_rec } = this.lookedAt(state, standings);
    const gradient = gradientThroughTime(this.task, w_x, w_rec);
    const steps = gradient.length - 1;
    const line = { x: [...gradient.keys()].reverse(), y: [...gradient].reverse() };
    const look = LOOKS[name] ?? { colour: "ink", markers: "o" };
    this.gradient.set({
      label:
        `The gradient of the cost at every state: ${formatNumber(gradient[steps])} at ` +
        `the last, ${formatNumber(gradient[0])} at the first.`,
      x: { domain: [steps + 0.3, -0.3] },
      y: symlogAxis(gradient),
      series: [
        { kind: "rule", y: 0 },
        { kind: "line", ...line, ...look, spacing: 0 },
      ],
    });
    writeOnce(this.caption, gradientText({ name, w_x, w_rec }, gradient));
  }

  /** Whose gradient is shown: beneath the mouse, in front, or the one chosen. */
  lookedAt({ start, place }, standings) {
    const atStart = { name: "the start", w_x: start[0], w_rec: start[1] };
    if (this.pointer) {
      return { name: "the pointer", w_x: this.pointer[0], w_rec: this.pointer[1] };
    }
    const costs = Object.entries(standings).sort(([, a], [, b]) => a.cost - b.cost);
    const name = place === "front" ? costs[0]?.[0] : place;
    const chosen = standings[name];
    return chosen && chosen.update > 0 ? { name, ...chosen } : atStart;
  }

  destroy() {
    for (const name of SHOWN) this.model.off(`change:${name}`, this.invalidate);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.sharpen);
    for (const part of [this.player, this.summary, this.map, this.gradient]) part.destroy();
    this.root.remove();
  }
}

function isSame(one, other) {
  return one.every((value, k) => value === other[k]);
}

/** Write text with symbols, unless it stands there already. */
function writeOnce(element, text) {
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  writeSymbols(element, text);
}

/**
 * An axis on which a gradient through time fits, in steps, so that it seldom moves: from
 * and to a power of 100, or a little beyond 0 where nothing has that sign.
 */
function symlogAxis(gradient) {
  const end = (largest) => {
    if (!(largest > 0)) return { bound: SMALL_GRADIENT, powers: [] };
    const top = Math.max(0, 2 * Math.ceil(Math.log10(largest) / 2));
    const step = top > 4 ? 4 : 2;
    const powers = [];
    for (let power = top; power >= 0; power -= step) powers.push(10 ** power);
    return { bound: 2 * 10 ** top, powers };
  };
  const up = end(Math.max(...gradient));
  const down = end(-Math.min(...gradient));
  return {
    domain: [-down.bound, up.bound],
    ticks: [...down.powers.map((power) => -power), 0, ...up.powers],
  };
}

function trailSeries({ name, line }) {
  const { colour, dash } = LOOKS[name];
  return { kind: "line", ...line, colour, dash, width: 2.5, halo: "#ffffff" };
}

/** Where a racer is: its marker, or an arrow at the border where it has left. */
function headSeries({ name, w_x, w_rec, exit }, [left, right, bottom, top]) {
  const { colour, markers: marker } = LOOKS[name];
  const head = { kind: "points", marker, colour, size: 6, halo: "#ffffff" };
  if (!exit) return [{ ...head, x: [w_x], y: [w_rec] }];
  const back = (share) => [
    exit.x - share * exit.dx * (right - left),
    exit.y - share * exit.dy * (top - bottom),
  ];
  const [tip, tail] = [back(TIP), back(TIP + SHAFT)];
  const shaft = { x: [tail[0], tip[0]], y: [tail[1], tip[1]], width: 4, halo: "#ffffff" };
  return [
    { kind: "line", ...shaft, colour, arrow: true },
    { ...head, x: [tail[0]], y: [tail[1]] },
  ];
}

function render({ model, el }) {
  const view = new SurfaceView(model, el);
  return () => view.destroy();
}

export default { render };
