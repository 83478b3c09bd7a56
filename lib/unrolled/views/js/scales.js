// Numbers on an axis: scales, ticks, and how a number is written. Pure functions.

const MINUS = "−";
const SUPERSCRIPTS = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };
const MANTISSAS = [1, 2, 2.5, 5, 10]; // steps of a linear axis, as matplotlib has them
const MINOR_DIGITS = [2, 3, 4, 5, 6, 7, 8, 9]; // of the short ticks of a log axis

/**
 * Write a number as text, with a true minus sign: "−0.25", "12345", "3.1×10⁻⁷".
 * @param {number} value
 * @param {number} [digits] Significant digits; zeros at the end are dropped.
 * @returns {string}
 */
export function formatNumber(value, digits = 3) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 0.999e-3 && size < 99999.5) {
    const whole = size >= 10 ** digits ? Math.round(value) : value;
    const wanted = Math.max(digits, Math.floor(Math.log10(size)) + 1);
    return signed(String(Number(whole.toPrecision(Math.min(wanted, 21)))));
  }
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = `10${raisedDigits(Number(exponent))}`;
  const factor = signed(String(Number(mantissa)));
  if (factor === "1") return power;
  return factor === `${MINUS}1` ? MINUS + power : `${factor}×${power}`;
}

/**
 * Write a number with a fixed number of decimals and a true minus sign: "−0.50".
 * @param {number} value
 * @param {number} decimals
 * @returns {string} No sign before a zero; "∞" or "not a number" if it is not finite.
 */
export function formatFixed(value, decimals) {
  if (!Number.isFinite(value)) return formatNumber(value);
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : signed(text);
}

/**
 * The sign between an expression and its value, as they are written.
 * @param {number[]} values All the numbers on both sides.
 * @param {(value: number) => string} write Writes one, perhaps rounded.
 * @returns {"="|"≈"} "≈" where a number is rounded, so that the last digit may be off.
 */
export function equalsSign(values, write) {
  const read = (text) => Number(text.replace(MINUS, "-"));
  const exact = values.every((value) => Math.abs(read(write(value)) - value) < 1e-9);
  return exact ? "=" : "≈";
}

function signed(text) {
  return text.replace("-", MINUS);
}

function raisedDigits(whole) {
  return [...String(whole)].map((sign) => SUPERSCRIPTS[sign]).join("");
}

/**
 * How the values of an axis are spread before they are laid out evenly.
 *
 * On a symlog axis values within ± threshold lie evenly, those beyond by their
 * logarithm; the formula is that of matplotlib's SymmetricalLogTransform (base 10).
 *
 * @param {{scale?: string, threshold?: number, stretch?: number}} axis See plot.js.
 * @returns {{forward: (value: number) => number, inverse: (spread: number) => number}}
 */
export function spreadOf({ scale = "linear", threshold = 1, stretch = 1 }) {
  if (scale === "linear") return { forward: (value) => value, inverse: (even) => even };
  if (scale === "log") {
    return {
      forward: (value) => (value > 0 ? Math.log10(value) : NaN),
      inverse: (even) => 10 ** even,
    };
  }
  const half = stretch / (1 - 1 / 10); // the length of 0 .. threshold, in powers of ten
  return {
    forward(value) {
      const size = Math.abs(value);
      if (size <= threshold) return (value / threshold) * half;
      return Math.sign(value) * (half + Math.log10(size / threshold));
    },
    inverse(even) {
      const size = Math.abs(even);
      if (size <= half) return (even / half) * threshold;
      return Math.sign(even) * threshold * 10 ** (size - half);
    },
  };
}

/**
 * Lay the values of an axis along a range of pixels.
 * @param {Object} axis See plot.js.
 * @param {[number, number]} domain Values at the two ends of the range.
 * @param {[number, number]} range Pixels.
 * @returns {{domain: [number, number], range: [number, number],
 *   toPixel: (value: number) => number, toValue: (pixel: number) => number}} toPixel
 *   gives NaN for a value that is not on the axis (a loss of 0 on a log axis).
 */
export function createScale(axis, domain, range) {
  const { forward, inverse } = spreadOf(axis);
  const from = forward(domain[0]);
  const factor = (range[1] - range[0]) / (forward(domain[1]) - from);
  return {
    domain,
    range,
    toPixel: (value) => range[0] + (forward(value) - from) * factor,
    toValue: (pixel) => inverse(from + (pixel - range[0]) / factor),
  };
}

/**
 * Shift and shrink a domain, evenly as the axis is laid out.
 * @param {Object} axis See plot.js.
 * @param {[number, number]} domain
 * @param {number} shift As a part of the domain.
 * @param {number} [factor] Of its length; below 1 zooms in.
 * @param {number} [anchor] The part of the domain, 0 to 1, that stays where it is.
 * @returns {[number, number]}
 */
export function moveDomain(axis, domain, shift, factor = 1, anchor = 0.5) {
  const { forward, inverse } = spreadOf(axis);
  const [from, to] = domain.map(forward);
  const length = to - from;
  const start = from + shift * length + anchor * length * (1 - factor);
  return [inverse(start), inverse(start + factor * length)];
}

/**
 * Move a domain, at its length, inside what may be seen.
 * @param {Object} axis See plot.js.
 * @param {[number, number]} domain
 * @param {[number, number]|undefined} limits
 * @returns {[number, number]}
 */
export function keepWithin(axis, domain, limits) {
  if (!limits) return domain;
  const { forward, inverse } = spreadOf(axis);
  const [low, high] = limits.map(forward).sort((a, b) => a - b);
  const ends = domain.map(forward);
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  if (to - from >= high - low) {
    return ends[0] < ends[1]
      ? [inverse(low), inverse(high)]
      : [inverse(high), inverse(low)];
  }
  const shift = Math.max(low - from, 0) + Math.min(high - to, 0);
  return shift === 0 ? domain : [inverse(ends[0] + shift), inverse(ends[1] + shift)];
}

/**
 * The domain that shows all values of an axis, with a margin.
 * @param {Object} axis See plot.js; the ends of its domain that are given stay.
 * @param {number} low Least value shown; on a log axis the least above 0.
 * @param {number} high Greatest value shown.
 * @param {number} margin At each end, as a part of the whole.
 * @returns {[number, number]}
 */
export function fitDomain(axis, low, high, margin) {
  const given = axis.domain ?? [null, null];
  const { forward, inverse } = spreadOf(axis);
  const empty = axis.scale === "log" ? [0.1, 1] : [0, 1];
  const filled = low <= high;
  let [from, to] = (filled ? [low, high] : empty).map(forward);
  if (from === to) [from, to] = [from - 0.5, to + 0.5];
  const room = filled ? margin * (to - from) : 0;
  return [given[0] ?? inverse(from - room), given[1] ?? inverse(to + room)];
}

/**
 * Where the ticks of an axis stand, and what is written there.
 * @param {Object} axis See plot.js.
 * @param {[number, number]} domain
 * @param {number} count About how many there is room for.
 * @returns {{major: number[], minor: number[], format: (value: number) => string}}
 */
export function axisTicks(axis, domain, count) {
  const { forward } = spreadOf(axis);
  const [low, high] = [Math.min(...domain), Math.max(...domain)];
  const slack = 1e-9 * (forward(high) - forward(low));
  const inside = (value) =>
    forward(value) >= forward(low) - slack && forward(value) <= forward(high) + slack;
  const nice = niceTicks(axis, low, high, Math.max(count, 2));
  const { major, minor, format } = axis.ticks
    ? { ...nice, major: axis.ticks, minor: [] }
    : nice;
  return {
    major: major.filter(inside),
    minor: minor.filter(inside),
    format: axis.format ?? format,
  };
}

function niceTicks(axis, low, high, count) {
  const { scale = "linear", threshold = 1 } = axis;
  if (scale === "log" && high > 2 * low) return logTicks(low, high, 1.3 * count);
  if (scale === "symlog" && Math.max(-low, high) > 10 * threshold) {
    return symlogTicks(axis, low, high, 1.3 * count);
  }
  return linearTicks(low, high, count, axis.integer);
}

function linearTicks(low, high, count, integer) {
  const rough = (high - low) / count;
  if (!(rough > 0)) return { major: [low], minor: [], format: formatNumber };
  const step = niceStep(rough, integer);
  const greatest = Math.max(Math.abs(low), Math.abs(high));
  const decimals = [0, 1, 2, 3, 4, 5].find((places) => isWhole(step * 10 ** places));
  const digits = Math.ceil(Math.log10(greatest / step)) + 2;
  const format =
    greatest < 1e6 && decimals !== undefined
      ? (value) => formatFixed(value, decimals)
      : (value) => formatNumber(value, digits);
  return { major: multiples(step, low, high), minor: [], format };
}

function niceStep(rough, integer) {
  const power = integer ? Math.max(0, powerOf(rough)) : powerOf(rough);
  const enough = (factor) => factor * 10 ** power >= rough * (1 - 1e-9);
  const fits = (factor) => !integer || isWhole(factor * 10 ** power);
  return MANTISSAS.find((factor) => enough(factor) && fits(factor)) * 10 ** power;
}

function powerOf(value) {
  return Math.floor(Math.log10(value));
}

function isWhole(value) {
  return Math.abs(value - Math.round(value)) < 1e-9 * Math.max(1, value);
}

function multiples(step, low, high) {
  // A step below 1 is divided by, not multiplied with: 3 / 10 is 0.3, 3 * 0.1 is not.
  const parts = Math.round(1 / step);
  const divides = step < 1 && isWhole(parts * step);
  const count = (value) => (divides ? value / parts : value * step);
  return wholeNumbers(Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)).map(
    (whole) => count(whole) + 0, // turns −0 into 0
  );
}

function logTicks(low, high, count) {
  if (high < 150 * low) return closeLogTicks(low, high, count);
  const powers = wholeNumbers(powerOf(low), powerOf(high) + 1);
  const decades = Math.log10(high / low);
  const stride = Math.max(1, Math.ceil((decades - 0.5) / count));
  const [major, rest] = [0, 1].map((wanted) =>
    powers.filter((power) => Number(power % stride !== 0) === wanted),
  );
  const minor =
    stride === 1 ? timesPowers(MINOR_DIGITS, powers) : timesPowers([1], rest);
  return { major: timesPowers([1], major), minor, format: powerLabel };
}

/** Ticks within powers of ten, on an axis that spans about two of them or fewer. */
function closeLogTicks(low, high, count) {
  const powers = wholeNumbers(powerOf(low), powerOf(high) + 1);
  const digits = high < 16 * low && count > 4 ? [1, 2, 3, 5] : [1, 2, 5];
  const others = MINOR_DIGITS.filter((digit) => !digits.includes(digit));
  const plain = low >= 1e-3 && high < 1e5;
  return {
    major: timesPowers(digits, powers),
    minor: timesPowers(others, powers),
    format: plain ? (value) => formatNumber(value) : powerLabel,
  };
}

function symlogTicks(axis, low, high, count) {
  const { forward } = spreadOf(axis);
  const { threshold = 1 } = axis;
  const least = Math.ceil(Math.log10(threshold) - 1e-9);
  const most = Math.floor(Math.log10(Math.max(-low, high)) + 1e-9);
  const room = (forward(high) - forward(low)) / count; // in powers of ten
  const stride = Math.max(1, Math.ceil(room));
  const powers = timesPowers([1], wholeNumbers(least, most));
  const spaced = powers.filter((value, k) => {
    const clearOfZero = forward(value) >= 0.9 * room;
    return (least + k) % stride === 0 && clearOfZero;
  });
  const mirrored = (values) => values.flatMap((value) => [-value, value]);
  return {
    major: [0, ...mirrored(spaced)].sort((a, b) => a - b),
    minor: mirrored(powers.filter((value) => !spaced.includes(value))),
    format: powerLabel,
  };
}

function wholeNumbers(first, last) {
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, k) => first + k);
}

/** Digits times powers of ten, exactly: 10 ** -5 is not 1e-5. */
function timesPowers(digits, powers) {
  return powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)));
}

function powerLabel(value) {
  if (value === 0) return "0";
  const [mantissa, exponent] = Math.abs(value).toExponential(0).split("e");
  const power = `10${raisedDigits(Number(exponent))}`;
  return (value < 0 ? MINUS : "") + (mantissa === "1" ? power : `${mantissa}×${power}`);
}
