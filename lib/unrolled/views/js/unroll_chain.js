// The long mode of the view "Unroll": one unit over many steps, and how far its gradient
// reaches.

import { button, choice, panel, row, slider } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { frameLoop, player, reducedMotion } from "./player.js";
import { createPlot } from "./plot.js";
import { equalsSign, formatFixed, formatNumber } from "./scales.js";
import { chainPass } from "./unroll_model.js";
import {
  createRoad,
  reachOptions,
  reachPicture,
  reachedState,
} from "./unroll_road.js";
import { chainSentence } from "./unroll_words.js";

const CHAIN_SETTINGS = ["w_x", "w_rec", "steps", "drive", "seed"];
const CHAIN_FORMULAS = {
  tanh: "h_t = tanh(x_t w_x + h_{t-1} w_{rec}),  factor w_{rec} (1 − h_t^{2})",
  linear: "h_t = x_t w_x + h_{t-1} w_{rec},  factor w_{rec}",
};
const JOURNEY = 2.4; // seconds in which a gradient travels the whole chain

/**
 * Create the long mode.
 *
 * @param {(changes: Object<string, *>) => void} write Changes the view's state.
 * @param {Object} initial The state that "All settings back" restores.
 * @param {HTMLElement} words Where the view says its state; placed at the end.
 * @returns {{element: HTMLElement, show: (state: Object) => string, stop: () => void,
 *   destroy: () => void}} `show` draws a state and returns it in words.
 */
export function createChain(write, initial, words) {
  const parts = chainParts(write, initial, words);
  const { box, road, plot, formula, controls, numbers, journey } = parts;
  const reach = { steps: initial.steps, front: 0, pass: null };
  let written = "";
  const draw = () => {
    plot.set(reachPicture(reach));
    plot.draw();
    road.draw(reach, (t) => plot.toPixels(t, 1)[0]);
    controls.reached.value = reachedState(reach.front);
    numbers.show(reach);
  };
  journey.follow(reach, draw);
  // The plot has followed a new width by the time that its box is observed.
  const observer = new ResizeObserver(() => reach.pass && draw());
  observer.observe(box);
  return {
    element: parts.element,
    show(state) {
      Object.assign(reach, state, { pass: chainPass(state) });
      if (!journey.playing) reach.front = Math.min(state.reached, state.steps);
      controls.show(state);
      if (written !== state.activation) {
        writeSymbols(formula, CHAIN_FORMULAS[state.activation]);
      }
      written = state.activation;
      draw();
      return chainSentence(state, reach.pass);
    },
    stop: journey.stop,
    destroy() {
      observer.disconnect();
      plot.destroy();
      journey.destroy();
    },
  };
}

/** The elements of the long mode, from top to bottom. */
function chainParts(write, initial, words) {
  const road = createRoad();
  const box = htmlElement("div", { class: "unroll-reach" }, road.element);
  const plot = createPlot(box, reachOptions());
  const controls = chainControls(write, initial);
  const names = [...CHAIN_SETTINGS, "reached"];
  const restored = Object.fromEntries(names.map((name) => [name, initial[name]]));
  const journey = createJourney(box, write, () => write(restored));
  const formula = htmlElement("p", { class: "unroll-formula", "aria-hidden": "true" });
  const bar = htmlElement("div", { class: "unroll-bar" }, journey.element, formula);
  const numbers = chainReadout();
  const element = htmlElement(
    ...["div", { class: "unroll-mode unroll-long" }, box, numbers.element],
    ...[controls.element, bar, words],
  );
  return { element, box, road, plot, formula, controls, numbers, journey };
}

// --- the gradient travels -------------------------------------------------------------

/** Play, step, all settings back: the gradient travels back along the chain, frame by frame. */
function createJourney(element, write, onReset) {
  let [reach, draw] = [null, () => {}];
  const arrive = (front) => {
    reach.front = front;
    draw();
    write({ reached: reachedState(front) });
  };
  const depart = () => (reach.front > 0 ? reach.front : reach.steps);
  const loop = frameLoop(element, (seconds) => {
    reach.front = Math.max(0, reach.front - (reach.steps * seconds) / JOURNEY);
    if (reach.front > 0) return draw();
    stop();
    return arrive(0);
  });
  const stop = () => {
    control.playing = false;
    loop.stop();
  };
  const control = player({
    driven: true,
    labels: { reset: "All settings back" },
    onPlay(playing) {
      reach.front = playing ? depart() : reach.front;
      if (playing && !reducedMotion()) return loop.start();
      stop();
      return arrive(playing ? 0 : reach.front);
    },
    onStep: () => arrive(reachedState(depart()) - 1),
    onReset() {
      stop();
      onReset();
    },
  });
  return {
    element: control.element,
    stop,
    get playing() {
      return control.playing;
    },
    follow(shown, redraw) {
      [reach, draw] = [shown, redraw];
    },
    destroy() {
      control.destroy();
      loop.destroy();
    },
  };
}

// --- numbers and controls --------------------------------------------------------------

/** The numbers beneath the plot, above what changes them; the last pair holds what is left, and the verdict. */
function chainReadout() {
  const output = (name) =>
    htmlElement("output", { class: `unroll-${name}`, "aria-live": "off" });
  const verdict = output("verdict");
  const items = ["state", "factor", "here", "mean", "left"].map((name) => {
    const parts = { label: htmlElement("dt"), number: output(name) };
    const value = htmlElement("dd", {}, parts.number);
    if (name === "left") value.append(" ", verdict);
    return { ...parts, pair: htmlElement("div", {}, parts.label, value), written: "" };
  });
  const pairs = items.map(({ pair }) => pair);
  return {
    element: htmlElement("dl", { class: "unroll-readout" }, ...pairs),
    show(reach) {
      readoutLines(reach).forEach(([label, text], k) => {
        const item = items[k];
        if (item.written !== label) writeSymbols(item.label, label);
        item.written = label;
        if (item.number.textContent !== text) item.number.textContent = text;
      });
      verdict.textContent = reach.pass.verdict;
    },
  };
}

/** Names, with symbols, and values of the numbers beneath the plot. */
function readoutLines({ activation, steps, w_rec, front, pass }) {
  const { factors, gradients, states, size, meanFactor } = pass;
  const at = reachedState(front);
  const step = Math.min(at + 1, steps);
  const [state, factor] = [states[step], factors[step - 1]];
  const slope = 1 - state ** 2;
  const sign = equalsSign([slope, factor], formatNumber);
  const product = `${formatFixed(w_rec, 2)} · ${formatNumber(slope)} ${sign} `;
  const work = activation === "tanh" ? product : "";
  return [
    [`state h_{${step}}`, formatNumber(state)],
    [`factor of step ${step}`, `${work}${formatNumber(factor)}`],
    [`∂h_{${steps}}/∂h_{${at}}, ${steps - at} factors`, formatNumber(gradients[at])],
    ["mean factor of a step", formatNumber(meanFactor)],
    [`left after ${steps} steps`, formatNumber(size)],
  ];
}

function chainControls(write, initial) {
  const controls = { ...chainSliders(write, initial), drive: driveChoice(write, initial) };
  let seed = initial.seed;
  const again = button({ label: "Other noise", onClick: () => write({ seed: seed + 1 }) });
  const { w_rec, w_x, steps, reached, drive } = controls;
  const style = "--unroll-across: 4";
  const sliders = htmlElement("div", { class: "unroll-sliders", style });
  sliders.append(...[w_rec, w_x, steps, reached].map((control) => control.element));
  return {
    element: panel("", sliders, row(drive, again)),
    reached,
    show(state) {
      seed = state.seed;
      reached.setRange(0, state.steps);
      for (const name of ["w_rec", "w_x", "steps", "drive"]) {
        if (controls[name].value !== state[name]) controls[name].value = state[name];
      }
      again.disabled = state.drive !== "noise";
    },
  };
}

function chainSliders(write, { w_rec, w_x, steps, reached }) {
  const format = (value) => formatFixed(value, 2);
  const set = (name) => (value) => write({ [name]: Number(value.toFixed(6)) });
  return {
    w_rec: slider({
      ...{ label: "weight w_{rec}", min: -2, max: 2, step: 0.01 },
      ...{ value: w_rec, format, onInput: set("w_rec") },
    }),
    w_x: slider({
      ...{ label: "input weight w_x", min: 0, max: 2, step: 0.05 },
      ...{ value: w_x, format, onInput: set("w_x") },
    }),
    steps: slider({
      ...{ label: "steps *T*", min: 2, max: 50, step: 1, value: steps, format: String },
      onInput: (wanted) => write({ steps: wanted, reached: 0 }),
    }),
    reached: slider({
      ...{ label: "gradient back to *t*", min: 0, max: steps, step: 1 },
      ...{ value: reached, format: String, onInput: set("reached") },
    }),
  };
}

function driveChoice(write, { drive }) {
  const options = [
    { value: "constant", label: "always 1" },
    { value: "noise", label: "noise" },
  ];
  const onInput = (wanted) => write({ drive: wanted });
  return choice({ label: "input x_t", options, value: drive, onInput });
}
