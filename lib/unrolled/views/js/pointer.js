// What the reader does on a plot: move, zoom, drag a point, read a value, click.

import { shownDomain } from "./axes.js";
import { button } from "./controls.js";
import { OWN_KEYS, htmlElement, plainSymbols, svgElement, writeSymbols } from "./elements.js";
import { MARKERS, cssColour } from "./marks.js";
import { formatNumber, keepWithin, moveDomain, spreadOf } from "./scales.js";

const CLICK_TRAVEL = 5; // pixels of travel up to which a press is a click
const MARKER_RADIUS = 9; // pixels, of a handle's marker with its rim
const READ_REACH = 40; // pixels within which a point is read out
const ZOOM_NOTCH = 0.75; // what one press on + leaves of the domain
const ARROW_KEYS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowDown: [0, -1],
  ArrowUp: [0, 1],
};

/**
 * Let the reader act on a plot, as its options allow.
 * @param {Object} plot The state of a plot, see plot.js.
 * @param {() => void} schedule Asks for the plot to be drawn in the next frame.
 * @returns {{adopt: () => void, place: () => void, tell: () => void}} `adopt` follows
 *   changed options, `place` puts things where they belong after a drawing, `tell`
 *   calls back about a domain that was moved.
 */
export function attachPointer(plot, schedule) {
  const moved = { view: false };
  const change = (from, to, factor) => {
    changeView(plot, from, to, factor);
    moved.view = true;
    schedule();
  };
  const goHome = () => {
    plot.view.x = null;
    plot.view.y = null;
    moved.view = true;
    schedule();
  };
  const surface = createSurface(plot, { change, goHome, schedule });
  const readout = htmlElement("div", { class: "unrolled-readout", role: "status" });
  const handles = [];
  addTools(plot, change, goHome);
  const adopt = () => {
    const { options, frame, tools, head } = plot;
    const wanted = options.pan || options.zoom || options.hover || options.onClick;
    if (!wanted) surface.remove();
    else if (!surface.isConnected) canvasSibling(plot, surface);
    if (options.hover && !readout.parentNode) frame.append(readout);
    surface.style.touchAction = touchAction(options);
    surface.style.cursor = options.pan
      ? "grab"
      : options.onClick
        ? "crosshair"
        : "default";
    surface.setAttribute("aria-label", surfaceLabel(options));
    tools.hidden = !options.zoom;
    head.hidden = !options.zoom && !options.title;
    adoptHandles(plot, handles, schedule);
  };
  adopt();
  return {
    adopt,
    place() {
      handles.forEach((element, k) =>
        placeHandle(plot, element, plot.options.handles[k]),
      );
      placeReadout(plot, readout);
    },
    tell() {
      if (!moved.view) return;
      moved.view = false;
      const { x, y } = shownView(plot);
      plot.options.onView?.(x, y);
    },
  };
}

function canvasSibling(plot, surface) {
  plot.canvas.after(surface); // below the handles
}

/** One finger scrolls the page; with two the plot is moved and zoomed. */
function touchAction({ pan, zoom }) {
  return pan || zoom ? "pan-x pan-y" : "auto";
}

function surfaceLabel({ label, pan, zoom, hover }) {
  const keys = [];
  if (pan) keys.push("arrow keys move the view");
  if (zoom) keys.push("plus and minus zoom, 0 goes back");
  if (hover && !pan) keys.push("arrow keys read out the points");
  return `${label} ${keys.join("; ")}`.trim();
}

// --- the domain -------------------------------------------------------------------

function shownView({ options, view }) {
  return {
    x: shownDomain(options, "x", view.x),
    y: shownDomain(options, "y", view.y),
  };
}

/**
 * Move the domain so that what lay at `from` lies at `to`, `factor` times as long.
 * @param {Object} plot
 * @param {[number, number]} from Pixels on the canvas.
 * @param {[number, number]} to
 * @param {number} factor Below 1 zooms in.
 */
function changeView(plot, from, to, factor) {
  const { options, layout, view } = plot;
  const { left, top, width, height } = layout.box;
  const shown = shownView(plot);
  const parts = { x: (px) => (px - left) / width, y: (px) => 1 - (px - top) / height };
  ["x", "y"].forEach((name, k) => {
    const axis = options[name];
    const allowed = limitedFactor(plot, name, shown[name], factor);
    const zoomed = moveDomain(axis, shown[name], 0, allowed, parts[name](from[k]));
    const shift = parts[name](from[k]) - parts[name](to[k]);
    view[name] = keepWithin(
      axis,
      moveDomain(axis, zoomed, shift),
      options.limits?.[name],
    );
  });
}

/** Zooming goes no further in or out than the plot's limits. */
function limitedFactor({ options }, name, domain, factor) {
  const home = options[name].domain;
  if (factor === 1 || !home || home.includes(null)) return factor;
  const { forward } = spreadOf(options[name]);
  const length = ([from, to]) => Math.abs(forward(to) - forward(from));
  const [least, most] = options.limits?.span ?? [1e-3, 10];
  const span = length(domain) / length(home);
  return (
    Math.min(Math.max(factor * span, Math.min(least, span)), Math.max(most, span)) /
    span
  );
}

function addTools(plot, change, goHome) {
  const centre = () => {
    const { left, top, width, height } = plot.layout.box;
    return [left + width / 2, top + height / 2];
  };
  const zoom = (factor) => change(centre(), centre(), factor);
  plot.tools.append(
    button({
      label: "Zoom in",
      icon: "plus",
      bare: true,
      onClick: () => zoom(ZOOM_NOTCH),
    }).element,
    button({
      label: "Zoom out",
      icon: "minus",
      bare: true,
      onClick: () => zoom(1 / ZOOM_NOTCH),
    }).element,
    button({ label: "Whole view", icon: "home", bare: true, onClick: goHome }).element,
  );
}

// --- the surface ------------------------------------------------------------------

function createSurface(plot, { change, goHome, schedule }) {
  // An application: a screen reader passes the arrow keys on to it.
  const surface = htmlElement("div", {
    ...{ class: "unrolled-surface", role: "application", tabindex: 0, [OWN_KEYS]: true },
  });
  const pressed = new Map(); // places of the pointers that are down, by their ids
  const press = { travel: 0, several: false };
  const at = (event) => placeOf(plot, event);
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (pressed.size === 0) Object.assign(press, { travel: 0, several: false });
    else press.several = true;
    surface.setPointerCapture(event.pointerId);
    pressed.set(event.pointerId, at(event));
  });
  surface.addEventListener("pointermove", (event) => {
    const before = pressed.get(event.pointerId);
    if (!before) {
      readOut(plot, at(event), schedule);
      return;
    }
    const old = [...pressed.values()];
    pressed.set(event.pointerId, at(event));
    press.travel += distance(before, at(event));
    const scrolls = event.pointerType === "touch" && old.length === 1;
    if (press.travel > CLICK_TRAVEL && !scrolls)
      followPointers(plot, old, [...pressed.values()], change);
  });
  const release = (event) => {
    const known = pressed.delete(event.pointerId);
    if (!known || event.type === "pointercancel") return;
    if (press.travel > CLICK_TRAVEL || press.several) return;
    const { x, y } = plot.layout;
    const [px, py] = at(event);
    readOut(plot, [px, py], schedule);
    plot.options.onClick?.(x.toValue(px), y.toValue(py));
  };
  surface.addEventListener("pointerup", release);
  surface.addEventListener("pointercancel", release);
  const forget = () => showHit(plot, null, schedule);
  surface.addEventListener("pointerleave", forget);
  surface.addEventListener("blur", forget);
  surface.addEventListener("keydown", (event) =>
    pressKey(plot, event, change, goHome, schedule),
  );
  const wheel = (event) => {
    const ours = event.ctrlKey || event.metaKey || document.activeElement === surface;
    if (!plot.options.zoom || !ours) return; // the page scrolls
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    change(
      at(event),
      at(event),
      Math.exp(Math.min(Math.max(pixels, -200), 200) * 0.002),
    );
  };
  surface.addEventListener("wheel", wheel, { passive: false });
  // The browser would scroll the page with two fingers that move the same way.
  const touch = (event) => {
    const ours = event.touches.length > 1 && (plot.options.pan || plot.options.zoom);
    if (ours && event.cancelable) event.preventDefault();
  };
  surface.addEventListener("touchstart", touch, { passive: false });
  surface.addEventListener("touchmove", touch, { passive: false });
  return surface;
}

function placeOf({ canvas }, event) {
  const { left, top } = canvas.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}

function distance([x, y], [toX, toY]) {
  return Math.hypot(toX - x, toY - y);
}

function followPointers({ options }, before, after, change) {
  if (before.length === 1) {
    if (options.pan) change(before[0], after[0], 1);
    return;
  }
  const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const factor =
    distance(before[0], before[1]) / Math.max(distance(after[0], after[1]), 1);
  change(middle(before), middle(after), options.zoom ? factor : 1);
}

function pressKey(plot, event, change, goHome, schedule) {
  const { options, layout } = plot;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { left, top, width, height } = layout.box;
  const centre = [left + width / 2, top + height / 2];
  const arrow = ARROW_KEYS[event.key];
  const part = event.shiftKey ? 0.02 : 0.1;
  if (arrow && options.pan) {
    const to = [
      centre[0] - arrow[0] * part * width,
      centre[1] + arrow[1] * part * height,
    ];
    change(centre, to, 1);
  } else if (arrow && options.hover) {
    walkPoints(plot, arrow, event.shiftKey ? 10 : 1, schedule);
  } else if (options.zoom && "+=".includes(event.key)) {
    change(centre, centre, ZOOM_NOTCH);
  } else if (options.zoom && "-_−".includes(event.key)) {
    change(centre, centre, 1 / ZOOM_NOTCH);
  } else if ((options.zoom || options.pan) && event.key === "0") {
    goHome();
  } else return;
  event.preventDefault();
}

// --- reading a value ----------------------------------------------------------------

function readOut(plot, place, schedule) {
  if (plot.options.hover) showHit(plot, nearestPoint(plot, place), schedule);
}

function showHit(plot, hit, schedule) {
  const { hit: old } = plot;
  if (hit?.place === old?.place && hit?.index === old?.index) return;
  plot.hit = hit;
  schedule();
}

/** Places, among the series of a plot, of those whose points can be read. */
function readablePlaces({ options }) {
  const readable = ({ kind, hidden, y }) =>
    (kind === "line" || kind === "points") && !hidden && y.length > 0;
  return [...options.series.keys()].filter((place) => readable(options.series[place]));
}

function nearestPoint(plot, pixel) {
  const { x: across, y: upward } = plot.layout;
  let [found, least] = [null, READ_REACH];
  for (const place of readablePlaces(plot)) {
    const { x, y } = plot.options.series[place];
    for (let index = 0; index < y.length; index++) {
      const px = across.toPixel(x ? x[index] : index);
      if (Math.abs(px - pixel[0]) > least) continue;
      const far = distance([px, upward.toPixel(y[index])], pixel);
      if (far < least) [found, least] = [{ place, index }, far];
    }
  }
  return found;
}

/** Arrow keys: sideways to the next point, up and down to the next series. */
function walkPoints(plot, [across, upward], count, schedule) {
  const places = readablePlaces(plot);
  if (places.length === 0) return;
  const known = places.indexOf(plot.hit?.place);
  const next = (Math.max(known, 0) - upward + places.length) % places.length;
  const index = known < 0 ? 0 : plot.hit.index + across * count;
  const last = plot.options.series[places[next]].y.length - 1;
  const hit = { place: places[next], index: Math.min(Math.max(index, 0), last) };
  showHit(plot, hit, schedule);
}

/** The point that is read out, as its series now has it; null if it is gone. */
function currentHit(plot) {
  const { hit, options } = plot;
  if (!hit || !readablePlaces(plot).includes(hit.place)) return null;
  const series = options.series[hit.place];
  const { index } = hit;
  if (index >= series.y.length) return null;
  return { series, index, x: series.x ? series.x[index] : index, y: series.y[index] };
}

function placeReadout(plot, readout) {
  const { layout, options, context, colours } = plot;
  const hit = currentHit(plot);
  readout.hidden = !hit;
  if (!hit) return;
  const [px, py] = [layout.x.toPixel(hit.x), layout.y.toPixel(hit.y)];
  context.beginPath();
  context.arc(px, py, 6, 0, 2 * Math.PI);
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.stroke();
  const write = typeof options.hover === "function" ? options.hover : null;
  writeSymbols(readout, write ? write(hit) : hitText(options, hit));
  const left = px > layout.box.left + layout.box.width / 2;
  const below = py < layout.box.top + 40;
  const across = left ? "-100% - 12px" : "12px"; // away from the nearer edge
  const down = below ? "12px" : "-100% - 8px";
  readout.style.translate = `calc(${px}px + ${across}) calc(${py}px + ${down})`;
}

function hitText({ x, y }, hit) {
  const name = hit.series.label ? `${hit.series.label}: ` : "";
  return name + placeText(x, y, hit.x, hit.y);
}

function placeText(x, y, atX, atY) {
  const write = (axis, value) =>
    `${axis.label ? `${axis.label} ` : ""}${formatNumber(value)}`;
  return `${write(x, atX)}, ${write(y, atY)}`;
}

// --- points that can be dragged ---------------------------------------------------

function adoptHandles(plot, elements, schedule) {
  const { options, frame } = plot;
  options.handles = options.handles.map((handle) => ({ ...handle }));
  while (elements.length > options.handles.length) elements.pop().remove();
  while (elements.length < options.handles.length) {
    const element = createHandle(plot, elements.length, schedule);
    elements.push(element);
    frame.append(element);
  }
  options.handles.forEach(({ label, colour, marker, along }, k) => {
    const element = elements[k];
    element.setAttribute("aria-label", plainSymbols(label));
    element.setAttribute("aria-orientation", along === "y" ? "vertical" : "horizontal");
    element.style.color = cssColour(colour ?? "target");
    element.querySelector("path").setAttribute("d", MARKERS[marker ?? "o"]);
  });
}

function createHandle(plot, index, schedule) {
  const shape = { d: MARKERS.o, transform: "scale(8)", fill: "currentColor" };
  const picture = { viewBox: "-20 -20 40 40", "aria-hidden": "true" };
  // A slider: the role with which a screen reader passes on the arrow keys.
  const element = htmlElement(
    "div",
    { class: "unrolled-handle", role: "slider", tabindex: 0, [OWN_KEYS]: true },
    svgElement("svg", picture, svgElement("path", shape)),
  );
  const grip = { offset: null, from: null, travel: 0 };
  const move = (x, y, phase) => {
    const handle = plot.options.handles[index];
    const { along = "both" } = handle;
    handle.x = along === "y" ? handle.x : within(x, plot.layout.x.domain);
    handle.y = along === "x" ? handle.y : within(y, plot.layout.y.domain);
    schedule();
    handle.onMove(handle.x, handle.y, phase);
  };
  const drag = (event, phase) => {
    const [px, py] = placeOf(plot, event);
    const { x, y } = plot.layout;
    move(
      roundedValue(x, px + grip.offset[0]),
      roundedValue(y, py + grip.offset[1]),
      phase,
    );
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const { x, y } = plot.options.handles[index];
    const [px, py] = placeOf(plot, event);
    grip.offset = [plot.layout.x.toPixel(x) - px, plot.layout.y.toPixel(y) - py];
    Object.assign(grip, { from: [px, py], travel: 0 });
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    if (!grip.offset) return;
    grip.travel = Math.max(grip.travel, distance(grip.from, placeOf(plot, event)));
    drag(event, "move");
  });
  const release = (event) => {
    if (!grip.offset) return;
    // A press beside the marker, on the square that makes it easy to grab, means the
    // place that was pressed.
    const isBeside = Math.hypot(...grip.offset) > MARKER_RADIUS;
    if (isBeside && grip.travel <= CLICK_TRAVEL) grip.offset = [0, 0];
    drag(event, "end");
    grip.offset = null;
  };
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", () => (grip.offset = null));
  element.addEventListener("keydown", (event) => {
    const arrow = ARROW_KEYS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move(
      ...steppedPlace(plot, plot.options.handles[index], arrow, event.shiftKey),
      "move",
    );
  });
  element.addEventListener("keyup", (event) => {
    const { x, y } = plot.options.handles[index];
    if (ARROW_KEYS[event.key]) move(x, y, "end");
  });
  return element;
}

function within(value, domain) {
  return Math.min(Math.max(value, Math.min(...domain)), Math.max(...domain));
}

/** The value at a pixel, with no more decimals than the pixel can tell apart. */
function roundedValue(scale, pixel) {
  const value = scale.toValue(pixel);
  const fine = Math.abs(scale.toValue(pixel + 0.5) - scale.toValue(pixel - 0.5));
  const decimals = -Math.floor(Math.log10(fine));
  if (!(decimals > -15 && decimals < 15)) return value;
  return Number(`${Math.round(Number(`${value}e${decimals}`))}e${-decimals}`);
}

function steppedPlace({ layout }, { x, y, steps }, arrow, fine) {
  const part = fine ? 0.1 : 1;
  const step = (scale, value, direction, given) => {
    if (direction === 0) return value;
    if (given) return Number((value + direction * given * part).toPrecision(12));
    const [from, to] = scale.range;
    const pixel = scale.toPixel(value) + (direction * part * (to - from)) / 50;
    return roundedValue(scale, pixel);
  };
  return [
    step(layout.x, x, arrow[0], steps?.[0]),
    step(layout.y, y, arrow[1], steps?.[1]),
  ];
}

/** Put a handle in its place, at the edge where that is out of sight. */
function placeHandle({ layout, options }, element, handle) {
  const { left, top, width, height } = layout.box;
  const [px, py] = [layout.x.toPixel(handle.x), layout.y.toPixel(handle.y)];
  const [x, y] = [within(px, [left, left + width]), within(py, [top, top + height])];
  element.style.transform = `translate(${x}px, ${y}px)`;
  element.classList.toggle("unrolled-outside", x !== px || y !== py);
  const write =
    handle.format ?? ((atX, atY) => placeText(options.x, options.y, atX, atY));
  const name = handle.along === "y" ? "y" : "x";
  const [low, high] = [...layout[name].domain].sort((a, b) => a - b);
  const state = {
    "aria-valuetext": plainSymbols(write(handle.x, handle.y)),
    "aria-valuemin": low,
    "aria-valuemax": high,
    "aria-valuenow": handle[name],
  };
  for (const [attribute, value] of Object.entries(state)) {
    if (element.getAttribute(attribute) !== String(value))
      element.setAttribute(attribute, value);
  }
}
