/** Frames of two versions that belong together: exact at equal rates, by time at others, both ways. */

import assert from "node:assert/strict";
import test from "node:test";

import { parseRate } from "../../../themes/default/static/js/lib/timecode.js";
import { Mapping, bySeconds, byTimecode } from "../../../themes/default/static/js/compare/mapping.js";

const film = (rate, frames, start = 0) => ({ rate: parseRate(rate), frames, start });
const still = { rate: null, frames: 1, start: 0 };

test("the same rate means the same number, moved by the offset", () => {
  const mapping = new Mapping(film("24000/1001", 100), film("24000/1001", 80), -12);
  assert.ok(mapping.even);
  for (let n = 0; n < 100; n += 1) {
    assert.equal(mapping.on(0, n), n);
    assert.equal(mapping.on(1, n), n >= 12 && n < 92 ? n - 12 : null);
  }
  assert.deepEqual([mapping.first, mapping.last], [0, 99]);
  for (let frame = 0; frame < 80; frame += 1) assert.equal(mapping.on(1, mapping.from(1, frame)), frame);
});

test("what reaches beyond A on either side can be shown too", () => {
  const mapping = new Mapping(film("25", 50), film("25", 60), 5);
  assert.deepEqual([mapping.first, mapping.last], [-5, 54]);
  assert.deepEqual([mapping.on(0, -5), mapping.on(1, -5)], [null, 0]);
});

test("another rate is mapped by time, without a float, also after hours", () => {
  const mapping = new Mapping(film("25", 10 ** 7), film("30000/1001", 10 ** 8));
  for (const n of [0, 1, 2, 3, 50, 90_000, 8_999_999]) {
    const middle = (BigInt(2 * n + 1) * 30000n) / (2n * 25n * 1001n);
    assert.equal(mapping.on(1, n), Number(middle));
  }
  const same = new Mapping(film("30000/1001", 10 ** 7), film("60000/1001", 10 ** 8));
  for (const n of [0, 1, 1000, 9_999_999]) assert.equal(same.on(1, n), 2 * n + 1);
});

test("a still is there at every frame of a film", () => {
  const mapping = new Mapping(still, film("25", 40));
  assert.deepEqual([mapping.first, mapping.last, mapping.on(0, 7), mapping.on(1, 7)], [0, 39, 0, 7]);
  const both = new Mapping(still, still);
  assert.deepEqual([both.first, both.last, both.on(0, 0), both.on(1, 0)], [0, 0, 0, 0]);
});

test("equal timecodes and equal looks meet", () => {
  assert.equal(byTimecode(film("25", 10, 90_000), film("25", 10, 90_012)), -12);
  assert.equal(byTimecode(film("24000/1001", 10, 86_400), film("25", 10, 90_000)), 0);
  assert.equal(byTimecode(still, film("25", 10)), 0);
  assert.equal(bySeconds(film("24000/1001", 10), 2), -48);
});
