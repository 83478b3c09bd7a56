/**
 * Choosing the next character: unrolled.training.choosing in the page. The contract
 * stands at the head of that module; all sums here run in the same order.
 */

/** How far a nucleus may miss its share. */
const NUCLEUS_ROUNDING = 1e-12;

/**
 * @typedef {Object} SamplerChoice
 * @property {number} temperature At least 0; 0 is greedy.
 * @property {?number} topK How many of the most probable to keep; null keeps all.
 * @property {?number} nucleus The share of the probability to keep, 0 to 1; null keeps
 *   all.
 */

/**
 * Return the distribution that a character is drawn from: temperature, top-k, nucleus.
 * @param {Float64Array} logits
 * @param {SamplerChoice} choice
 * @returns {Float64Array} What was not kept is 0.
 */
export function chosenDistribution(logits, { temperature, topK, nucleus }) {
  let shares = tempered(logits, temperature);
  if (topK !== null) shares = keepTopK(shares, topK);
  if (nucleus !== null) shares = keepNucleus(shares, nucleus);
  return shares;
}

/**
 * Return the softmax of logits / temperature.
 * @param {Float64Array} logits
 * @param {number} temperature 0 puts all on the largest logit, the first of equals.
 * @returns {Float64Array}
 */
export function tempered(logits, temperature) {
  let best = 0;
  for (let k = 1; k < logits.length; k++) if (logits[k] > logits[best]) best = k;
  const out = new Float64Array(logits.length);
  if (temperature === 0) {
    out[best] = 1;
    return out;
  }
  const largest = logits[best];
  for (let k = 0; k < out.length; k++) {
    out[k] = Math.exp((logits[k] - largest) / temperature);
  }
  return normalised(out);
}

/**
 * Keep the k most probable characters; of equals, the lower index stays.
 * @param {Float64Array} shares
 * @param {number} k
 * @returns {Float64Array}
 */
export function keepTopK(shares, k) {
  return keptOnly(shares, rankedPlaces(shares).subarray(0, k));
}

/**
 * Keep the smallest set of most probable characters whose total reaches a share.
 * @param {Float64Array} shares
 * @param {number} wanted 0 to 1; 1 keeps all.
 * @returns {Float64Array}
 */
export function keepNucleus(shares, wanted) {
  const ranked = rankedPlaces(shares);
  if (wanted === 1) return keptOnly(shares, ranked);
  let [short, total] = [0, 0];
  for (const place of ranked) {
    total += shares[place];
    if (!(total < wanted - NUCLEUS_ROUNDING)) break;
    short++;
  }
  return keptOnly(shares, ranked.subarray(0, short + 1));
}

/**
 * Return the first index whose cumulative probability exceeds a uniform number; if
 * rounding leaves none, the last whose probability is above 0.
 * @param {Float64Array} shares
 * @param {number} uniform From 0 up to but not including 1.
 * @returns {number}
 */
export function drawIndex(shares, uniform) {
  let total = 0;
  for (let k = 0; k < shares.length; k++) {
    total += shares[k];
    if (total > uniform) return k;
  }
  return shares.findLastIndex((share) => share > 0);
}

/**
 * The places from the most probable to the least, equals as they stand.
 * @param {Float64Array} shares
 * @returns {Uint16Array}
 */
export function rankedPlaces(shares) {
  const places = Uint16Array.from(shares, (_, k) => k);
  return places.sort((a, b) => shares[b] - shares[a] || a - b);
}

function keptOnly(shares, places) {
  const out = new Float64Array(shares.length);
  for (const place of places) out[place] = shares[place];
  return normalised(out);
}

function normalised(weights) {
  let total = 0;
  for (let k = 0; k < weights.length; k++) total += weights[k];
  for (let k = 0; k < weights.length; k++) weights[k] /= total;
  return weights;
}
