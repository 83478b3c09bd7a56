/** What the tests of the views' JavaScript share. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** Read what the Python library computed: tests/js/golden/<name>.json. */
export function golden(name) {
  return JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url)));
}

/**
 * Demand that two numbers, lists of numbers, or objects and lists of these agree: equal
 * names and lengths, and a distance of at most `tolerance` times the norm.
 */
export function assertClose(given, wanted, tolerance = 1e-9, place = "it") {
  if (typeof wanted === "number") {
    assert.equal(typeof given, "number", `${place} is no number`);
    assertNear([given], [wanted], tolerance, place);
  } else if (isListOfNumbers(wanted)) {
    assertNear(given, wanted, tolerance, place);
  } else {
    assert.deepEqual(Object.keys(given).sort(), Object.keys(wanted).sort(), place);
    for (const [name, part] of Object.entries(wanted)) {
      assertClose(given[name], part, tolerance, `${place}.${name}`);
    }
  }
}

function isListOfNumbers(value) {
  const listed = Array.isArray(value) && typeof value[0] === "number";
  return listed || ArrayBuffer.isView(value);
}

function assertNear(given, wanted, tolerance, place) {
  assert.equal(given.length, wanted.length, `${place} has another length`);
  const distance = Math.hypot(...wanted.map((value, k) => value - given[k]));
  const allowed = tolerance * Math.hypot(...wanted);
  assert.ok(distance <= allowed, `${place}: distance ${distance} is above ${allowed}`);
}
