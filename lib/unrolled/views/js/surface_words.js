/**
 * What the view of the cost surface says in words: settings, standings, the gradient
 * through time, all of it together. Texts hold symbols as in elements.js.
 */

import { formatNumber } from "./scales.js";
import { capital } from "./surface_model.js";

/** What the settings of a racer are called where there is little room. */
const SHORT_NAMES = {
  rate: "rate",
  decay: "decay",
  threshold: "threshold",
  delta: "first step",
};

/**
 * Write a pair of weights, such as "(−1.5, 2)".
 * @param {[number, number]} weights
 */
export function weightsText([w_x, w_rec]) {
  return `(${formatNumber(w_x, 4)}, ${formatNumber(w_rec, 4)})`;
}

/**
 * Write the value of a setting: "10", "0.001", "1.5×10⁻⁴".
 * @param {number} value At least 0.
 */
export function settingText(value) {
  return formatNumber(value, 4);
}

/**
 * Write all settings of a racer, such as "rate 0.001, threshold 10".
 * @param {Object<string, number>} settings
 */
export function settingsText(settings) {
  return Object.entries(SHORT_NAMES)
    .filter(([key]) => key in settings)
    .map(([key, name]) => `${name} ${settingText(settings[key])}`)
    .join(", ");
}

/**
 * Say in one short line how a racer fares.
 * @param {?object} standing See `standing` in surface_model.js; null if it does not race.
 * @param {string} side Where it is beside the map; empty if it can be seen.
 */
export function standingText(standing, side) {
  if (!standing) return "not in the race";
  const { state, verdict, cost } = standing;
  const more = ["start", "going"].includes(state) ? `: cost ${formatNumber(cost, 4)}` : "";
  return `${verdict}${more}${side ? `, ${side}` : ""}`;
}

/**
 * Write where all racers are: their weights with twelve digits, which other programs get
 * too, the cost there, and how far the minimum is.
 * @param {Object<string, {w_x: number, w_rec: number, cost: number, distance: number}>}
 *   standings By the racers' names.
 */
export function placesText(standings) {
  const lines = Object.entries(standings).map(
    ([name, { w_x, w_rec, cost, distance }]) =>
      `${capital(name)}: w_x = ${formatNumber(w_x, 12)}, ` +
      `w_{rec} = ${formatNumber(w_rec, 12)}, cost ${formatNumber(cost, 4)}, ` +
      `${formatNumber(distance, 4)} away from the minimum.`,
  );
  return lines.join(" ");
}

/**
 * Say what a gradient does on its way back in time.
 * @param {{name: string, w_x: number, w_rec: number}} place Whose weights they are.
 * @param {ArrayLike<number>} gradient dL/dh_0 .. dL/dh_T.
 */
export function gradientText({ name, w_x, w_rec }, gradient) {
  const steps = gradient.length - 1;
  return (
    `${capital(name)}, ${weightsText([w_x, w_rec])}: ` +
    `${formatNumber(gradient[steps], 4)} at h_{${steps}}, ` +
    `${formatNumber(gradient[0], 4)} at h_0; ` +
    `each step back multiplies it by w_{rec} = ${formatNumber(w_rec, 4)}.`
  );
}

/**
 * Say what the map shows: where, how far, who wins, and what the others do.
 * @param {{start: [number, number], updates: number, limit: number}} state
 * @param {Object<string, object>} standings By the name of the racer.
 * @param {{winners: string[], text: string}} result See `raceResult`.
 */
export function raceText({ start, updates, limit }, standings, { winners, text }) {
  const cost = ({ cost: value }) => `cost ${formatNumber(value, 4)}`;
  const groups = [
    ["Ready", "start", cost],
    ["Then", "reached", ({ at }) => `after ${at}`],
    ["On the way", "going", cost],
    ["Diverged", "diverged", ({ at }) => `at update ${at}`],
    ["Not there", "failed", ({ verdict }) => verdict],
  ];
  const others = groups.map(([title, state, more]) => {
    const members = Object.entries(standings)
      .filter(([name, now]) => now.state === state && !winners.includes(name))
      .map(([name, now]) => `${name} (${more(now)})`);
    return members.length ? `${title}: ${members.join(", ")}.` : "";
  });
  const where = `Update ${updates} of ${limit}, from ${weightsText(start)}.`;
  return [where, text, ...others].filter(Boolean).join(" ");
}
