/**
 * The view "Gates": one LSTM cell over fifty steps, its gates in the reader's hand.
 *
 * It makes plain that the cell state is a road with one factor a step, the forget gate;
 * that the input gate writes on it and the output gate shows it; how fast a gate a little
 * below 1 forgets; and that a tanh unit, told the same, keeps no value of its own.
 *
 * All that it shows follows from the model's state: see GateSettings, and `step`, the
 * step whose numbers stand in the drawing of the cell.
 */

import { button, choice, panel, row, slider } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { createCellDrawing } from "./gates_cell.js";
import {
  GATE_PRESETS,
  GATE_STEPS,
  gatesPass,
  leakCurve,
  paintedPulses,
  presetOf,
  taskProgress,
} from "./gates_model.js";
import { STRIP_LENGTH, createStrips } from "./gates_strips.js";
import { gatesText, readoutRows, stepEquations, taskTexts } from "./gates_words.js";
import { lineSample } from "./marks.js";
import { player, reducedMotion, summary } from "./player.js";
import { createPlot } from "./plot.js";
import { formatFixed } from "./scales.js";

const GATE_SETTINGS = ["drive", "levels", "pulses", "c_0", "w_rec"];
const GATE_STATE = [...GATE_SETTINGS, "step"];
const GATE_REST = 400; // milliseconds between two pictures where motion is reduced
const PLOT_LEFT = 66; // pixels from the view's edge to step 0: room for the buttons
const LABELLED = 560; // pixels of width from which on the lines bear their names

/** The look of each curve, and its name at the end of its line. */
const CURVES = {
  leak99: { look: { colour: "muted", dash: "long", width: 1.7 }, label: "*f* = 0.99" },
  leak90: { look: { colour: "muted", dash: "dotted", width: 1.9 }, label: "*f* = 0.9" },
  tanh: {
    look: { colour: "purple", dash: "dashdot", markers: "D", width: 1.8 },
    label: "tanh unit",
  },
  h: { look: { colour: "prediction", dash: "dashed", markers: "^" }, label: "h_t" },
  c: { look: { colour: "orange", dash: "solid", width: 3 }, label: "c_t" },
};

/** One view of the gates in one place of a page. */
class GatesView {
  constructor(model, el) {
    this.model = model;
    this.first = this.state;
    this.reach = "one"; // what a press on a strip or a button changes
    this.build(el);
    for (const name of GATE_STATE) model.on(`change:${name}`, this.invalidate);
    this.update();
  }

  // --- state ---------------------------------------------------------------------

  get state() {
    return Object.fromEntries(GATE_STATE.map((name) => [name, this.model.get(name)]));
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

  paint(name, from, to, open, { step = to, save = true } = {}) {
    const pulses = this.model.get("pulses");
    const painted = paintedPulses(pulses[name], from, to, open);
    this.write({ pulses: { ...pulses, [name]: painted }, step }, { save });
  }

  /** Where a change that begins at a step ends. */
  endOf(step) {
    return this.reach === "one" ? step : GATE_STEPS;
  }

  moveBy(by, name) {
    const { step, pulses } = this.state;
    const next = Math.min(Math.max(step + by, 1), GATE_STEPS);
    if (name) this.paint(name, next, next, pulses[name].includes(step));
    else this.write({ step: next });
  }

  // --- building ------------------------------------------------------------------

  build(el) {
    this.summary = summary();
    this.drawing = createCellDrawing();
    this.buildPlayer();
    const question = htmlElement("p", { class: "unrolled-question" });
    writeSymbols(question, this.model.get("question"));
    this.task = htmlElement("ul", { class: "gates-task" });
    this.plotBox = htmlElement("div", { class: "gates-plot" });
    // In little room these two stay in sight while the reader works the controls.
    const watched = htmlElement("div", { class: "gates-watch" }, this.task, this.plotBox);
    this.equations = [0, 1].map(() => ({ element: htmlElement("p"), text: "" }));
    const equations = this.equations.map(({ element }) => element);
    const cell = htmlElement(
      ...["div", { class: "gates-figure" }],
      this.drawing.element,
      htmlElement("div", { class: "gates-equations" }, ...equations),
    );
    this.root = htmlElement(
      "div",
      {
        class: "unrolled-view gates-view",
        role: "group",
        "aria-label": "Gates: an LSTM cell over fifty steps",
      },
      ...[question, this.buildChoices(), watched, this.buildStrips()],
      ...[this.player.element, this.stepSlider.element],
      htmlElement(
        ...["div", { class: "gates-lower" }, this.buildSettings()],
        htmlElement("div", { class: "gates-columns" }, cell, this.buildReadout()),
      ),
      this.summary.element,
    );
    el.append(this.root);
    this.buildPlot();
    // Asked for here and not while drawing, where the page would be laid out for it.
    this.room = new ResizeObserver(() => {
      this.labelled = this.plotBox.clientWidth >= LABELLED;
      this.invalidate();
    });
    this.room.observe(this.root);
  }

  buildChoices() {
    const names = GATE_PRESETS.map(({ name }) => ({ value: name, label: name }));
    this.presets = choice({
      label: "Try",
      options: [...names, { value: "", label: "gates of your own" }],
      value: "",
      onInput: (name) => this.choosePreset(name),
    });
    this.drive = choice({
      label: "A gate is open",
      options: [
        { value: "pulses", label: "at the steps you choose" },
        { value: "held", label: "at every step" },
      ],
      value: this.model.get("drive"),
      onInput: (drive) => this.write({ drive }),
    });
    return row(this.presets, this.drive);
  }

  choosePreset(name) {
    const preset = GATE_PRESETS.find((each) => each.name === name);
    if (!preset) return;
    const { drive, levels, pulses, c_0 } = preset.settings;
    this.write({ drive, levels, c_0, ...(drive === "held" ? {} : { pulses }) });
  }

  buildStrips() {
    this.strips = createStrips({
      onPaint: (name, from, to, open, done) => {
        const end = done && from === to ? this.endOf(to) : to;
        this.paint(name, from, end, open, { step: to, save: done });
      },
      onToggle: (name, open) => {
        const step = this.model.get("step");
        this.paint(name, step, this.endOf(step), open, { step });
      },
      onMove: (by, name) => this.moveBy(by, name),
    });
    this.reaches = choice({
      label: "A press changes",
      options: [
        { value: "one", label: "one step" },
        { value: "rest", label: "to the end" },
      ],
      value: this.reach,
      onInput: (reach) => {
        this.reach = reach;
        this.invalidate();
      },
    });
    const keys =
      "On a button: Space opens or closes, ← → move the step, with Shift they draw.";
    const hint = htmlElement(
      ...["p", { class: "gates-hint", text: "Press a strip, or draw on it. " }],
      htmlElement("span", { class: "gates-keys", text: keys }),
    );
    this.press = row(this.reaches, hint);
    this.stripBox = htmlElement("div", {}, this.strips.element, this.press);
    return this.stripBox;
  }

  buildPlot() {
    this.plot = createPlot(this.plotBox, {
      label: "The cell state over fifty steps, and what it is compared with",
      height: (width) => Math.round(Math.min(Math.max(0.36 * width, 160), 250)),
      x: { domain: [0, STRIP_LENGTH], label: "step *t*", ticks: [0, 10, 20, 30, 40, 50] },
      y: { label: "state" },
      onClick: (x) => this.goTo(x),
    });
  }

  goTo(x, save = true) {
    const step = Math.min(Math.max(Math.round(x), 1), GATE_STEPS);
    this.write({ step }, { save });
  }

  buildPlayer() {
    this.player = player({
      onStep: (count) => this.advance(count),
      onBack: () => this.write({ step: Math.max(1, this.model.get("step") - 1) }),
      onReset: () => this.write({ step: 1 }),
      onPlay: (playing) => this.onPlay(playing),
      speed: { min: 1, max: 50, value: 8 },
      labels: { reset: "To step 1" },
    });
    this.stepSlider = slider({
      ...{ label: "step *t*", min: 1, max: GATE_STEPS, step: 1, value: 1, nudges: false },
      format: (value) => `${value} of ${GATE_STEPS}`,
      onInput: (value) => this.write({ step: value }, { save: false }),
      onChange: () => this.model.save_changes(),
    });
    this.stepSlider.element.classList.add("gates-step");
  }

  advance(count) {
    this.due = (this.due ?? 0) + count;
    if (this.player.playing && reducedMotion()) {
      if (performance.now() - (this.shownAt ?? 0) < GATE_REST) return;
      this.shownAt = performance.now();
    }
    const step = Math.min(this.model.get("step") + this.due, GATE_STEPS);
    this.due = 0;
    if (step === GATE_STEPS) this.player.playing = false;
    this.write({ step });
  }

  onPlay(playing) {
    if (!playing) this.model.save_changes();
    else if (this.model.get("step") === GATE_STEPS) this.write({ step: 1 });
  }

  /** The legend of the plot, with a number for each curve. */
  buildReadout() {
    this.now = htmlElement("th", { scope: "col" });
    const head = htmlElement(
      ...["tr", {}, htmlElement("th", { scope: "col", text: "curve" }), this.now],
      htmlElement("th", { scope: "col", text: `step ${GATE_STEPS}` }),
    );
    this.rows = new Map();
    const rows = ["c", "h", "leak99", "leak90", "tanh"].map((name) => {
      const label = htmlElement("span");
      const outputs = [0, 1].map(() => htmlElement("output", { "aria-live": "off" }));
      this.rows.set(name, { label, outputs });
      return htmlElement(
        ...["tr", {}, htmlElement("th", { scope: "row" }, curveName(name, label))],
        ...outputs.map((output) => htmlElement("td", {}, output)),
      );
    });
    return htmlElement(
      ...["table", { class: "gates-readout" }, htmlElement("thead", {}, head)],
      htmlElement("tbody", {}, ...rows),
    );
  }

  buildSettings() {
    const level = (name, label, range = [0, 1]) =>
      this.setting(label, range, {
        read: ({ levels }) => levels[name],
        change: (value) => ({ levels: { ...this.model.get("levels"), [name]: value } }),
      });
    const own = (name, label, range) =>
      this.setting(label, range, {
        read: (state) => state[name],
        change: (value) => ({ [name]: value }),
      });
    const gates = [
      level("i", "input gate *i*, when open"),
      level("f", "forget gate *f*, when open"),
      level("o", "output gate *o*, when open"),
    ];
    const content = [
      level("g", "candidate *g*: what is written", [-1, 1]),
      own("c_0", "first state c_0", [-1, 1]),
      own("w_rec", "tanh unit: weight w_{rec}", [0, 2]),
    ];
    this.settings = [...gates, ...content];
    const undo = button({
      ...{ label: "All settings back", icon: "reset" },
      onClick: () => this.write(this.first),
    });
    const formula = htmlElement("p", { class: "gates-hint" });
    writeSymbols(formula, "Tanh unit: h_t = tanh(i_t g_t + w_{rec} h_{t-1})");
    return htmlElement(
      ...["div", { class: "gates-settings" }],
      ...this.settings.map(({ control }) => control.element),
      row(undo, formula),
    );
  }

  setting(label, [min, max], { read, change }) {
    const control = slider({
      ...{ label, min, max, step: max === 1 && min === 0 ? 0.01 : 0.05 },
      value: read(this.state),
      format: (value) => formatFixed(value, 2),
      onInput: (value) => this.write(change(value), { save: false }),
      onChange: () => this.model.save_changes(),
    });
    return { control, read };
  }

  // --- showing -------------------------------------------------------------------

  update() {
    const state = this.state;
    const { pass, curves, domain } = this.knownOf(state);
    const progress = taskProgress(pass);
    // First: letters on a canvas have the page laid out for all that was changed before.
    this.showPlot(state, curves, domain);
    this.showControls(state);
    this.showTask(progress);
    this.strips.show(state, state.step, this.reach);
    this.showReadout(state, pass);
    this.drawing.show(pass, state.step);
    this.showEquations(pass, state);
    this.summary.say(gatesText(state, pass, progress), this.player.playing);
  }

  /** What the cell does; computed anew only where a setting has changed. */
  knownOf(state) {
    const key = JSON.stringify(GATE_SETTINGS.map((name) => state[name]));
    if (this.known?.key === key) return this.known;
    const pass = gatesPass(state);
    const curves = {
      ...{ c: pass.c, h: pass.h, tanh: pass.tanh },
      ...{ leak90: leakCurve(pass, 0.9), leak99: leakCurve(pass, 0.99) },
    };
    this.known = { key, pass, curves, domain: plotDomain(Object.values(curves)) };
    return this.known;
  }

  showEquations(pass, { step }) {
    stepEquations(pass, step).forEach((text, k) => {
      const shown = this.equations[k];
      if (shown.text !== text) writeSymbols(shown.element, text);
      shown.text = text;
    });
  }

  showControls(state) {
    this.stepSlider.value = state.step;
    this.drive.value = state.drive;
    this.presets.value = presetOf(state);
    this.stripBox.hidden = state.drive === "held";
    for (const { control, read } of this.settings) control.value = read(state);
  }

  showTask(progress) {
    const parts = taskTexts(progress);
    const key = JSON.stringify(parts);
    if (this.taskKey === key) return;
    this.taskKey = key;
    const items = parts.map(({ done, text }) => {
      const item = htmlElement("li", { class: done ? "is-done" : null });
      const words = htmlElement("span");
      writeSymbols(words, text);
      const sign = { text: done ? "✓" : "○", "aria-hidden": "true" };
      item.append(htmlElement("span", sign), words);
      return item;
    });
    this.task.replaceChildren(...items);
  }

  showPlot({ step }, curves, domain) {
    const lines = Object.entries(CURVES).map(([name, { look, label }]) => ({
      ...{ kind: "line", y: curves[name], ...look, label },
    }));
    this.plot.set({
      legend: this.labelled ? "ends" : "below",
      y: { domain },
      series: [{ kind: "rule", x: step, colour: "ink", dash: "solid" }, ...lines],
      handles: [
        {
          ...{ x: step, y: curves.c[step], along: "x", label: "step", steps: [1, 1] },
          ...{ colour: "orange", marker: "o", format: (x) => `step ${Math.round(x)}` },
          onMove: (x, y, phase) => this.goTo(x, phase === "end"),
        },
      ],
    });
    this.plot.draw();
    this.alignStrips();
  }

  /** Let the steps of the strips lie above those of the plot. */
  alignStrips() {
    const [left, right] = [0, STRIP_LENGTH].map((step) => this.plot.toPixels(step, 0)[0]);
    const margin = `${Math.round(PLOT_LEFT - left)}px`;
    if (this.plotBox.style.marginLeft !== margin) this.plotBox.style.marginLeft = margin;
    const width = parseFloat(this.plot.canvas.style.width);
    const beyond = `${Math.round(width - right)}px`;
    const { style } = this.strips.element;
    if (style.marginRight !== beyond) style.marginRight = beyond;
  }

  showReadout({ step }, pass) {
    this.now.textContent = `step ${step}`;
    for (const { name, label, now, end } of readoutRows(pass, step)) {
      const shown = this.rows.get(name);
      if (shown.text !== label) writeSymbols(shown.label, label);
      shown.text = label;
      [now, end].forEach((text, k) => {
        const output = shown.outputs[k];
        if (output.textContent !== text) output.textContent = text;
      });
    }
  }

  destroy() {
    for (const name of GATE_STATE) this.model.off(`change:${name}`, this.invalidate);
    cancelAnimationFrame(this.frame);
    this.room.disconnect();
    for (const part of [this.player, this.summary, this.plot]) part.destroy();
    this.root.remove();
  }
}

/** Where the plot begins and ends, so that all curves lie in it. */
function plotDomain(curves) {
  const all = curves.flatMap((curve) => [...curve].filter(Number.isFinite));
  const [low, high] = [Math.min(0, ...all), Math.max(1, ...all)];
  const room = 0.08 * (high - low);
  return [low < 0 ? low - room : -0.04 * high, high + room];
}

/** A curve's line and what it is called. */
function curveName(name, label) {
  return htmlElement("div", {}, lineSample(CURVES[name].look), label);
}

function render({ model, el }) {
  const view = new GatesView(model, el);
  return () => view.destroy();
}

export default { render };
