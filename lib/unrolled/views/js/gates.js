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

  setLevel(name, level) {
    this.write({ levels: { ...this.model.get("levels"), [name]: level } }, { save: false });
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
    this.equations = [htmlElement("p"), htmlElement("p")];
    const cell = htmlElement(
      ...["div", { class: "gates-figure" }],
      this.drawing.element,
      htmlElement("div", { class: "gates-equations" }, ...this.equations),
    );
    this.root = htmlElement(
      "div",
      {
        class: "unrolled-view gates-view",
        role: "group",
        "aria-label": "Gates: an LSTM cell over fifty steps",
      },
      ...[question, this.task, this.buildChoices(), this.buildStrips(), this.plotBox],
      ...[this.player.element, this.stepSlider.element, this.summary.element],
      htmlElement(
        ...["div", { class: "gates-columns" }, cell],
        htmlElement(
          ...["div", { class: "gates-side" }],
          ...[this.buildReadout(), this.buildSettings()],
        ),
      ),
    );
    el.append(this.root);
    this.buildPlot();
    this.room = new ResizeObserver(this.invalidate);
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
      label: "Gates",
      options: [
        { value: "pulses", label: "pulsed" },
        { value: "held", label: "held" },
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
      onLevel: (name, level, done) => {
        if (done) this.model.save_changes();
        else this.setLevel(name, level);
      },
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
      onInput: (reach) => (this.reach = reach),
    });
    const keys =
      "On a button: Space opens or closes, ← → move the step, with Shift they paint.";
    const hint = htmlElement(
      ...["p", { class: "gates-hint", text: "Press or drag on a strip. " }],
      htmlElement("span", { class: "gates-keys", text: keys }),
    );
    this.press = row(this.reaches, hint);
    return htmlElement("div", {}, this.press, this.strips.element);
  }

  buildPlot() {
    this.plot = createPlot(this.plotBox, {
      label: "The cell state over fifty steps, and what it is compared with",
      height: (width) => Math.round(Math.min(Math.max(0.4 * width, 190), 270)),
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
    });
    this.stepSlider = slider({
      ...{ label: "step *t*", min: 1, max: GATE_STEPS, step: 1, value: 1 },
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
    const candidate = this.setting("candidate *g*: what is written", [-1, 1], {
      read: ({ levels }) => levels.g,
      change: (g) => ({ levels: { ...this.model.get("levels"), g } }),
    });
    const first = this.setting("first state c_0", [-1, 1], {
      read: ({ c_0 }) => c_0,
      change: (c_0) => ({ c_0 }),
    });
    const weight = this.setting("weight w_{rec}", [0, 2], {
      read: ({ w_rec }) => w_rec,
      change: (w_rec) => ({ w_rec }),
    });
    this.settings = [candidate, first, weight];
    const undo = button({ label: "All as at first", onClick: () => this.write(this.first) });
    return htmlElement(
      ...["div", { class: "gates-settings" }],
      panel("Content of the cell", candidate.control, first.control),
      panel("Tanh unit: h_t = tanh(i_t g_t + w_{rec} h_{t-1})", weight.control),
      undo.element,
    );
  }

  setting(label, [min, max], { read, change }) {
    const control = slider({
      ...{ label, min, max, step: 0.05, value: read(this.state) },
      format: (value) => formatFixed(value, 2),
      onInput: (value) => this.write(change(value), { save: false }),
      onChange: () => this.model.save_changes(),
    });
    return { control, read };
  }

  // --- showing -------------------------------------------------------------------

  update() {
    const state = this.state;
    const pass = this.passOf(state);
    const progress = taskProgress(pass);
    this.showControls(state);
    this.showTask(progress);
    this.strips.show(state, state.step);
    this.showPlot(state, pass);
    this.showReadout(state, pass);
    this.drawing.show(pass, state.step);
    const equations = stepEquations(pass, state.step);
    equations.forEach((text, k) => writeSymbols(this.equations[k], text));
    this.summary.say(gatesText(state, pass, progress), this.player.playing);
  }

  /** What the cell does; computed anew only where a setting has changed. */
  passOf(state) {
    const key = JSON.stringify(GATE_SETTINGS.map((name) => state[name]));
    if (this.known?.key !== key) this.known = { key, pass: gatesPass(state) };
    return this.known.pass;
  }

  showControls(state) {
    this.stepSlider.value = state.step;
    this.drive.value = state.drive;
    this.presets.value = presetOf(state);
    this.press.hidden = state.drive === "held";
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

  showPlot({ step }, pass) {
    const values = {
      ...{ c: pass.c, h: pass.h, tanh: pass.tanh },
      ...{ leak90: leakCurve(pass, 0.9), leak99: leakCurve(pass, 0.99) },
    };
    const all = Object.values(values).flatMap((curve) => [...curve].filter(Number.isFinite));
    const [low, high] = [Math.min(0, ...all), Math.max(1, ...all)];
    const room = 0.08 * (high - low);
    const labelled = this.plotBox.clientWidth >= LABELLED;
    const curves = Object.entries(CURVES).map(([name, { look, label }]) => ({
      ...{ kind: "line", y: values[name], ...look, label },
    }));
    this.plot.set({
      legend: labelled ? "ends" : "none", // the table says it too
      y: { domain: [low < 0 ? low - room : -0.04 * high, high + room] },
      series: [{ kind: "rule", x: step, colour: "ink", dash: "solid" }, ...curves],
      handles: [
        {
          ...{ x: step, y: pass.c[step], along: "x", label: "step", steps: [1, 1] },
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
    const beyond = `${Math.round(this.plot.canvas.clientWidth - right)}px`;
    const { style } = this.strips.element;
    if (style.marginRight !== beyond) style.marginRight = beyond;
  }

  showReadout({ step }, pass) {
    this.now.textContent = `step ${step}`;
    for (const { name, label, now, end } of readoutRows(pass, step)) {
      const shown = this.rows.get(name);
      if (shown.text !== label) writeSymbols(shown.label, label);
      shown.text = label;
      [now, end].forEach((text, k) => (shown.outputs[k].textContent = text));
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

/** A curve's line and what it is called. */
function curveName(name, label) {
  return htmlElement("div", {}, lineSample(CURVES[name].look), label);
}

function render({ model, el }) {
  const view = new GatesView(model, el);
  return () => view.destroy();
}

export default { render };
