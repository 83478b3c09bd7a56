// The tables of the short mode of the view "Unroll": the gradients, term by term, and all
// numbers in full.

import { panel } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { toyEdges, toyStage } from "./unroll_model.js";
import {
  edgeNumber,
  exactNumber,
  gradientSentence,
  toyWeightSymbol,
} from "./unroll_words.js";

const ROUNDED =
  "Each number is rounded by itself, so the last digit of a sum may look one off. In " +
  "full they stand in the table at the end.";

// --- the sums of the gradients ---------------------------------------------------------

/**
 * Create the table of all gradients: a term from each step, and their sum.
 *
 * @param {(weight: {parameter: string, i: number, j: number}) => void} onSelect The
 *   reader has chosen a weight.
 * @returns {{element: HTMLElement, show: (gradients: Object[], pass: Object,
 *   stage: number, selected: ?Object) => void}} `show` takes what toyGradients and
 *   toyPass returned.
 */
export function createLedger(onSelect) {
  const caption = htmlElement("p", { class: "unroll-loss" });
  const sentence = htmlElement("p", { class: "unroll-sum", "aria-live": "polite" });
  const tables = htmlElement("div", { class: "unroll-tables" });
  let rows = [];
  const build = (gradients) => {
    rows = gradients.map((gradient) => ledgerRow(gradient, onSelect));
    const halves = [rows.slice(0, 6), rows.slice(6)];
    tables.replaceChildren(...halves.map((part, k) => ledgerTable(part, k)));
  };
  const note = htmlElement("p", { class: "unroll-note", text: ROUNDED });
  const element = panel(
    "The gradient of each weight, added up",
    ...[caption, tables, note, sentence],
  );
  return {
    element,
    show(gradients, { loss }, stage, selected) {
      if (rows.length === 0) build(gradients);
      const judged = stage >= toyStage("loss");
      writeSymbols(caption, `Loss *L* = ${judged ? edgeNumber(loss) : "·"}`);
      const isAdded = (t) => stage >= toyStage("terms", t);
      rows.forEach((each, k) => each.show(gradients[k], isAdded, stage, selected));
      const chosen = gradients.find((gradient) => isSameWeight(gradient, selected));
      const hint = "Choose a weight: its edges light up, and here stands what is added.";
      writeSymbols(sentence, chosen ? gradientSentence(chosen, isAdded) : hint);
    },
  };
}

/**
 * Whether two of gradients, edges or choices speak of the same weight.
 * @param {{parameter: string, i: number, j: number}} one
 * @param {?{parameter: string, i: number, j: number}} other
 * @returns {boolean}
 */
export function isSameWeight(one, other) {
  return ["parameter", "i", "j"].every((key) => one[key] === other?.[key]);
}

function ledgerTable(rows, k) {
  const name = `Gradients, part ${k + 1} of 2`;
  const head = tableHead(["weight", "step 2", "step 1", "sum"]);
  const body = htmlElement("tbody", {}, ...rows.map(({ element }) => element));
  return htmlElement("table", { class: "unroll-ledger", "aria-label": name }, head, body);
}

function tableHead(names) {
  const heads = names.map((text) => htmlElement("th", { scope: "col", text }));
  return htmlElement("thead", {}, htmlElement("tr", {}, ...heads));
}

function ledgerRow(gradient, onSelect) {
  const { parameter, i, j } = gradient;
  const name = htmlElement("button", { type: "button", class: "unroll-weight" });
  writeSymbols(name, toyWeightSymbol(parameter, i, j));
  const cells = [0, 1, 2].map(() => htmlElement("td"));
  const head = htmlElement("th", { scope: "row" }, name);
  const element = htmlElement("tr", {}, head, ...cells);
  name.addEventListener("click", () => onSelect({ parameter, i, j }));
  return {
    element,
    show(current, isAdded, stage, selected) {
      const isChosen = isSameWeight(gradient, selected);
      name.setAttribute("aria-pressed", String(isChosen));
      element.classList.toggle("is-selected", isChosen);
      ledgerCells(current, isAdded).forEach((text, k) => {
        if (cells[k].textContent !== text) cells[k].textContent = text;
      });
      current.terms.forEach(({ t }, k) => {
        cells[k].classList.toggle("is-new", stage === toyStage("terms", t));
      });
    },
  };
}

/** The two terms and their sum, as far as they have been added. */
function ledgerCells({ terms, sum }, isAdded) {
  const texts = terms.map(({ t, term }) => (isAdded(t) ? edgeNumber(term) : "·"));
  if (isAdded(1)) return [...texts, edgeNumber(sum)];
  return [...texts, isAdded(2) ? `${texts[0]} …` : "·"];
}

// --- all numbers ---------------------------------------------------------------------

/**
 * Create a table that can be opened, with every number of both passes in full.
 * @returns {{element: HTMLElement, show: (net: Object, pass: Object,
 *   gradients: Object[]) => void}} `show` takes what toyPass and toyGradients returned.
 */
export function createExactNumbers() {
  const body = htmlElement("tbody");
  const table = htmlElement(
    ...["table", { class: "unroll-exact", "aria-label": "All numbers" }],
    ...[tableHead(["quantity", "value"]), body],
  );
  const title = htmlElement("summary", { text: "All numbers, in full" });
  const element = htmlElement("details", { class: "unroll-group" }, title, table);
  let rows = () => [];
  const fill = () => {
    if (element.open) body.replaceChildren(...rows().map(exactRow));
  };
  element.addEventListener("toggle", fill);
  return {
    element,
    show(net, pass, gradients) {
      rows = () => exactNumbers(net, pass, gradients);
      fill();
    },
  };
}

function exactRow([symbol, value]) {
  const name = htmlElement("th", { scope: "row" });
  writeSymbols(name, symbol);
  return htmlElement("tr", {}, name, htmlElement("td", { text: exactNumber(value) }));
}

/** Names, with symbols, and values of everything that the drawing shows. */
function exactNumbers(net, { steps, loss }, gradients) {
  const pair = (name, t, values) => values.map((v, k) => [`${name}_{${t},${k + 1}}`, v]);
  const nodes = steps.flatMap((step) => [
    ...pair("z", step.t, step.z),
    ...pair("h", step.t, step.h),
    ...[[`o_${step.t}`, step.o]],
    ...[[`e_${step.t}`, step.error]],
    ...pair("δ", step.t, step.delta),
    ...pair("ζ", step.t, step.zeta),
  ]);
  const edges = toyEdges(net, steps).flatMap((edge) => {
    const name = `${toyWeightSymbol(edge.parameter, edge.i, edge.j)}, step ${edge.t}`;
    return [
      [`${name}: product`, edge.product],
      [`${name}: gradient passed back`, edge.back],
      [`${name}: term`, edge.term],
    ];
  });
  const sums = gradients.map(({ parameter, i, j, sum }) => [
    `∂*L*/∂${toyWeightSymbol(parameter, i, j)}`,
    sum,
  ]);
  return [["*L*", loss], ...sums, ...nodes, ...edges];
}
