/** The losses of a run, with chance, the epochs, and the run before. */

import { toggle } from "./controls.js";
import { CHANCE } from "./echo_model.js";
import { lossText } from "./echo_words.js";
import { htmlElement } from "./elements.js";
import { createPlot } from "./plot.js";

const FIRST_END = 500; // windows that the plot has room for at first
const MOST_LABELS = 6; // epochs that are named on the plot
const MOST_MARKS = 40; // epochs that are marked
const LOWEST = 1e-6; // of a logarithmic axis

/** A plot of the loss over the windows. */
export class LossChart {
  /** @param {(scale: "linear"|"log") => void} onScale */
  constructor(onScale) {
    this.plot = createPlot(htmlElement("div"), {
      label: "The loss of each window.",
      title: "Loss",
      height: (width) => (width < 420 ? 188 : 220),
      x: { label: "windows trained", integer: true },
      legend: "none",
    });
    this.element = this.plot.element;
    this.log = toggle({
      label: "log axis",
      onInput: (on) => onScale(on ? "log" : "linear"),
    });
    this.rate = htmlElement("output", { "aria-live": "off", class: "echo-rate" });
    const head = this.element.querySelector(".unrolled-head");
    head.append(this.rate, this.log.element);
  }

  /**
   * Draw the losses.
   * @param {EchoRun} run
   * @param {"linear"|"log"} scale
   * @param {?{points: Object, name: string}} before The run before this one.
   */
  show(run, scale, before) {
    const points = run.curve.points();
    this.log.value = scale === "log";
    this.plot.set({
      label: lossText(run),
      x: { domain: [0, roundEnd(run.windows)] },
      y: { scale, domain: lossDomain(points, scale) },
      series: [
        ...epochMarks(run),
        {
          kind: "rule",
          y: CHANCE,
          dash: "dashed",
          colour: "muted",
          label: "chance, ln 2",
        },
        ...(before ? [beforeSeries(before)] : []),
        {
          ...{ kind: "band", x: points.x, low: points.low, high: points.high },
          ...{ colour: "target", opacity: 0.9, hidden: run.curve.size === 1 },
        },
        { kind: "line", x: points.x, y: points.mean, colour: "ink", width: 1.6 },
      ],
    });
  }

  /** Say how fast the net is trained. */
  showRate(text) {
    this.rate.textContent = text;
  }

  destroy() {
    this.plot.destroy();
  }
}

function beforeSeries({ points: { x, mean } }) {
  return { kind: "line", x, y: mean, colour: "muted", dash: "dotted", width: 1.6 };
}

/** The first of 1, 2, 5, 10 .. that holds all windows: the axis moves in few steps. */
function roundEnd(windows) {
  const least = Math.max(windows, FIRST_END);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((digit) => digit * power).find((end) => end >= least);
}

/** An axis on which the losses fit, in steps. */
function lossDomain({ low, high }, scale) {
  const top = high.reduce((most, loss) => Math.max(most, loss), 1);
  if (scale === "linear") return [0, Math.min(Math.ceil(2 * top) / 2, 3)];
  const least = low.reduce((sofar, loss) => Math.min(sofar, loss), 0.01);
  return [10 ** Math.floor(Math.log10(Math.max(least, LOWEST))), 10];
}

/** A line at each epoch's first window, where new data come and the state is zero. */
function epochMarks({ windows, windowsPerEpoch }) {
  const epochs = Math.floor(windows / windowsPerEpoch); // begun after the first
  const apart = (most) => Math.max(1, 2 ** Math.ceil(Math.log2(epochs / most)));
  const [marked, named] = [apart(MOST_MARKS), apart(MOST_LABELS)];
  const marks = [];
  for (let epoch = marked; epoch <= epochs; epoch += marked) {
    const label = epoch % named === 0 ? `epoch ${epoch + 1}` : undefined;
    const x = epoch * windowsPerEpoch;
    marks.push({ kind: "rule", x, dash: "dotted", colour: "muted", width: 1, label });
  }
  return marks;
}
