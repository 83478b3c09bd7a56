// Dashes and markers: what tells lines apart without colour, on a canvas and in SVG.

import { svgElement } from "./elements.js";

/** Lengths of dashes and gaps in pixels, for a line two pixels wide. */
export const DASHES = {
  solid: [],
  dashed: [8, 5],
  dashdot: [8, 4, 2, 4],
  dotted: [2, 4],
  long: [14, 5],
  dashdotdot: [8, 4, 2, 4, 2, 4],
};

/** Outlines of the markers as SVG paths, about one unit around the origin. */
export const MARKERS = {
  o: "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z",
  s: "M-.9-.9H.9V.9H-.9Z",
  "^": "M0-1.15L1.1.85H-1.1Z",
  D: "M0-1.3L1.15 0 0 1.3-1.15 0Z",
  v: "M0 1.15L1.1-.85H-1.1Z",
  P: "M-.4-1.1H.4V-.4H1.1V.4H.4V1.1H-.4V.4H-1.1V-.4H-.4Z",
  x: "M-1-1L1 1M-1 1L1-1",
  "*": "M0-1.4L.38-.47 1.36-.43.59.17.83 1.13 0 .59-.83 1.13-.59.17-1.36-.43-.38-.47Z",
};

const STYLES = [
  { colour: "input", dash: "solid", markers: "o" },
  { colour: "target", dash: "dashed", markers: "s" },
  { colour: "prediction", dash: "dashdot", markers: "^" },
  { colour: "purple", dash: "dotted", markers: "D" },
  { colour: "orange", dash: "long", markers: "v" },
  { colour: "sky", dash: "dashdotdot", markers: "P" },
];

/**
 * The look of the first, second, ... line of a plot: colour, dash and marker differ.
 * @param {number} index From 0; after the sixth they come round again.
 * @returns {{colour: string, dash: string, markers: string}}
 */
export function lineStyle(index) {
  return { ...STYLES[index % STYLES.length] };
}

/**
 * The lengths of a dash.
 * @param {string|number[]|undefined} dash A name of DASHES, or lengths in pixels.
 * @returns {number[]}
 */
export function dashLengths(dash) {
  return Array.isArray(dash) ? dash : (DASHES[dash ?? "solid"] ?? DASHES.solid);
}

/**
 * A CSS colour for the name of one.
 * @param {string} name A name of views.css such as "input", or any CSS colour.
 * @returns {string} For an attribute or a style of HTML or SVG.
 */
export function cssColour(name) {
  return `var(--unrolled-${name}, ${name})`;
}

/**
 * A sample of a line, with its marker, for a legend or beside a control.
 * @param {{kind?: string, colour?: string, dash?: string|number[], markers?: string,
 *   marker?: string, filled?: boolean, width?: number, halo?: string}} series
 *   What it looks like.
 * @returns {SVGElement} 34 by 16 pixels, hidden from screen readers.
 */
export function lineSample(series) {
  const colour = cssColour(series.colour ?? "ink");
  const sample = svgElement("svg", {
    class: "unrolled-sample",
    viewBox: "0 0 34 16",
    "aria-hidden": "true",
    style: `color: ${colour}`,
  });
  if (series.kind === "band") {
    const size = { x: 2, y: 3, width: 30, height: 10 };
    sample.append(svgElement("rect", { ...size, fill: "currentColor", opacity: 0.3 }));
  } else if (series.kind !== "points") {
    const width = series.width ?? 2;
    const line = (look) => svgElement("line", { x1: 1, x2: 33, y1: 8, y2: 8, ...look });
    const halo = series.halo && {
      stroke: cssColour(series.halo),
      "stroke-width": width + 2,
    };
    const dashes = dashLengths(series.dash).join(" ") || null;
    const ink = {
      stroke: "currentColor",
      "stroke-width": width,
      "stroke-dasharray": dashes,
    };
    sample.append(...(halo ? [line(halo)] : []), line(ink));
  }
  const marker = MARKERS[series.marker ?? series.markers];
  if (marker) {
    sample.append(
      svgElement("path", {
        d: marker,
        transform: "translate(17 8) scale(4)",
        fill: series.filled === false ? cssColour("ground") : "currentColor",
        stroke: series.halo ? cssColour(series.halo) : "currentColor",
        "stroke-width": 0.4,
      }),
    );
  }
  return sample;
}
