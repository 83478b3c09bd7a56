// The controls of all views: native elements with labels, for keyboard and touch. The
// player and the text summary are in player.js.
//
// Every control is an object with `element` (to be placed in a page), `value` (setting
// it does not call back) and `disabled`. Labels may hold symbols, such as "w_{rec}".

import { OWN_KEYS, htmlElement, plainSymbols, svgElement, writeSymbols } from "./elements.js";
import { lineSample } from "./marks.js";
import { formatNumber } from "./scales.js";
import { followFinger, repeatWhileHeld } from "./slider_touch.js";

const SLIDER_STEPS = 1000; // of a slider on a logarithmic scale
const LOG_NUDGE = 20; // of these, in one press of a button beside it
const ICONS = {
  play: "M4 2.5L13 8L4 13.5Z",
  pause: "M4 2.5H7V13.5H4ZM9 2.5H12V13.5H9Z",
  step: "M3 2.5L10 8L3 13.5ZM11 2.5H13V13.5H11Z",
  back: "M13 2.5L6 8L13 13.5ZM3 2.5H5V13.5H3Z",
  reset: "M8 3V0.5L3.5 4L8 7.5V5A4 4 0 1 1 4 9H2A6 6 0 1 0 8 3Z",
  stop: "M3 3H13V13H3Z",
  home: "M8 1.5L15 8H13V14H9.5V10H6.5V14H3V8H1Z",
  plus: "M7 2H9V7H14V9H9V14H7V9H2V7H7Z",
  minus: "M2 7H14V9H2Z",
};

/**
 * A slider with its value beside it. Where there is a touch screen or little room, two
 * buttons stand at its ends, − and +, for what a finger cannot hit.
 *
 * @param {Object} options
 * @param {string} options.label What it sets.
 * @param {number} options.min
 * @param {number} options.max
 * @param {number} [options.step] On a linear scale; else a hundredth of the range.
 * @param {number} options.value
 * @param {"linear"|"log"} [options.scale] "log" for rates: the range runs over powers.
 * @param {(value: number) => string} [options.format] Writes the value.
 * @param {(value: number) => void} [options.onInput] Called while it is moved.
 * @param {(value: number) => void} [options.onChange] Called when it is let go.
 * @param {boolean} [options.nudges] Whether it has − and + (true); false where other
 *   buttons do the same.
 * @param {boolean} [options.disabled]
 * @returns {{element: HTMLElement, input: HTMLInputElement, value: number,
 *   disabled: boolean, setRange: (min: number, max: number) => void}}
 */
export function slider(options) {
  const { label, format = formatNumber, scale = "linear", onInput, onChange } = options;
  const mapping = sliderMapping(scale, options.min, options.max, options.step);
  const name = htmlElement("span", { class: "unrolled-name" });
  writeSymbols(name, label);
  // The output changes with every move; the range itself says its value aloud.
  const output = htmlElement("output", { "aria-live": "off" });
  const input = htmlElement("input", {
    type: "range",
    "aria-label": plainSymbols(label),
    [OWN_KEYS]: true,
    ...mapping.attributes,
  });
  const nudges = options.nudges === false ? [] : nudgesOf(label, scale, input);
  const track = sliderTrack(input, nudges);
  const element = htmlElement("div", { class: "unrolled-slider" }, name, output, track);
  let value = options.value;
  const show = () => {
    const text = format(value);
    if (output.textContent !== text) output.textContent = text;
    input.setAttribute("aria-valuetext", text);
    const part = (input.value - input.min) / (input.max - input.min || 1);
    input.style.setProperty("--unrolled-part", part.toFixed(4));
  };
  const place = (wanted) => {
    value = wanted;
    input.value = mapping.toPosition(wanted);
    show();
  };
  const move = () => {
    value = mapping.toValue(Number(input.value));
    show();
    onInput?.(value);
  };
  const end = () => onChange?.(value);
  input.addEventListener("input", move);
  input.addEventListener("change", end);
  followFinger(input, move, end);
  for (const nudge of nudges) nudge.attach(move, end);
  place(value);
  const holder = disabledTogether([input, ...nudges.map(asNode)]);
  holder.disabled = options.disabled ?? false;
  const setRange = (min, max) => {
    Object.assign(mapping, sliderMapping(scale, min, max, options.step));
    Object.assign(input, mapping.attributes);
    place(value);
  };
  const control = controlOf(element, holder, () => value, place);
  return Object.assign(control, { input, setRange });
}

/** The slider itself, between its buttons if it has some. */
function sliderTrack(input, nudges) {
  const rail = htmlElement("div", { class: "unrolled-rail" }, input);
  const [minus, plus] = nudges.map(asNode);
  const parts = nudges.length ? [minus, rail, plus] : [rail];
  return htmlElement("div", { class: "unrolled-track" }, ...parts);
}

function disabledTogether(elements) {
  return {
    get disabled() {
      return elements[0].disabled;
    },
    set disabled(off) {
      for (const element of elements) element.disabled = off;
    },
  };
}

/** The buttons at the ends of a slider. */
function nudgesOf(label, scale, input) {
  const count = scale === "log" ? LOG_NUDGE : 1;
  return [
    { verb: "Decrease", icon: "minus", method: "stepDown" },
    { verb: "Increase", icon: "plus", method: "stepUp" },
  ].map(({ verb, icon, method }) => {
    const made = button({ label: `${verb} ${label}`, icon, bare: true, onClick() {} });
    made.element.classList.add("unrolled-nudge");
    const attach = (onMove, onEnd) => {
      let changed = false;
      const nudge = () => {
        const before = input.value;
        input[method](count);
        if (input.value === before) return;
        changed = true;
        onMove();
      };
      const end = () => {
        if (changed) onEnd();
        changed = false;
      };
      repeatWhileHeld(made.element, nudge, end);
    };
    return { element: made.element, attach };
  });
}

function controlOf(element, holder, read, write) {
  return {
    element,
    get value() {
      return read();
    },
    set value(wanted) {
      write(wanted);
    },
    get disabled() {
      return holder.disabled;
    },
    set disabled(off) {
      holder.disabled = off;
    },
  };
}

function sliderMapping(scale, min, max, step = (max - min) / 100) {
  if (scale === "linear") {
    const attributes = { min, max, step };
    return {
      attributes,
      toValue: (position) => position,
      toPosition: (value) => value,
    };
  }
  const ratio = Math.log(max / min);
  return {
    attributes: { min: 0, max: SLIDER_STEPS, step: 1 },
    toValue: (position) => min * Math.exp((ratio * position) / SLIDER_STEPS),
    toPosition: (value) => (SLIDER_STEPS * Math.log(value / min)) / ratio,
  };
}

/**
 * A button.
 *
 * @param {Object} options
 * @param {string} options.label
 * @param {() => void} options.onClick
 * @param {"play"|"pause"|"step"|"back"|"reset"|"stop"|"home"|"plus"|"minus"}
 *   [options.icon] Drawn before the label.
 * @param {boolean} [options.bare] Show the icon alone; the label is still read aloud.
 * @param {boolean} [options.primary] The first thing to press.
 * @param {boolean} [options.disabled]
 * @returns {{element: HTMLButtonElement, label: string, icon: string,
 *   disabled: boolean}}
 */
export function button(options) {
  const { onClick, bare = false, primary = false, disabled = false } = options;
  let { label, icon } = options;
  const kind = `unrolled-button${primary ? " unrolled-primary" : ""}`;
  const element = htmlElement("button", { type: "button", class: kind, disabled });
  element.addEventListener("click", () => onClick());
  const show = () => {
    const text = htmlElement("span");
    writeSymbols(text, label);
    element.replaceChildren(...(icon ? [iconOf(icon)] : []), ...(bare ? [] : [text]));
    if (bare) {
      element.setAttribute("aria-label", plainSymbols(label));
      element.title = plainSymbols(label);
    }
  };
  show();
  return {
    element,
    get label() {
      return label;
    },
    set label(text) {
      if (text === label) return;
      label = text;
      show();
    },
    get icon() {
      return icon;
    },
    set icon(name) {
      if (name === icon) return;
      icon = name;
      show();
    },
    get disabled() {
      return element.disabled;
    },
    set disabled(off) {
      element.disabled = off;
    },
  };
}

function iconOf(name) {
  const path = svgElement("path", { d: ICONS[name], fill: "currentColor" });
  const box = { class: "unrolled-icon", viewBox: "0 0 16 16", "aria-hidden": "true" };
  return svgElement("svg", box, path);
}

/**
 * A button that stays pressed.
 *
 * @param {Object} options
 * @param {string} options.label
 * @param {boolean} [options.value]
 * @param {(value: boolean) => void} [options.onInput]
 * @param {boolean} [options.disabled]
 * @returns {{element: HTMLButtonElement, value: boolean, disabled: boolean}}
 */
export function toggle({ label, value = false, onInput, disabled }) {
  const pressed = () => element.getAttribute("aria-pressed") === "true";
  const press = (on) => element.setAttribute("aria-pressed", String(on));
  const { element } = button({
    label,
    disabled,
    onClick: () => {
      press(!pressed());
      onInput?.(pressed());
    },
  });
  press(value);
  return controlOf(element, element, pressed, press);
}

/**
 * One of several: buttons side by side up to four, else a list that opens.
 *
 * @param {Object} options
 * @param {string} options.label
 * @param {(string|{value: string, label: string})[]} options.options
 * @param {string} options.value
 * @param {(value: string) => void} [options.onInput]
 * @param {boolean} [options.disabled]
 * @returns {{element: HTMLElement, value: string, disabled: boolean}}
 */
export function choice(options) {
  const items = options.options.map(asItem);
  const several = items.length > 4 ? choiceList : choiceButtons;
  const control = several({ ...options, items });
  control.disabled = options.disabled ?? false;
  return control;
}

function asItem(item) {
  return typeof item === "string" ? { value: item, label: item } : item;
}

function choiceButtons({ label, items, value, onInput }) {
  // Radio buttons belong together by their name, which the whole page shares.
  const name = `unrolled-${Math.random().toString(36).slice(2)}`;
  const inputs = items.map((item) =>
    htmlElement("input", {
      ...{ type: "radio", name, value: item.value, checked: item.value === value },
      [OWN_KEYS]: true,
      on: { change: () => onInput?.(item.value) },
    }),
  );
  const segments = items.map((item, k) => {
    const text = htmlElement("span");
    writeSymbols(text, item.label);
    return htmlElement("label", { class: "unrolled-segment" }, inputs[k], text);
  });
  const bar = htmlElement("div", { class: "unrolled-segments" }, ...segments);
  const element = labelledSet("unrolled-choice", label, bar);
  element.setAttribute("role", "radiogroup");
  const read = () => inputs.find((input) => input.checked)?.value;
  const write = (wanted) => {
    for (const input of inputs) input.checked = input.value === wanted;
  };
  return controlOf(element, element, read, write);
}

function choiceList({ label, items, value, onInput }) {
  const name = htmlElement("span", { class: "unrolled-name" });
  writeSymbols(name, label);
  const entries = items.map((item) =>
    htmlElement("option", { value: item.value, text: plainSymbols(item.label) }),
  );
  const list = htmlElement("select", { [OWN_KEYS]: true }, ...entries);
  list.value = value;
  list.addEventListener("change", () => onInput?.(list.value));
  const element = htmlElement("label", { class: "unrolled-choice" }, name, list);
  const write = (wanted) => (list.value = wanted);
  return controlOf(element, list, () => list.value, write);
}

function labelledSet(kind, label, ...children) {
  const legend = htmlElement("legend", { class: "unrolled-name" });
  writeSymbols(legend, label);
  return htmlElement("fieldset", { class: kind }, legend, ...children);
}

/**
 * Any of several, each with a sample of the line that it shows.
 *
 * @param {Object} options
 * @param {string} options.label
 * @param {{value: string, label: string, sample?: Object}[]} options.options `sample`
 *   is a series of plot.js: its colour, dash and marker.
 * @param {string[]} options.value Those that are ticked.
 * @param {(value: string[]) => void} [options.onInput]
 * @param {boolean} [options.disabled]
 * @returns {{element: HTMLElement, value: string[], disabled: boolean}}
 */
export function checkboxes({ label, options, value, onInput, disabled = false }) {
  const items = options.map(asItem);
  const boxes = items.map((item) => {
    const checked = value.includes(item.value);
    return htmlElement("input", { type: "checkbox", value: item.value, checked });
  });
  const ticked = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const rows = items.map((item, k) => {
    const text = htmlElement("span");
    writeSymbols(text, item.label);
    const sample = item.sample ? [lineSample(item.sample)] : [];
    return htmlElement("label", { class: "unrolled-check" }, boxes[k], ...sample, text);
  });
  const element = labelledSet("unrolled-checks", label, ...rows);
  element.addEventListener("change", () => onInput?.(ticked()));
  element.disabled = disabled;
  const write = (wanted) => {
    for (const box of boxes) box.checked = wanted.includes(box.value);
  };
  return controlOf(element, element, ticked, write);
}

/**
 * Controls and elements side by side; they wrap where there is no room.
 * @param {...(Node|string|{element: Node})} children
 * @returns {HTMLElement}
 */
export function row(...children) {
  return htmlElement("div", { class: "unrolled-row" }, ...children.map(asNode));
}

/**
 * Controls and elements below each other, under a title where one is given.
 * @param {string} title May be empty.
 * @param {...(Node|string|{element: Node})} children
 * @returns {HTMLElement}
 */
export function panel(title, ...children) {
  const inner = children.map(asNode);
  if (!title) return htmlElement("div", { class: "unrolled-panel" }, ...inner);
  return labelledSet("unrolled-panel", title, ...inner);
}

/**
 * Two columns, the first wider, that become one where the view is narrow.
 * @param {(Node|{element: Node})[]} first
 * @param {(Node|{element: Node})[]} second
 * @returns {HTMLElement}
 */
export function columns(first, second) {
  const column = (nodes) => htmlElement("div", {}, ...nodes.map(asNode));
  const kind = { class: "unrolled-columns" };
  return htmlElement("div", kind, column(first), column(second));
}

/**
 * The node of a control, or the node or text itself.
 * @param {Node|string|{element: Node}} child
 * @returns {Node|string}
 */
export function asNode(child) {
  return child instanceof Node || typeof child === "string" ? child : child.element;
}
