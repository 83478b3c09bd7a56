// The strips of the view "Gates": the steps at which each gate is open, laid out along
// time.

import { button } from "./controls.js";
import { OWN_KEYS, htmlElement, svgElement, writeSymbols } from "./elements.js";
import { GATE_NAMES, GATE_STEPS, stepsFrom } from "./gates_model.js";
import { gateStateText } from "./gates_words.js";
import { cssColour } from "./marks.js";

/** Steps that a strip is wide: step t lies from t − 1/2 to t + 1/2, as on the plot. */
export const STRIP_LENGTH = GATE_STEPS + 0.5;

const STRIP_TRAVEL = 6; // pixels that a finger moves before it paints
const STRIPS = {
  i: { name: "input gate", does: "write", colour: "input" },
  f: { name: "forget gate", does: "keep", colour: "orange" },
  o: { name: "output gate", does: "show", colour: "prediction" },
};

/**
 * Create the strips, one for each gate: what the gate is and where it stands at the step
 * that is looked at; below, a button that opens or closes it there, and the strip.
 *
 * @param {Object} options
 * @param {(name: string, from: number, to: number, open: boolean, done: boolean) => void}
 *   options.onPaint The reader draws on a strip; `to` is where the pointer is.
 * @param {(name: string, open: boolean) => void} options.onToggle The button of a gate.
 * @param {(by: number, name: ?string) => void} options.onMove An arrow key on a button:
 *   move the step; with Shift, the gate that takes its state along.
 * @returns {{element: HTMLElement,
 *   show: (state: Object, step: number, reach: "one"|"rest") => void}} `show` draws
 *   `pulses` and `levels`; `reach` is what a press on a button will change.
 */
export function createStrips({ onPaint, onToggle, onMove }) {
  const strips = GATE_NAMES.map((name) => {
    const head = stripHead(name);
    const opener = openButton(name, onToggle, onMove);
    const track = createTrack(name, (...stroke) => onPaint(name, ...stroke));
    const pulses = htmlElement(
      ...["div", { class: "gates-pulses" }],
      ...[opener.element, track.element],
    );
    const element = htmlElement("div", { class: "gates-strip" }, head.element, pulses);
    return { name, element, head, opener, track };
  });
  return {
    element: htmlElement(
      ...["div", { class: "gates-strips" }],
      ...strips.map(({ element }) => element),
    ),
    show({ levels, pulses }, step, reach) {
      for (const { name, head, opener, track } of strips) {
        const open = pulses[name].includes(step);
        head.show(gateStateText(name, open, levels[name], step));
        opener.show(open, step, reach);
        track.show(pulses[name], levels[name], step);
      }
    },
  };
}

/** What the gate is, and where it stands at the step. */
function stripHead(name) {
  const title = htmlElement("span", { class: "unrolled-name" });
  writeSymbols(title, `${STRIPS[name].name} *${name}*: ${STRIPS[name].does}`);
  const output = htmlElement("output", { class: "gates-state", "aria-live": "off" });
  let shown = "";
  return {
    element: htmlElement("div", { class: "gates-head" }, title, output),
    show(text) {
      if (text !== shown) writeSymbols(output, text);
      shown = text;
    },
  };
}

/**
 * The button that opens or closes a gate at the step that is looked at. It says what a
 * press does; where the gate stands is said beside it.
 */
function openButton(name, onToggle, onMove) {
  let isOpen = false;
  const control = button({ label: "Open", onClick: () => onToggle(name, !isOpen) });
  const { element } = control;
  element.setAttribute(OWN_KEYS, "");
  element.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    onMove(by, event.shiftKey ? name : null);
  });
  return {
    element,
    show(open, step, reach) {
      isOpen = open;
      control.label = open ? "Close" : "Open";
      const where = reach === "one" ? `at step ${step}` : `from step ${step} to the end`;
      const label = `${control.label} the ${STRIPS[name].name} ${where}`;
      if (element.getAttribute("aria-label") !== label) {
        element.setAttribute("aria-label", label);
      }
    },
  };
}

// --- one strip ------------------------------------------------------------------------

/** The picture of a gate over time, on which a pointer draws. */
function createTrack(name, onPaint) {
  const cursor = svgElement("rect", { class: "gates-cursor", width: 1, y: 0, height: 1 });
  const bars = svgElement("path", {});
  bars.style.fill = cssColour(STRIPS[name].colour);
  const tens = stepsFrom(1, 5).map((k) => `M${10 * k + 0.5} 0V1`);
  const lines = svgElement("path", { class: "gates-tens", d: tens.join("") });
  // What can be done here can be done with the buttons too.
  const element = svgElement(
    "svg",
    {
      ...{ class: "gates-track", viewBox: `0 0 ${STRIP_LENGTH} 1`, "aria-hidden": "true" },
      ...{ preserveAspectRatio: "none", "data-gate": name },
    },
    ...[lines, bars, cursor],
  );
  const shown = { pulses: [], level: NaN };
  listenToStrokes(element, () => shown.pulses, onPaint);
  return {
    element,
    show(pulses, level, step) {
      cursor.setAttribute("x", step - 0.5);
      if (pulses === shown.pulses && level === shown.level) return;
      Object.assign(shown, { pulses, level });
      const tall = 0.08 + 0.84 * level; // a pulse that opens nothing is still seen
      const d = pulses.map((t) => `M${t - 0.42} 1v${-tall}h.84v${tall}z`).join("");
      bars.setAttribute("d", d);
    },
  };
}

/**
 * Paint with a pointer: what lies under its first place is reversed, and all that it
 * passes is made the same. A finger that moves up or down scrolls the page instead.
 */
function listenToStrokes(element, pulsesNow, onPaint) {
  let stroke = null;
  const stepAt = (event) => {
    const { left, width } = element.getBoundingClientRect();
    const step = Math.round(((event.clientX - left) / width) * STRIP_LENGTH);
    return Math.min(Math.max(step, 1), GATE_STEPS);
  };
  const paint = (event, done) => {
    const to = stepAt(event);
    stroke.painting = true;
    onPaint(stroke.last, to, stroke.open, done);
    stroke.last = to;
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || stroke) return;
    element.setPointerCapture(event.pointerId);
    const step = stepAt(event);
    const open = !pulsesNow().includes(step);
    const { pointerId: id, clientX: from } = event;
    stroke = { id, from, last: step, open, painting: false };
    if (event.pointerType === "mouse") paint(event, false);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerId !== stroke?.id) return;
    const far = Math.abs(event.clientX - stroke.from) >= STRIP_TRAVEL;
    if (stroke.painting || far) paint(event, false);
  });
  element.addEventListener("pointerup", (event) => {
    if (event.pointerId !== stroke?.id) return;
    paint(event, true);
    stroke = null;
  });
  element.addEventListener("pointercancel", () => (stroke = null));
}
