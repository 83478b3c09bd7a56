// Text with symbols on a canvas.

import { parseSymbols } from "./elements.js";

const SMALLEST_LETTERS = 11; // pixels of a subscript or an exponent
const MOST_TEXTS = 2000; // texts whose layout is remembered

/**
 * Write text with symbols on a canvas, in one font family.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} family The font of the page.
 * @returns {{width: (text: string, size: number) => number,
 *   write: (text: string, x: number, y: number, style: {colour: string, size: number,
 *     align?: "left"|"center"|"right", halo?: string, weight?: string}) => void}}
 *   Sizes in pixels; `y` is where the middle of the lower-case letters stands.
 */
export function createLettering(context, family) {
  const known = new Map();

  function layOut(text, size, weight) {
    const key = `${size} ${weight} ${text}`;
    if (known.has(key)) return known.get(key);
    if (known.size > MOST_TEXTS) known.clear();
    let x = 0;
    const pieces = parseSymbols(text).map((run) => {
      const pixels = run.level === 0 ? size : Math.max(SMALLEST_LETTERS, 0.78 * size);
      const font = `${run.italic ? "italic " : ""}${weight} ${pixels}px ${family}`;
      context.font = font;
      const piece = { text: run.text, font, x, y: -riseOf(run.level) * size };
      x += context.measureText(run.text).width + (run.italic ? 0.04 * size : 0);
      return piece;
    });
    const found = { pieces, width: x };
    known.set(key, found);
    return found;
  }

  return {
    width: (text, size, weight = "normal") => layOut(text, size, weight).width,
    write(text, x, y, { colour, size, align = "left", halo, weight = "normal" }) {
      const { pieces, width } = layOut(text, size, weight);
      const start = x - { left: 0, center: width / 2, right: width }[align];
      context.textBaseline = "alphabetic";
      context.textAlign = "left";
      const line = y + 0.33 * size;
      if (halo) {
        context.strokeStyle = halo;
        context.lineWidth = 3.5;
        context.lineJoin = "round";
        context.setLineDash([]);
        for (const piece of pieces) {
          context.font = piece.font;
          context.strokeText(piece.text, start + piece.x, line + piece.y);
        }
      }
      context.fillStyle = colour;
      for (const piece of pieces) {
        context.font = piece.font;
        context.fillText(piece.text, start + piece.x, line + piece.y);
      }
    },
  };
}

function riseOf(level) {
  return { "-1": -0.26, 0: 0, 1: 0.36 }[level]; // of the size, upwards
}
