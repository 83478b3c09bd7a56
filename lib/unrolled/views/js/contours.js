// Lines of equal value through a grid.

// The sides of a cell that a contour joins, by which of its corners lie above: bit 0
// for the corner at the cell's own row and column, then round to the next column, the
// next row, and back. Side 0 lies between the first two corners, and so on.
const CROSSED = [
  ...[[], [3, 0], [0, 1], [3, 1], [1, 2], [], [0, 2], [3, 2]],
  ...[[2, 3], [0, 2], [], [1, 2], [1, 3], [0, 1], [0, 3], []],
];
const SADDLE = 0b0101;
const OTHER_SADDLE = 0b1010;

/**
 * Find the contours of a grid by marching squares.
 *
 * Each cell between four neighbours is crossed by straight pieces; where two opposite
 * corners lie above the level, the mean of the four decides how they are joined.
 * Nothing is drawn through a cell with a value that is not finite.
 *
 * @param {ArrayLike<number>} values Row by row, `rows * columns` numbers.
 * @param {number} rows
 * @param {number} columns
 * @param {number[]} levels Rising.
 * @returns {number[]} Pieces one after the other, four numbers each: column and row of
 *   the one end, column and row of the other; whole numbers are the grid's points.
 */
export function contourPieces(values, rows, columns, levels) {
  const bands = Uint8Array.from(values, (value) => bandOf(value, levels));
  const pieces = [];
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const at = row * columns + column;
      const [a, b] = [bands[at], bands[at + 1]];
      const [c, d] = [bands[at + columns + 1], bands[at + columns]];
      if (a === b && b === c && c === d) continue;
      const top = Math.max(a, b, c, d);
      for (let band = Math.min(a, b, c, d); band < top; band++) {
        crossCell(pieces, values, columns, row, column, levels[band]);
      }
    }
  }
  return pieces;
}

function bandOf(value, levels) {
  let [low, high] = [0, levels.length]; // how many levels lie at or below the value
  while (low < high) {
    const middle = (low + high) >> 1;
    if (levels[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function crossCell(pieces, values, columns, row, column, level) {
  const at = row * columns + column;
  const corners = [
    values[at],
    values[at + 1],
    values[at + columns + 1],
    values[at + columns],
  ];
  const [a, b, c, d] = corners;
  if (!Number.isFinite(a + b + c + d)) return;
  const above =
    (a >= level) | ((b >= level) << 1) | ((c >= level) << 2) | ((d >= level) << 3);
  let sides = CROSSED[above];
  if (above === SADDLE || above === OTHER_SADDLE) {
    const middle = (a + b + c + d) / 4 >= level;
    sides = middle === (above === SADDLE) ? [0, 1, 2, 3] : [3, 0, 1, 2];
  }
  for (const side of sides) {
    const part = (level - corners[side]) / (corners[(side + 1) % 4] - corners[side]);
    if (side === 0) pieces.push(column + part, row);
    else if (side === 1) pieces.push(column + 1, row + part);
    else if (side === 2) pieces.push(column + 1 - part, row + 1);
    else pieces.push(column, row + 1 - part);
  }
}
