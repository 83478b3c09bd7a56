// The numbers behind the view "Unroll": settings in, numbers out.
//
// Two nets, in the symbols of the course. The short one has two units, one input and one
// output and makes two steps, so that every number in it can be shown. The long one has
// one unit and makes up to fifty steps, so that only its gradient is shown.

import { Generator, LinearCell, TanhCell } from "./numerics.js";

/**
 * The short net: shapes (T,) for x and y, (H,) for h_0 and b_h, (1, H) for W_xh,
 * (H, H) for W_hh, (H, 1) for W_hq and (1,) for b_q, with T = H = 2.
 *
 * @typedef {{activation: "tanh"|"linear", x: number[], h_0: number[], y: number[],
 *   W_xh: number[][], W_hh: number[][], b_h: number[], W_hq: number[][],
 *   b_q: number[]}} ToyNet
 */

/** The net that the theory chapter computes by hand, with two targets. @type {ToyNet} */
export const TOY_NET = {
  activation: "tanh",
  x: [1, 2],
  h_0: [0, 0],
  y: [0, 1],
  W_xh: [[0.5, 0.6]],
  W_hh: [
    [0.1, 0.2],
    [0.3, 0.4],
  ],
  b_h: [0.1, -0.1],
  W_hq: [[0.1], [0.2]],
  b_q: [0.1],
};

const squashings = {
  tanh: { value: Math.tanh, slope: (h) => 1 - h * h },
  linear: { value: (z) => z, slope: () => 1 },
};

/**
 * What one step of the short net holds after both passes; vectors have H = 2 entries.
 *
 * @typedef {{t: number, x: number, before: number[], z: number[], h: number[],
 *   slope: number[], o: number, y: number, error: number, delta: number[],
 *   zeta: number[]}} ToyStep
 * `before` is h_{t-1}, `slope` is dh_t/dz_t, `error` is e_t = dL/do_t, `delta` dL/dh_t with
 * every path counted, `zeta` dL/dz_t.
 */

/**
 * Run the short net forward, judge it, and run it backward.
 *
 * The loss is L = 1/2 sum_t (o_t - y_t)^2: the mean squared error of
 * unrolled.training.models.RecurrentModel over T = 2 steps.
 *
 * @param {ToyNet} net
 * @returns {{steps: ToyStep[], loss: number}}
 */
export function toyPass(net) {
  const steps = toyForward(net);
  const loss = steps.reduce((sum, { error }) => sum + error ** 2 / 2, 0);
  let fromLater = [0, 0];
  for (const step of [...steps].reverse()) {
    step.delta = net.W_hq.map(([w], j) => step.error * w + fromLater[j]);
    step.zeta = step.delta.map((delta, j) => delta * step.slope[j]);
    fromLater = net.W_hh.map((row) => row[0] * step.zeta[0] + row[1] * step.zeta[1]);
  }
  return { steps, loss };
}

function toyForward({ activation, x, h_0, y, W_xh, W_hh, b_h, W_hq, b_q }) {
  const { value, slope } = squashings[activation];
  let h = h_0;
  return x.map((input, k) => {
    const before = h;
    const recurrent = (j) => before[0] * W_hh[0][j] + before[1] * W_hh[1][j];
    const z = b_h.map((b, j) => input * W_xh[0][j] + recurrent(j) + b);
    h = z.map(value);
    const o = h[0] * W_hq[0][0] + h[1] * W_hq[1][0] + b_q[0];
    const forward = { t: k + 1, x: input, before, z, h, slope: h.map(slope), o };
    return { ...forward, y: y[k], error: o - y[k] };
  });
}

/**
 * One connection of the unrolled net: a weight at work in one step.
 *
 * @typedef {{parameter: "W_xh"|"W_hh"|"W_hq", t: number, i: number, j: number,
 *   weight: number, source: number, product: number, error: number, back: number,
 *   term: number}} ToyEdge
 * It leads from entry i of the source to entry j; `product` (source times weight) goes
 * forward, `back` (weight times the `error` at its end) goes backward, and `term`
 * (source times error) is what this step adds to the gradient of the weight.
 */

/**
 * List the connections of the unrolled net, eight for each step.
 * @param {ToyNet} net
 * @param {ToyStep[]} steps What toyPass returned.
 * @returns {ToyEdge[]}
 */
export function toyEdges(net, steps) {
  return steps.flatMap((step) => [
    ...edgesOf("W_xh", step.t, net.W_xh, [step.x], step.zeta),
    ...edgesOf("W_hh", step.t, net.W_hh, step.before, step.zeta),
    ...edgesOf("W_hq", step.t, net.W_hq, step.h, [step.error]),
  ]);
}

function edgesOf(parameter, t, matrix, sources, errors) {
  return matrix.flatMap((row, i) =>
    row.map((weight, j) => {
      const [source, error] = [sources[i], errors[j]];
      const numbers = { weight, source, error };
      const made = { product: source * weight, back: weight * error };
      return { parameter, t, i, j, ...numbers, ...made, term: source * error };
    }),
  );
}

/**
 * The gradient of one number among the parameters, as the sum that it is.
 *
 * @typedef {{parameter: string, i: number, j: number, weight: number,
 *   terms: {t: number, source: number, error: number, term: number}[], sum: number}}
 *   ToyGradient
 * `terms` come in the order in which a backward pass adds them: the last step first. A
 * bias has the source 1.
 */

/**
 * List the gradients of all eleven parameters.
 * @param {ToyNet} net
 * @param {ToyStep[]} steps What toyPass returned.
 * @returns {ToyGradient[]} In the order W_xh, W_hh, b_h, W_hq, b_q.
 */
export function toyGradients(net, steps) {
  const biases = steps.flatMap((step) => [
    ...edgesOf("b_h", step.t, [net.b_h], [1], step.zeta),
    ...edgesOf("b_q", step.t, [net.b_q], [1], [step.error]),
  ]);
  const uses = [...toyEdges(net, steps), ...biases].reverse();
  return ["W_xh", "W_hh", "b_h", "W_hq", "b_q"].flatMap((parameter) =>
    net[parameter].flatMap((row, i) =>
      (Array.isArray(row) ? row : [row]).map((weight, k) => {
        // A bias is a list of numbers: its entry is the column of a matrix of one row.
        const at = Array.isArray(row) ? [i, k] : [0, i];
        const terms = uses.filter(
          (use) => use.parameter === parameter && use.i === at[0] && use.j === at[1],
        );
        const sum = terms.reduce((total, { term }) => total + term, 0);
        return { parameter, i: at[0], j: at[1], weight, terms, sum };
      }),
    ),
  );
}

/**
 * The stages of the walk through the short net. At stage k, the stages 1 to k have been
 * computed; stage 0 shows the net before anything happens.
 *
 * @type {{name: string, pass: "forward"|"loss"|"backward"|"", t: number}[]}
 */
export const TOY_STAGES = [
  { name: "start", pass: "", t: 0 },
  ...[1, 2].flatMap((t) =>
    ["products", "z", "h", "o"].map((name) => ({ name, pass: "forward", t })),
  ),
  { name: "loss", pass: "loss", t: 0 },
  ...[2, 1].flatMap((t) =>
    ["delta", "zeta", "terms"].map((name) => ({ name, pass: "backward", t })),
  ),
];

/**
 * Find the stage at which something is computed.
 * @param {string} name "products", "z", "h", "o", "loss", "delta", "zeta" or "terms".
 * @param {number} [t] The step; 0 for the loss.
 * @returns {number} Its place in TOY_STAGES.
 */
export function toyStage(name, t = 0) {
  return TOY_STAGES.findIndex((stage) => stage.name === name && stage.t === t);
}

/**
 * Say which numbers of a connection have been computed at a stage.
 *
 * The gradient that leaves the net towards h_0 is of no use, and neither is the one
 * towards the inputs: nothing there is learnt.
 *
 * @param {ToyEdge} edge
 * @param {number} stage 0 to TOY_STAGES.length - 1.
 * @returns {{product: boolean, back: boolean, term: boolean, active: boolean}} `active`:
 *   one of them is computed at this very stage.
 */
export function edgeProgress({ parameter, t }, stage) {
  const toState = parameter === "W_hh" && t > 1 ? toyStage("delta", t - 1) : Infinity;
  const at = {
    product: toyStage(parameter === "W_hq" ? "o" : "products", t),
    back: parameter === "W_hq" ? toyStage("delta", t) : toState,
    term: toyStage("terms", t),
  };
  const done = Object.entries(at).map(([number, since]) => [number, stage >= since]);
  return { ...Object.fromEntries(done), active: Object.values(at).includes(stage) };
}

/** Below the first a gradient has died, above the second it has exploded. */
export const REACH_LIMITS = [0.01, 100];

/**
 * Judge how much of a gradient is left.
 * @param {number} size |dh_T/dh_0|
 * @returns {"dies"|"stays"|"explodes"}
 */
export function reachVerdict(size) {
  if (size < REACH_LIMITS[0]) return "dies";
  return size > REACH_LIMITS[1] ? "explodes" : "stays";
}

/**
 * Run the long net h_t = phi(x_t w_x + h_{t-1} w_rec), h_0 = 0, and send a gradient back
 * from its last state.
 *
 * @param {Object} settings
 * @param {"tanh"|"linear"} settings.activation phi.
 * @param {number} settings.w_x
 * @param {number} settings.w_rec
 * @param {number} settings.steps T, at least 1.
 * @param {"constant"|"noise"} settings.drive x_t is 1, or normal with deviation 1.
 * @param {number} settings.seed Of the noise.
 * @returns {{inputs: Float64Array, states: Float64Array, factors: Float64Array,
 *   gradients: Float64Array, size: number, meanFactor: number, verdict: string}}
 *   x_1 .. x_T; h_0 .. h_T; dh_t/dh_{t-1} for t = 1 .. T; dh_T/dh_t for t = 0 .. T;
 *   |dh_T/dh_0|; the geometric mean of the factors' sizes; the verdict.
 */
export function chainPass({ activation, w_x, w_rec, steps, drive, seed }) {
  const inputs =
    drive === "noise"
      ? new Generator(seed).normals(steps)
      : new Float64Array(steps).fill(1);
  const weights = { W_xh: [w_x], W_hh: [w_rec] };
  const cell =
    activation === "tanh"
      ? new TanhCell({ ...weights, b_h: [0] })
      : new LinearCell(weights);
  const trace = cell.forward(inputs);
  const judged = new Float64Array(steps);
  judged[steps - 1] = 1;
  const gradients = cell.backward(trace, judged).states[0];
  const factors = trace.outputs.map((h) => w_rec * squashings[activation].slope(h));
  const size = Math.abs(gradients[0]);
  const states = trace.states[0];
  const meanFactor = size ** (1 / steps);
  return {
    ...{ inputs, states, factors, gradients },
    ...{ size, meanFactor, verdict: reachVerdict(size) },
  };
}
