// What the sampler says in words: signs, probabilities, what is looked at.

import { formatFixed } from "./scales.js";

const NAMED = new Map([
  [" ", "␣"],
  ["\n", "↵"],
  ["\u3000", "␣"],
]);

/** A character as it is shown where it stands alone: a space as ␣, a line end as ↵. */
export function shownSign(sign) {
  return NAMED.get(sign) ?? sign;
}

/** A character as it is read aloud. */
export function spokenSign(sign) {
  if (sign === "\n") return "line end";
  return sign.trim() === "" ? "space" : `“${sign}”`;
}

/** A probability as a percentage, with two digits where it is small. */
export function percentText(share) {
  if (share === 0) return "0\u202f%";
  const percent = 100 * share;
  if (percent < 0.01) return "<0.01\u202f%";
  const decimals = percent < 0.1 ? 3 : percent < 1 ? 2 : percent < 10 ? 1 : 0;
  const isHidden = share < 1 && Number(percent.toFixed(decimals)) === 100;
  return isHidden ? ">99\u202f%" : `${formatFixed(percent, decimals)}\u202f%`;
}

/** An activation with its sign: "+0.83", "−0.20". */
export function activationText(value) {
  const text = formatFixed(value, 2);
  return value > 0 && Number(value.toFixed(2)) !== 0 ? `+${text}` : text;
}

/** How many of something: "1 character", "3 characters". */
export function counted(number, noun) {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A whole number, its thousands apart. */
export function grouped(number) {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** What the prefix field has to say of what the net does not know; may be empty. */
export function unknownText(unknown, language, isEmpty) {
  const left = unknown.length
    ? `The ${language} net does not know ${unknown.map(spokenSign).join(", ")}: left out. `
    : "";
  return isEmpty
    ? `${left}The net has to read something first; type at least one character.`
    : left.trim();
}

/**
 * Say what is looked at: how probable it was, and how well the net does on the whole.
 * @param {SamplerRun} run See sampler_model.js.
 * @param {number} place 1 to the length of the text.
 * @param {{rows: Object[], kept: number}} top See topOfDistribution.
 */
export function placeText(run, place, { rows, kept }) {
  const choices = kept === 1 ? "1 character" : `${grouped(kept)} characters`;
  if (place === run.text.length) {
    const can = `${choices} can be drawn`;
    return `${writtenText(run)}Next: ${can}; the most probable is ${mostText(rows, run)}.`;
  }
  const row = rows.find(({ isDrawn }) => isDrawn);
  const sign = spokenSign(run.sign(place));
  const how =
    place < run.prefixLength
      ? "of the prefix"
      : `drawn with ${percentText(row.chosen)} from ${choices}`;
  const own = `the net gave it ${percentText(row.own)}`;
  const bits = `that is ${formatFixed(run.bits[place], 2)} bits`;
  return `${writtenText(run)}Character ${place + 1}, ${sign}, ${how}: ${own}, ${bits}.`;
}

function mostText(rows, run) {
  const [{ index, own }] = rows;
  return `${spokenSign(run.net.characters[index])} with ${percentText(own)}`;
}

/** How much was written, and with how many bits. */
function writtenText(run) {
  if (run.length === 0) return "Nothing is written yet. ";
  const mean = formatFixed(run.meanBits, 2);
  return `Written: ${counted(run.length, "character")}, on average ${mean} bits each. `;
}

/** Say what a unit does at a character. */
export function unitText(run, unit, place) {
  const value = activationText(run.activation(unit, place));
  return `Unit ${unit} after ${spokenSign(run.sign(place))}: ${value}`;
}

/**
 * Say how much a character matters for the one that is looked at.
 * @param {number} share Of the largest, 0 to 1; undefined where it is not looked at.
 */
export function saliencyText(run, place, share) {
  const sign = spokenSign(run.sign(place));
  if (share === undefined) return `${sign} is not looked at`;
  return `${sign} matters ${percentText(share)} as much as the most important one`;
}

/** Describe the picture of the state. */
export function stateText(run, unit, first, last) {
  return (
    `Heat map of the state: ${run.net.hidden} units, one above the other, after each of ` +
    `the characters ${first + 1} to ${last + 1}. Unit ${unit} is picked out; at the ` +
    `last of them it is ${activationText(run.activation(unit, last))}.`
  );
}
