// What the view "Unroll" says: the stages of the walk and the state of the long net.

import { equalsSign, formatFixed, formatNumber } from "./scales.js";
import { REACH_LIMITS, TOY_STAGES, toyGradients } from "./unroll_model.js";

const PLACES = 4; // decimals, as in the chapter
const LOWERED = "₀₁₂";

/**
 * Write a number with four decimals, and with fewer where it would get too long to stand
 * on an edge: at most seven signs.
 * @param {number} value
 * @returns {string}
 */
export function edgeNumber(value) {
  const digits = Math.floor(Math.log10(Math.max(Math.abs(value), 1)));
  return formatFixed(value, Math.max(0, PLACES - digits));
}

/**
 * Write a weight as its slider gives it: at most two decimals where it has no more.
 * @param {number} value
 * @returns {string}
 */
export function weightNumber(value) {
  const short = formatFixed(value, 2).replace(/\.?0+$/, "");
  return Math.abs(Number(value.toFixed(2)) - value) < 1e-9 ? short : edgeNumber(value);
}

/**
 * Write a number with all digits that it has, and a true minus sign.
 * @param {number} value
 * @returns {string}
 */
export function exactNumber(value) {
  return String(value).replaceAll("-", "−");
}

/** Write a vector: "(0.5370, 0.4621)". */
function vector(values) {
  return `(${values.map(edgeNumber).join(", ")})`;
}

/**
 * The formula of a stage, with symbols as elements.js reads them.
 * @param {number} stage 0 to TOY_STAGES.length - 1.
 * @param {"tanh"|"linear"} activation
 * @returns {string}
 */
export function stageFormula(stage, activation) {
  const { name, t } = TOY_STAGES[stage];
  const squash = activation === "tanh" ? `tanh(z_${t})` : `z_${t}`;
  const slope = activation === "tanh" ? ` ⊙ (1 − h_${t}^{2})` : "";
  const later = t === 1 ? " + ζ_2 W_{hh}^{⊤}" : "";
  const formulas = {
    start: "one cell, copied along time",
    products: `x_${t} W_{xh}  and  h_${t - 1} W_{hh}`,
    z: `z_${t} = x_${t} W_{xh} + h_${t - 1} W_{hh} + b_h`,
    h: `h_${t} = ${squash}`,
    o: `o_${t} = h_${t} W_{hq} + b_q`,
    loss: "*L* = ½ (o_1 − y_1)² + ½ (o_2 − y_2)²",
    delta: `δ_${t} = e_${t} W_{hq}^{⊤}${later}`,
    zeta: `ζ_${t} = δ_${t}${slope}`,
    terms: `∂*L*/∂W_{hh} = h_1^{⊤} ζ_2 + ${t === 1 ? "h_0^{⊤} ζ_1" : "…"}`,
  };
  return formulas[name];
}

/**
 * Say in words what a stage of the walk computes, with its numbers.
 *
 * @param {number} stage 0 to TOY_STAGES.length - 1.
 * @param {import("./unroll_model.js").ToyNet} net
 * @param {{steps: import("./unroll_model.js").ToyStep[], loss: number}} pass Of toyPass.
 * @returns {string}
 */
export function stageSentence(stage, net, pass) {
  const { name, t, pass: way } = TOY_STAGES[stage];
  const count = TOY_STAGES.length - 1;
  if (name === "start") {
    return `Nothing is computed yet. ${count} stages: forward, loss, backward.`;
  }
  const direction = { forward: `forward, step ${t}`, backward: `backward, step ${t}` }[way];
  const where = direction ? ` (${direction})` : "";
  const words = SENTENCES[name](t, net, pass);
  return `Stage ${stage} of ${count}${where}: ${words}`;
}

const SENTENCES = {
  products: (t, net, { steps }) => {
    const { x, before } = steps[t - 1];
    const fromInput = net.W_xh[0].map((w) => x * w);
    const column = (j) => before[0] * net.W_hh[0][j] + before[1] * net.W_hh[1][j];
    const fromState = [column(0), column(1)];
    return (
      `each input and each old state is multiplied by its weight; to the two units, ` +
      `the input brings ${vector(fromInput)} and the old state ${vector(fromState)}.`
    );
  },
  z: (t, net, { steps }) =>
    `each unit adds up what arrives, and its bias: ` +
    `z${LOWERED[t]} = ${vector(steps[t - 1].z)}.`,
  h: (t, net, { steps }) =>
    (net.activation === "tanh" ? "the tanh squashes: " : "a linear unit passes z on: ") +
    `h${LOWERED[t]} = ${vector(steps[t - 1].h)}.`,
  o: (t, net, { steps }) =>
    `the readout adds up: o${LOWERED[t]} = ${edgeNumber(steps[t - 1].o)}.`,
  loss: (t, net, { steps, loss }) =>
    `output minus target is e₁ = ${edgeNumber(steps[0].error)} and ` +
    `e₂ = ${edgeNumber(steps[1].error)}; the loss is L = ${edgeNumber(loss)}.`,
  delta: (t, net, { steps }) =>
    (t === 2
      ? "the last state reaches the loss through its output alone: "
      : "the state reaches the loss on two roads, its output and step 2; both add up: ") +
    `δ${LOWERED[t]} = ${vector(steps[t - 1].delta)}.`,
  zeta: (t, net, { steps }) =>
    (net.activation === "tanh"
      ? "back through the tanh, times its slope: "
      : "back through a linear unit, whose slope is 1: ") +
    `ζ${LOWERED[t]} = ${vector(steps[t - 1].zeta)}.`,
  terms: (t, net, { steps }) => {
    const recurrent = toyGradients(net, steps).filter((g) => g.parameter === "W_hh");
    const added = recurrent.map(({ terms }) => terms[2 - t].term);
    const sums = recurrent.map(({ sum }) => sum);
    if (t === 2) {
      return (
        `every weight gets a term, the value at its start times the error at its end; ` +
        `the recurrent weights get ${vector(added)}.`
      );
    }
    return (
      `the same weights were at work here, so each gets a second term; the recurrent ` +
      `ones get ${vector(added)}, and their gradients are the sums ${vector(sums)}.`
    );
  },
};

/**
 * Say how the gradient of one weight comes about, up to a stage.
 *
 * @param {import("./unroll_model.js").ToyGradient} gradient
 * @param {(t: number) => boolean} isAdded Whether the term of step t is there yet.
 * @returns {string} With symbols as elements.js reads them.
 */
export function gradientSentence(gradient, isAdded) {
  const { parameter, i, j, terms, sum } = gradient;
  const name = `∂*L*/∂${toyWeightSymbol(parameter, i, j)}`;
  const letters = terms.map(({ t }) => factorSymbols(parameter, t, i, j).join("·"));
  const numbers = terms.map(({ t, source, error }) =>
    isAdded(t) ? `${edgeNumber(source)}·${bracketed(error)}` : "…",
  );
  const shown = terms.flatMap(({ source, error }) => [source, error]);
  const sign = equalsSign([...shown, sum], edgeNumber);
  const result = terms.every(({ t }) => isAdded(t)) ? ` ${sign} ${edgeNumber(sum)}` : "";
  return `${name} = ${letters.join(" + ")} = ${numbers.join(" + ")}${result}`;
}

function bracketed(value) {
  const text = edgeNumber(value);
  return text.startsWith("−") ? `(${text})` : text;
}

/** The two factors of a term: the value at the edge's start, the error at its end. */
function factorSymbols(parameter, t, i, j) {
  const unit = (letter, step, k) => `${letter}_{${step},${k + 1}}`;
  return {
    W_xh: [`x_${t}`, unit("ζ", t, j)],
    W_hh: [unit("h", t - 1, i), unit("ζ", t, j)],
    b_h: ["1", unit("ζ", t, j)],
    W_hq: [unit("h", t, i), `e_${t}`],
    b_q: ["1", `e_${t}`],
  }[parameter];
}

/**
 * The symbol of one number among the parameters, as elements.js reads it.
 * @param {string} parameter
 * @param {number} i Row, from 0.
 * @param {number} j Column, from 0.
 * @returns {string} Such as "W_{hh}[1,2]", counted from 1.
 */
export function toyWeightSymbol(parameter, i, j) {
  const [letter, index] = parameter.split("_");
  const place = {
    ...{ W_xh: `[${j + 1}]`, W_hh: `[${i + 1},${j + 1}]`, b_h: `[${j + 1}]` },
    ...{ W_hq: `[${i + 1}]`, b_q: "" },
  }[parameter];
  return `${letter}_{${index}}${place}`;
}

/**
 * Say how the long net treats its gradient.
 *
 * @param {{activation: string, w_rec: number, w_x: number, steps: number,
 *   drive: string}} settings
 * @param {{states: Float64Array, size: number, meanFactor: number, verdict: string}}
 *   pass Of chainPass.
 * @returns {string}
 */
export function chainSentence(settings, { states, size, meanFactor, verdict }) {
  const { activation, w_rec, w_x, steps, drive } = settings;
  const input = drive === "noise" ? "noise" : "constant input";
  const end = {
    dies: `it dies (below ${formatNumber(REACH_LIMITS[0])})`,
    stays: `it stays (between ${REACH_LIMITS.map((v) => formatNumber(v)).join(" and ")})`,
    explodes: `it explodes (above ${formatNumber(REACH_LIMITS[1])})`,
  }[verdict];
  return (
    `${activation === "tanh" ? "Tanh" : "Linear"} unit, recurrent weight ` +
    `${formatFixed(w_rec, 2)}, ${input} of strength ${formatFixed(w_x, 2)}, ` +
    `${steps} steps; the last state is ${formatNumber(states[steps])}. A step multiplies the gradient by ${formatNumber(meanFactor)} ` +
    `on average. After ${steps} steps ${formatNumber(size)} of it is left: ${end}.`
  );
}
