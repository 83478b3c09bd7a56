/**
 * The view "Unroll": a recurrent net as a chain of copies of one cell.
 *
 * It makes plain that the copies share their weights; that the forward pass runs along
 * time and the backward pass against it; that the gradient of a weight is a sum with one
 * term for each step; and that far back a gradient is a product of one factor a step.
 *
 * All that it shows follows from the model's state. `mode` "short" walks through a net of
 * two steps, "long" sends a gradient back through up to fifty.
 */

import { choice } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { summary } from "./player.js";
import { createChain } from "./unroll_chain.js";
import { TOY_NET } from "./unroll_model.js";
import { createToy } from "./unroll_toy.js";

const LONG = ["w_x", "w_rec", "steps", "drive", "seed", "reached"];
const STATE = ["mode", "stage", ...Object.keys(TOY_NET), ...LONG];
const QUESTIONS = {
  short:
    "Step the net forward, then backward. Which numbers does the gradient of W_{hh} " +
    "add up? One of the two is zero: why?",
  long:
    "Find a recurrent weight at which the gradient neither dies nor explodes. Is there " +
    "one for tanh, at every input?",
};
const HINTS = {
  short:
    "A term is the value at the start of an edge, times the error at its end. Where do " +
    "the recurrent edges of step 1 start? Move h_{0,1} and look again.",
  long:
    "Begin with the linear unit: every step has the factor w_{rec}. For tanh, send no " +
    "input first (w_x = 0), then more of it. Try negative weights as well.",
};
const SILENCE = 400; // milliseconds after which something that moved has come to rest

function render({ model, el }) {
  const read = () => Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  const words = summary();
  const question = htmlElement("p", { class: "unrolled-question" });
  const hint = htmlElement("p");
  let frame = 0;
  let last = -Infinity;

  const write = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
    update();
  };
  const place = () => htmlElement("div");
  const places = { short: place(), long: place() };
  const modes = {
    short: createToy(write, places.short),
    long: createChain(write, read(), places.long),
  };
  const pickMode = choice({
    label: "Net",
    options: [
      { value: "short", label: "two steps" },
      { value: "long", label: "many steps" },
    ],
    value: model.get("mode"),
    onInput: (mode) => write({ mode }),
  });
  const pickUnit = choice({
    label: "Unit",
    options: ["tanh", "linear"],
    value: model.get("activation"),
    onInput: (activation) => write({ activation }),
  });

  function draw() {
    frame = 0;
    const state = read();
    const { mode } = state;
    for (const [name, part] of Object.entries(modes)) {
      part.element.hidden = name !== mode;
      if (name !== mode) part.stop();
    }
    if (words.element.parentNode !== places[mode]) places[mode].append(words.element);
    pickMode.value = mode;
    pickUnit.value = state.activation;
    if (question.dataset.mode !== mode) {
      question.dataset.mode = mode;
      writeSymbols(question, QUESTIONS[mode]);
      writeSymbols(hint, HINTS[mode]);
    }
    const now = performance.now();
    words.say(modes[mode].show(state), now - last < SILENCE);
    last = now;
  }
  const update = () => {
    frame ||= requestAnimationFrame(draw);
  };

  const choices = htmlElement("div", { class: "unroll-choices" });
  choices.append(pickMode.element, pickUnit.element);
  const root = htmlElement(
    ...["div", { class: "unrolled-view unrolled-unroll", role: "group" }],
    ...[question, hintElement(hint), choices],
    ...[modes.short.element, modes.long.element],
  );
  root.setAttribute("aria-label", "Unroll: a recurrent net, step by step");
  el.append(root);
  for (const name of STATE) model.on(`change:${name}`, update);
  draw();
  return () => {
    cancelAnimationFrame(frame);
    for (const name of STATE) model.off(`change:${name}`, update);
    words.destroy();
    for (const part of Object.values(modes)) part.destroy();
    root.remove();
  };
}

function hintElement(text) {
  const title = htmlElement("summary", { text: "A hint" });
  return htmlElement("details", { class: "unroll-group unroll-hint" }, title, text);
}

export default { render };
