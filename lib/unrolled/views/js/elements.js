// Elements of a page, and text with symbols: "w_{rec}" is written as an italic w with a
// subscript wherever a view shows it, in HTML, in SVG and on a canvas.

const SVG_SPACE = "http://www.w3.org/2000/svg";
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻";
const PLAIN = "0123456789+−";

// In the order of the alternatives: *t*; a letter with a subscript and perhaps an
// exponent; a number or a letter with an exponent; exponents of one character.
const SYMBOL = new RegExp(
  [
    "\\*([^*\\s]+)\\*",
    "(?<![\\p{L}\\d])(\\p{L})_(?:\\{([^}]*)\\}|([\\p{L}\\d]))(?:\\^\\{([^}]*)\\})?",
    "(?<![\\p{L}\\d])(\\d+|\\p{L})\\^(?:\\{([^}]*)\\}|(\\d))",
    `([${RAISED}]+)`,
  ].join("|"),
  "gu",
);

/**
 * The attribute of an element that is worked with the arrow keys. Where JupyterLab finds
 * it, these keys do not lead from cell to cell.
 */
export const OWN_KEYS = "data-lm-suppress-shortcuts";

/**
 * Create an HTML element.
 * @param {string} name Its tag.
 * @param {Object<string, *>} [attributes] Attributes; those that are null, undefined or
 *   false are left out, true becomes an empty value; "text" becomes the text, "on" an
 *   object of listeners by the name of the event.
 * @param {...(Node|string)} children What it holds.
 * @returns {HTMLElement}
 */
export function htmlElement(name, attributes = {}, ...children) {
  return furnish(document.createElement(name), attributes, children);
}

/**
 * Create an SVG element; the arguments are those of `htmlElement`.
 * @returns {SVGElement}
 */
export function svgElement(name, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG_SPACE, name), attributes, children);
}

function furnish(element, { text, on = {}, ...attributes }, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(key, value === true ? "" : value);
  }
  for (const [event, listener] of Object.entries(on)) {
    element.addEventListener(event, listener);
  }
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

/**
 * Split text into runs of one style.
 *
 * The markup is small: `*t*` is an italic symbol, `w_x`, `w_{rec}` and `h_{t-1}` are an
 * italic letter with a subscript (upright if it is a word), `10^{-3}`, `x^2` and the
 * raised digits of Unicode are exponents.
 *
 * @param {string} text
 * @returns {{text: string, italic: boolean, level: number}[]} Level 0 is the line, -1
 *   a subscript, 1 an exponent.
 */
export function parseSymbols(text) {
  const runs = [];
  const add = (piece, italic, level) =>
    piece && runs.push({ text: piece, italic, level });
  let end = 0;
  for (const match of text.matchAll(SYMBOL)) {
    const [whole, italic, letter, word, index, power, base, braced, digit, raised] =
      match;
    add(text.slice(end, match.index), false, 0);
    end = match.index + whole.length;
    if (italic) add(italic, true, 0);
    else if (letter) {
      add(letter, true, 0);
      const below = withMinus(word ?? index);
      add(below, /^\p{L}$/u.test(below) || /[−+]/.test(below), -1);
      if (power) add(withMinus(power), false, 1);
    } else if (base) {
      add(base, !/^\d/.test(base), 0);
      add(withMinus(braced ?? digit), false, 1);
    } else {
      add([...raised].map((sign) => PLAIN[RAISED.indexOf(sign)]).join(""), false, 1);
    }
  }
  add(text.slice(end), false, 0);
  return runs;
}

function withMinus(text) {
  return text.replaceAll("-", "−");
}

/**
 * Text with symbols as plain words, for a label that is read aloud.
 * @param {string} text Such as "weight w_{rec}".
 * @returns {string} Such as "weight w rec".
 */
export function plainSymbols(text) {
  let words = "";
  for (const { text: piece, level } of parseSymbols(text)) {
    words += (level < 0 ? " " : level > 0 ? "^" : "") + piece;
  }
  return words;
}

/**
 * Write text with symbols into an HTML element, in place of what it holds.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function writeSymbols(element, text) {
  const parts = parseSymbols(text).map(({ text: piece, italic, level }) => {
    const inner = italic ? htmlElement("i", { text: piece }) : piece;
    if (level === 0) return inner;
    return htmlElement(level < 0 ? "sub" : "sup", {}, inner);
  });
  element.replaceChildren(...parts);
}

/**
 * Write text with symbols into an SVG <text>, in place of what it holds.
 * @param {SVGTextElement} element
 * @param {string} text
 */
export function writeSvgSymbols(element, text) {
  let shift = 0;
  const parts = parseSymbols(text).map(({ text: piece, italic, level }) => {
    const wanted = level < 0 ? 0.28 : level > 0 ? -0.38 : 0; // of an em, downwards
    const run = svgElement("tspan", {
      text: piece,
      dy: wanted === shift ? null : `${(wanted - shift).toFixed(2)}em`,
      "font-style": italic ? "italic" : null,
      class: level === 0 ? null : "unrolled-small",
    });
    shift = wanted;
    return run;
  });
  element.replaceChildren(...parts);
}
