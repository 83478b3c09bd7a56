/**
 * The echo lab: a net that learns to repeat bits, trained in the page.
 *
 * All that it shows follows from the model's state: the settings of a run, `windows`
 * (how far it has gone) and `scale`. A control only writes to the state; every change of
 * it, whoever made it, is drawn in the next frame. Other settings are another run.
 */

import { button, choice, columns, panel, slider } from "./controls.js";
import { LossChart } from "./echo_chart.js";
import { ECHO_LIMITS, ECHO_PRESETS, ECHO_RATES, EchoRun } from "./echo_model.js";
import { WindowPicture } from "./echo_window.js";
import { progressText, reachText, runName, speedText } from "./echo_words.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { player, reducedMotion, summary } from "./player.js";
import { formatNumber } from "./scales.js";

/** The parts of the state that make a run. */
const SETTINGS = [
  ...["delay", "window", "stride", "hidden", "rate", "rule", "scheme", "seed"],
];

/** The parts of the state that change what is shown. */
const SHOWN = [...SETTINGS, "windows", "scale"];

/** The learning rates with which the optimisers usually learn the echo. */
const USUAL_RATES = { adagrad: 0.3, adam: 0.03, "gradient descent": 0.3 };

const BUDGET = 8; // milliseconds of a frame for training
const STILL = 400; // milliseconds between two pictures where motion is reduced
const CLOCK = 500; // milliseconds over which the windows in a second are counted
const FLAT_OUT = 50_000; // windows a second from which on nothing holds the run back
const SHORTEST_BEFORE = 100; // windows of a run that is worth a comparison

/** One echo lab in one place of a page. */
class EchoView {
  constructor(model, el) {
    this.model = model;
    this.isUntold = false; // the reader has changed what a kernel does not know yet
    this.shownAt = 0; // when the run was drawn last
    this.counted = { windows: 0, since: 0 };
    this.before = null; // the run before this one
    this.build(el);
    this.isTraining = false; // what changes now is drawn when its time has come
    for (const name of SHOWN) model.on(`change:${name}`, this.onChange);
    this.update();
  }

  // --- state ---------------------------------------------------------------------

  get settings() {
    const settings = Object.fromEntries(SETTINGS.map((n) => [n, this.model.get(n)]));
    return { ...settings, stride: Math.min(settings.stride, settings.window) };
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

  onChange = () => {
    if (!this.isTraining) this.invalidate();
  };

  /** Draw in the next frame, once however often the state has changed. */
  invalidate = () => {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.update();
    });
  };

  // --- building ------------------------------------------------------------------

  build(el) {
    this.chart = new LossChart((scale) => this.write({ scale }));
    this.picture = new WindowPicture();
    this.summary = summary();
    this.player = this.makePlayer();
    this.sliders = this.makeSliders();
    const question = htmlElement("p", { class: "unrolled-question" });
    writeSymbols(question, this.model.get("question"));
    this.comparison = htmlElement("p", { class: "echo-before" });
    this.root = htmlElement(
      "div",
      {
        ...{ class: "unrolled-view echo-view", role: "group" },
        "aria-label": "Echo lab",
      },
      question,
      this.makePresets().element,
      columns(
        [this.player, this.chart, this.comparison, this.summary, this.picture],
        [this.makeWindows(), this.makeNet()],
      ),
    );
    el.append(this.root);
  }

  makePlayer() {
    const made = player({
      onStep: (count) => this.advance(count),
      onReset: () => this.write({ windows: 0 }),
      onPlay: (playing) => this.onPlay(playing),
      labels: { step: "+1", reset: "Restart" },
      speed: {
        ...{ label: "speed", min: 1, max: 2 * FLAT_OUT, value: 200 },
        format: (value) =>
          value < FLAT_OUT ? `${formatNumber(value, 2)}/s` : "flat out",
      },
    });
    const fresh = button({ label: "New weights", onClick: () => this.drawWeights() });
    const buttons = made.element.querySelector(".unrolled-buttons");
    const [, one] = buttons.children;
    one.setAttribute("aria-label", "+1 window");
    one.append(htmlElement("span", { class: "echo-wide", text: " window" }));
    buttons.append(fresh.element);
    return made;
  }

  makePresets() {
    const options = ECHO_PRESETS.map(({ name }, k) => ({
      value: String(k),
      label: name,
    }));
    this.presets = choice({
      label: "Settings",
      options: [...options, { value: "", label: "settings of your own" }],
      value: "",
      onInput: (value) => value && this.begin(ECHO_PRESETS[value].settings),
    });
    return this.presets;
  }

  /** Sliders of whole numbers, by the name of what they set. */
  makeSliders() {
    const whole = (name, label, least, format = String) =>
      slider({
        ...{ label, min: least, max: ECHO_LIMITS[name], step: 1, format },
        value: this.model.get(name),
        onInput: (value) => this.begin({ [name]: value }, false),
        onChange: (value) => this.begin({ [name]: value }),
      });
    const steps = (value) => `${value} step${value === 1 ? "" : "s"}`;
    return {
      delay: whole("delay", "delay of the echo", 1, steps),
      window: whole("window", "width of a window", 1, steps),
      stride: whole("stride", "stride to the next window", 1, steps),
      hidden: whole("hidden", "size of the state *H*", 1),
      seed: whole("seed", "seed", 0),
    };
  }

  makeWindows() {
    const { delay, window, stride } = this.sliders;
    return panel("Task and windows", delay, window, stride);
  }

  makeNet() {
    const choose = (name, label, options) =>
      choice({
        ...{ label, options, value: this.model.get(name) },
        onInput: (value) => this.begin(this.chosen(name, value)),
      });
    this.choices = {
      rule: choose("rule", "optimiser", [
        { value: "adagrad", label: "Adagrad" },
        { value: "adam", label: "Adam" },
        { value: "gradient descent", label: "plain" },
      ]),
      scheme: choose("scheme", "first weights", [
        { value: "course", label: "the course’s" },
        { value: "published", label: "published" },
      ]),
    };
    this.rates = this.makeRates();
    const { hidden, seed } = this.sliders;
    const { rule, scheme } = this.choices;
    return panel("Net and training", hidden, rule, this.rates, scheme, seed);
  }

  /** A slider that stops at round numbers; a rate set from Python may lie between. */
  makeRates() {
    const tell = (index, done) => this.begin({ rate: ECHO_RATES[index] }, done);
    return slider({
      ...{ label: "learning rate *η*", min: 0, max: ECHO_RATES.length - 1, step: 1 },
      value: nearestRate(this.model.get("rate")),
      format: (index) => {
        const rate = this.model.get("rate");
        return formatNumber(nearestRate(rate) === index ? rate : ECHO_RATES[index]);
      },
      onInput: (index) => tell(index, false),
      onChange: (index) => tell(index, true),
    });
  }

  // --- what the reader does --------------------------------------------------------

  /** Begin a run with other settings; a wider window is its own stride unless set. */
  begin(changes, done = true) {
    const { window, stride } = this.settings;
    const isWhole = stride === window && "window" in changes && !("stride" in changes);
    const fitting = isWhole ? { stride: changes.window } : {};
    const wanted = { ...this.settings, ...fitting, ...changes };
    const shortened = { ...wanted, stride: Math.min(wanted.stride, wanted.window) };
    this.write({ ...shortened, windows: 0 }, done);
  }

  /** What a choice changes: an optimiser comes with the rate that it usually has. */
  chosen(name, value) {
    return name === "rule"
      ? { rule: value, rate: USUAL_RATES[value] }
      : { [name]: value };
  }

  /** Begin with the weights and the bits of the next seed. */
  drawWeights() {
    this.begin({ seed: (this.model.get("seed") + 1) % (ECHO_LIMITS.seed + 1) });
  }

  /**
   * Train on some more windows, as many as a frame has time for.
   * @returns {boolean} Whether there are any left.
   */
  advance(count) {
    this.catchUp();
    const before = this.run.windows;
    this.run.upTo(before + count, this.player.playing ? BUDGET : Infinity);
    this.measure(this.run.windows - before);
    this.isTraining = true;
    this.model.set("windows", this.run.windows);
    this.isTraining = false;
    this.isUntold = true;
    if (!this.player.playing) this.tell();
    const now = performance.now();
    const rests = this.player.playing && reducedMotion();
    if (!rests || now - this.shownAt >= STILL || this.run.isOver) this.invalidate();
    return !this.run.isOver;
  }

  /** Say how many windows are trained in a second. */
  measure(windows) {
    if (!this.player.playing) return;
    this.counted.windows += windows;
    const passed = performance.now() - this.counted.since;
    if (passed < CLOCK) return;
    this.chart.showRate(speedText((1000 * this.counted.windows) / passed));
    this.counted = { windows: 0, since: performance.now() };
  }

  onPlay(playing) {
    this.counted = { windows: 0, since: performance.now() };
    if (playing) return;
    this.tell();
    this.invalidate();
  }

  // --- showing -------------------------------------------------------------------

  /** Have the run of the present settings, no further than it is wanted. */
  catchUp() {
    const settings = this.settings;
    const isSame = SETTINGS.every(
      (name) => this.run?.settings[name] === settings[name],
    );
    if (isSame && this.run.windows <= this.model.get("windows")) return;
    if (!isSame && this.run?.windows >= SHORTEST_BEFORE) {
      const points = this.run.curve.points();
      this.before = { points, name: runName(this.run.settings) };
    }
    this.run = new EchoRun(settings);
    this.player.atEnd = false;
  }

  update() {
    this.catchUp();
    const wanted = this.model.get("windows");
    this.run.upTo(wanted, BUDGET);
    if (this.run.isOver) this.model.set("windows", this.run.windows);
    else if (this.run.windows < wanted) this.invalidate(); // go on in the next frame
    this.shownAt = performance.now();
    this.showControls();
    this.chart.show(this.run, this.model.get("scale"), this.before);
    this.picture.show(this.run);
    const text = `${progressText(this.run)} ${reachText(this.run)}`;
    this.summary.say(text, this.player.playing);
  }

  showControls() {
    const { settings } = this.run;
    const { stride } = this.sliders;
    if (Number(stride.input.max) !== settings.window)
      stride.setRange(1, settings.window);
    for (const [name, control] of Object.entries(this.sliders)) {
      if (control.value !== settings[name]) control.value = settings[name];
    }
    for (const [name, control] of Object.entries(this.choices)) {
      control.value = settings[name];
    }
    this.rates.value = nearestRate(settings.rate);
    const isSame = (preset) =>
      SETTINGS.every((n) => preset.settings[n] === settings[n]);
    const known = ECHO_PRESETS.findIndex(isSame);
    this.presets.value = known < 0 ? "" : String(known);
    const text = this.before ? `Dotted: the run before, ${this.before.name}.` : "";
    if (this.comparison.textContent !== text) this.comparison.textContent = text;
  }

  destroy() {
    for (const name of SHOWN) this.model.off(`change:${name}`, this.onChange);
    cancelAnimationFrame(this.frame);
    for (const part of [this.player, this.summary, this.chart, this.picture]) {
      part.destroy();
    }
    this.root.remove();
  }
}

/** The place of the rate that is nearest by ratio. */
function nearestRate(rate) {
  const distance = (k) => Math.abs(Math.log(ECHO_RATES[k] / rate));
  return ECHO_RATES.reduce(
    (best, _, k) => (distance(k) < distance(best) ? k : best),
    0,
  );
}

function render({ model, el }) {
  const view = new EchoView(model, el);
  return () => view.destroy();
}

export default { render };
