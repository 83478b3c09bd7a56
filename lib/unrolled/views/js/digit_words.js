// What "Draw a digit" says in words.

import { percentText } from "./sampler_words.js";
import { formatFixed } from "./scales.js";

/** Where the cursor of the pad is, and what the keys do there. */
export function padCursorText({ column, row, penDown, shown }, erases) {
  if (!shown) return "Draw with mouse, finger or keys.";
  const tool = erases ? "rubber" : "pen";
  const state = penDown ? "down: arrows draw, space lifts it" : "up: space puts it down";
  const verb = erases ? state.replace("draw", "erase") : state;
  return `Row ${row}, column ${column}; the ${tool} is ${verb}.`;
}

/** What is on the pad. */
export function padText(chosen, label, isEmpty) {
  if (chosen !== null) return `The pad shows test image ${chosen + 1}, labelled ${label}.`;
  return isEmpty ? "The pad is empty." : "The pad shows what was drawn.";
}

/** What a test image is called. */
export function imageName(index, label, answer) {
  const name = `Image ${index + 1}, labelled ${label}`;
  if (answer === undefined) return name;
  return answer === label ? `${name}, read rightly` : `${name}, wrong: read as ${answer}`;
}

/** A digit with its article: "an 8", "a 7". */
export function aDigit(digit) {
  return digit === 8 ? "an 8" : `a ${digit}`;
}

/**
 * Say what the net reads.
 * @param {DigitReading} reading See digit_net.js.
 * @param {number} row The one that is looked at, from 1.
 * @param {{label: ?number, isEmpty: boolean}} about
 */
export function digitText(reading, row, { label, isEmpty }) {
  const [first, second] = reading.ranked(row);
  const share = (digit) => percentText(reading.probabilities[row - 1][digit]);
  const says = [first, second]
    .map((digit) => `${aDigit(digit)} with ${share(digit)}`)
    .join(", then ");
  if (isEmpty) {
    return (
      "The pad is empty: draw a digit, or choose an image. A net always answers: even " +
      `blank paper is ${says}.`
    );
  }
  const isWhole = row === reading.rows;
  const part = `So far, after ${row} of ${reading.rows} rows`;
  const after = isWhole ? "The whole image" : part;
  const verdict = isWhole && label !== null ? verdictText(first, label) : "";
  const settled = isWhole ? ` ${settledText(reading)}` : "";
  return `${after}: ${says}.${verdict}${settled} ${movedText(reading)}`.trim();
}

function verdictText(answer, label) {
  return answer === label ? " ✓ Right." : ` ✗ Wrong: the label says ${label}.`;
}

/** Say since when the answer has been the one that it is in the end. */
function settledText({ settledAt, rows, chosen, firstInk }) {
  if (settledAt === rows) return "The last row decided it.";
  if (settledAt < firstInk) return `It said ${chosen} before it saw any ink.`;
  return `It has said ${chosen} since row ${settledAt}.`;
}

/** Say which row moved the decision most. */
export function movedText({ isAttributed, moved, margin, chosen, runnerUp }) {
  if (!isAttributed) return "";
  const best = moved.reduce((a, by, t) => (Math.abs(by) > Math.abs(moved[a]) ? t : a), 0);
  if (moved[best] === 0) return "";
  const left = margin - moved[best];
  const start = `Row ${best + 1} moved it most`;
  if (left < 0) {
    const now = `with it, ${chosen} leads ${runnerUp} by ${natsText(margin)}`;
    return `${start}: ${now}, without it ${runnerUp} leads by ${natsText(-left)}.`;
  }
  const verb = moved[best] > 0 ? "shrinks" : "grows";
  return (
    `${start}: without it, the lead of ${chosen} over ${runnerUp} ${verb} from ` +
    `${natsText(margin)} to ${natsText(left)}.`
  );
}

function natsText(value) {
  const decimals = Math.abs(value) < 0.1 ? 2 : 1;
  return `${formatFixed(value, decimals)} nats`;
}

/** Describe the picture of the reading. */
export function readingText(reading, row) {
  const [best] = reading.ranked(row);
  const after = percentText(reading.probabilities[row - 1][best]);
  return (
    `The image row by row, in four panels: the ${reading.rows} rows as the net gets ` +
    `them; how much each moved the decision; the probabilities of the digits 0 to 9 ` +
    `after each row, at row ${row} most for ${best}, ${after}; the ` +
    `${reading.net.hidden} units of the hidden state. ${movedText(reading)}`
  ).trim();
}
