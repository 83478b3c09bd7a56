/**
 * The sampler: a trained net writes text in the page, and shows what it chooses from.
 *
 * All that it shows follows from the model's state: the prefix and the settings make the
 * text, `length` says how much of it is written, `unit`, `behind` and `place` what of it
 * is looked at. A control only writes to the state; every change of it, whoever made it,
 * is drawn in the next frame. With other settings the text is written anew.
 */

import { choice, row, slider } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { player, reducedMotion, summary } from "./player.js";
import { BarTable, SAMPLER_ROWS, sayText } from "./sampler_bars.js";
import {
  LONGEST_PREFIX,
  SALIENCY_REACH,
  SAMPLER_LIMITS,
  SAMPLER_PREFIXES,
  SamplerRun,
  TOP_K_STOPS,
  topOfDistribution,
} from "./sampler_model.js";
import { unpackNets } from "./sampler_nets.js";
import { StatePicture } from "./sampler_state.js";
import { TextPanel, saliencyHeight } from "./sampler_text.js";
import {
  percentText,
  placeText,
  saliencyText,
  shownSign,
  unitText,
  unknownText,
} from "./sampler_words.js";
import { formatFixed, formatNumber } from "./scales.js";

/** The parts of the state that make a text. */
const SETTINGS = ["language", "prefix", "temperature", "top_k", "nucleus", "seed"];

/** The parts of the state that change what is shown. */
const SHOWN = [...SETTINGS, "length", "unit", "behind", "place"];

const BUDGET = 9; // milliseconds of a frame for writing
const PATIENCE = 30; // the same while nothing plays
const STILL = 400; // milliseconds between two pictures where motion is reduced
const FLAT_OUT = 1000; // characters a second from which on nothing holds the net back
const READABLE = 20; // characters a second

/** One sampler in one place of a page. */
class SamplerView {
  constructor(model, el) {
    this.model = model;
    this.nets = new Map(unpackNets(model.get("weights")).map((net) => [net.name, net]));
    this.prefixes = { ...SAMPLER_PREFIXES };
    this.isUntold = false; // the reader has changed what a kernel does not know yet
    this.isWriting = false;
    this.shownAt = 0; // when the text was drawn last
    this.pointed = null; // the place under the pointer
    this.build(el);
    for (const name of SHOWN) model.on(`change:${name}`, this.onChange);
    this.update();
  }

  // --- state ---------------------------------------------------------------------

  get settings() {
    return Object.fromEntries(SETTINGS.map((name) => [name, this.model.get(name)]));
  }

  get net() {
    return this.nets.get(this.model.get("language")) ?? [...this.nets.values()][0];
  }

  /** The unit that is picked out; the nets have not the same number. */
  get unit() {
    return Math.min(this.model.get("unit"), this.net.hidden);
  }

  /** The place that is looked at: unless one is picked, that of the newest character. */
  get place() {
    const { text, length } = this.run;
    const newest = length > 0 ? text.length - 1 : text.length;
    const picked = this.model.get("place");
    return picked === null ? newest : Math.min(Math.max(picked, 1), text.length);
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
    if (!this.isWriting) this.invalidate();
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
    const question = htmlElement("p", { class: "unrolled-question" });
    writeSymbols(question, this.model.get("question"));
    this.player = this.makePlayer();
    this.summary = summary();
    this.bars = new BarTable();
    this.picture = new StatePicture({
      onPick: (unit, place) => this.write({ unit, place: this.asPicked(place) }),
      onMove: (by) => this.pickUnit(this.unit + by),
    });
    this.root = htmlElement(
      "div",
      {
        ...{ class: "unrolled-view sampler-view", role: "group" },
        "aria-label": "Sampler",
      },
      question,
      this.makeStart(),
      this.player.element,
      htmlElement(
        ...["div", { class: "sampler-columns" }],
        this.makeText(),
        this.bars.element,
      ),
      this.summary.element,
      this.makeSettings(),
      this.makeState(),
    );
    el.append(this.root);
  }

  /** Which net, and what it reads first. */
  makeStart() {
    const labels = { English: "English", Chinese: "中文" };
    this.languages = choice({
      ...{ label: "Net", value: this.model.get("language") },
      options: [...this.nets.keys()].map((name) => ({
        value: name,
        label: labels[name] ?? name,
      })),
      onInput: (language) => this.switchTo(language),
    });
    this.about = htmlElement("p", { class: "sampler-about", role: "status" });
    this.field = htmlElement("input", {
      ...{ type: "text", class: "sampler-prefix", maxlength: LONGEST_PREFIX },
      ...{ autocomplete: "off", autocapitalize: "off", spellcheck: "false" },
      "aria-label": "Prefix",
      on: {
        input: ({ isComposing }) => {
          if (!isComposing) this.write({ prefix: this.typed() }, false);
        },
        compositionend: () => this.write({ prefix: this.typed() }, false),
        change: () => this.write({ prefix: this.typed() }),
      },
    });
    const label = htmlElement("span", { class: "unrolled-name", text: "Prefix" });
    label.setAttribute("aria-hidden", "true");
    const prefix = htmlElement("div", { class: "sampler-field" }, label, this.field);
    const parts = [row(this.languages, prefix), this.about];
    return htmlElement("div", { class: "sampler-start" }, ...parts);
  }

  makePlayer() {
    return player({
      onStep: (count) => this.advance(count),
      onReset: () => this.write({ length: 0, place: null }),
      onPlay: (playing) => this.onPlay(playing),
      labels: { step: "Step", reset: "Clear" },
      speed: {
        ...{ label: "speed", min: 1, max: 2 * FLAT_OUT, value: READABLE },
        format: (value) =>
          value < FLAT_OUT ? `${formatNumber(value, 2)}/s` : "flat out",
      },
    });
  }

  makeText() {
    this.panel = new TextPanel({
      onPick: (place) => this.write({ place: this.asPicked(place) }),
      onPoint: (place) => this.point(place),
      onMove: (by) => this.move(by),
    });
    this.behind = choice({
      ...{ label: "Behind the text", value: this.model.get("behind") },
      options: [
        { value: "unit", label: "a unit" },
        { value: "saliency", label: "what matters" },
      ],
      onInput: (behind) => this.write({ behind }),
    });
    this.looker = slider({
      ...{ label: "look at", min: 1, max: 2, step: 1, value: 1 },
      format: (place) => this.placeName(place),
      onInput: (place) => this.write({ place: this.asPicked(place) }, false),
      onChange: (place) => this.write({ place: this.asPicked(place) }),
    });
    this.looker.element.classList.add("unrolled-inline", "sampler-looker");
    this.reading = htmlElement("p", { class: "sampler-reading" });
    this.key = htmlElement("p", { class: "sampler-keys" });
    return htmlElement(
      ...["div", { class: "sampler-written" }],
      this.panel.element,
      this.looker.element,
      htmlElement("div", { class: "sampler-behind" }, this.behind.element, this.key),
      this.reading,
    );
  }

  makeSettings() {
    const set = (name, label, options) =>
      slider({
        ...{ label, value: this.model.get(name), ...options },
        onInput: (value) => this.write({ [name]: value }, false),
        onChange: (value) => this.write({ [name]: value }),
      });
    const { temperature, seed } = SAMPLER_LIMITS;
    this.sliders = {
      temperature: set("temperature", "temperature", {
        ...{ min: 0, max: temperature, step: 0.05 },
        format: (value) => (value === 0 ? "0" : formatFixed(value, 2)),
      }),
      nucleus: set("nucleus", "nucleus (top-p)", {
        ...{ min: 0, max: 1, step: 0.01 },
        format: (value) => (value === 1 ? "all" : percentText(value)),
      }),
      seed: set("seed", "seed", { min: 0, max: seed, step: 1, format: String }),
    };
    this.topK = this.makeTopK();
    const { temperature: heat, nucleus, seed: number } = this.sliders;
    const all = [heat, this.topK, nucleus, number];
    for (const { element } of all) element.classList.add("unrolled-inline");
    const settings = row(...all);
    settings.classList.add("sampler-settings");
    return settings;
  }

  /** A slider that stops at round numbers; one set from Python may lie between. */
  makeTopK() {
    const tell = (stop, done) => this.write({ top_k: TOP_K_STOPS[stop] }, done);
    return slider({
      ...{ label: "top-*k*", min: 0, max: TOP_K_STOPS.length - 1, step: 1 },
      value: nearestStop(this.model.get("top_k")),
      format: (stop) => {
        const kept = this.model.get("top_k");
        return String((nearestStop(kept) === stop ? kept : TOP_K_STOPS[stop]) ?? "all");
      },
      onInput: (stop) => tell(stop, false),
      onChange: (stop) => tell(stop, true),
    });
  }

  makeState() {
    this.units = slider({
      ...{ label: "unit picked out", min: 1, max: this.net.hidden, step: 1 },
      value: this.unit,
      format: String,
      onInput: (unit) => this.write({ unit }, false),
      onChange: (unit) => this.write({ unit }),
    });
    this.units.element.classList.add("sampler-unit");
    this.known = htmlElement("select", {
      "aria-label": "Units worth a look",
      on: { change: () => this.pickUnit(Number(this.known.value)) },
    });
    this.stateTitle = htmlElement("div", { class: "unrolled-title" });
    return htmlElement(
      ...["div", { class: "sampler-state" }],
      this.stateTitle,
      row(this.units, htmlElement("div", { class: "sampler-known" }, this.known)),
      this.picture.element,
      rampKey(),
    );
  }

  // --- what the reader does --------------------------------------------------------

  /** What stands in the prefix field; a line end can be pasted as ↵. */
  typed() {
    return this.field.value.replaceAll("↵", "\n");
  }

  /** Go over to another net, with the prefix that it had last. */
  switchTo(language) {
    this.prefixes[this.model.get("language")] = this.model.get("prefix");
    const prefix = this.prefixes[language] ?? this.nets.get(language).characters[0];
    this.write({ language, prefix, place: null });
  }

  pickUnit(wanted) {
    if (!Number.isInteger(wanted)) return;
    this.write({ unit: Math.min(Math.max(wanted, 1), this.net.hidden) });
  }

  /** Look at another character. */
  move(by) {
    const place = Math.min(Math.max(this.place + by, 1), this.run.text.length);
    this.write({ place: this.asPicked(place) });
  }

  /** A place as the state has it: the newest character is followed. */
  asPicked(place) {
    const newest = this.run.text.length - 1;
    if (place === newest && this.run.length > 0) return null;
    return Math.max(place, 1);
  }

  point(place) {
    this.pointed = place;
    this.showReading();
  }

  /**
   * Write some more characters, as many as a frame has time for.
   * @returns {boolean} Whether there are any left.
   */
  advance(count) {
    this.catchUp();
    const { playing, speed } = this.player;
    const before = this.model.get("length");
    const due = playing && speed >= FLAT_OUT ? Infinity : count;
    this.run.upTo(before + due, playing ? BUDGET : Infinity);
    this.isWriting = true;
    this.model.set("length", Math.max(this.run.length, before)); // it may be behind
    this.model.set("place", null);
    this.isWriting = false;
    this.isUntold = true;
    if (!playing) this.tell();
    const rests = playing && reducedMotion();
    const isDue = performance.now() - this.shownAt >= STILL;
    if (!rests || isDue || this.run.isOver) this.invalidate();
    return !this.run.isOver;
  }

  onPlay(playing) {
    if (playing) return;
    this.tell();
    this.invalidate();
  }

  // --- showing -------------------------------------------------------------------

  /** Have the text of the present settings, no longer than it is wanted. */
  catchUp() {
    const settings = this.settings;
    const isSame = SETTINGS.every((name) => this.settled?.[name] === settings[name]);
    if (isSame && this.run.length <= this.model.get("length")) return;
    const { temperature, top_k: topK, nucleus, seed } = settings;
    const kept = { temperature, topK, nucleus: nucleus === 1 ? null : nucleus, seed };
    this.run = new SamplerRun(this.net, this.start(settings.prefix), kept);
    this.settled = settings;
    this.player.atEnd = false;
  }

  /** The characters of a prefix; while it has none that is known, those before it. */
  start(prefix) {
    const { net } = this;
    const { indices, unknown } = net.encode(prefix);
    const isEmpty = indices.length === 0;
    this.said = unknownText(unknown, net.name, isEmpty);
    if (!isEmpty) return indices;
    if (this.run?.net === net) return this.run.text.slice(0, this.run.prefixLength);
    return net.encode(SAMPLER_PREFIXES[net.name] ?? net.characters[0]).indices;
  }

  update() {
    this.catchUp();
    const wanted = this.model.get("length");
    this.run.upTo(wanted, this.player.playing ? BUDGET : PATIENCE);
    if (this.run.length < wanted && !this.run.isOver) this.invalidate();
    this.shownAt = performance.now();
    const { place, unit } = this;
    const top = topOfDistribution(this.run, place, SAMPLER_ROWS);
    this.showControls(place, unit);
    this.showText(place, unit);
    this.bars.show(this.run, place, top);
    this.picture.show(this.run, unit, place);
    this.summary.say(placeText(this.run, place, top), this.player.playing);
  }

  showText(place, unit) {
    const kind = this.model.get("behind");
    const follows = this.model.get("place") === null;
    const { run } = this;
    if (kind === "saliency") {
      const lengths = run.saliencyAt(place);
      const most = lengths.reduce((a, b) => Math.max(a, b), 0);
      this.shares = lengths.map((length) => (most > 0 ? length / most : 0));
    }
    const first = place - this.shares?.length;
    const ofSaliency = (at) => saliencyHeight(this.shares[at - first]);
    const ofUnit = (at) => run.activation(unit, at);
    const barOf = kind === "saliency" ? ofSaliency : ofUnit;
    // With saliency every bar depends on the character that is looked at.
    const key = kind === "saliency" ? null : unit;
    this.panel.show(run, { place, follows, barOf, kind, key });
    if (!follows) this.panel.reveal();
    this.showReading();
  }

  /** Say in a line what is under the pointer, or what is looked at. */
  showReading() {
    const { run, unit } = this;
    const last = run.text.length - 1;
    const place = Math.min(this.pointed ?? this.place, last);
    const isSaliency = this.model.get("behind") === "saliency";
    sayText(this.reading, isSaliency ? this.mattersText() : unitText(run, unit, place));
  }

  mattersText() {
    const { pointed, place, run } = this;
    if (pointed === null || pointed >= place) {
      return "How much each earlier character matters for this one.";
    }
    const reach = Math.min(place, SALIENCY_REACH);
    return saliencyText(run, pointed, this.shares[pointed - place + reach]);
  }

  placeName(place) {
    if (!this.run || place >= this.run.text.length) return "the next";
    return `${place + 1}: ${shownSign(this.run.sign(place))}`;
  }

  showControls(place, unit) {
    const { model, run } = this;
    for (const [name, control] of Object.entries(this.sliders)) {
      if (control.value !== model.get(name)) control.value = model.get(name);
    }
    this.topK.value = nearestStop(model.get("top_k"));
    this.languages.value = this.net.name;
    this.behind.value = model.get("behind");
    this.looker.setRange(1, run.text.length);
    this.looker.value = place;
    if (this.typed() !== model.get("prefix")) {
      this.field.value = model.get("prefix").replaceAll("\n", "↵");
    }
    this.showNet(unit);
    sayText(this.about, this.said || run.net.about);
    this.about.classList.toggle("sampler-note", this.said !== "");
    const kind = model.get("behind");
    if (this.keyKind !== kind) this.key.replaceChildren(...behindKey(kind));
    this.keyKind = kind;
  }

  /** What depends on the net alone: its units, what it was trained on. */
  showNet(unit) {
    const { net } = this;
    if (this.units.input.max !== String(net.hidden)) this.units.setRange(1, net.hidden);
    if (this.units.value !== unit) this.units.value = unit;
    if (this.shownNet !== net) {
      const rows = `${net.hidden} units (rows, slow ones above)`;
      sayText(this.stateTitle, `State: ${rows} after each of the last characters`);
      const first = htmlElement("option", { value: "", text: "units worth a look …" });
      const options = net.units.map(([number, does]) =>
        htmlElement("option", { value: number, text: `${number}: ${does}` }),
      );
      this.known.replaceChildren(first, ...options);
      this.known.parentNode.hidden = net.units.length === 0;
    }
    this.shownNet = net;
    const isKnown = net.units.some(([number]) => number === unit);
    this.known.value = isKnown ? String(unit) : "";
  }

  destroy() {
    for (const name of SHOWN) this.model.off(`change:${name}`, this.onChange);
    cancelAnimationFrame(this.frame);
    for (const part of [this.player, this.summary, this.picture]) part.destroy();
    this.root.remove();
  }
}

/** The stop of top-k that is nearest by ratio. */
function nearestStop(kept) {
  if (kept === null) return TOP_K_STOPS.length - 1;
  const distance = (stop) => Math.abs(Math.log((TOP_K_STOPS[stop] ?? Infinity) / kept));
  return TOP_K_STOPS.reduce((a, _, k) => (distance(k) < distance(a) ? k : a), 0);
}

/** What the bars behind the text mean. */
function behindKey(kind) {
  const bar = (side) => {
    const look = { class: `sampler-bar sampler-bar-${side}` };
    return htmlElement("span", { ...look, "aria-hidden": "true" });
  };
  return kind === "saliency"
    ? [bar("saliency"), "half a bar: a tenth of what matters most"]
    : [bar("low"), "below 0, down to −1", bar("high"), "above 0, up to 1"];
}

/** What the colours of the heat map mean. */
function rampKey() {
  const ramp = htmlElement("span", { class: "sampler-ramp", "aria-hidden": "true" });
  return htmlElement("p", { class: "sampler-keys" }, "−1", ramp, "1");
}

function render({ model, el }) {
  const view = new SamplerView(model, el);
  return () => view.destroy();
}

export default { render };
