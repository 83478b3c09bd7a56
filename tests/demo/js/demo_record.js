/**
 * Add up the numbers of a record.
 * @param {DataView} record little-endian float32 numbers
 * @returns {number}
 */
export function sumOfRecord(record) {
  let sum = 0;
  for (let at = 0; at < record.byteLength; at += BYTES) sum += record.getFloat32(at, true);
  return sum;
}

const BYTES = 4; // of one number
