// The short mode of the view "Unroll": two steps, walked through forward and backward.

import { button, panel, row, slider } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { frameLoop, player } from "./player.js";
import { TERM_SIGN, createToyDrawing } from "./unroll_net.js";
import { TOY_NET, TOY_STAGES, toyEdges, toyGradients, toyPass } from "./unroll_model.js";
import { createExactNumbers, createLedger, isSameWeight } from "./unroll_tables.js";
import {
  stageFormula,
  stageSentence,
  toyWeightSymbol,
  weightNumber,
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
      ...[0, 1].map((j) => biasSlider("b_h", j)),
    ],
  },
  {
    title: "Readout",
    sliders: [
      ...[0, 1].map((i) => weightSlider("W_hq", i, 0)),
      biasSlider("b_q", 0),
    ],
  },
];

function weightSlider(parameter, i, j) {
  return { ...WEIGHT, label: toyWeightSymbol(parameter, i, j), at: [parameter, i, j] };
}

function biasSlider(parameter, j) {
  return { ...WEIGHT, label: toyWeightSymbol(parameter, 0, j), at: [parameter, j] };
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
  let [state, written] = [null, ""];
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
    // What the stage does stays in sight with its buttons: on a phone, where the drawing
    // fills the window, and while the numbers below are changed.
    htmlElement("div", { class: "unroll-bar" }, walk.element, formula, words),
    ...[settings.element, ledger.element, exact.element],
  );

  function show(next) {
    state = next;
    const net = netOf(state);
    const pass = toyPass(net);
    const { steps } = pass;
    const gradients = toyGradients(net, steps);
    drawing.show({ net, steps, edges: toyEdges(net, steps), stage: state.stage, selected });
    const text = stageFormula(state.stage, net.activation);
    if (written !== text) writeSymbols(formula, text);
    written = text;
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

/** Play, back, step, to the start; a stage stands long enough to be read. */
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
  const labels = { reset: "To start" };
  const control = player({ onStep, onBack, onReset, onPlay, labels, driven: true });
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
    [TERM_SIGN, "what this step adds to the weight’s gradient", "gradient"],
  ];
  const items = meanings.map(([sign, text, kind = "weight"]) => {
    const sample = htmlElement("b", { class: `is-${kind}`, text: sign });
    return htmlElement("li", {}, sample, ` ${text}`);
  });
  const name = { class: "unroll-legend", "aria-label": "On the edges" };
  const rounded = htmlElement("li", { text: "all rounded to four decimals" });
  return htmlElement("ul", name, ...items, rounded);
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
    label: "Back to the chapter’s numbers",
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
