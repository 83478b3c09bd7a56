// The numbers behind the view "Gates": settings in, numbers out.
//
// One LSTM cell with one unit, as in unrolled.cells.lstm, whose gates the reader sets. So
// that they can be set, the cell's input at each step is its four pre-activations: W_xh is
// the unit matrix, W_hh and b_h are zero. Beside it a tanh unit gets what is written.

import { LSTMCell, TanhCell } from "./numerics.js";

/** T, how many steps the cell makes. */
export const GATE_STEPS = 50;

/** The three gates by their symbols; the candidate `g` is no gate. */
export const GATE_NAMES = ["i", "f", "o"];

/**
 * A pre-activation that stands for infinity: with it, the squashing functions are exactly
 * 0, 1 or −1 in double precision.
 */
const GATES_BEYOND = 40;

/**
 * All that the reader sets.
 *
 * @typedef {{drive: "held"|"pulses", levels: {i: number, f: number, g: number, o: number},
 *   pulses: {i: number[], f: number[], o: number[]}, c_0: number, w_rec: number}}
 *   GateSettings
 * `levels` says how far each gate opens (0 to 1) and what is written (g, −1 to 1). When
 * held, a gate is at its level in every step; with pulses only in the steps of its list,
 * and 0 in the others. `c_0` is the first cell state, and the first state of the tanh
 * unit, whose recurrent weight is `w_rec`.
 */

/**
 * Return the steps from `first` to `last`.
 * @param {number} first
 * @param {number} [last] The last step of all if left out.
 * @returns {number[]}
 */
export function stepsFrom(first, last = GATE_STEPS) {
  return Array.from({ length: last - first + 1 }, (_, k) => first + k);
}

const EVERYTHING_OPEN = { i: 1, f: 1, g: 1, o: 1 };
const NO_PULSES = { i: [], f: [], o: [] };
const ALWAYS_READ = { i: [5], f: stepsFrom(6), o: stepsFrom(1) };
const KEPT_TO_30 = stepsFrom(6).filter((step) => step !== 30);

/**
 * What the reader may begin with.
 * @type {{name: string, settings: GateSettings}[]}
 */
export const GATE_PRESETS = [
  ["all closed", {}],
  ["write, keep nothing", { pulses: { i: [5], f: [], o: stepsFrom(1) } }],
  ["leak 0.9", { drive: "held", levels: { ...EVERYTHING_OPEN, i: 0, f: 0.9 }, c_0: 1 }],
  ["leak 0.99", { drive: "held", levels: { ...EVERYTHING_OPEN, i: 0, f: 0.99 }, c_0: 1 }],
  ["count the steps", { drive: "held" }],
  // What does the reader's task comes last, and says so.
  ["answer: write, keep, read", { pulses: { i: [5], f: stepsFrom(6), o: [50] } }],
  ["answer, written twice", { pulses: { ...ALWAYS_READ, i: [5, 20] } }],
  ["answer, forgotten at 30", { pulses: { ...ALWAYS_READ, f: KEPT_TO_30 } }],
].map(([name, settings]) => ({
  name,
  settings: {
    ...{ drive: "pulses", levels: EVERYTHING_OPEN, pulses: NO_PULSES, c_0: 0, w_rec: 1 },
    ...settings,
  },
}));

/**
 * Find the preset that says the same; the weight of the tanh unit is the reader's own,
 * and so are pulses where the gates are held.
 * @param {GateSettings} settings
 * @returns {string} Its name, or "".
 */
export function presetOf(settings) {
  const signs = ({ drive, levels, pulses, c_0 }) => {
    const held = drive === "held";
    const lists = held ? [] : GATE_NAMES.map((name) => pulses[name].join());
    const heights = ["i", "f", "g", "o"].map((name) => levels[name]);
    return [drive, c_0, ...heights, ...lists].join("|");
  };
  const found = GATE_PRESETS.find((preset) => signs(preset.settings) === signs(settings));
  return found?.name ?? "";
}

/**
 * Return a list of pulses in which some steps are open or closed.
 * @param {number[]} pulses Steps, rising.
 * @param {number} from The first step to be changed.
 * @param {number} to The last one; may lie before `from`.
 * @param {boolean} open
 * @returns {number[]} Steps, rising.
 */
export function paintedPulses(pulses, from, to, open) {
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  const kept = new Set(pulses.filter((step) => step < first || step > last));
  if (open) for (const step of stepsFrom(first, last)) kept.add(step);
  return [...kept].sort((a, b) => a - b);
}

/**
 * The pre-activation that opens a gate thus far: the logit, ln(p / (1 − p)).
 * @param {number} gate 0 to 1; at the ends a number that stands for infinity.
 * @returns {number}
 */
export function gateLogit(gate) {
  const z = Math.log(gate / (1 - gate));
  return Math.min(Math.max(z, -GATES_BEYOND), GATES_BEYOND);
}

/**
 * The inputs of the cell: its four pre-activations at every step.
 * @param {GateSettings} settings
 * @returns {Float64Array} Shape (T, 4), in the order i, f, g, o.
 */
export function gateInputs({ drive, levels, pulses }) {
  const inputs = new Float64Array(4 * GATE_STEPS);
  const candidate = Math.min(Math.max(Math.atanh(levels.g), -GATES_BEYOND), GATES_BEYOND);
  const open = Object.fromEntries(GATE_NAMES.map((name) => [name, new Set(pulses[name])]));
  const at = (name, step) =>
    gateLogit(drive === "held" || open[name].has(step) ? levels[name] : 0);
  for (const step of stepsFrom(1)) {
    inputs.set([at("i", step), at("f", step), candidate, at("o", step)], 4 * (step - 1));
  }
  return inputs;
}

/**
 * What the cell and the tanh unit do. Arrays have T + 1 entries, one for each step from
 * 0; those of `i`, `f`, `g`, `o` and `h` begin with a NaN, since nothing is computed at
 * step 0.
 *
 * @typedef {{i: Float64Array, f: Float64Array, g: Float64Array, o: Float64Array,
 *   c: Float64Array, h: Float64Array, tanh: Float64Array, since: ?number,
 *   kept: Float64Array}} GatePass
 * `since` is the step at which there first is a memory: 0 where c_0 is not 0, else the
 * first step that writes; null where none does. `kept` is the product of the forget gates
 * from step `since` + 1 on: what is left of that memory, and also the gradient
 * ∂c_t/∂c_since; NaN before.
 */

/**
 * Run the cell and the tanh unit.
 * @param {GateSettings} settings
 * @returns {GatePass}
 */
export function gatesPass(settings) {
  const { c_0, w_rec } = settings;
  const unit = [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((k) => Number(k === row)));
  const cell = new LSTMCell({ W_xh: unit, W_hh: [0, 0, 0, 0], b_h: [0, 0, 0, 0] });
  const trace = cell.forward(gateInputs(settings), { state: [[0], [c_0]] });
  const read = (name) =>
    Float64Array.of(NaN, ...trace.caches.map((cache) => cache[name][0]));
  const [i, f, g, o] = ["i", "f", "g", "o"].map(read);
  const written = i.map((gate, step) => gate * g[step]).subarray(1);
  const tanhUnit = new TanhCell({ W_xh: [1], W_hh: [w_rec], b_h: [0] });
  const tanh = tanhUnit.forward(written, { state: [[c_0]] }).states[0];
  const [, c] = trace.states;
  const h = Float64Array.of(NaN, ...trace.outputs);
  const since = memoryBegins(c_0, written);
  return { i, f, g, o, c, h, tanh, since, kept: keptShare(f, since) };
}

function memoryBegins(c_0, written) {
  if (c_0 !== 0) return 0;
  const first = written.findIndex((value) => value !== 0);
  return first < 0 ? null : first + 1;
}

function keptShare(f, since) {
  const kept = new Float64Array(f.length).fill(NaN);
  if (since === null) return kept;
  kept[since] = 1;
  for (let step = since + 1; step < f.length; step++) kept[step] = kept[step - 1] * f[step];
  return kept;
}

/**
 * The cell state if the same were written and the forget gate stood at one value.
 * @param {GatePass} pass
 * @param {number} forget 0 to 1.
 * @returns {Float64Array} c_t = forget c_{t−1} + i_t g_t, from step 0.
 */
export function leakCurve({ i, g, c }, forget) {
  let memory = c[0];
  return c.map((_, step) => {
    if (step > 0) memory = forget * memory + i[step] * g[step];
    return memory;
  });
}

/**
 * The value at which a tanh unit comes to rest: h = tanh(w_rec h), h ≥ 0.
 * @param {number} w_rec At least 0.
 * @returns {number} 0 up to a weight of 1.
 */
export function tanhRest(w_rec) {
  if (w_rec <= 1) return 0;
  let [low, high] = [0, 1]; // tanh(w h) lies above h below the rest, and below it above
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (Math.tanh(w_rec * middle) > middle) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The task of the reader, and how near is near enough. */
export const GATE_TASK = { write: 5, read: GATE_STEPS, value: 1, tolerance: 0.05 };

/**
 * Say how far the reader's task is done: a 1 written at step 5, kept to step 50, read
 * there.
 *
 * @param {GatePass} pass
 * @returns {{written: boolean, kept: boolean, read: boolean, lost: ?number}} `lost` is
 *   the first step after the writing at which the cell state is no longer 1.
 */
export function taskProgress({ i, g, c, h }) {
  const { write, read, value, tolerance } = GATE_TASK;
  const near = (number, wanted) => Math.abs(number - wanted) <= tolerance;
  const written = near(i[write] * g[write], value);
  const lost = stepsFrom(write, read).find((step) => !near(c[step], value)) ?? null;
  const kept = written && lost === null;
  return { written, kept, read: kept && near(h[read], Math.tanh(value)), lost };
}
