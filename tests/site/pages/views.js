// A page to test plots and controls on: `window.parts` holds all that the modules export,
// `addView` adds an empty view, `gallery` shows one of everything.

import * as contours from "./js/contours.js";
import * as controls from "./js/controls.js";
import * as elements from "./js/elements.js";
import * as marks from "./js/marks.js";
import * as player from "./js/player.js";
import * as plot from "./js/plot.js";
import * as scales from "./js/scales.js";
import * as theme from "./js/theme.js";

const parts = { ...contours, ...controls, ...elements, ...marks };
Object.assign(parts, player, plot, scales, theme);

function addView(label = "A view") {
  const view = document.createElement("section");
  view.className = "unrolled-view";
  view.setAttribute("role", "group");
  view.setAttribute("aria-label", label);
  document.querySelector("main").append(view);
  return view;
}

function curves(count) {
  const steps = Float64Array.from({ length: 400 }, (_, k) => k);
  return Array.from({ length: count }, (_, k) => ({
    kind: "line",
    label: `w_{rec} = ${k + 1}`,
    x: steps,
    y: steps.map((t) => 0.01 + Math.exp((-t * (k + 1)) / 80) * (1 + 0.1 * Math.sin(t))),
    ...parts.lineStyle(k),
  }));
}

function surface(size, colours) {
  const values = Float64Array.from({ length: size * size }, (_, at) => {
    const x = (6 * ((at % size) + 0.5)) / size - 2;
    const y = (6 * (Math.floor(at / size) + 0.5)) / size - 3;
    return 1 + 10 * (x - 1) ** 2 + 10 ** (3 * Math.abs(y));
  });
  const levels = [10, 100, 1e3, 1e4, 1e5, 1e6, 1e7];
  const extent = [-2, 4, -3, 3];
  return { kind: "image", values, rows: size, columns: size, extent, colours, levels };
}

function gallery() {
  const { createPlot, createColourBar, colourScale, formatFixed, lineStyle } = parts;
  const losses = addView("Losses");
  createPlot(losses, {
    ...{ label: "Three losses fall.", title: "Loss while training", hover: true },
    x: { label: "update", integer: true },
    y: { scale: "log", label: "loss *L*" },
    series: [...curves(3), { kind: "rule", y: 0.02, label: "goal: 0.02" }],
  });

  const costs = addView("Cost");
  const picture = document.createElement("div");
  const colours = colourScale({ from: 1, to: 1e9, scale: "log", bands: 30 });
  const trail = Float64Array.from({ length: 50 }, (_, k) => k / 49);
  const look = { ...lineStyle(1), colour: "#fff", halo: "#000" };
  createPlot(picture, {
    ...{ label: "The cost over both weights.", title: "Cost", pan: true, zoom: true },
    x: { label: "w_x", domain: [-2, 4] },
    y: { label: "w_{rec}", domain: [-3, 3] },
    handles: [{ x: -1.5, y: -2, label: "start point", onMove() {} }],
    series: [
      surface(160, colours),
      {
        ...{ kind: "line", label: "momentum", ...look },
        x: trail.map((s) => -1.5 + 2.5 * s),
        y: trail.map((s) => -2 + 3 * s ** 0.5),
      },
      { kind: "points", x: [1], y: [1], marker: "*", size: 7, labels: ["minimum"] },
    ],
  });
  const scale = { from: 1, to: 1e9, scale: "log", colours };
  createColourBar(picture, { label: "cost *L* + 1 (ones²)", ...scale });
  const optimisers = ["gradient descent", "momentum", "Rprop"];
  const settings = [
    parts.choice({ label: "Start", options: [..."12345"], value: "1" }),
    parts.checkboxes({
      label: "Optimisers",
      options: optimisers.map((value, k) => ({
        ...{ value, label: value, sample: { kind: "line", ...lineStyle(k) } },
      })),
      value: ["Rprop"],
    }),
    parts.slider({
      ...{ label: "learning rate *η*", min: 1e-6, max: 1, value: 1e-3, scale: "log" },
    }),
    parts.slider({
      ...{ label: "w_{rec}", min: -2, max: 2, step: 0.01, value: 1.05 },
      format: (value) => formatFixed(value, 2),
    }),
  ];
  const said = parts.summary();
  said.say("Rprop starts at w_x −1.5, w_rec −2, where the cost is 1.2×10⁵.");
  const speed = { min: 1, max: 100, value: 10 };
  const play = parts.player({ onReset() {}, onBack() {}, speed });
  costs.append(parts.columns([picture], settings), play.element, said.element);

  const time = addView("Through time");
  const gradient = (w) => Array.from({ length: 21 }, (_, t) => 0.3 * w ** (20 - t));
  createPlot(time, {
    label: "The gradient through time.",
    x: { label: "time step *t*", domain: [20, 0], integer: true },
    y: { scale: "symlog", threshold: 0.01, label: "∂*L*/∂h_t" },
    series: [2, 1.5, -1.8, 0.5].map((w, k) => ({
      ...{ kind: "line", label: `w_{rec} = ${w}`, y: gradient(w), spacing: 0 },
      ...lineStyle(k),
    })),
  });
  createPlot(time, {
    ...{ label: "The memory.", title: "Cell state", height: 200 },
    x: { label: "time step *t*" },
    y: { label: "c_t", domain: [0, 1.1] },
    series: [
      { kind: "band", x: [10, 20], low: [0, 0], high: [1.1, 1.1], label: "gate open" },
      { kind: "line", y: gradient(0.9), label: "forget 0.9", arrow: true },
      { kind: "text", x: 12, y: 0.9, text: "0.9^{15} = 0.21" },
    ],
  });

  const bench = addView("Controls");
  bench.append(
    parts.row(
      parts.toggle({ label: "Show gradients", value: true }),
      parts.toggle({ label: "Clip" }),
      parts.choice({ label: "Unit", options: ["linear", "tanh"], value: "tanh" }),
      parts.button({ label: "Stop", icon: "stop", onClick() {} }),
      parts.button({ label: "Set w_x to 1", disabled: true, onClick() {} }),
    ),
    parts.panel("Gates", parts.slider({ label: "f_t", min: 0, max: 1, value: 0.9 })),
  );
}

Object.assign(window, { parts, addView, curves, surface, gallery, ready: true });
