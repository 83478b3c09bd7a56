import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  chosenDistribution,
  drawIndex,
  tempered,
} from "../../lib/unrolled/views/js/sampler_choosing.js";
import {
  SALIENCY_REACH,
  SAMPLER_LONGEST,
  SAMPLER_PREFIXES,
  SamplerRun,
  topOfDistribution,
} from "../../lib/unrolled/views/js/sampler_model.js";
import { unpackNets } from "../../lib/unrolled/views/js/sampler_nets.js";
import { saliencyHeight } from "../../lib/unrolled/views/js/sampler_text.js";
import {
  activationText,
  counted,
  percentText,
  placeText,
  saliencyText,
  shownSign,
  spokenSign,
  stateText,
  unitText,
  unknownText,
} from "../../lib/unrolled/views/js/sampler_words.js";
import { assertClose, golden } from "./tools.js";

const SHIPPED = new URL("../../lib/unrolled/training/sampler_nets.bin", import.meta.url);
const PLAIN = { temperature: 1, topK: null, nucleus: null, seed: 0 };

const cases = golden("sampler");
const ofKind = (kind) => cases.filter((each) => each.kind === kind);

function viewOf(bytes, offset = 0) {
  // Bytes may begin anywhere in a buffer.
  const moved = new Uint8Array(bytes.length + offset);
  moved.set(bytes, offset);
  return new DataView(moved.buffer, offset);
}

function toyNet() {
  const [{ packed }] = ofKind("net");
  return unpackNets(viewOf(Buffer.from(packed, "base64"), 3))[0];
}

function shippedNets() {
  const nets = unpackNets(viewOf(readFileSync(SHIPPED)));
  return Object.fromEntries(nets.map((net) => [net.name, net]));
}

// --- the numbers of the library -----------------------------------------------------

test("characters are chosen as in the library", () => {
  for (const { logits, choices } of ofKind("choosing")) {
    for (const { choice, shares, uniforms, drawn } of choices) {
      const found = chosenDistribution(Float64Array.from(logits), choice);
      assertClose(found, shares, 1e-12, JSON.stringify(choice));
      const isKept = (share) => share > 0;
      assert.deepEqual([...found].map(isKept), shares.map(isKept));
      const at = uniforms.map((uniform) => drawIndex(found, uniform));
      assert.deepEqual(at, drawn, JSON.stringify(choice));
    }
  }
});

test("a packed net is unpacked to the last digit", () => {
  const net = toyNet();
  const [{ factors }] = ofKind("net");
  for (const [name, numbers] of Object.entries(factors)) {
    assert.deepEqual([...net[name]], numbers, name);
  }
  assert.deepEqual([net.size, net.hidden, net.embedding], [6, 4, 3]);
  assert.equal(net.characters.join(""), "\n ab人分");
  assert.deepEqual(net.units, [[2, "nothing"]]);
});

test("a net reads, predicts and is differentiated as in the library", () => {
  const [{ text, states, logits, saliency, short_saliency }] = ofKind("net");
  const net = toyNet();
  const run = new SamplerRun(net, text, PLAIN);
  text.forEach((_, t) => {
    assertClose(run.state(t + 1), states[t], 1e-12, `state ${t + 1}`);
    assertClose(net.logits(run.state(t + 1)), logits[t], 1e-12, `logits ${t + 1}`);
  });
  saliency.forEach((lengths, k) => {
    assertClose(run.saliencyAt(k + 1), lengths, 1e-10, `saliency at ${k + 1}`);
  });
  assertClose(run.saliencyAt(7).slice(-3), short_saliency, 1e-10);
});

test("texts are those of the library, character by character", () => {
  const nets = shippedNets();
  for (const stored of ofKind("text")) {
    const net = nets[stored.language];
    const { indices, unknown } = net.encode(stored.prefix);
    assert.deepEqual(unknown, []);
    const run = new SamplerRun(net, indices, { ...stored.choice, seed: stored.seed });
    const wanted = [...stored.text];
    run.upTo(wanted.length);
    const place = run.text.length - 1;
    const name = `${stored.language}, ${JSON.stringify(stored.choice)}`;
    const written = run.text.slice(run.prefixLength).map((k) => net.characters[k]);
    assert.equal(written.join(""), stored.text, name);
    assertClose(run.state(place).slice(0, 6), stored.hidden, 1e-9, name);
    const { chosen } = run.distributionAt(place);
    const best = stored.best.map((index) => chosen[index]);
    assertClose(best, stored.shares, 1e-9, name);
    assertClose(run.bits.slice(-5), stored.bits, 1e-9, name);
    assertClose(run.saliencyAt(place).slice(-8), stored.saliency, 1e-8, name);
  }
});

test("the shipped nets know the prefixes of the view", () => {
  const nets = shippedNets();
  assert.deepEqual(Object.keys(nets), Object.keys(SAMPLER_PREFIXES));
  for (const [name, prefix] of Object.entries(SAMPLER_PREFIXES)) {
    assert.deepEqual(nets[name].encode(prefix).unknown, []);
  }
});

// --- saliency, otherwise -------------------------------------------------------------

test("saliency is the slope of the log probability along each character", () => {
  const net = toyNet();
  const text = [2, 5, 1, 4, 3];
  const place = 4;
  const run = new SamplerRun(net, text, PLAIN);
  const lengths = run.saliencyAt(place);
  // A one-hot row that is moved by d moves what is read by d E: read mixtures of rows.
  const logProbability = (rows) => {
    let h = new Float64Array(net.hidden);
    const E = net.E;
    for (const row of rows) {
      net.E = Float64Array.from(row); // the only character
      const next = new Float64Array(net.hidden);
      net.step(0, h, next);
      h = next;
    }
    net.E = E;
    return Math.log(tempered(net.logits(h), 1)[text[place]]);
  };
  const rowOf = (k) => [...net.E.slice(k * net.embedding, (k + 1) * net.embedding)];
  for (let at = 0; at < place; at++) {
    const slopes = Array.from({ length: net.size }, (_, k) => {
      const moved = (step) => {
        const rows = text.slice(0, place).map(rowOf);
        rows[at] = rows[at].map((value, i) => value + step * rowOf(k)[i]);
        return logProbability(rows);
      };
      return (moved(1e-5) - moved(-1e-5)) / 2e-5;
    });
    assertClose(lengths[at], Math.hypot(...slopes), 1e-6, `character ${at}`);
  }
});

test("saliency looks back as far as it is said to", () => {
  const run = new SamplerRun(toyNet(), [1], PLAIN);
  run.upTo(SALIENCY_REACH + 30);
  assert.equal(run.saliencyAt(20).length, 20);
  assert.equal(run.saliencyAt(run.text.length).length, SALIENCY_REACH);
});

// --- runs ----------------------------------------------------------------------------

test("a text is the same however it is cut into pieces, and longer ones begin alike", () => {
  const settings = { ...PLAIN, seed: 9 };
  const [one, other] = [1, 2].map(() => new SamplerRun(toyNet(), [1, 2], settings));
  one.upTo(700); // more than there is room for at first
  while (other.length < 700) other.upTo(700, 0);
  assert.deepEqual(one.text, other.text);
  assert.deepEqual(one.state(), other.state());
  assert.deepEqual(one.state(300), other.state(300));
});

test("a text ends", () => {
  const run = new SamplerRun(toyNet(), [1], PLAIN);
  run.upTo(Infinity);
  assert.equal(run.length, SAMPLER_LONGEST);
  assert.ok(run.isOver);
  assert.equal(run.bits.length, run.text.length);
});

test("one number is drawn for each character, whatever the settings", () => {
  // The greedy text and the other use up the generator alike: so do their next numbers.
  const greedy = new SamplerRun(toyNet(), [1], { ...PLAIN, temperature: 0 });
  const free = new SamplerRun(toyNet(), [1], PLAIN);
  for (const run of [greedy, free]) run.upTo(50);
  assert.equal(greedy.generator.uniform(), free.generator.uniform());
});

test("bits are those of the net itself, and their mean is that of what was written", () => {
  const run = new SamplerRun(toyNet(), [1, 2, 3], { ...PLAIN, temperature: 0.5 });
  assert.ok(Number.isNaN(run.bits[0]) && Number.isNaN(run.meanBits));
  run.upTo(40);
  for (const place of [1, 2, 3, 42]) {
    const { own } = run.distributionAt(place);
    assertClose(run.bits[place], -Math.log2(own[run.text[place]]), 1e-9);
  }
  const written = run.bits.slice(3);
  assert.equal(written.length, 40);
  assertClose(run.meanBits, written.reduce((a, b) => a + b) / 40, 1e-12);
});

test("the most probable characters come first, and the drawn one in any case", () => {
  const run = new SamplerRun(toyNet(), [1, 2], { ...PLAIN, topK: 2, seed: 3 });
  run.upTo(30);
  for (let place = 1; place <= run.text.length; place++) {
    const top = topOfDistribution(run, place, 3);
    const shares = top.rows.map(({ own }) => own);
    assert.deepEqual(shares, [...shares].sort((a, b) => b - a));
    assert.equal(top.rows[0].rank, 1);
    const drawn = top.rows.filter(({ isDrawn }) => isDrawn);
    assert.deepEqual(
      drawn.map(({ index }) => index),
      place < run.text.length ? [run.text[place]] : [],
    );
    assert.deepEqual([top.kept, top.others], [2, 3]);
    assertClose(top.rest + shares.reduce((a, b) => a + b), 1, 1e-9);
  }
  const { own } = run.distributionAt(1);
  const rare = own.indexOf(Math.min(...own));
  const odd = new SamplerRun(toyNet(), [1, rare], PLAIN);
  const { rows } = topOfDistribution(odd, 1, 3);
  assert.deepEqual([rows[2].index, rows[2].rank, rows[2].isDrawn], [rare, 6, true]);
});

// --- what is amiss --------------------------------------------------------------------

test("bytes that are no nets are refused", () => {
  assert.throws(() => unpackNets(viewOf(new Uint8Array(40))), /begin with UNRNETS1, but/);
});

test("what a net does not know is found, once each", () => {
  const { indices, unknown } = toyNet().encode("aéb人é😀");
  assert.deepEqual(indices, [2, 3, 4]);
  assert.deepEqual(unknown, ["é", "😀"]);
});

// --- in words -------------------------------------------------------------------------

test("signs that cannot be seen are shown and named", () => {
  assert.deepEqual(["a", " ", "\n"].map(shownSign), ["a", "␣", "↵"]);
  assert.deepEqual(["a", " ", "\n"].map(spokenSign), ["“a”", "space", "line end"]);
});

test("probabilities, activations and numbers are written", () => {
  const shares = [1, 0.9999, 0.345, 0.0123, 0.00123, 0.000456, 1e-7, 0];
  const texts = ["100", ">99", "35", "1.2", "0.12", "0.046", "<0.01", "0"];
  assert.deepEqual(
    shares.map(percentText),
    texts.map((text) => `${text}\u202f%`),
  );
  assert.deepEqual([0.834, -0.2, 0, 0.001].map(activationText), [
    ...["+0.83", "−0.20", "0.00", "0.00"],
  ]);
  assert.equal(counted(1, "character"), "1 character");
  assert.equal(counted(2000, "character"), "2\u202f000 characters");
});

test("what the net does not know is told", () => {
  assert.equal(unknownText([], "English", false), "");
  assert.equal(
    unknownText(["é", "字"], "English", false),
    "The English net does not know “é”, “字”: left out.",
  );
  assert.match(unknownText(["é"], "English", true), /left out\. The net has to read/);
});

test("a place is told: the prefix, what was drawn, what comes next", () => {
  const run = new SamplerRun(toyNet(), [1, 2, 3], { ...PLAIN, topK: 2 });
  const told = (place) => placeText(run, place, topOfDistribution(run, place, 6));
  assert.match(told(1), /^Nothing is written yet\. Character 2, “a”, of the prefix: /);
  assert.match(told(3), /Next: 2 characters can be drawn; the most probable is .+ with/);
  run.upTo(10);
  const text = told(12);
  assert.match(text, /^Written: 10 characters, on average \d\.\d\d bits each\. /);
  assert.match(text, /Character 13, .+, drawn with .+ from 2 characters: the net gave/);
  const [, bits] = /that is (\d\.\d\d) bits\.$/.exec(text);
  assert.equal(bits, run.bits[12].toFixed(2));
});

test("a unit, the state and what matters are told", () => {
  const run = new SamplerRun(toyNet(), [2, 1], PLAIN);
  const value = activationText(run.state(1)[3]);
  assert.equal(unitText(run, 4, 0), `Unit 4 after “a”: ${value}`);
  assert.match(stateText(run, 4, 0, 1), /^Heat map of the state: 4 units, .* 1 to 2\./);
  assert.match(saliencyText(run, 1, 0.25), /^space matters 25\u202f% as much as/);
  assert.match(saliencyText(run, 1, undefined), /^space is not looked at/);
});

test("bars of saliency are heights by logarithm", () => {
  const heights = [1, 0.1, 0.01, 0.001, 0, NaN, undefined].map(saliencyHeight);
  assertClose(heights, [1, 0.5, 0, 0, 0, 0, 0], 1e-12);
});
