// A training run: watched live while a kernel computes it, replayed afterwards.
//
// While the run computes, the kernel sends frames, each of which tells all that is to be
// seen, and the buttons here send back what the reader wants. When it has ended, its
// record is the state of the model, and no kernel is needed any more.

import { BitPicture, bitsKey, isWrong, paintNumbers, paintRow } from "./bit_rows.js";
import { asNode, button, choice, row, slider, toggle } from "./controls.js";
import { htmlElement } from "./elements.js";
import { lineStyle } from "./marks.js";
import { player, reducedMotion, summary } from "./player.js";
import { createPlot } from "./plot.js";
import { formatNumber } from "./scales.js";
import {
  areBits,
  decodeRecord,
  hasEnded,
  indexAt,
  liveText,
  momentAt,
  momentsOf,
  recordText,
  smoothed,
  spansDecades,
} from "./watch_model.js";
import { TextDrawing } from "./watch_text.js";

const REPLAY_SECONDS = 8; // a replay lasts about as long as the whole run is long
const MOST_SPEED = 1000; // moments of a record in a second
const CALM = 400; // milliseconds between two pictures where less motion is wanted
const NARROW = 480; // pixels of width of the view; below it a phone shows all at once
const LOW = { curve: 0.45, sample: 0.62 }; // heights there, as parts of the width
const SMOOTH = 40; // a smoothed loss is a mean over this part of what is shown
const SPEEDS = [
  { value: "0", label: "full" },
  { value: "30", label: "30 reports/s" },
  { value: "10", label: "10 reports/s" },
  { value: "3", label: "3 reports/s" },
  { value: "1", label: "1 report/s" },
];
const WHOLE = { colour: "muted", width: 1, opacity: 0.6 }; // the run to its end
const BIT_ROW = { height: 30, gutter: 44, edge: 6, top: 6, foot: 22, widest: 30 }; // pixels
const SEQUENCE_LOOKS = { input: lineStyle(0), target: lineStyle(1), prediction: lineStyle(2) };

function render({ model, el }) {
  const view = new WatchView(model, el);
  return () => view.destroy();
}

/** One view of one run in one place of a page. */
class WatchView {
  constructor(model, el) {
    this.model = model;
    this.run = null; // the newest frame, or the record
    this.step = 0; // where the player stands
    this.seconds = null; // of computing, which a record does not know
    this.bytes = null; // of a frame that is not drawn yet
    this.stopping = false;
    this.drawing = null; // of the sample, and
    this.drawn = null; // what kind of sample it draws
    this.build(el);
    model.on("msg:custom", this.hear);
    model.on("change:record", this.readRecord);
    this.readRecord();
    if (!this.ended) model.send({ kind: "hello" });
  }

  destroy() {
    this.model.off("msg:custom", this.hear);
    this.model.off("change:record", this.readRecord);
    cancelAnimationFrame(this.pending);
    this.player?.destroy();
    this.summary.destroy();
    this.plot.destroy();
    this.drawing?.destroy();
    this.root.remove();
  }

  get ended() {
    return this.run !== null && !this.run.live;
  }

  // --- what arrives --------------------------------------------------------------

  hear = (content, buffers) => {
    if (content?.kind !== "frame" || this.ended) return;
    this.bytes = buffers[0];
    this.pending ??= requestAnimationFrame(this.showFrame);
  };

  showFrame = () => {
    this.pending = null;
    if (this.ended) return;
    this.run = decodeRecord(this.bytes);
    this.step = this.run.step;
    this.seconds = this.run.seconds;
    this.showControls();
    this.draw();
  };

  readRecord = () => {
    const bytes = this.model.get("record");
    if (!bytes?.byteLength) return;
    // The last frame may still wait to be drawn; it knows how long the run computed.
    if (this.bytes) this.seconds = decodeRecord(this.bytes).seconds;
    this.run = decodeRecord(bytes);
    this.moments = momentsOf(this.run);
    this.step = this.moments.at(-1) ?? 0;
    this.showPlayer();
    this.draw();
  };

  // --- building ------------------------------------------------------------------

  build(el) {
    const title = this.model.get("title") || "Training";
    this.state = htmlElement("span", { class: "unrolled-state", text: "waiting" });
    const name = htmlElement("span", { class: "unrolled-title", text: title });
    this.summary = summary();
    this.progress = htmlElement("progress", { hidden: true, "aria-label": "Progress" });
    this.controls = htmlElement("div", { class: "unrolled-controls" });
    this.trouble = htmlElement("p", { class: "unrolled-trouble", hidden: true });
    this.sample = htmlElement("div", { hidden: true });
    const curve = htmlElement("div");
    this.pictures = htmlElement("div", { class: "unrolled-run" }, curve, this.sample);
    this.root = htmlElement(
      "div",
      { class: "unrolled-view unrolled-watch", role: "group", "aria-label": title },
      htmlElement("div", { class: "unrolled-head" }, name, this.state),
      this.progress,
      this.controls,
      this.pictures,
      this.summary.element,
      this.buildLook(),
      this.trouble,
    );
    el.append(this.root);
    this.plot = createPlot(curve, {
      ...{ label: "The loss over the updates.", height: heightIn(curve, LOW.curve) },
      ...this.curve(),
    });
    this.summary.say("No report has come yet.");
  }

  /** The choices of how things are drawn, which are there live and afterwards. */
  buildLook() {
    this.scale = choice({
      label: "loss axis",
      options: ["automatic", "linear", "logarithmic"],
      value: "automatic",
      onInput: () => this.draw(),
    });
    this.smooth = toggle({ label: "Smooth", onInput: () => this.draw() });
    this.sampleLook = htmlElement("div", { hidden: true });
    this.look = row(this.scale, this.smooth, this.sampleLook);
    return this.look;
  }

  /** The buttons of a run that computes. */
  showControls() {
    if (!this.pause) {
      const send = (kind) => () => this.model.send({ kind });
      this.pause = button({
        ...{ label: "Pause", icon: "pause", primary: true },
        onClick: () => send(this.run.state === "paused" ? "resume" : "pause")(),
      });
      const stop = () => {
        this.stopping = true; // the report under way is still to come, then the player
        send("stop")();
        this.showControls();
      };
      this.one = button({ label: "One update", icon: "step", onClick: send("step") });
      this.stop = button({ label: "Stop", icon: "stop", onClick: stop });
      this.speed = choice({
        ...{ label: "speed", options: SPEEDS, value: "0" },
        onInput: (value) =>
          this.model.send({ kind: "speed", reports_per_second: Number(value) || null }),
      });
      const group = { class: "unrolled-buttons", role: "group", "aria-label": "Run" };
      const buttons = htmlElement("div", group, ...[this.pause, this.one, this.stop].map(asNode));
      this.controls.replaceChildren(row(buttons, this.speed));
    }
    const { state } = this.run;
    this.pause.label = state === "paused" ? "Resume" : "Pause";
    this.pause.icon = state === "paused" ? "play" : "pause";
    const over = this.stopping || hasEnded(this.run);
    for (const each of [this.pause, this.one, this.stop]) each.disabled = over;
  }

  /** The player of a run that is over. */
  showPlayer() {
    // The buttons of the run go; if the reader was on one of them, the player's is next.
    const { activeElement } = document;
    const nowhere = this.stopping && activeElement === document.body;
    const focused = nowhere || this.controls.contains(activeElement);
    const last = this.moments.length - 1;
    const perSecond = Math.min(Math.max(this.moments.length / REPLAY_SECONDS, 1), MOST_SPEED);
    this.due = 0; // moments that wait for the next picture
    this.player = player({
      onStep: (count) => this.advance(count),
      onBack: () => this.goTo(this.at - 1),
      onReset: () => this.goTo(0),
      onPlay: (playing) => {
        if (playing && this.at === last) this.goTo(0);
        this.draw();
      },
      labels: { step: "Next", reset: "To the start" },
      speed: {
        ...{ min: 1, max: MOST_SPEED, value: perSecond, label: "replay speed" },
        format: (value) => `${formatNumber(value, 2)}/s`,
      },
    });
    this.scrub = slider({
      ...{ label: "update", min: 0, max: Math.max(last, 0), step: 1 },
      ...{ value: Math.max(last, 0), nudges: false }, // Back and Next are below it
      format: (place) => formatNumber(this.moments[place] ?? 0, 12),
      onInput: (place) => {
        this.player.playing = false;
        this.goTo(place);
      },
    });
    this.scrub.element.classList.add("unrolled-inline");
    this.player.disabled = this.scrub.disabled = last < 1;
    this.controls.replaceChildren(asNode(this.scrub), asNode(this.player));
    if (focused) this.player.element.querySelector("button:not(:disabled)")?.focus();
  }

  // --- the player ----------------------------------------------------------------

  get at() {
    return indexAt(this.moments, this.step);
  }

  /** Go some moments on; where less motion is wanted, several at once and seldom. */
  advance(count) {
    const now = performance.now();
    this.due += count;
    const { playing } = this.player;
    if (playing && reducedMotion() && now - (this.lastMove ?? 0) < CALM) return;
    this.lastMove = now;
    const target = this.at + this.due;
    this.due = 0;
    if (target >= this.moments.length - 1) this.player.playing = false; // may begin anew
    this.goTo(target);
  }

  goTo(place) {
    const inside = Math.min(Math.max(place, 0), this.moments.length - 1);
    this.step = this.moments[inside];
    this.scrub.value = inside;
    this.draw();
  }

  // --- drawing -------------------------------------------------------------------

  draw() {
    if (!this.run) return;
    const { run, step } = this;
    this.state.textContent = this.ended ? `recorded run, ${run.state}` : `live, ${run.state}`;
    this.showProgress();
    this.plot.set(this.curve());
    this.drawSample();
    this.trouble.hidden = !run.trouble;
    if (this.trouble.textContent !== run.trouble) this.trouble.textContent = run.trouble;
    const moving = this.ended ? this.player.playing : run.state === "running";
    const text = this.ended ? recordText(run, step, this.seconds) : liveText(run);
    this.summary.say(text, moving);
  }

  showProgress() {
    const { planned, step } = this.run;
    this.progress.hidden = this.ended || planned === 0; // a player has a slider instead
    if (planned > 0) Object.assign(this.progress, { max: planned, value: Math.min(step, planned) });
  }

  /** The curve of the loss: all of it, and what there is up to where the player stands. */
  curve() {
    if (!this.run) return { x: { label: "update" }, y: { label: "loss" }, series: [] };
    const { steps, values } = this.run.losses;
    const shown = this.smooth.value ? smoothed(values, Math.ceil(values.length / SMOOTH)) : values;
    const scale = this.lossScale(values);
    const count = indexAt(steps, this.step) + 1;
    const part = { x: steps.subarray(0, count), y: shown.subarray(0, count) };
    const whole = { kind: "line", x: steps, y: shown, ...WHOLE };
    const before = { kind: "line", ...part, colour: "input" };
    const here = { x: part.x.subarray(-1), y: part.y.subarray(-1) };
    const point = { kind: "points", ...here, colour: "input", marker: "o", size: 5 };
    return {
      label: `The loss over the updates, on a ${scale === "log" ? "logarithmic" : "linear"} axis.`,
      legend: "below",
      x: { label: "update", domain: null, integer: true },
      y: { label: this.smooth.value ? "loss, smoothed" : "loss", scale },
      series: [
        { ...whole, label: "whole run", hidden: !this.ended },
        { ...before, label: "up to this update" },
        point,
      ],
    };
  }

  lossScale(losses) {
    if (this.scale.value === "automatic") return spansDecades(losses) ? "log" : "linear";
    return this.scale.value === "logarithmic" ? "log" : "linear";
  }

  drawSample() {
    const kind = this.sampleKind();
    if (this.drawn !== kind) {
      this.drawing?.destroy();
      this.sample.replaceChildren();
      this.sampleLook.replaceChildren();
      this.sample.hidden = this.sampleLook.hidden = kind === null;
      this.pictures.classList.toggle("unrolled-columns", kind !== null);
      this.drawing = kind === null ? null : new SAMPLES[kind](this.sample, this.sampleLook, this.run);
      this.drawn = kind;
    }
    this.drawing?.draw(this.run, this.step);
  }

  sampleKind() {
    const { weights, samples, texts } = this.run;
    if (weights.length > 0) return "weights";
    if (texts.steps.length > 0) return "text";
    if (samples.steps.length === 0) return null;
    return areBits(samples) ? "bits" : "sequences";
  }
}

/** The weights as curves over the updates, or, if there are two, as a path in the plane. */
class WeightsDrawing {
  constructor(parent, look, { weights }) {
    this.names = weights.map(({ name }) => weightSymbol(name));
    this.asPath = choice({
      label: "weights",
      options: ["path in the plane", "over the updates"],
      value: "path in the plane",
      onInput: () => this.draw(this.run, this.step),
    });
    const pair = weights.length === 2;
    if (pair) look.append(this.asPath.element);
    parent.classList.toggle("watch-path", pair);
    this.inPlane = () => pair && this.asPath.value === "path in the plane";
    const shape = { legend: "below", height: heightIn(parent, LOW.sample) };
    this.plot = createPlot(parent, { label: "The weights.", ...shape });
  }

  draw(run, step) {
    Object.assign(this, { run, step });
    this.plot.set(this.inPlane() ? this.path() : this.curves());
  }

  path() {
    const [across, upward] = this.run.weights;
    const count = indexAt(across.steps, this.step) + 1;
    const upTo = ({ values }) => values.subarray(0, count);
    const [x, y] = [across, upward].map(upTo);
    const all = { x: across.values, y: upward.values };
    const start = { x: x.subarray(0, 1), y: y.subarray(0, 1) };
    const here = { x: x.subarray(-1), y: y.subarray(-1) };
    const [name, other] = this.names;
    return {
      label: `The path of ${name} and ${other}, which are ${pairText(here)} here.`,
      x: { label: name, domain: null, integer: false },
      y: { label: other, domain: null },
      series: [
        { kind: "line", ...all, ...WHOLE, label: "whole run", hidden: this.run.live },
        { kind: "line", x, y, colour: "input", label: "up to this update" },
        { kind: "points", ...start, colour: "ink", marker: "s", filled: false, label: "start" },
        { kind: "points", ...here, colour: "target", marker: "D", size: 6, label: "here" },
      ],
    };
  }

  curves() {
    const series = this.run.weights.map(({ steps, values }, k) => {
      const look = { ...lineStyle(k), label: this.names[k], spacing: 90 };
      return { kind: "line", x: steps, y: values, ...look };
    });
    const rule = { kind: "rule", x: this.step, colour: "ink", label: "here" };
    return {
      label: `${this.names.join(", ")} over the updates.`,
      x: { label: "update", domain: null, integer: true },
      y: { label: "weight", domain: null },
      series: this.run.live ? series : [...series, rule],
    };
  }

  destroy() {
    this.plot.destroy();
  }
}

/** Input, target and prediction of one sequence at a time. */
class SequencesDrawing {
  constructor(parent, look, { samples }) {
    const [count] = Object.values(samples.arrays)[0].shape;
    this.which = choice({
      label: "sequence",
      options: Array.from({ length: count }, (_, k) => String(k + 1)),
      value: "1",
      onInput: () => this.draw(this.run, this.step),
    });
    if (count > 1) look.append(this.which.element);
    const shape = { legend: "below", height: heightIn(parent, LOW.sample) };
    this.plot = createPlot(parent, { label: "A sequence.", ...shape });
  }

  draw(run, step) {
    Object.assign(this, { run, step });
    const index = Math.max(indexAt(run.samples.steps, step), 0);
    const chosen = Number(this.which.value) - 1;
    const series = Object.entries(run.samples.arrays).map(([name, { shape, at }]) => {
      const length = shape[1];
      const y = at(index).subarray(chosen * length, (chosen + 1) * length);
      return { kind: "line", y, label: name, ...SEQUENCE_LOOKS[name], spacing: 60 };
    });
    const names = series.map(({ label }) => label).join(", ");
    this.plot.set({
      label: `Sequence ${chosen + 1} after update ${run.samples.steps[index]}: ${names}.`,
      x: { label: "time step *t*", integer: true },
      y: { label: "" },
      series,
    });
  }

  destroy() {
    this.plot.destroy();
  }
}

/** Input, target and prediction of all sequences at once, where they are bits. */
class BitsDrawing {
  constructor(parent, look, { samples }) {
    this.picture = new BitPicture((pen, width) => this.paint(pen, width));
    const key = bitsKey([], Object.keys(samples.arrays));
    const title = { class: "unrolled-title", text: "The newest window" };
    this.element = htmlElement("div", { class: "unrolled-plot" });
    this.element.append(htmlElement("div", title), this.picture.frame, key);
    parent.append(this.element);
  }

  draw({ samples }, step) {
    const index = Math.max(indexAt(samples.steps, step), 0);
    const arrays = Object.entries(samples.arrays);
    const [count, length] = arrays[0][1].shape;
    const values = arrays.map(([name, { at }]) => [name, at(index)]);
    const bitAt = (place) => Object.fromEntries(values.map(([n, bits]) => [n, bits[place]]));
    this.rows = Array.from({ length: count }, (_, b) =>
      Array.from({ length }, (__, t) => bitAt(b * length + t)),
    );
    const wrong = this.rows.flat().filter(isWrong).length;
    const where = `${count} sequences of ${length} steps after update ${samples.steps[index]}`;
    const told = `${wrong} of ${count * length} predictions are wrong`;
    this.picture.canvas.setAttribute("aria-label", `${where}: ${told}.`);
    this.picture.draw();
  }

  paint(look, width) {
    if (!this.rows) return;
    const { height: row, gutter, edge, top, foot, widest } = BIT_ROW;
    const steps = this.rows[0].length;
    const cell = Math.min((width - gutter - edge) / steps, widest);
    const place = (step) => gutter + (step - 1) * cell;
    const pen = { ...look, row, cell, place, left: gutter, right: place(steps + 1) };
    this.picture.fit(width, top + this.rows.length * row + foot);
    const grounds = this.rows.map((_, b) => top + (b + 1) * row);
    this.rows.forEach((bits, b) => paintRow(pen, `row ${b + 1}`, grounds[b], bits));
    paintNumbers(pen, steps, grounds.at(-1) + 13);
  }

  destroy() {
    this.picture.destroy();
  }
}

/** The usual height of a plot, but less where the view is narrow. */
function heightIn(element, part) {
  return (width) => {
    const { clientWidth } = element.closest(".unrolled-view");
    if (clientWidth > 0 && clientWidth < NARROW) return Math.round(part * width);
    return Math.min(Math.max(Math.round(0.58 * width), 220), 420);
  };
}

const SAMPLES = {
  ...{ weights: WeightsDrawing, sequences: SequencesDrawing, bits: BitsDrawing },
  text: TextDrawing,
};

/** Write the name of a weight with its subscript: "w_rec" as "w_{rec}". */
function weightSymbol(name) {
  return name.replace(/^(\p{L})_(\w+)/u, "$1_{$2}");
}

function pairText({ x, y }) {
  return x.length > 0 ? `${formatNumber(x[0])} and ${formatNumber(y[0])}` : "unknown";
}

export default { render };
