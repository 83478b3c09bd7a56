// What the page looks like: its theme, the colours that follow from it, and the map
// from numbers to colours that all surfaces share.

const NO_COLOUR = [128, 128, 128];
const CIVIDIS = spreadColours([
  [0, "00224e"],
  [21, "003170"],
  [23, "013271"],
  [28, "123570"],
  [34, "1e3a6f"],
  [52, "36466c"],
  [84, "565c6d"],
  [126, "7b7a78"],
  [147, "8f8a78"],
  [179, "aea371"],
  [205, "c9b965"],
  [232, "e7d150"],
  [251, "fde334"],
  [255, "fee838"],
]);

/** Names of the colours that views.css defines as `--unrolled-NAME`. */
export const COLOUR_NAMES = [
  ...["input", "target", "prediction", "orange", "sky", "purple"],
  ...["ink", "muted", "grid", "line", "edge", "ground", "raised", "focus"],
];

/**
 * Call back whenever the page changes between light and dark.
 *
 * Watches what the site (`html[data-theme]`), JupyterLab (`body[data-jp-theme-light]`)
 * and VS Code (the class of `body`) change, and the system's own preference.
 *
 * @param {() => void} callback
 * @returns {() => void} Stops watching.
 */
export function onTheme(callback) {
  const observer = new MutationObserver(callback);
  const attributeFilter = ["data-theme", "data-jp-theme-light", "class"];
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  observer.observe(document.body, { attributes: true, attributeFilter });
  const preference = matchMedia("(prefers-color-scheme: dark)");
  preference.addEventListener("change", callback);
  return () => {
    observer.disconnect();
    preference.removeEventListener("change", callback);
  };
}

/**
 * Read the colours of the theme that holds at an element.
 * @param {Element} element Inside an `.unrolled-view`.
 * @returns {Object<string, string>} CSS colours by name, see COLOUR_NAMES.
 */
export function themeColours(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--unrolled-${name}`).trim();
  return Object.fromEntries(COLOUR_NAMES.map((name) => [name, read(name) || "gray"]));
}

/**
 * The colour of a fraction on the map cividis, from dark blue (0) to yellow (1).
 *
 * Its lightness rises evenly, and readers with and without colour vision deficiency see
 * nearly the same (Nuñez, Anderton and Renslow, 2018, PLOS ONE 13(7), e0199239). The
 * nodes are published colours of the map; what lies between is within 1 % of it.
 *
 * @param {number} fraction Taken into 0 to 1; NaN gives a mid grey.
 * @returns {number[]} Red, green and blue, 0 to 255; shared, not to be changed.
 */
export function cividis(fraction) {
  if (Number.isNaN(fraction)) return NO_COLOUR;
  return CIVIDIS[Math.round(255 * Math.min(Math.max(fraction, 0), 1))];
}

/**
 * A function from values to colours, for an image and its colour bar.
 * @param {{from: number, to: number, scale?: "linear"|"log", bands?: number}} options
 *   The values at the two ends of the map; `bands`: so many even steps of colour.
 * @returns {(value: number) => number[]} Red, green and blue, 0 to 255.
 */
export function colourScale({ from, to, scale = "linear", bands = 0 }) {
  const even = scale === "log" ? Math.log : (value) => value;
  const start = even(from);
  const factor = 1 / (even(to) - start);
  return (value) => {
    const fraction = (even(value) - start) * factor;
    if (!bands) return cividis(fraction);
    const band = Math.min(Math.max(Math.floor(fraction * bands), 0), bands - 1);
    return cividis(band / (bands - 1));
  };
}

function spreadColours(nodes) {
  const colours = [];
  nodes.forEach(([place, hex], k) => {
    const colour = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
    if (k === 0) colours.push(colour);
    const [before, start] = [nodes[k - 1]?.[0], colours.at(-1)];
    for (let index = before + 1; index <= place; index++) {
      const part = (index - before) / (place - before);
      colours.push(
        start.map((from, at) => Math.round(from + part * (colour[at] - from))),
      );
    }
  });
  return colours;
}

/**
 * From −1 to 1: blue, the ground, orange.
 * @param {Object<string, string>} colours See themeColours.
 * @returns {(value: number) => number[]} Red, green, blue and 255.
 */
export function divergingRamp({ input, orange, ground }) {
  const [low, middle, high] = [input, ground, orange].map(channels);
  const steps = Array.from({ length: 201 }, (_, k) => {
    const value = k / 100 - 1;
    const end = value < 0 ? low : high;
    const part = Math.abs(value);
    return [...middle.map((from, at) => from + part * (end[at] - from)), 255];
  });
  return (value) => steps[Math.round(100 * Math.min(Math.max(value, -1), 1)) + 100];
}

/** Red, green and blue of a CSS colour, as numbers up to 255. */
export function channels(colour) {
  const pen = document.createElement("canvas").getContext("2d", {
    willReadFrequently: true,
  });
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}
