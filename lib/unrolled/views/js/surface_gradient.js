/** The gradient through time at one place of the map. */

import { choice, panel } from "./controls.js";
import { htmlElement } from "./elements.js";
import { createPlot } from "./plot.js";
import { formatNumber } from "./scales.js";
import { writeOnce } from "./surface_cards.js";
import { RACER_LOOKS } from "./surface_chart.js";
import { RACERS, gradientThroughTime } from "./surface_model.js";
import { gradientText } from "./surface_words.js";

const SMALL_GRADIENT = 0.02; // of a sign that does not occur: room for the zero line

/** A plot of dL/dh_t, with time running backwards, and where it is taken. */
export class GradientPanel {
  /**
   * @param {Object} options
   * @param {{inputs: Float64Array, targets: Float64Array}} options.task
   * @param {(place: string) => void} options.onPlace
   */
  constructor({ task, onPlace }) {
    this.task = task;
    this.place = choice({
      label: "The gradient through time at",
      options: [
        { value: "front", label: "the racer in front" },
        { value: "start", label: "the start" },
        ...Object.keys(RACERS),
      ],
      value: "front",
      onInput: onPlace,
    });
    this.caption = htmlElement("p", { class: "surface-caption" });
    const box = htmlElement("div");
    this.element = panel("", this.place, this.caption, box);
    this.plot = createPlot(box, {
      label: "The gradient of the cost at every state, time running backwards.",
      height: 210,
      x: { integer: true, label: "time step *t*, running backwards" },
      y: {
        ...{ scale: "symlog", threshold: 1e-2, stretch: 0.6, format: powerText },
        label: "∂*L*/∂h_t, summed over the sequences",
      },
      legend: "none",
    });
  }

  /**
   * Draw the gradient.
   * @param {string} place What is chosen.
   * @param {{name: string, w_x: number, w_rec: number}} looked Where that is.
   */
  show(place, looked) {
    const gradient = gradientThroughTime(this.task, looked.w_x, looked.w_rec);
    const steps = gradient.length - 1;
    const line = { x: [...gradient.keys()].reverse(), y: [...gradient].reverse() };
    const look = RACER_LOOKS[looked.name] ?? { colour: "ink", markers: "o" };
    this.place.value = place;
    this.plot.set({
      label:
        `The gradient of the cost at every state: ${formatNumber(gradient[steps])} ` +
        `at the last, ${formatNumber(gradient[0])} at the first.`,
      x: { domain: [steps + 0.3, -0.3] },
      y: symlogAxis(gradient),
      series: [
        { kind: "rule", y: 0 },
        { kind: "line", ...line, ...look, spacing: 0 },
      ],
    });
    writeOnce(this.caption, gradientText(looked, gradient));
  }

  destroy() {
    this.plot.destroy();
  }
}

/** Write 0, 1, −1, or a power of ten with its sign. */
function powerText(value) {
  const power = Math.round(Math.log10(Math.abs(value)));
  const sign = value < 0 ? "−" : "";
  if (value === 0) return "0";
  return power === 0 ? `${sign}1` : `${sign}10^{${power}}`;
}

/**
 * An axis on which a gradient through time fits, in steps, so that it seldom moves: to a
 * power of 100 on either side, or a little beyond 0 where nothing has that sign.
 */
function symlogAxis(gradient) {
  const up = halfAxis(Math.max(...gradient));
  const down = halfAxis(-Math.min(...gradient));
  return {
    domain: [-down.bound, up.bound],
    ticks: [...down.powers.map((power) => -power), 0, ...up.powers],
  };
}

function halfAxis(largest) {
  if (!(largest > 0)) return { bound: SMALL_GRADIENT, powers: [] };
  const top = Math.max(0, 2 * Math.ceil(Math.log10(largest) / 2));
  const stride = top > 4 ? 4 * Math.ceil(top / 12) : 2; // four labels at most
  const powers = [];
  for (let power = top; power >= 0; power -= stride) powers.push(10 ** power);
  return { bound: 2 * 10 ** top, powers };
}
