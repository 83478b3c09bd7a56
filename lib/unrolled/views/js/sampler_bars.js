// What the next character is drawn from: a table whose bars are two distributions.

import { htmlElement } from "./elements.js";
import { grouped, percentText, shownSign, spokenSign } from "./sampler_words.js";

/** Characters in the table. */
export const SAMPLER_ROWS = 12;

/**
 * The table of the most probable characters: the net's own probability as an open bar,
 * what temperature, top-k and nucleus have made of it as a filled one below.
 */
export class BarTable {
  constructor() {
    this.title = htmlElement("div", { class: "unrolled-title" });
    this.rows = Array.from({ length: SAMPLER_ROWS }, () => barRow());
    this.foot = htmlElement("p", { class: "sampler-rest" });
    const names = ["character", "bars", "the net’s own", "drawn from"];
    const heads = names.map((text) => htmlElement("th", { scope: "col", text }));
    const table = htmlElement(
      ...["table", { class: "sampler-bars", "aria-label": "Next character" }],
      htmlElement("colgroup", {}, ...["sign", "lines", "number", "number"].map(column)),
      htmlElement("thead", {}, htmlElement("tr", {}, ...heads)),
      htmlElement("tbody", {}, ...this.rows.map(({ element }) => element)),
    );
    // The heads of the columns say the same to those who do not see the bars.
    const look = { class: "sampler-keys", "aria-hidden": "true" };
    const key = htmlElement("p", look, barSample("own"), barSample("chosen"));
    const parts = [this.title, key, table, this.foot];
    this.element = htmlElement("div", { class: "sampler-chances" }, ...parts);
  }

  /**
   * Show a distribution.
   * @param {SamplerRun} run See sampler_model.js.
   * @param {number} place
   * @param {Object} top See topOfDistribution.
   */
  show(run, place, { rows, others, rest }) {
    const isNext = place === run.text.length;
    const which = isNext ? "the next one" : spokenSign(run.sign(place));
    sayText(this.title, `Chances for character ${place + 1}, ${which}`);
    const word = place < run.prefixLength ? "given" : "drawn";
    const full = fullWidth(rows);
    this.rows.forEach((row, k) => row.show(rows[k], run.net, word, full));
    const share = percentText(rest);
    const left = others > 0 ? `${grouped(others)} others: ${share} together. ` : "";
    sayText(this.foot, `${left}Full width: ${percentText(full)}.`);
  }
}

function barSample(kind) {
  const text = kind === "own" ? "the net’s own" : "what is drawn from";
  const bar = htmlElement("span", { class: `sampler-${kind}` });
  return htmlElement("span", { class: "sampler-sample" }, bar, text);
}

/** What a bar of the whole width stands for: it changes in few, large steps. */
function fullWidth(rows) {
  const most = rows.reduce((a, { own, chosen }) => Math.max(a, own, chosen), 0);
  return [0.25, 0.5].find((full) => most <= full) ?? 1;
}

function column(name) {
  return htmlElement("col", { class: `sampler-column-${name}` });
}

function barRow() {
  const [sign, own, chosen] = ["th", "td", "td"].map((name) => htmlElement(name));
  sign.setAttribute("scope", "row");
  const [ownBar, chosenBar] = ["own", "chosen"].map((kind) =>
    htmlElement("span", { class: `sampler-${kind}` }),
  );
  const mark = htmlElement("em", { class: "sampler-mark" });
  const bars = htmlElement("td", { class: "sampler-lines" }, ownBar, chosenBar, mark);
  const element = htmlElement("tr", {}, sign, bars, own, chosen);
  return {
    element,
    show(row, net, word, full) {
      element.hidden = !row;
      if (!row) return;
      const isCut = row.chosen === 0;
      const text = net.characters[row.index];
      sayText(sign, shownSign(text));
      sign.setAttribute("aria-label", spokenSign(text));
      sayText(own, percentText(row.own));
      sayText(chosen, isCut ? "cut" : percentText(row.chosen));
      ownBar.style.width = `${(100 * row.own) / full}%`;
      chosenBar.style.width = `${(100 * row.chosen) / full}%`;
      element.classList.toggle("sampler-cut", isCut);
      element.classList.toggle("sampler-drawn", row.isDrawn);
      const rank = row.rank > SAMPLER_ROWS ? `, rank ${row.rank}` : "";
      sayText(mark, row.isDrawn ? `${word}${rank}` : "");
    },
  };
}

/** Write a text where another one stands. */
export function sayText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
