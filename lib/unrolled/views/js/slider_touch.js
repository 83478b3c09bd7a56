// Fingers on a slider: sideways they move it, up and down they scroll the page.
//
// A browser's own slider jumps to where a finger comes down, before anyone can know
// whether it is going to scroll. Where there is a touch screen, views.css therefore lets
// presses fall through the slider onto the rail that holds it, and they are judged here.

const DECIDED = 8; // pixels of travel after which a direction is clear
const THUMB = 20; // pixels, see views.css
const HOLD = 400; // milliseconds after which a button that is held acts again
const PACE = 70; // milliseconds between two such acts

/**
 * Let a finger move a slider.
 * @param {HTMLInputElement} input The slider; its parent, the rail, is as wide.
 * @param {() => void} onMove The slider has another value.
 * @param {() => void} onEnd The finger has let it go.
 */
export function followFinger(input, onMove, onEnd) {
  const rail = input.parentElement;
  let press = null;
  rail.addEventListener("pointerdown", (event) => {
    const isOurs = event.target !== input && event.button === 0 && !press;
    if (!isOurs || input.matches(":disabled")) return;
    rail.setPointerCapture(event.pointerId);
    press = pressOf(event);
    if (press.way === "along") place(event);
  });
  rail.addEventListener("pointermove", (event) => {
    if (event.pointerId !== press?.id) return;
    press.way ??= wayOf(event.clientX - press.x, event.clientY - press.y);
    if (press.way === "along") place(event);
  });
  rail.addEventListener("pointerup", (event) => {
    if (event.pointerId !== press?.id) return;
    if (press.way === null) place(event); // a tap
    finish();
  });
  rail.addEventListener("pointercancel", (event) => {
    if (event.pointerId === press?.id) finish(); // the page scrolls instead
  });

  function place(event) {
    const before = input.value;
    const { left, width } = rail.getBoundingClientRect();
    const part = (event.clientX - left - THUMB / 2) / (width - THUMB);
    const [min, max] = [Number(input.min), Number(input.max)];
    input.value = min + Math.min(Math.max(part, 0), 1) * (max - min);
    press.changed ||= input.value !== before;
    if (input.value !== before) onMove();
  }

  function finish() {
    const { changed, way } = press;
    press = null;
    if (way !== "across") input.focus({ preventScroll: true });
    if (changed) onEnd();
  }
}

function pressOf({ pointerId, pointerType, clientX, clientY }) {
  const way = pointerType === "touch" ? null : "along"; // a mouse does not scroll
  return { id: pointerId, x: clientX, y: clientY, way, changed: false };
}

/** Which way a finger goes: "along" the slider, "across" it, or null: not clear yet. */
function wayOf(x, y) {
  if (Math.hypot(x, y) < DECIDED) return null;
  return Math.abs(x) > Math.abs(y) ? "along" : "across";
}

/**
 * Let a button act again and again while it is held.
 * @param {HTMLButtonElement} element
 * @param {() => void} act
 * @param {() => void} onEnd It has been let go.
 */
export function repeatWhileHeld(element, act, onEnd) {
  let timer = 0;
  let repeated = false;
  const again = () => {
    if (!element.isConnected || element.disabled) return;
    repeated = true;
    act();
    timer = setTimeout(again, PACE);
  };
  const stop = () => {
    clearTimeout(timer);
    if (timer && repeated) onEnd();
    timer = 0;
  };
  element.addEventListener("pointerdown", ({ button }) => {
    repeated = false;
    if (button === 0) timer = setTimeout(again, HOLD);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    element.addEventListener(end, stop);
  }
  element.addEventListener("click", () => {
    if (!repeated) act();
    if (!repeated) onEnd();
    repeated = false;
  });
  // A finger that rests on it asks for no menu.
  element.addEventListener("contextmenu", (event) => event.preventDefault());
}
