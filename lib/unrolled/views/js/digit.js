/**
 * Draw a digit: a trained LSTM reads it row by row, in the page, and shows what it takes
 * it for after each row, what it keeps of it, and which rows moved its decision.
 *
 * All that it shows follows from the model's state: `ink` is what was drawn, `chosen` the
 * test image that is on the pad in its place, `row` the row that is looked at, `tool`
 * what is in hand. A control only writes to the state; every change of it, whoever made
 * it, is drawn in the next frame. A stroke that is under way comes into the state when
 * it ends. What takes longer than a frame is done afterwards, a piece in each frame.
 */

import { button, choice, row, slider } from "./controls.js";
import { DigitBars } from "./digit_bars.js";
import { FRAME_SIDE, centredDrawing } from "./digit_frame.js";
import { DigitImages } from "./digit_images.js";
import { InkHistory, isBlank, strokeInk } from "./digit_ink.js";
import { DigitReading, unpackDigitNet } from "./digit_net.js";
import { DigitPad } from "./digit_pad.js";
import { ReadingPicture } from "./digit_reading.js";
import { digitText, padText } from "./digit_words.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { player, reducedMotion, summary } from "./player.js";

/** The parts of the state that say what is on the pad, and those that say how to see it. */
const ON_PAD = ["ink", "chosen"];
const OF_LOOK = ["row", "tool"];

const CELLS = FRAME_SIDE * FRAME_SIDE;
const BUDGET = 8; // milliseconds of a frame for what can wait
const STILL = 400; // milliseconds between two pictures where motion is reduced

/** One pad in one place of a page. */
class DigitView {
  constructor(model, el) {
    this.model = model;
    this.net = unpackDigitNet(model.get("weights"));
    this.images = imagesOf(model.get("images"));
    this.labels = model.get("labels");
    this.history = new InkHistory();
    this.working = null; // the ink while a stroke is under way
    this.isStale = true; // what was read is no longer what is on the pad
    this.isUntold = false; // the reader has changed what a kernel does not know yet
    this.judged = []; // whether the net gets each test image right, as far as known
    this.shownAt = 0; // when the last picture was drawn while playing
    this.build(el);
    for (const name of ON_PAD) model.on(`change:${name}`, this.onOther);
    for (const name of OF_LOOK) model.on(`change:${name}`, this.invalidate);
    this.update();
    this.gallery.paint();
  }

  // --- state ---------------------------------------------------------------------

  /** The test image on the pad, from 0; null if something was drawn. */
  get chosen() {
    const chosen = this.working ? null : this.model.get("chosen");
    return chosen === null || chosen >= this.images.length ? null : chosen;
  }

  /** What is on the pad. */
  get ink() {
    if (this.working) return this.working;
    return this.chosen === null ? bytesOf(this.model.get("ink")) : this.images[this.chosen];
  }

  /** The digit that it is, if that is known. */
  get label() {
    return this.chosen === null ? null : this.labels[this.chosen];
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

  /** Something else is on the pad. */
  onOther = () => {
    this.isStale = true;
    this.invalidate();
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
    this.bars = new DigitBars(this.net.classes);
    this.summary = summary();
    this.gallery = new DigitImages({
      ...{ images: this.images, labels: this.labels, data: this.model.get("data") },
      onPick: (index) => this.replace({ chosen: index }),
    });
    const about = htmlElement("p", { class: "digit-about", text: this.net.about });
    this.root = htmlElement(
      "div",
      {
        ...{ class: "unrolled-view digit-view", role: "group" },
        "aria-label": "Draw a digit",
      },
      question,
      htmlElement(
        ...["div", { class: "digit-columns" }],
        this.makePad(),
        htmlElement("div", { class: "digit-answer" }, this.bars.element, about),
      ),
      this.summary.element,
      this.gallery.element,
      this.makeRows(),
    );
    el.append(this.root);
  }

  makePad() {
    this.pad = new DigitPad({
      onStart: () => this.begin(),
      onStroke: (from, to) => this.stroke(from, to),
      onEnd: () => this.end(),
      onCancel: () => this.cancel(),
      onUndo: () => this.undo(),
    });
    this.tool = choice({
      ...{ label: "Tool", value: this.model.get("tool") },
      options: [
        { value: "draw", label: "Draw" },
        { value: "erase", label: "Erase" },
      ],
      onInput: (tool) => this.write({ tool }),
    });
    this.tool.element.classList.add("digit-tool");
    this.undoButton = button({ label: "Undo", icon: "back", onClick: () => this.undo() });
    this.clearButton = button({
      ...{ label: "Clear", icon: "reset" },
      onClick: () => this.replace({ ink: viewOf(new Uint8Array(CELLS)), chosen: null }),
    });
    const tools = row(this.tool, this.undoButton, this.clearButton);
    tools.classList.add("digit-tools");
    return htmlElement("div", { class: "digit-drawing" }, this.pad.element, tools);
  }

  makeRows() {
    this.player = player({
      onStep: (count) => this.advance(count),
      onReset: () => this.write({ row: 1 }),
      onPlay: (playing) => this.onPlay(playing),
      labels: { step: "Next row", reset: "First row" },
    });
    this.rowSlider = slider({
      ...{ label: "row", min: 1, max: FRAME_SIDE, step: 1 },
      value: this.model.get("row"),
      format: (value) => `${value} of ${FRAME_SIDE}`,
      onInput: (value) => this.write({ row: value }, false),
      onChange: (value) => this.write({ row: value }),
    });
    this.rowSlider.element.classList.add("unrolled-inline");
    this.player.element.append(this.rowSlider.element);
    this.picture = new ReadingPicture({
      onPick: (value, done) => this.write({ row: value }, done),
    });
    const title = htmlElement("div", {
      ...{ class: "unrolled-title" },
      text: "What the net reads and keeps, row by row",
    });
    const parts = [title, this.player.element, this.picture.element, readingKey()];
    return htmlElement("div", { class: "digit-rows" }, ...parts);
  }

  // --- what the reader does --------------------------------------------------------

  /** What can be had back. */
  snapshot() {
    // A copy: a kernel's bytes may lie in the midst of a longer message.
    const ink = viewOf(bytesOf(this.model.get("ink")).slice());
    return { ink, chosen: this.model.get("chosen") };
  }

  begin() {
    this.history.keep(this.snapshot());
    this.working = this.ink.slice(); // a test image can be drawn on too
  }

  stroke(from, to) {
    if (!this.working) return;
    strokeInk(this.working, from, to, this.model.get("tool") === "erase");
    this.isStale = true;
    this.invalidate();
  }

  end() {
    if (!this.working) return;
    const ink = viewOf(this.working);
    this.working = null;
    this.write({ ink, chosen: null });
  }

  cancel() {
    if (this.working) this.history.back();
    this.working = null;
    this.isStale = true;
    this.invalidate();
  }

  undo() {
    if (!this.history.isEmpty) this.write(this.history.back());
  }

  /** Put something else on the pad. */
  replace(changes) {
    this.history.keep(this.snapshot());
    this.write(changes);
  }

  advance(count) {
    const now = this.model.get("row");
    const next = now >= FRAME_SIDE ? 1 : Math.min(now + count, FRAME_SIDE);
    this.isUntold = true;
    this.isStill = this.player.playing && reducedMotion();
    this.model.set("row", next);
    if (next === FRAME_SIDE && this.player.playing) {
      this.player.playing = false;
      this.isStill = false;
      this.invalidate();
    }
    if (!this.player.playing) this.tell();
  }

  onPlay(playing) {
    this.isStill = false;
    if (!playing) this.tell();
    this.invalidate();
  }

  // --- showing -------------------------------------------------------------------

  /** Read what is on the pad, if that was not done yet. */
  readAnew() {
    if (!this.isStale) return;
    const { ink, chosen } = this;
    const image = chosen === null ? centredDrawing(ink) : ink;
    this.isEmpty = image === null;
    this.reading = new DigitReading(this.net, image ?? new Uint8Array(CELLS));
    this.isStale = false;
  }

  update() {
    const isDue = performance.now() - this.shownAt >= STILL;
    if (this.isStill && !isDue) {
      this.invalidate(); // the picture stands still for a while
      return;
    }
    this.shownAt = performance.now();
    this.readAnew();
    const tool = this.model.get("tool");
    const { chosen, ink, label } = this;
    this.pad.show(ink, tool === "erase", padText(chosen, label, isBlank(ink)));
    this.tool.value = tool;
    this.switchButtons(isBlank(ink));
    this.gallery.choose(chosen);
    this.showRows();
    this.later();
  }

  /** A button that is switched off under the reader's finger hands on the focus. */
  switchButtons(isPadBlank) {
    const focus = document.activeElement; // some browsers take it away at once
    this.undoButton.disabled = this.history.isEmpty;
    this.clearButton.disabled = isPadBlank;
    const buttons = [this.undoButton, this.clearButton];
    const lost = buttons.find((each) => each.disabled && each.element === focus);
    if (lost) this.pad.surface.focus({ preventScroll: true });
  }

  /** Show what was read, up to the row that is looked at. */
  showRows() {
    const at = this.model.get("row");
    const { label, isEmpty } = this;
    if (this.rowSlider.value !== at) this.rowSlider.value = at;
    this.bars.show(this.reading, at, label);
    this.picture.show(this.reading, at, label);
    const moves = this.player.playing || this.working !== null;
    this.summary.say(digitText(this.reading, at, { label, isEmpty }), moves);
  }

  /** Do a piece of what can wait, in the next frame. */
  later() {
    if (this.working || this.isIdle) return;
    this.rest ??= requestAnimationFrame(() => {
      this.rest = null;
      if (this.working || this.isStale) return; // the next update comes back to it
      if (!this.reading.isAttributed) {
        if (this.reading.attribute(BUDGET)) this.showRows();
      } else this.judgeSome();
      this.later();
    });
  }

  /** Whether nothing waits to be done. */
  get isIdle() {
    return this.reading.isAttributed && this.judged.length >= this.images.length;
  }

  /** Have the net read some of the test images. */
  judgeSome() {
    const start = performance.now();
    while (this.judged.length < this.images.length) {
      const index = this.judged.length;
      const { chosen } = new DigitReading(this.net, this.images[index]);
      this.gallery.judge(index, chosen);
      this.judged.push(chosen === this.labels[index]);
      if (performance.now() - start >= BUDGET) break;
    }
    if (!this.isIdle) return;
    this.gallery.tellWrong(this.judged.filter((isRight) => !isRight).length);
  }

  destroy() {
    for (const name of ON_PAD) this.model.off(`change:${name}`, this.onOther);
    for (const name of OF_LOOK) this.model.off(`change:${name}`, this.invalidate);
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.rest);
    const parts = [this.player, this.summary, this.pad, this.picture, this.gallery];
    for (const part of parts) part.destroy();
    this.root.remove();
  }
}

/** What the panels of the reading mean. */
function readingKey() {
  const sign = (kind) =>
    htmlElement("span", { class: `digit-sign digit-sign-${kind}`, "aria-hidden": "true" });
  const items = [
    [sign("for"), "the row spoke for the decision"],
    [sign("against"), "against it"],
    [sign("best"), "most probable after the row"],
    [sign("ramp"), "a unit, −1 to 1"],
  ].map((parts) => htmlElement("li", {}, ...parts));
  return htmlElement("ul", { class: "unrolled-legend" }, ...items);
}

/** The bytes behind a DataView; not to be changed. */
function bytesOf(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Bytes as the state has them; not to be changed afterwards. */
function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function imagesOf(view) {
  const bytes = bytesOf(view);
  const count = Math.floor(bytes.length / CELLS);
  const at = (index) => bytes.subarray(index * CELLS, (index + 1) * CELLS);
  return Array.from({ length: count }, (_, index) => at(index));
}

function render({ model, el }) {
  const view = new DigitView(model, el);
  return () => view.destroy();
}

export default { render };
