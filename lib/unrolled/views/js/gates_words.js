// What the view "Gates" says: the numbers of a step, the task, the state in words.

import { equalsSign, formatFixed, formatNumber } from "./scales.js";
import { GATE_STEPS, GATE_TASK, leakCurve, tanhRest } from "./gates_model.js";

/**
 * Write a number of the cell with four decimals, from 10 on with three: at most seven
 * signs, so that it fits its box.
 * @param {number} value
 * @returns {string}
 */
export function cellNumber(value) {
  return formatFixed(value, Math.abs(value) < 9.99995 ? 4 : 3);
}

/**
 * The two equations of the cell at a step, with their numbers; "≈" where one is rounded.
 * @param {import("./gates_model.js").GatePass} pass
 * @param {number} t 1 to T.
 * @returns {string[]} With symbols as elements.js reads them.
 */
export function stepEquations({ i, f, g, o, c, h }, t) {
  const write = (value) => bracketedNumber(cellNumber(value));
  const [kept, written, squashed] = [f[t] * c[t - 1], i[t] * g[t], Math.tanh(c[t])];
  const equals = (...values) => equalsSign(values, cellNumber);
  return [
    `c_{${t}} = f_{${t}} c_{${t - 1}} + i_{${t}} g_{${t}} ${equals(kept, written)} ` +
      `${cellNumber(kept)} + ${write(written)} ${equals(kept, written, c[t])} ` +
      `${cellNumber(c[t])}`,
    `h_{${t}} = o_{${t}} tanh(c_{${t}}) ${equals(o[t], squashed)} ` +
      `${cellNumber(o[t])} · ${write(squashed)} ${equals(o[t], squashed, h[t])} ` +
      `${cellNumber(h[t])}`,
  ];
}

function bracketedNumber(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

/**
 * Say where a gate stands at a step: "f_{5} = 0.00, closed".
 * @param {string} name
 * @param {boolean} open Whether the reader has opened it at this step.
 * @param {number} level How far it opens, 0 to 1.
 * @param {number} step
 * @returns {string} With symbols as elements.js reads them.
 */
export function gateStateText(name, open, level, step) {
  const value = open ? level : 0;
  const [low, high] = open ? ["opened by 0", "open"] : ["closed", "open"];
  const word = value === 0 ? low : value === 1 ? high : "partly open";
  return `${name}_{${step}} = ${formatFixed(value, 2)}, ${word}`;
}

/**
 * The three parts of the task, and whether each is done.
 * @param {{written: boolean, kept: boolean, read: boolean, lost: ?number}} progress
 * @returns {{done: boolean, text: string}[]} With symbols as elements.js reads them.
 */
export function taskTexts({ written, kept, read, lost }) {
  const { write, read: last } = GATE_TASK;
  const gone = written ? `not 1 at step ${lost}` : `not yet kept to step ${last}`;
  const shown = `read at step ${last}: h_{${last}} = tanh(1) = ${cellNumber(Math.tanh(1))}`;
  return [
    { done: written, text: `${written ? "" : "not yet "}written at step ${write}` },
    { done: kept, text: kept ? `kept to step ${last}` : gone },
    { done: read, text: read ? shown : `not yet read at step ${last}` },
  ];
}

/**
 * The rows below the plot: what each curve is worth at a step and at the last one.
 * @param {import("./gates_model.js").GatePass} pass
 * @param {number} t
 * @returns {{name: string, label: string, now: string, end: string}[]} Labels have
 *   symbols as elements.js reads them.
 */
export function readoutRows(pass, t) {
  const rows = [
    ["c", "cell state c_t", pass.c],
    ["h", "what is shown, h_t", pass.h],
    ["leak99", "c_t if *f* were 0.99", leakCurve(pass, 0.99)],
    ["leak90", "c_t if *f* were 0.9", leakCurve(pass, 0.9)],
    ["tanh", "tanh unit", pass.tanh],
  ];
  const write = (value) => (Number.isNaN(value) ? "–" : smallNumber(value));
  return rows.map(([name, label, values]) => ({
    ...{ name, label, now: write(values[t]), end: write(values[GATE_STEPS]) },
  }));
}

/** Four decimals, and a power of ten where they would hide a number that is not 0. */
function smallNumber(value) {
  return value !== 0 && Math.abs(value) < 5e-5 ? formatNumber(value, 2) : cellNumber(value);
}

/**
 * Say what the view shows.
 * @param {import("./gates_model.js").GateSettings & {step: number}} state
 * @param {import("./gates_model.js").GatePass} pass
 * @param {{read: boolean}} progress See taskProgress.
 * @returns {string}
 */
export function gatesText(state, pass, progress) {
  const { step, w_rec } = state;
  const { i, f, g, o, c, h } = pass;
  const at = (values) => cellNumber(values[step]);
  return [
    progress.read ? "Done: the 1 of step 5 is read at step 50." : "",
    `Step ${step} of ${GATE_STEPS}: i = ${at(i)}, f = ${at(f)}, g = ${at(g)}, ` +
      `o = ${at(o)}; c = ${cellNumber(c[step])}, h = ${at(h)}.`,
    memoryText(pass),
    leakText(state),
    tanhText(pass, w_rec),
  ]
    .filter(Boolean)
    .join(" ");
}

function memoryText({ since, kept, c, h }) {
  const end = `c = ${smallNumber(c[GATE_STEPS])}, h = ${smallNumber(h[GATE_STEPS])}`;
  if (since === null) return `Nothing is written; at step ${GATE_STEPS}: ${end}.`;
  const gates = GATE_STEPS - since;
  const what = since === 0 ? "the first state" : `what step ${since} wrote`;
  const share = gates > 0 ? smallNumber(kept[GATE_STEPS]) : "1.0000";
  return (
    `At step ${GATE_STEPS}: ${end}. Of ${what}, ${gates} forget gates leave the share ` +
    `${share}.`
  );
}

function leakText({ drive, levels }) {
  if (drive === "held" || levels.f === 0 || levels.f === 1) return "";
  const left = formatNumber(levels.f ** GATE_STEPS);
  const gate = formatFixed(levels.f, 2);
  return `A forget gate of ${gate} leaves ${left} after ${GATE_STEPS} steps.`;
}

function tanhText({ tanh }, w_rec) {
  const [weight, end] = [formatFixed(w_rec, 2), smallNumber(tanh[GATE_STEPS])];
  const now = `A tanh unit with weight ${weight} ends at ${end}; left alone, it`;
  if (w_rec <= 1) return `${now} fades.`;
  return `${now} settles at ±${cellNumber(tanhRest(w_rec))} and keeps the sign only.`;
}
