/**
 * Files of trained nets, as unrolled.training.packed writes them: a magic word of eight
 * letters, a checksum, a header in JSON, then tensors in whole numbers with scales.
 */

const LENGTH_AT = 12; // bytes: after the magic word and the checksum

/**
 * Open such a file.
 * @param {DataView} view All of the file.
 * @param {string} magic The word with which it must begin.
 * @returns {{header: Object, read: (shape: number[]) => Float64Array}} `read` gives one
 *   tensor after the other, flat, row by row.
 */
export function openPacked(view, magic) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const text = (from, to) => new TextDecoder().decode(bytes.subarray(from, to));
  if (text(0, magic.length) !== magic) {
    throw new RangeError(
      `weights must hold packed nets, which begin with ${magic}, but they begin with ` +
        `${JSON.stringify(text(0, magic.length))}.`,
    );
  }
  const start = LENGTH_AT + 4;
  let place = start + view.getUint32(LENGTH_AT, true);
  const header = JSON.parse(text(start, place));
  const read = (shape) => {
    const tensor = tensorAt(view, place, shape);
    place += tensor.bytes;
    return tensor.numbers;
  };
  return { header, read };
}

/** Read a tensor: scales, then whole numbers, of 8 bits in a matrix, 16 in a vector. */
function tensorAt(view, place, shape) {
  const [rows, columns] = shape.length === 2 ? shape : [shape[0], 1];
  const [width, whole] =
    shape.length === 2
      ? [1, (at) => view.getInt8(at)]
      : [2, (at) => view.getInt16(at, true)];
  const start = place + 4 * columns;
  const numbers = new Float64Array(rows * columns);
  for (let k = 0; k < numbers.length; k++) {
    const scale = view.getFloat32(place + 4 * (k % columns), true);
    numbers[k] = whole(start + width * k) * scale;
  }
  return { numbers, bytes: 4 * columns + width * numbers.length };
}

/** out += a W, for the columns of W from `from` to `to` alone. */
export function addProduct(a, W, out, rows, columns, from, to) {
  for (let i = 0; i < rows; i++) {
    const factor = a[i];
    const start = i * columns;
    for (let j = from; j < to; j++) out[j] += factor * W[start + j];
  }
}
