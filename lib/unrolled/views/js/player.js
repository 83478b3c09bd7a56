// What moves: the player, the loop that calls once a frame, the state in words.

import { asNode, button, row, slider } from "./controls.js";
import { htmlElement } from "./elements.js";
import { formatNumber } from "./scales.js";

const SUMMARY_PAUSE = 500; // milliseconds between two texts while something moves

/**
 * Play, pause, one step, back to the start, and how fast.
 *
 * While it plays it calls `onStep` at most once a frame with the number of steps that
 * are due; it stops while the view cannot be seen.
 *
 * @param {Object} options
 * @param {(count: number) => boolean|void} [options.onStep] Take this many steps;
 *   return false when there are none left. Also called, with 1, by the step button.
 * @param {() => void} [options.onReset] Left out: no such button.
 * @param {(playing: boolean) => void} [options.onPlay] It has begun or ceased to play.
 * @param {() => void} [options.onBack] Go one step back. Left out: no such button.
 * @param {{min: number, max: number, value: number, label?: string,
 *   format?: (value: number) => string, onInput?: (value: number) => void}}
 *   [options.speed] Steps in a second; the slider is logarithmic. Left out: no slider,
 *   ten steps in a second.
 * @param {{back?: string, step?: string, reset?: string}} [options.labels] What the
 *   buttons are called; else "Back", "Step" and "Reset".
 * @param {boolean} [options.driven] Something else takes the steps (a kernel, say)
 *   while it plays: only `onPlay` is called.
 * @returns {{element: HTMLElement, playing: boolean, atEnd: boolean, speed: number,
 *   disabled: boolean, destroy: () => void}} `playing` may be set; setting it does not
 *   call `onPlay`. `atEnd` set to true pauses, and disables play and step.
 */
export function player(options) {
  const { onStep = () => {}, onReset, onPlay, onBack, driven = false } = options;
  const labels = { back: "Back", step: "Step", reset: "Reset", ...options.labels };
  const rate = options.speed ? speedSlider(options.speed) : { value: 10 };
  const state = { playing: false, atEnd: false, disabled: false, due: 0 };
  const pause = () => setPlaying(false, true);
  const take = (count) => {
    if (onStep(count) === false) finish(true);
  };
  const play = button({
    ...{ label: "Play", icon: "play", primary: true },
    onClick: () => setPlaying(!state.playing, true),
  });
  const back = button({
    ...{ label: labels.back, icon: "back" },
    onClick: () => {
      pause();
      finish(false);
      onBack();
    },
  });
  const step = button({
    ...{ label: labels.step, icon: "step" },
    onClick: () => {
      pause();
      take(1);
    },
  });
  const reset = button({
    ...{ label: labels.reset, icon: "reset" },
    onClick: () => {
      pause();
      finish(false);
      onReset();
    },
  });
  const shown = [play, ...(onBack ? [back] : []), step, ...(onReset ? [reset] : [])];
  const buttons = htmlElement(
    ...["div", { class: "unrolled-buttons", role: "group", "aria-label": "Playback" }],
    ...shown.map(asNode),
  );
  const element = row(buttons, ...(rate.element ? [rate] : []));
  element.classList.add("unrolled-player");
  const loop = frameLoop(element, (seconds) => {
    state.due += seconds * rate.value;
    const count = Math.floor(state.due);
    state.due -= count;
    if (count > 0) take(count);
  });

  function setPlaying(on, tell) {
    const playing = on && !state.atEnd;
    if (playing === state.playing) return;
    state.playing = playing;
    state.due = playing ? 1 : 0; // the first step at once
    if (playing && !driven) loop.start();
    else loop.stop();
    refresh();
    if (tell) onPlay?.(playing);
  }

  function finish(atEnd) {
    if (atEnd) pause();
    state.atEnd = atEnd;
    refresh();
  }

  function refresh() {
    // A button that is switched off under the reader's finger hands on the focus. Some
    // browsers take it away at once, so who has it is asked before.
    const focus = document.activeElement;
    play.label = state.playing ? "Pause" : "Play";
    play.icon = state.playing ? "pause" : "play";
    for (const each of shown) each.disabled = state.disabled;
    play.disabled ||= state.atEnd;
    step.disabled ||= state.atEnd;
    const lost = shown.some((each) => each.disabled && each.element === focus);
    if (lost) shown.findLast((each) => !each.disabled)?.element.focus();
  }

  return {
    element,
    get playing() {
      return state.playing;
    },
    set playing(on) {
      setPlaying(on, false);
    },
    get atEnd() {
      return state.atEnd;
    },
    set atEnd(end) {
      if (end !== state.atEnd) finish(end);
    },
    get speed() {
      return rate.value;
    },
    get disabled() {
      return state.disabled;
    },
    set disabled(off) {
      if (off) pause();
      state.disabled = off;
      refresh();
    },
    destroy: loop.destroy,
  };
}

function speedSlider(speed) {
  const format = (value) => `${formatNumber(value, 2)} steps/s`;
  const made = slider({ label: "speed", format, ...speed, scale: "log" });
  made.element.classList.add("unrolled-speed", "unrolled-inline");
  return made;
}

/**
 * The state of a view in words, for reading and for a screen reader.
 * @returns {{element: HTMLElement, text: string,
 *   say: (text: string, moving?: boolean) => void, destroy: () => void}} `say` shows a
 *   text at once; while something moves, at most one text in half a second, the last
 *   one in any case.
 */
export function summary() {
  const element = htmlElement("p", { class: "unrolled-summary", role: "status" });
  let last = -Infinity;
  let timer = 0;
  let waiting = "";
  const show = (text) => {
    clearTimeout(timer);
    timer = 0;
    last = performance.now();
    // A status that is written anew is read anew, even where it says the same.
    if (element.textContent !== text) element.textContent = text;
  };
  return {
    element,
    get text() {
      return element.textContent;
    },
    say(text, moving = false) {
      const rest = last + SUMMARY_PAUSE - performance.now();
      waiting = text;
      if (!moving || rest <= 0) show(text);
      else timer ||= setTimeout(() => show(waiting), rest);
    },
    destroy: () => clearTimeout(timer),
  };
}

/**
 * Call back once a frame while something can be seen to move.
 *
 * The loop rests while the element is out of sight or the page is hidden, and goes on
 * by itself afterwards.
 *
 * @param {Element} element What must be in sight.
 * @param {(seconds: number) => boolean|void} onFrame Given the time since the frame
 *   before, at most a tenth of a second; returning false stops the loop.
 * @returns {{start: () => void, stop: () => void, running: boolean,
 *   destroy: () => void}} `running`: between start and stop, whether in sight or not.
 */
export function frameLoop(element, onFrame) {
  const state = { wanted: false, seen: true, frame: 0, last: 0 };
  const run = (time) => {
    state.frame = 0;
    const seconds = state.last ? Math.min((time - state.last) / 1000, 0.1) : 0;
    state.last = time;
    if (onFrame(seconds) === false) state.wanted = false;
    update();
  };
  const update = () => {
    const runs = state.wanted && state.seen && !document.hidden;
    if (runs) {
      state.frame ||= requestAnimationFrame(run);
      return;
    }
    cancelAnimationFrame(state.frame);
    state.frame = 0;
    state.last = 0;
  };
  const sight = new IntersectionObserver((entries) => {
    state.seen = entries.at(-1).isIntersecting;
    update();
  });
  const want = (wanted) => {
    state.wanted = wanted;
    update();
  };
  sight.observe(element);
  document.addEventListener("visibilitychange", update);
  return {
    start: () => want(true),
    stop: () => want(false),
    get running() {
      return state.wanted;
    },
    destroy() {
      want(false);
      sight.disconnect();
      document.removeEventListener("visibilitychange", update);
    },
  };
}

/**
 * Whether the reader has asked for less motion: then nothing plays by itself, and
 * things change in steps instead of gliding.
 * @returns {boolean}
 */
export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
