/**
 * A drawing, brought into the frame in which MNIST's digits stand: the counterpart of
 * unrolled.tasks.digit_frame, in whole numbers, so that both give the same pixels.
 */

/** Pixels along a side of an image. */
export const FRAME_SIDE = 28;

const BOX = 20; // pixels along the longer side of the digit in it
const MIDDLE = 14; // the row and column nearest to which the centre of mass lies

/**
 * Return a drawing as MNIST would show it; see unrolled.tasks.digit_frame.centred.
 * @param {Uint8Array} grey From 0, paper, to 255, ink; row by row.
 * @param {number} [height]
 * @param {number} [width]
 * @returns {?Uint8Array} 28 × 28 pixels; null if there is no ink, or none that is left
 *   when it is scaled.
 */
export function centredDrawing(grey, height = FRAME_SIDE, width = FRAME_SIDE) {
  const box = inkBox(grey, height, width);
  if (!box) return null;
  const [h, w] = [box.bottom - box.top, box.right - box.left];
  const longer = Math.max(h, w);
  const [newH, newW] = [h, w].map((side) => Math.max(1, rounded(BOX * side, longer)));
  const [R, C] = [frameWeights(h, newH), frameWeights(w, newW)];
  const digit = scaledBox(grey, width, box, R, C);
  const rows = new Array(newH).fill(0);
  const columns = new Array(newW).fill(0);
  digit.forEach((value, k) => {
    rows[Math.floor(k / newW)] += value;
    columns[k % newW] += value;
  });
  const [top, left] = [firstCovered(rows), firstCovered(columns)];
  if (top === null) return null;
  const frame = new Uint8Array(FRAME_SIDE * FRAME_SIDE);
  for (let i = 0; i < newH; i++) {
    const from = digit.subarray(i * newW, (i + 1) * newW);
    frame.set(from, (top + i) * FRAME_SIDE + left);
  }
  return frame;
}

/**
 * How much of each old pixel is in each new one; see scale_weights in Python.
 * @param {number} old
 * @param {number} wanted
 * @returns {number[][]} A row for each new pixel; all rows have the same sum.
 */
export function frameWeights(old, wanted) {
  const range = (length) => Array.from({ length }, (_, k) => k);
  if (wanted <= old) {
    return range(wanted).map((i) =>
      range(old).map((j) => {
        const end = Math.min((i + 1) * old, (j + 1) * wanted);
        return Math.max(end - Math.max(i * old, j * wanted), 0);
      }),
    );
  }
  const whole = 2 * wanted;
  return range(wanted).map((i) => {
    const place = Math.min(Math.max((2 * i + 1) * old - wanted, 0), whole * (old - 1));
    return range(old).map((j) => Math.max(whole - Math.abs(place - whole * j), 0));
  });
}

/** The rows and columns from the first to the last with ink; null if there is none. */
function inkBox(grey, height, width) {
  const box = { top: height, bottom: 0, left: width, right: 0 };
  for (let k = 0; k < height * width; k++) {
    if (grey[k] === 0) continue;
    const [i, j] = [Math.floor(k / width), k % width];
    box.top = Math.min(box.top, i);
    box.bottom = Math.max(box.bottom, i + 1);
    box.left = Math.min(box.left, j);
    box.right = Math.max(box.right, j + 1);
  }
  return box.bottom > 0 ? box : null;
}

function scaledBox(grey, width, { top, bottom, left, right }, R, C) {
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const share = sum(R[0]) * sum(C[0]);
  const digit = new Uint8Array(R.length * C.length);
  for (let i = 0; i < R.length; i++) {
    const mixed = new Array(right - left).fill(0); // R grey, one row of it
    for (let a = top; a < bottom; a++) {
      const factor = R[i][a - top];
      if (factor === 0) continue;
      for (let b = left; b < right; b++) mixed[b - left] += factor * grey[a * width + b];
    }
    for (let j = 0; j < C.length; j++) {
      const total = mixed.reduce((a, value, b) => a + value * C[j][b], 0);
      digit[i * C.length + j] = rounded(total, share);
    }
  }
  return digit;
}

/** Which row or column of the frame is covered first; null if nothing has a mass. */
function firstCovered(masses) {
  const mass = masses.reduce((a, b) => a + b, 0);
  if (mass === 0) return null;
  const moment = masses.reduce((a, value, k) => a + value * k, 0);
  const nearest = rounded(MIDDLE * mass - moment, mass);
  return Math.min(Math.max(nearest, 0), FRAME_SIDE - masses.length);
}

/** number / by as a whole number, halves rounded up. */
function rounded(number, by) {
  return Math.floor((2 * number + by) / (2 * by));
}
