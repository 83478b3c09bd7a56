// The short mode of the view "Unroll": two steps, walked through forward and backward.

import { button, panel, row, slider } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { frameLoop, player } from "./player.js";
import { createToyDrawing } from "./unroll_net.js";
import {
  TOY_NET,
  TOY_STAGES,
  toyEdges,
  toyGradients,
  toyPass,
  toyStage,
} from "./unroll_model.js";
import {
  edgeNumber,
  exactNumber,
  gradientSentence,
  stageFormula,
  stageSentence,
  weightNumber,
  toyWeightSymbol,
} from "./unroll_words.js";

const LAST = TOY_STAGES.length - 1;
const STAGE_SECONDS = 1.6; // how long a stage stands while the walk plays
const WEIGHT = { min: -2, max: 2, step: 0.05, format: weightNumber };
const INPUT = { min: -3, max: 3, step: 0.1, format: weightNumber };

/** The numbers that can be moved, in the groups in which they are shown. */
const GROUPS = [
  {
    title: "Inputs, first state, targets",
    open: true,
    sliders: [
      ...[0, 1].map((k) => ({ ...INPUT, label: `x_${k + 1}`, at: ["x", k] })),
      ...[0, 1].map((k) => ({ ...INPUT, label: `h_{0,${k + 1}}`, at: ["h_0", k] })),
      ...[0, 1].map((k) => ({ ...INPUT, label: `y_${k + 1}`, at: ["y", k] })),
    ],
  },
  {
    title: "Recurrent weights",
    sliders: [0, 1].flatMap((i) => [0, 1].map((j) => weightSlider("W_hh", i, j))),
  },
  {
    title: "Input weights and bias",
    sliders: [
      ...[0, 1].map((j) => weightSlider("W_xh", 0, j)),
      ...[0, 1].map((j) => ({ ...WEIGHT, label: toyWeightSymbol("b_h", 0, j), at: ["b_h", j] })),
    ],
  },
  {
    title: "Readout",
    sliders: [
      ...[0, 1].map((i) => weightSlider("W_hq", i, 0)),
      { ...WEIGHT, label: toyWeightSymbol("b_q", 0, 0), at: ["b_q", 0] },
    ],
  },
];

function weightSlider(parameter, i, j) {
  return { ...WEIGHT, label: toyWeightSymbol(parameter, i, j), at: [parameter, i, j] };
}

/**
 * Create the short mode.
 *
 * @param {(changes: Object<string, *>) => void} write Changes the view's state.
 * @param {HTMLElement} words Where the view says its state; placed beneath the drawing.
 * @returns {{element: HTMLElement, show: (state: Object) => string, stop: () => void,
 *   destroy: () => void}} `show` draws a state and returns it in words.
 */
export function createToy(write, words) {
  const select = (weight) => {
    selected = isSameWeight(weight, selected) ? null : weight;
    show(state);
  };
  const drawing = createToyDrawing((parameter, i, j) => select({ parameter, i, j }));
  const formula = htmlElement("p", { class: "unroll-formula", "aria-hidden": "true" });
  let state = null;
  let selected = null;
  const go = (stage) => write({ stage: Math.min(Math.max(stage, 0), LAST) });
  const walk = createWalk(drawing.element, {
    onStep: () => {
      go(state.stage + 1);
      return state.stage < LAST;
    },
    onBack: () => go(state.stage - 1),
    onReset: () => go(0),
  });
  const ledger = createLedger(select);
  const settings = createSettings((name, value) => write({ [name]: value }));
  const exact = createExactNumbers();
  const element = htmlElement(
    ...["div", { class: "unroll-mode" }],
    ...[drawing.element, signs()],
    ...[htmlElement("div", { class: "unroll-bar" }, walk.element, formula)],
    ...[words, ledger.element, settings.element, exact.element],
  );

  function show(next) {
    state = next;
    const net = netOf(state);
    const pass = toyPass(net);
    const { steps } = pass;
    const gradients = toyGradients(net, steps);
    drawing.show({ net, steps, edges: toyEdges(net, steps), stage: state.stage, selected });
    writeSymbols(formula, stageFormula(state.stage, net.activation));
    ledger.show(gradients, pass, state.stage, selected);
    settings.show(net);
    exact.show(net, pass, gradients);
    walk.show(state.stage);
    return stageSentence(state.stage, net, pass);
  }

  return {
    element,
    show,
    stop: walk.stop,
    destroy() {
      drawing.destroy();
      walk.destroy();
    },
  };
}

/** The short net that a state describes. */
function netOf(state) {
  return Object.fromEntries(Object.keys(TOY_NET).map((name) => [name, state[name]]));
}

/** Play, back, step and reset; a stage stands long enough to be read. */
function createWalk(element, { onStep, onBack, onReset }) {
  let waited = 0;
  const loop = frameLoop(element, (seconds) => {
    waited += seconds;
    if (waited < STAGE_SECONDS) return;
    waited = 0;
    onStep();
  });
  const onPlay = (playing) => {
    waited = STAGE_SECONDS; // the first step at once
    if (playing) loop.start();
    else loop.stop();
  };
  const control = player({ onStep, onBack, onReset, onPlay, driven: true });
  const stop = () => {
    control.playing = false;
    loop.stop();
  };
  return {
    element: control.element,
    stop,
    show(stage) {
      if (stage === LAST) stop();
      control.atEnd = stage === LAST;
    },
    destroy() {
      control.destroy();
      loop.destroy();
    },
  };
}

function signs() {
  const meanings = [
    ["×", "weight"],
    ["0.5", "product, forward", "value"],
    ["◂", "gradient, backward", "gradient"],
    ["Σ", "term of the weight’s gradient", "gradient"],
  ];
  const items = meanings.map(([sign, text, kind = "weight"]) =>
    htmlElement("li", {}, htmlElement("b", { class: `is-${kind}`, text: sign }), ` ${text}`),
  );
  return htmlElement("ul", { class: "unroll-legend", "aria-label": "On the edges" }, ...items);
}

// --- the sums of the gradients ---------------------------------------------------------

/** The table of all gradients: a term from each step, and their sum. */
function createLedger(onSelect) {
  const caption = htmlElement("p", { class: "unroll-loss" });
  const sentence = htmlElement("p", { class: "unroll-sum", "aria-live": "polite" });
  const tables = htmlElement("div", { class: "unroll-tables" });
  let rows = [];
  const build = (gradients) => {
    rows = gradients.map((gradient) => ledgerRow(gradient, onSelect));
    const halves = [rows.slice(0, 6), rows.slice(6)];
    tables.replaceChildren(...halves.map((part, k) => ledgerTable(part, k)));
  };
  const element = panel(
    "The gradient of each weight, added up",
    ...[caption, tables, sentence],
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

function isSameWeight(gradient, selected) {
  return ["parameter", "i", "j"].every((key) => gradient[key] === selected?.[key]);
}

function ledgerTable(rows, k) {
  const heads = ["weight", "step 2", "step 1", "sum"].map((text) =>
    htmlElement("th", { scope: "col", text }),
  );
  const name = `Gradients, part ${k + 1} of 2`;
  const head = htmlElement("thead", {}, htmlElement("tr", {}, ...heads));
  const body = htmlElement("tbody", {}, ...rows.map(({ element }) => element));
  return htmlElement("table", { class: "unroll-ledger", "aria-label": name }, head, body);
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
    show({ terms, sum }, isAdded, stage, selected) {
      const isChosen = isSameWeight(gradient, selected);
      name.setAttribute("aria-pressed", String(isChosen));
      element.classList.toggle("is-selected", isChosen);
      const texts = terms.map(({ t, term }) => (isAdded(t) ? edgeNumber(term) : "·"));
      const total = terms.reduce((so, { t, term }) => so + (isAdded(t) ? term : 0), 0);
      const complete = terms.every(({ t }) => isAdded(t));
      const shown = complete ? edgeNumber(sum) : isAdded(2) ? `${edgeNumber(total)} …` : "·";
      [...texts, shown].forEach((text, k) => {
        if (cells[k].textContent !== text) cells[k].textContent = text;
      });
      terms.forEach(({ t }, k) => {
        cells[k].classList.toggle("is-new", stage === toyStage("terms", t));
      });
    },
  };
}

// --- the numbers that can be moved -------------------------------------------------------

function createSettings(onChange) {
  let net = TOY_NET;
  const controls = [];
  const groups = GROUPS.map(({ title, open = false, sliders }) => {
    const inner = sliders.map(({ at, ...options }) => {
      const [name, ...place] = at;
      const onInput = (value) => onChange(name, replaced(net[name], place, rounded(value)));
      const control = slider({ ...options, value: valueAt(TOY_NET[name], place), onInput });
      controls.push({ control, name, place });
      return control.element;
    });
    const summary = htmlElement("summary", { text: title });
    const across = inner.length % 3 ? 4 : 3;
    const style = `--unroll-across: ${across}`;
    const grid = htmlElement("div", { class: "unroll-sliders", style }, ...inner);
    return htmlElement("details", { class: "unroll-group", open }, summary, grid);
  });
  const chapter = button({
    label: "The chapter’s numbers",
    icon: "reset",
    onClick: () => {
      for (const [name, value] of Object.entries(TOY_NET)) {
        if (name !== "activation") onChange(name, structuredClone(value));
      }
    },
  });
  return {
    element: panel("Change the numbers", ...groups, row(chapter)),
    show(next) {
      net = next;
      for (const { control, name, place } of controls) {
        const value = valueAt(net[name], place);
        if (control.value !== value) control.value = value;
      }
      chapter.disabled = Object.keys(TOY_NET).every(
        (name) => name === "activation" || String(net[name]) === String(TOY_NET[name]),
      );
    },
  };
}

function valueAt(array, place) {
  return place.reduce((part, k) => part[k], array);
}

/** A copy of an array with one number replaced. */
function replaced(array, [k, ...rest], value) {
  return array.map((part, at) =>
    at !== k ? part : rest.length ? replaced(part, rest, value) : value,
  );
}

/** Undo the rounding of a slider's steps, so that 0.15000000000000002 is 0.15. */
function rounded(value) {
  return Number(value.toFixed(6));
}

// --- all numbers ---------------------------------------------------------------------------

/** A table that can be opened, with every number of both passes as it is computed. */
function createExactNumbers() {
  const body = htmlElement("tbody");
  const head = ["quantity", "value"].map((text) => htmlElement("th", { scope: "col", text }));
  const table = htmlElement(
    ...["table", { class: "unroll-exact", "aria-label": "All numbers" }],
    ...[htmlElement("thead", {}, htmlElement("tr", {}, ...head)), body],
  );
  const title = htmlElement("summary", { text: "All numbers, in full" });
  const element = htmlElement("details", { class: "unroll-group" }, title, table);
  let fill = () => {};
  element.addEventListener("toggle", () => fill());
  return {
    element,
    show(net, pass, gradients) {
      fill = () => {
        if (!element.open) return;
        const rows = exactRows(net, pass, gradients).map(([name, value]) => {
          const symbol = htmlElement("th", { scope: "row" });
          writeSymbols(symbol, name);
          return htmlElement("tr", {}, symbol, htmlElement("td", { text: exactNumber(value) }));
        });
        body.replaceChildren(...rows);
      };
      fill();
    },
  };
}

/** Names, with symbols, and values of everything that the drawing shows. */
function exactRows(net, { steps, loss }, gradients) {
  const pair = (name, t, values) => values.map((v, k) => [`${name}_{${t},${k + 1}}`, v]);
  const nodes = steps.flatMap((step) => [
    ...pair("z", step.t, step.z),
    ...pair("h", step.t, step.h),
    ...[[`o_${step.t}`, step.o]],
    ...[[`ε_${step.t}`, step.epsilon]],
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
