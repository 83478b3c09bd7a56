// What a character model writes while it is trained: text that can be read and selected.

import { OWN_KEYS, htmlElement } from "./elements.js";
import { indexAt, writtenText } from "./watch_model.js";

const MOST_KEPT = 400; // texts of a run that computes
const MOST_LINES = 16; // on the page; a longer text scrolls

/** The prefix and what the net wrote after it, in a box whose height does not change. */
export class TextDrawing {
  constructor(parent) {
    this.seen = new Set(); // texts that there must be room for
    this.lines = 1;
    this.width = 0;
    this.prefix = htmlElement("span", { class: "watch-prefix" });
    this.text = htmlElement("span");
    this.when = htmlElement("p", { class: "watch-when" });
    const words = { class: "watch-words", dir: "auto" };
    // No live region: a text that keeps changing would be read out again and again.
    this.page = htmlElement(
      "div",
      { class: "watch-page", role: "group", "aria-label": "Text", [OWN_KEYS]: true },
      htmlElement("div", words, this.prefix, this.text),
    );
    this.element = htmlElement(
      "div",
      { class: "watch-text" },
      htmlElement("div", { class: "unrolled-title", text: "What the net writes" }),
      this.when,
      this.page,
      htmlElement("p", { class: "watch-key" }, ...keyOfText()),
    );
    parent.append(this.element);
    this.sizes = new ResizeObserver(() => this.fit());
    this.sizes.observe(this.page);
  }

  draw(run, step) {
    const { steps, written } = run.texts;
    if (run !== this.run) this.keep(written);
    this.run = run;
    const index = indexAt(steps, step);
    const { prefix, text } = written[index] ?? { ...written[0], text: "" };
    const parts = [this.prefix, this.text, this.when];
    [prefix, text, writtenText(run, index)].forEach((words, k) => {
      // What did not change stays, so that it stays selected.
      if (parts[k].textContent !== words) parts[k].textContent = words;
    });
  }

  /** Make room for texts: all of a record at once, those of a live run as they come. */
  keep(written) {
    const texts = written.map(({ prefix, text }) => prefix + text);
    const fresh = texts.filter((text) => !this.seen.has(text));
    for (const text of fresh) this.seen.add(text);
    while (this.seen.size > MOST_KEPT) this.seen.delete(this.seen.values().next().value);
    if (fresh.length > 0) this.reserve(fresh);
  }

  /** Make room anew where the width has changed. */
  fit() {
    if (this.page.clientWidth === this.width) return;
    this.width = this.page.clientWidth;
    this.lines = 1;
    this.reserve([...this.seen]);
  }

  /** Let the page be as high as the longest of some texts, if it is not yet. */
  reserve(texts) {
    const copies = texts.map((text) => htmlElement("div", { class: "watch-words", text }));
    const hidden = { class: "watch-hidden", "aria-hidden": "true" };
    const measured = htmlElement("div", hidden, ...copies);
    this.page.append(measured);
    const line = parseFloat(getComputedStyle(measured).lineHeight);
    const lines = copies.map(({ clientHeight }) => Math.round(clientHeight / line));
    measured.remove();
    this.lines = Math.max(this.lines, ...lines);
    this.page.style.setProperty("--watch-lines", Math.min(this.lines, MOST_LINES));
    // What scrolls must be within reach of the keyboard.
    if (this.lines > MOST_LINES) this.page.tabIndex = 0;
    else this.page.removeAttribute("tabindex");
  }

  destroy() {
    this.sizes.disconnect();
  }
}

function keyOfText() {
  const sample = htmlElement("span", { class: "watch-prefix", text: "prefix" });
  return [sample, " that it was given, then its own characters"];
}
