import assert from "node:assert/strict";
import { test } from "node:test";

import { Generator } from "../../lib/unrolled/views/js/numerics.js";
import { assertClose, golden } from "./tools.js";

const repeat = (times, draw) => Array.from({ length: times }, draw);

for (const stream of golden("random")) {
  test(`the stream of seed ${stream.seed} is that of Python`, () => {
    const generator = new Generator(stream.seed);
    const { bits32, uniform, integers, normal, choice } = stream;
    assert.deepEqual(repeat(bits32.length, () => generator.bits32()), bits32);
    assert.deepEqual(repeat(uniform.length, () => generator.uniform()), uniform);
    for (const { of, drawn } of integers) {
      assert.deepEqual(repeat(drawn.length, () => generator.integers(...of)), drawn);
    }
    for (const wanted of normal) assertClose(generator.normal(), wanted, 1e-12);
    for (const { of, drawn } of choice) {
      assert.deepEqual(repeat(drawn.length, () => generator.choice(of)), drawn);
    }
    assert.deepEqual([...generator.uniforms(6)], stream.uniforms);
    assertClose(generator.normals(5), stream.normals, 1e-12);
  });
}

test("two generators of one seed do not disturb each other", () => {
  const [first, second] = [new Generator(5), new Generator(5)];
  const drawn = repeat(10, () => first.bits32());
  assert.deepEqual(repeat(10, () => second.bits32()), drawn);
});

test("a point at the very end finds the last probability that is not 0", () => {
  const generator = new Generator(1);
  generator.uniform = () => 1;
  assert.equal(generator.choice([0.5, 0.5, 0]), 1);
});

test("a seed that is none is refused", () => {
  for (const seed of [-1, 0.5, 2 ** 32, NaN, Infinity]) {
    assert.throws(() => new Generator(seed), RangeError);
  }
  for (const seed of [undefined, "1", null]) {
    assert.throws(() => new Generator(seed), TypeError);
  }
});

test("bounds and probabilities that make no sense are refused", () => {
  const generator = new Generator(1);
  for (const bounds of [[1, 1], [2, 1], [0, 2 ** 32 + 1], [0.5, 2], [0, NaN]]) {
    assert.throws(() => generator.integers(...bounds), RangeError);
  }
  for (const shares of [[0.5, 0.4], [1.5, -0.5], [], [NaN, 1]]) {
    assert.throws(() => generator.choice(shares), RangeError);
  }
  assert.throws(() => generator.choice("ab"), TypeError);
});
