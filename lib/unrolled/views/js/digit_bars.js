// The ten probabilities after a row, as a table with bars.

import { htmlElement } from "./elements.js";
import { sayText } from "./sampler_bars.js";
import { percentText } from "./sampler_words.js";

/** A row for each digit: its bar, its probability, and a mark if it is the true one. */
export class DigitBars {
  constructor(classes = 10) {
    this.title = htmlElement("div", { class: "unrolled-title" });
    this.rows = Array.from({ length: classes }, (_, digit) => digitRow(digit));
    const heads = ["digit", "bar", "probability", "mark"].map((text) =>
      htmlElement("th", { scope: "col", text }),
    );
    const table = htmlElement(
      ...["table", { class: "digit-bars", "aria-label": "Probability of each digit" }],
      htmlElement("colgroup", {}, ...["name", "lines", "share", "mark"].map(barColumn)),
      htmlElement("thead", {}, htmlElement("tr", {}, ...heads)),
      htmlElement("tbody", {}, ...this.rows.map(({ element }) => element)),
    );
    this.element = htmlElement("div", { class: "digit-chances" }, this.title, table);
  }

  /**
   * Show the probabilities after a row.
   * @param {DigitReading} reading See digit_net.js.
   * @param {number} row From 1.
   * @param {?number} label The digit that it is, if that is known.
   */
  show(reading, row, label) {
    sayText(this.title, `What the net says after row ${row} of ${reading.rows}`);
    const shares = reading.probabilities[row - 1];
    const best = reading.ranked(row)[0];
    this.rows.forEach((each, digit) =>
      each.show(shares[digit], digit === best, digit === label),
    );
  }
}

function barColumn(name) {
  return htmlElement("col", { class: `digit-column-${name}` });
}

function digitRow(digit) {
  const name = htmlElement("th", { scope: "row", text: String(digit) });
  const bar = htmlElement("span", { class: "digit-bar" });
  const lines = htmlElement("td", { class: "digit-lines" }, bar);
  const [share, mark] = [htmlElement("td"), htmlElement("td", { class: "digit-mark" })];
  const element = htmlElement("tr", {}, name, lines, share, mark);
  return {
    element,
    show(value, isBest, isTrue) {
      bar.style.width = `${100 * value}%`;
      sayText(share, percentText(value));
      const words = [...(isBest ? ["answer"] : []), ...(isTrue ? ["label"] : [])];
      sayText(mark, words.join(", "));
      element.classList.toggle("digit-best", isBest);
      element.classList.toggle("digit-true", isTrue);
    },
  };
}
