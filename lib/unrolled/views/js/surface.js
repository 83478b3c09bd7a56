/**
 * The view of the cost surface: a map to be walked on, racers that run down it, and the
 * gradient through time where one of them stands.
 *
 * All that it shows follows from the model's state: `start`, `racers`, `settings`,
 * `updates` (how far the race has gone), `window` (the part of the map in sight) and
 * `place` (whose gradient is shown). A control only writes to the state; every change
 * of it, whoever made it, is drawn in the next frame.
 */

import { button, choice, columns, panel, slider } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { countingLoss } from "./numerics.js";
import { player, reducedMotion, summary } from "./player.js";
import { formatNumber } from "./scales.js";
import { RacerCards } from "./surface_cards.js";
import { SurfaceChart } from "./surface_chart.js";
import { GradientPanel } from "./surface_gradient.js";
import { RACERS, Race, STARTS, raceResult } from "./surface_model.js";
import { raceText, weightsText } from "./surface_words.js";

/** The parts of the state that change what is shown. */
const SHOWN = ["start", "racers", "settings", "updates", "window", "place"];

const BUDGET = 8; // milliseconds of a frame for computing updates
const STILL = 400; // milliseconds between two pictures where motion is reduced

/** One view of the cost surface in one place of a page. */
class SurfaceView {
  constructor(model, el) {
    const targets = Float64Array.from(model.get("targets"));
    this.model = model;
    this.first = this.state;
    this.task = { inputs: Float64Array.from(model.get("inputs").flat()), targets };
    this.limit = model.get("limit");
    this.optimum = model.get("optimum");
    this.race = new Race(this.task, model.get("goal"), this.limit, this.optimum);
    this.isUntold = false; // the reader has changed what a kernel does not know yet
    this.pointed = null; // the weights beneath the mouse
    this.due = 0; // updates that were played but not yet shown
    this.shownAt = 0; // when they were shown last
    this.build(el);
    for (const name of SHOWN) model.on(`change:${name}`, this.invalidate);
    this.update();
  }

  // --- state ---------------------------------------------------------------------

  get state() {
    return Object.fromEntries(SHOWN.map((name) => [name, this.model.get(name)]));
  }

  /**
   * Change the state.
   * @param {Object<string, *>} changes
   * @param {boolean} done Whether a kernel is to be told; more may be about to follow.
   */
  write(changes, done = true) {
    for (const [name, value] of Object.entries(changes)) this.model.set(name, value);
    this.isUntold = true;
    if (done && !this.player.playing) this.tell();
    this.invalidate();
  }

  /** Tell a kernel, where there is one, what the reader has changed. */
  tell() {
    if (this.isUntold) this.model.save_changes();
    this.isUntold = false;
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
    this.chart = new SurfaceChart({
      ...{ task: this.task, goal: this.race.goal, optimum: this.optimum },
      whole: this.first.window,
      onWindow: (window, done) => this.write({ window }, done),
      onStart: (start, done) => this.write({ start }, done),
      onPoint: (place) => this.point(place),
      onResize: this.invalidate,
      onRest: () => {
        this.tell();
        this.invalidate();
      },
    });
    this.cards = new RacerCards({
      settings: this.first.settings,
      onToggle: (name, on) => this.toggleRacer(name, on),
      onSetting: (name, key, value, done) => this.changeSetting(name, key, value, done),
    });
    this.gradient = new GradientPanel({
      task: this.task,
      onPlace: (place) => this.write({ place }),
    });
    this.summary = summary();
    this.player = this.makePlayer();
    const question = htmlElement("p", { class: "unrolled-question" });
    writeSymbols(question, this.model.get("question"));
    this.root = htmlElement(
      "div",
      {
        ...{ class: "unrolled-view surface-view", role: "group" },
        "aria-label": "Race on the cost surface",
      },
      question,
      columns([this.chart, this.player, this.summary], [this.cards, this.makeStart()]),
      this.gradient.element,
    );
    el.append(this.root);
  }

  makePlayer() {
    const made = player({
      onStep: (count) => this.advance(count),
      onBack: () => this.write({ updates: Math.max(0, this.model.get("updates") - 1) }),
      onReset: () => this.write({ updates: 0 }),
      onPlay: (playing) => this.onPlay(playing),
      labels: { step: "Next", reset: "To the start" },
      speed: { min: 5, max: 1000, value: 60, format: (v) => `${formatNumber(v, 2)}/s` },
    });
    const ten = button({ label: "+10", onClick: () => this.advance(10) });
    ten.element.setAttribute("aria-label", "+10 updates");
    made.element.querySelector(".unrolled-buttons").append(ten.element);
    this.updates = slider({
      ...{ label: "update", min: 0, max: this.limit, step: 1, value: 0, nudges: false },
      format: (value) => `${value} of ${this.limit}`,
      onInput: (updates) => this.write({ updates }, false),
      onChange: (updates) => this.write({ updates }),
    });
    this.updates.element.classList.add("surface-updates", "unrolled-inline");
    made.element.querySelector(".unrolled-buttons").after(this.updates.element);
    return made;
  }

  makeStart() {
    const options = STARTS.map(({ name, start }, k) => ({
      value: String(k),
      label: `${name} ${weightsText(start)}`.trim(),
    }));
    this.starts = choice({
      label: "from",
      options: [...options, { value: "", label: "a place of your own" }],
      value: "",
      onInput: (value) => value && this.write({ start: [...STARTS[value].start] }),
    });
    this.weights = ["w_x", "w_{rec}"].map((label, k) => {
      const move = (value, done) => {
        const start = [...this.model.get("start")];
        start[k] = value;
        this.write({ start }, done);
      };
      return slider({
        ...{ label, min: -3, max: 3, step: 0.005, value: this.first.start[k] },
        format: (value) => formatNumber(value, 4),
        onInput: (value) => move(value, false),
        onChange: (value) => move(value, true),
      });
    });
    const back = button({
      label: "All settings back",
      onClick: () => this.write(this.first),
    });
    return panel("Where do they start?", this.starts, ...this.weights, back);
  }

  // --- what the reader does --------------------------------------------------------

  /** Look at a place beneath the mouse for as long as it is there. */
  point(place) {
    if (place === this.pointed) return;
    this.pointed = place;
    this.invalidate();
  }

  toggleRacer(name, on) {
    const before = this.model.get("racers");
    const takesPart = (each) => (each === name ? on : before.includes(each));
    this.write({ racers: Object.keys(RACERS).filter(takesPart) });
  }

  changeSetting(name, key, value, done) {
    const settings = this.model.get("settings");
    const changed = { ...settings[name], [key]: value };
    this.write({ settings: { ...settings, [name]: changed } }, done);
  }

  /** Go on by some updates; with reduced motion in fewer pictures that stand still. */
  advance(count) {
    this.due += count;
    const now = performance.now();
    const isMoving = this.player.playing && reducedMotion();
    if (isMoving && now - this.shownAt < STILL) return;
    const updates = Math.min(this.model.get("updates") + this.due, this.limit);
    this.shownAt = now;
    this.due = 0;
    this.write({ updates });
  }

  /** Play from the beginning where nothing more would happen. */
  onPlay(playing) {
    this.due = 0;
    if (playing && this.isOver) this.model.set("updates", 0);
    this.isOver = false;
    if (!playing) this.tell();
  }

  // --- showing -------------------------------------------------------------------

  update() {
    const wanted = this.state;
    this.race.lineUp(wanted);
    const updates = this.stopIfDecided(this.race.compute(wanted.updates, BUDGET));
    if (updates < this.model.get("updates")) this.invalidate(); // go on in the next
    const state = { ...wanted, updates };
    const standings = this.race.standings(updates);
    const result = raceResult(standings);
    this.showControls();
    this.showCards(state, standings, result);
    this.chart.show(state, this.race.runs, standings, this.pointedCost());
    this.gradient.show(state.place, this.lookedAt(state, standings));
    const text = raceText({ ...state, limit: this.limit }, standings, result);
    const racers = Object.keys(standings).length;
    this.summary.element.style.setProperty("--surface-racers", racers);
    this.summary.say(text, this.player.playing);
  }

  /** End a race that plays where it is decided, although a frame makes many updates. */
  stopIfDecided(updates) {
    const end = this.race.decidedAt;
    this.isOver = updates >= end;
    if (!this.isOver || !this.player.playing) return updates;
    this.player.playing = false;
    this.write({ updates: end });
    return end;
  }

  showControls() {
    const { start, updates } = this.state;
    const isHere = ({ start: [x, y] }) => x === start[0] && y === start[1];
    const known = STARTS.findIndex(isHere);
    this.updates.value = updates;
    this.starts.value = known < 0 ? "" : String(known);
    this.weights.forEach((control, k) => (control.value = start[k]));
  }

  showCards({ settings }, standings, { winners }) {
    const sides = Object.entries(standings).map(([name, now]) => [
      name,
      this.chart.sideLeft(this.race.runs[name], now),
    ]);
    this.cards.show(settings, standings, Object.fromEntries(sides), winners);
  }

  pointedCost() {
    if (!this.pointed) return null;
    const { inputs, targets } = this.task;
    const cost = countingLoss(inputs, targets, ...this.pointed);
    return { place: this.pointed, cost };
  }

  /** Whose gradient is shown: beneath the mouse, in front, or the one chosen. */
  lookedAt({ start, place }, standings) {
    const at = (name, [w_x, w_rec]) => ({ name, w_x, w_rec });
    if (this.pointed) return at("the pointer", this.pointed);
    const byCost = Object.entries(standings).sort(([, a], [, b]) => a.cost - b.cost);
    const name = place === "front" ? byCost[0]?.[0] : place;
    const chosen = standings[name];
    return chosen?.update > 0 ? { ...chosen, name } : at("the start", start);
  }

  destroy() {
    for (const name of SHOWN) this.model.off(`change:${name}`, this.invalidate);
    cancelAnimationFrame(this.frame);
    for (const part of [this.player, this.summary, this.chart, this.gradient]) {
      part.destroy();
    }
    this.root.remove();
  }
}

function render({ model, el }) {
  const view = new SurfaceView(model, el);
  return () => view.destroy();
}

export default { render };
