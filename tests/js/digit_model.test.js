import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { centredDrawing, frameWeights } from "../../lib/unrolled/views/js/digit_frame.js";
import { InkHistory, isBlank, strokeInk } from "../../lib/unrolled/views/js/digit_ink.js";
import { DigitReading, unpackDigitNet } from "../../lib/unrolled/views/js/digit_net.js";
import {
  aDigit,
  digitText,
  imageName,
  movedText,
  padCursorText,
  padText,
  readingText,
} from "../../lib/unrolled/views/js/digit_words.js";
import { assertClose, golden } from "./tools.js";

const SHIPPED = new URL("../../lib/unrolled/training/digit_net.bin", import.meta.url);
const SIDE = 28;

const cases = golden("digit");
const ofKind = (kind) => cases.filter((each) => each.kind === kind);
const bytesOf = (text) => Uint8Array.from(Buffer.from(text, "base64"));

function viewOf(bytes, offset = 0) {
  // Bytes may begin anywhere in a buffer.
  const moved = new Uint8Array(bytes.length + offset);
  moved.set(bytes, offset);
  return new DataView(moved.buffer, offset);
}

const netOf = {
  toy: () => unpackDigitNet(viewOf(bytesOf(ofKind("toy")[0].packed), 3)),
  shipped: () => unpackDigitNet(viewOf(readFileSync(SHIPPED))),
};

// --- the numbers of the library -----------------------------------------------------

test("drawings are brought into the frame pixel by pixel as in the library", () => {
  const frames = ofKind("frame");
  for (const { size, drawing, framed } of frames) {
    const found = centredDrawing(bytesOf(drawing), ...size);
    if (framed === "") assert.equal(found, null, String(size));
    else assert.deepEqual(found, bytesOf(framed), String(size));
  }
  assert.equal(frames.filter(({ framed }) => framed === "").length, 2);
});

test("the weights of a new pixel add up to the same for all", () => {
  const sum = (row) => row.reduce((a, b) => a + b, 0);
  for (const [old, wanted] of [[28, 20], [20, 20], [7, 20], [1, 20], [3, 1]]) {
    const sums = frameWeights(old, wanted).map(sum);
    assert.equal(sums.length, wanted);
    assert.deepEqual(new Set(sums), new Set([wanted <= old ? old : 2 * wanted]));
  }
});

test("a packed net is unpacked to the last digit", () => {
  const net = netOf.toy();
  const [{ parameters }] = ofKind("toy");
  for (const [name, numbers] of Object.entries(parameters)) {
    assert.deepEqual([...net[name]], numbers, name);
  }
  assert.deepEqual([net.pixels, net.hidden, net.classes], [4, 3, 3]);
  assert.deepEqual([net.name, net.about], ["toy", "Drawn at random."]);
});

test("other bytes are refused", () => {
  const other = viewOf(new TextEncoder().encode("UNRNETS1 and more"));
  assert.throws(() => unpackDigitNet(other), /must hold packed nets.*UNRNETS1/);
});

for (const kind of ["toy", "shipped"]) {
  test(`the ${kind} net reads an image as in the library`, () => {
    const [wanted] = ofKind(kind);
    const reading = new DigitReading(netOf[kind](), bytesOf(wanted.image));
    const { rows, probabilities } = reading;
    const states = reading.state(rows).slice(0, wanted.states.length);
    assertClose(states, wanted.states, 1e-12, "states");
    const last = probabilities.slice(-wanted.probabilities.length);
    assertClose(last, wanted.probabilities, 1e-12, "probabilities");
    assert.deepEqual([reading.chosen, reading.runnerUp], wanted.chosen);
    assertClose(reading.margin, wanted.margin, 1e-12, "margin");
    assert.equal(reading.isAttributed, false);
    while (!reading.attribute(0)); // a row at a time
    assertClose(reading.moved, wanted.moved, 1e-11, "moved");
    assert.equal(reading.ranked(rows)[0], wanted.chosen[0]);
  });
}

test("a row of paper has moved nothing, exactly", () => {
  const [wanted] = ofKind("shipped");
  const reading = new DigitReading(netOf.shipped(), bytesOf(wanted.image));
  reading.attribute();
  assert.ok(reading.firstInk > 1);
  for (let t = 0; t < reading.firstInk - 1; t++) assert.equal(reading.moved[t], 0);
});

test("the answer is settled where it does not change any more", () => {
  const [wanted] = ofKind("shipped");
  const reading = new DigitReading(netOf.shipped(), bytesOf(wanted.image));
  const answers = reading.probabilities.map((_, t) => reading.ranked(t + 1)[0]);
  const { settledAt } = reading;
  assert.ok(answers.slice(settledAt - 1).every((answer) => answer === reading.chosen));
  if (settledAt > 1) assert.notEqual(answers[settledAt - 2], reading.chosen);
});

test("paper alone is read too", () => {
  const reading = new DigitReading(netOf.shipped(), new Uint8Array(SIDE * SIDE));
  reading.attribute();
  assert.equal(reading.firstInk, SIDE + 1);
  assert.deepEqual(new Set(reading.moved), new Set([0]));
  assert.equal(movedText(reading), "");
});

// --- ink ----------------------------------------------------------------------------

test("a stroke is soft, stays on the pad, and can be rubbed out", () => {
  const ink = new Uint8Array(SIDE * SIDE);
  strokeInk(ink, [5.5, 10.5], [20.5, 10.5]);
  const at = (row, column) => ink[row * SIDE + column];
  assert.deepEqual([at(10, 5), at(10, 12), at(10, 20)], [255, 255, 255]);
  assert.ok(at(9, 12) > 100 && at(9, 12) < 255, "soft");
  assert.equal(at(9, 12), at(11, 12));
  assert.deepEqual([at(8, 12), at(10, 3), at(10, 22)], [0, 0, 0]);
  const before = ink.slice();
  strokeInk(ink, [5.5, 10.5], [20.5, 10.5]);
  assert.deepEqual(ink, before, "ink covers, it does not add up");
  strokeInk(ink, [-30, -30], [60, 60]); // beyond the pad
  strokeInk(ink, [-5, 10.5], [40, 10.5], true);
  assert.deepEqual([at(10, 5), at(9, 12), at(10, 10)], [0, 0, 0]);
  assert.equal(isBlank(ink), false);
  for (let row = 0; row < SIDE; row++) strokeInk(ink, [0, row], [SIDE, row], true);
  assert.ok(isBlank(ink));
});

test("the past is kept, but not for ever", () => {
  const history = new InkHistory(3);
  assert.ok(history.isEmpty);
  for (const step of [1, 2, 3, 4]) history.keep(step);
  assert.deepEqual([history.back(), history.back(), history.back()], [4, 3, 2]);
  assert.ok(history.isEmpty);
});

// --- words --------------------------------------------------------------------------

/** A reading of two rows, as far as the words need it. */
function told(changes = {}) {
  const shares = [[0.2, 0.7, 0.1], [0.9, 0.08, 0.02]];
  return {
    ...{ rows: 2, probabilities: shares, chosen: 0, runnerUp: 1, margin: 2.42 },
    ...{ settledAt: 2, firstInk: 1, isAttributed: true, moved: [0.2, 1.5] },
    ...{ net: { hidden: 3 } },
    ranked: (row) => (row === 1 ? [1, 0, 2] : [0, 1, 2]),
    ...changes,
  };
}

test("the summary says what is read, and what moved it", () => {
  const about = { label: null, isEmpty: false };
  assert.equal(
    digitText(told(), 2, about),
    "The whole image: a 0 with 90\u202f%, then a 1 with 8.0\u202f%. The last row " +
      "decided it. Row 2 moved it most: without it, the lead of 0 over 1 shrinks from " +
      "2.4 nats to 0.9 nats.",
  );
  assert.match(digitText(told(), 1, about), /^So far, after 1 of 2 rows: a 1 with 70/);
  assert.match(digitText(told(), 2, { ...about, label: 0 }), /%\. ✓ Right\. The last/);
  const wrong = digitText(told(), 2, { ...about, label: 1 });
  assert.match(wrong, / ✗ Wrong: the label says 1\. /);
  assert.doesNotMatch(digitText(told(), 1, { ...about, label: 1 }), /Wrong/);
  const empty = digitText(told(), 2, { ...about, isEmpty: true });
  assert.match(empty, /^The pad is empty: .* even blank paper is a 0 with 90/);
});

test("it says since when the answer stands", () => {
  const about = { label: null, isEmpty: false };
  const since = (changes) => digitText(told({ rows: 2, ...changes }), 2, about);
  assert.match(since({ settledAt: 1 }), /It has said 0 since row 1\./);
  const unread = since({ settledAt: 1, firstInk: 2 });
  assert.match(unread, /It said 0 before it saw any ink\./);
});

test("it says what a row has done, whatever that was", () => {
  assert.match(movedText(told({ moved: [0.1, -1] })), /grows from 2\.4 nats to 3\.4 nats/);
  const turned = movedText(told({ moved: [3, 1] }));
  assert.match(turned, /^Row 1 .* 0 leads 1 by 2\.4 nats, without it 1 leads by 0\.6/);
  assert.equal(movedText(told({ isAttributed: false })), "");
});

test("pictures and images have names", () => {
  assert.match(readingText(told(), 2), /the 2 rows .* at row 2 most for 0, 90/);
  assert.equal(imageName(0, 7), "Image 1, labelled 7");
  assert.equal(imageName(0, 7, 7), "Image 1, labelled 7, read rightly");
  assert.equal(imageName(4, 7, 2), "Image 5, labelled 7, wrong: read as 2");
  assert.deepEqual([8, 3].map(aDigit), ["an 8", "a 3"]);
  assert.equal(padText(null, null, true), "The pad is empty.");
  assert.equal(padText(null, null, false), "The pad shows what was drawn.");
  assert.equal(padText(2, 9, false), "The pad shows test image 3, labelled 9.");
});

test("the cursor is told", () => {
  const cursor = { row: 3, column: 4, penDown: false, shown: true };
  assert.equal(
    padCursorText(cursor, false),
    "Row 3, column 4; the pen is up: space puts it down.",
  );
  const rubbing = padCursorText({ ...cursor, penDown: true }, true);
  assert.match(rubbing, /the rubber is down: arrows erase, space lifts it/);
  assert.match(padCursorText({ ...cursor, shown: false }, false), /^Draw with mouse/);
});
