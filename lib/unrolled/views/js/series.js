// The drawing of each kind of series onto the canvas of a plot.

import { contourPieces } from "./contours.js";
import { MARKERS, dashLengths } from "./marks.js";

const THIN_FROM = 3; // points in a pixel column from which a line is thinned
const FAR_AWAY = 32000; // pixels; a canvas draws nothing sensible beyond
const MARKER_SPACING = 48; // pixels between the markers of a line
const OVERHANG = { image: 0, line: 1, band: 0, rule: 1, points: 10, text: 40 };
const PAINTERS = {
  line: paintLine,
  points: paintPoints,
  band: paintBand,
  rule: paintRule,
  text: paintText,
  image: paintImage,
};

/**
 * What a series is drawn with.
 * @typedef {Object} Pen
 * @property {CanvasRenderingContext2D} context Its unit is a CSS pixel.
 * @property {Object} x Scale of the horizontal axis, see createScale.
 * @property {Object} y Scale of the vertical axis.
 * @property {{left: number, top: number, width: number, height: number}} box
 * @property {number} ratio Pixels of the screen in one of the canvas's units.
 * @property {(name: string) => string} colour A CSS colour for a name.
 * @property {Object} lettering See createLettering.
 * @property {Map<number, Object>} images Painted pictures, by the place of the series.
 */

/**
 * Draw one series, within the box of the plot.
 * @param {Pen} pen
 * @param {Object} series See plot.js.
 * @param {number} index Its place among the series.
 */
export function drawSeries(pen, series, index) {
  const paint = PAINTERS[series.kind];
  if (!paint) {
    const kinds = Object.keys(PAINTERS).join(", ");
    throw new Error(
      `A series has the kind "${series.kind}"; it must be one of ${kinds}.`,
    );
  }
  pen.context.save();
  pen.context.globalAlpha = series.opacity ?? 1;
  clipTo(pen, OVERHANG[series.kind]);
  paint(pen, series, index);
  pen.context.restore();
  if (!series.markers) return;
  pen.context.save();
  pen.context.globalAlpha = series.opacity ?? 1;
  paintMarkers(pen, series, index);
  pen.context.restore();
}

function clipTo({ context, box: { left, top, width, height } }, beyond) {
  context.beginPath();
  context.rect(left - beyond, top - beyond, width + 2 * beyond, height + 2 * beyond);
  context.clip();
}

// --- lines ------------------------------------------------------------------------

function paintLine(pen, series) {
  const { context } = pen;
  const { path, thinned } = linePath(pen, series);
  const width = series.width ?? 2;
  context.lineJoin = thinned ? "bevel" : "round"; // joins by the thousand take long
  if (series.halo) {
    context.strokeStyle = pen.colour(series.halo);
    context.lineWidth = width + 2;
    context.stroke(path);
  }
  context.strokeStyle = pen.colour(series.colour ?? "ink");
  context.lineWidth = width;
  context.setLineDash(dashLengths(series.dash));
  context.stroke(path);
  context.setLineDash([]);
  if (series.arrow) paintArrow(pen, series, width);
}

/** Markers at the edge are drawn whole; those beyond it are not drawn. */
function paintMarkers(pen, series, index) {
  const size = series.size ?? (series.width ?? 2) + 1.6;
  const { left, top, width, height } = pen.box;
  for (const [x, y] of markerPlaces(pen, series, index)) {
    const inside =
      x > left - 1 && x < left + width + 1 && y > top - 1 && y < top + height + 1;
    if (inside) paintMarker(pen, { ...series, marker: series.markers, size }, [x, y]);
  }
}

function linePath(pen, series) {
  const path = new Path2D();
  if (!isRising(series.x)) {
    tracePoints(path, pixelsOf(pen, series, 0, series.y.length), 0.5);
    return { path, thinned: false };
  }
  const [first, last] = visiblePart(pen, series);
  const thinned = last - first > THIN_FROM * pen.box.width;
  if (thinned) traceColumns(path, pen, series, first, last);
  else tracePoints(path, pixelsOf(pen, series, first, last), 0);
  return { path, thinned };
}

function isRising(x) {
  if (!x) return true;
  for (let k = 1; k < x.length; k++) if (!(x[k] >= x[k - 1])) return false;
  return true;
}

/** The first index that may be seen and the one after the last, for rising x. */
function visiblePart({ x: { domain } }, { x, y }) {
  const at = x ? (k) => x[k] : (k) => k;
  const search = (wanted) => {
    let [low, high] = [0, y.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(middle) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const before = search(Math.min(...domain)) - 1; // the line comes in from there
  return [Math.max(before, 0), Math.min(search(Math.max(...domain)) + 1, y.length)];
}

function* pixelsOf(pen, { x, y }, first, last) {
  for (let k = first; k < last; k++) {
    const across = pen.x.toPixel(x ? x[k] : k);
    yield [across, nearBy(pen.y.toPixel(y[k]))];
  }
}

/** Join points to a line, leaving out those nearer than `least` to the one before. */
function tracePoints(path, pixels, least) {
  let [lastX, lastY, skipped] = [NaN, NaN, false];
  for (const [x, y] of pixels) {
    if (Number.isNaN(x + y)) {
      if (skipped) path.lineTo(lastX, lastY);
      [lastX, lastY, skipped] = [NaN, NaN, false];
    } else if (Number.isNaN(lastX)) {
      path.moveTo(x, y);
      [lastX, lastY] = [x, y];
    } else {
      skipped = Math.abs(x - lastX) + Math.abs(y - lastY) < least;
      if (skipped) continue;
      path.lineTo(x, y);
      [lastX, lastY] = [x, y];
    }
  }
}

/** Draw each column of pixels from its least to its greatest value, or back. */
function traceColumns(path, pen, { x, y }, first, last) {
  const rising = pen.x.toPixel(pen.x.domain[1]) >= pen.x.toPixel(pen.x.domain[0]);
  const forwards = rising === pen.x.domain[1] >= pen.x.domain[0];
  let before = NaN; // the pixel at which the line stands; NaN after a gap
  for (let k = first; k < last;) {
    const column = pen.x.toPixel(x ? x[k] : k);
    const bound = pen.x.toValue(
      forwards ? Math.floor(column) + 1 : Math.ceil(column) - 1,
    );
    let [low, high] = [Infinity, -Infinity]; // stay so where there are only gaps
    do {
      const value = y[k];
      if (value < low) low = value;
      if (value > high) high = value;
      k++;
    } while (k < last && (x ? x[k] : k) < bound);
    const ends = [low, high].map((value) => nearBy(pen.y.toPixel(value)));
    if (low > high || Number.isNaN(ends[0] + ends[1])) {
      before = NaN;
      continue;
    }
    if (Math.abs(ends[1] - before) < Math.abs(ends[0] - before)) ends.reverse();
    if (Number.isNaN(before)) path.moveTo(column, ends[0]);
    else path.lineTo(column, ends[0]);
    if (ends[0] !== ends[1]) path.lineTo(column, ends[1]);
    before = ends[1];
  }
}

function nearBy(pixel) {
  return Math.min(Math.max(pixel, -FAR_AWAY), FAR_AWAY);
}

/** Where the markers of a line stand: they stay at their points while a line grows. */
function markerPlaces(pen, series, index) {
  const spacing = series.spacing ?? MARKER_SPACING;
  if (spacing === 0) return [...pixelsOf(pen, series, 0, series.y.length)];
  if (!isRising(series.x)) {
    return spacedPlaces(pixelsOf(pen, series, 0, series.y.length), spacing);
  }
  const [first, last] = visiblePart(pen, series);
  const place = (k) => pen.x.toPixel(series.x ? series.x[k] : k);
  const each = Math.abs(place(last - 1) - place(first)) / Math.max(last - first - 1, 1);
  const stride = each > 0 ? 2 ** Math.max(0, Math.ceil(Math.log2(spacing / each))) : 1;
  // Lines that lie on each other have their markers beside each other.
  const phase = Math.floor(((index * 3) % 8) * (stride / 8));
  const places = [];
  const start = Math.ceil((first - phase) / stride) * stride + phase;
  for (let k = Math.max(start, phase); k < last; k += stride) {
    places.push(...pixelsOf(pen, series, k, k + 1));
  }
  return places;
}

function spacedPlaces(pixels, spacing) {
  const places = [];
  for (const place of pixels) {
    const before = places.at(-1);
    if (before && Math.hypot(place[0] - before[0], place[1] - before[1]) < spacing)
      continue;
    if (!Number.isNaN(place[0] + place[1])) places.push(place);
  }
  return places;
}

function paintArrow(pen, series, width) {
  const pixels = [...pixelsOf(pen, series, 0, series.y.length)];
  const [x, y] = pixels.at(-1) ?? [];
  const from = pixels.findLast((place) => Math.hypot(place[0] - x, place[1] - y) > 4);
  if (!from) return;
  const { context } = pen;
  context.translate(x, y);
  context.rotate(Math.atan2(y - from[1], x - from[0]));
  context.scale(width, width);
  context.fillStyle = pen.colour(series.colour ?? "ink");
  context.fill(new Path2D("M1.5 0L-3.5-2.5V2.5Z"));
}

// --- points, bands, rules, text -----------------------------------------------------

function paintPoints(pen, series) {
  const look = { marker: "o", size: 4, ...series };
  const places = [...pixelsOf(pen, series, 0, series.y.length)];
  for (const place of places) paintMarker(pen, look, place);
  places.forEach(([x, y], k) => {
    const text = series.labels?.[k];
    if (!text) return;
    const { left, width } = pen.box;
    const atRight = x > left + 0.8 * width;
    const away = (atRight ? -1 : 1) * (look.size + 6);
    writeLabel(pen, series, text, x + away, y, atRight ? "right" : "left");
  });
}

function paintMarker(
  pen,
  { marker, size, filled = true, colour = "ink", halo },
  [x, y],
) {
  if (Number.isNaN(x + y)) return;
  const { context } = pen;
  const open = marker === "x";
  const path = new Path2D();
  path.addPath(
    new Path2D(MARKERS[marker] ?? MARKERS.o),
    new DOMMatrix([size, 0, 0, size, x, y]),
  );
  context.lineJoin = "miter";
  if (halo || (filled && !open)) {
    context.strokeStyle = pen.colour(halo ?? "ground");
    context.lineWidth = halo ? 4 : 1.5;
    context.stroke(path);
  }
  context.fillStyle = pen.colour(filled ? colour : "ground");
  if (!open) context.fill(path);
  if (filled && !open) return;
  context.strokeStyle = pen.colour(colour);
  context.lineWidth = 1.8;
  context.stroke(path);
}

function paintBand(pen, series) {
  const { context } = pen;
  const upper = [
    ...pixelsOf(pen, { x: series.x, y: series.high }, 0, series.high.length),
  ];
  const lower = [
    ...pixelsOf(pen, { x: series.x, y: series.low }, 0, series.low.length),
  ];
  const outline = [...upper, ...lower.reverse()].filter(
    ([x, y]) => !Number.isNaN(x + y),
  );
  const path = new Path2D();
  tracePoints(path, outline, 0);
  context.globalAlpha = series.opacity ?? 0.2;
  context.fillStyle = pen.colour(series.colour ?? "ink");
  context.fill(path);
}

function paintRule(pen, series) {
  const { context, box } = pen;
  const upright = series.x !== undefined;
  const at = upright ? pen.x.toPixel(series.x) : pen.y.toPixel(series.y);
  const [right, bottom] = [box.left + box.width, box.top + box.height];
  const path = new Path2D();
  path.moveTo(upright ? at : box.left, upright ? box.top : at);
  path.lineTo(upright ? at : right, upright ? bottom : at);
  if (series.halo) {
    context.strokeStyle = pen.colour(series.halo);
    context.lineWidth = (series.width ?? 1.25) + 2;
    context.stroke(path);
  }
  context.strokeStyle = pen.colour(series.colour ?? "muted");
  context.lineWidth = series.width ?? 1.25;
  context.setLineDash(dashLengths(series.dash));
  context.stroke(path);
  if (series.label) labelRule(pen, series, at, upright);
}

/** Beside an upright rule, at its top; above a level one, at its right or left end. */
function labelRule(pen, series, at, upright) {
  const { left, top, width } = pen.box;
  const far = at > left + 0.75 * width;
  const align = series.align ?? (upright && !far ? "left" : "right");
  const beside = align === "left" ? 6 : -6;
  const x = upright ? at + beside : (align === "left" ? left : left + width) + beside;
  writeLabel(
    pen,
    series,
    series.label,
    x,
    upright ? top + 10 : Math.max(at - 10, top + 9),
    align,
  );
}

function paintText(pen, series) {
  const [right, up] = series.offset ?? [0, 0];
  const [x, y] = [pen.x.toPixel(series.x) + right, pen.y.toPixel(series.y) - up];
  writeLabel(pen, series, series.text, x, y, series.align ?? "left");
}

/** Write in ink, which can always be read, surrounded by the ground or by the halo. */
function writeLabel(pen, series, text, x, y, align) {
  const colour = series.halo ? (series.colour ?? "ink") : (series.textColour ?? "ink");
  const style = { size: 13, align, halo: pen.colour(series.halo ?? "ground") };
  pen.lettering.write(text, x, y, { ...style, colour: pen.colour(colour) });
}

// --- images ------------------------------------------------------------------------

function paintImage(pen, series, index) {
  const { context } = pen;
  const { rows, columns, extent } = series;
  const picture = pictureOf(pen, series, index);
  const [left, right] = [pen.x.toPixel(extent[0]), pen.x.toPixel(extent[1])];
  const [bottom, top] = [pen.y.toPixel(extent[2]), pen.y.toPixel(extent[3])];
  const across = (right - left) / columns;
  const down = (bottom - top) / rows;
  context.save();
  context.transform(across, 0, 0, down, left, top);
  context.imageSmoothingEnabled = series.smooth ?? true;
  context.drawImage(picture.canvas, 0, 0);
  context.restore();
  if (!picture.contours) return;
  const path = new Path2D();
  path.addPath(picture.contours, new DOMMatrix([across, 0, 0, down, left, top]));
  context.strokeStyle = pen.colour(series.levelColour ?? "#ffffff70");
  context.lineWidth = 1 / pen.ratio; // the thinnest line is drawn ten times as fast
  context.stroke(path);
}

/** The painted picture of an image series; painted again only where it has changed. */
function pictureOf(pen, series, index) {
  const { values, rows, columns, colours, levels, version } = series;
  const known = pen.images.get(index);
  const signs = [values, rows, columns, colours, levels, version];
  if (known && signs.every((sign, k) => sign === known.signs[k])) return known;
  const canvas = known?.canvas ?? document.createElement("canvas");
  paintPixels(canvas, series);
  const contours = levels?.length ? contourPath(series) : null;
  const picture = { signs, canvas, contours };
  pen.images.set(index, picture);
  return picture;
}

function paintPixels(canvas, { values, rows, columns, colours }) {
  if (canvas.width !== columns || canvas.height !== rows) {
    Object.assign(canvas, { width: columns, height: rows });
  }
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pixels = context.createImageData(columns, rows);
  const words = new Uint32Array(pixels.data.buffer); // alpha, blue, green, red
  for (let row = 0; row < rows; row++) {
    const start = (rows - 1 - row) * columns; // a canvas begins at the top
    for (let column = 0; column < columns; column++) {
      const [red, green, blue] = colours(values[row * columns + column]);
      words[start + column] = 0xff000000 | (blue << 16) | (green << 8) | red;
    }
  }
  context.putImageData(pixels, 0, 0);
}

/** The contours in units of the picture: pixels of its canvas from the top left. */
function contourPath({ values, rows, columns, levels }) {
  const pieces = contourPieces(values, rows, columns, levels);
  const path = new Path2D();
  for (let k = 0; k < pieces.length; k += 4) {
    path.moveTo(pieces[k] + 0.5, rows - pieces[k + 1] - 0.5);
    path.lineTo(pieces[k + 2] + 0.5, rows - pieces[k + 3] - 0.5);
  }
  return path;
}
