import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAt, fromLabel, middleOf, parseRate, toClock, toLabel } from "../../../themes/default/static/js/lib/timecode.js";

const NTSC = parseRate("30000/1001");
const HFR = parseRate("60000/1001");
const FILM = parseRate("24000/1001");

test("drop-frame leaves out the labels of SMPTE ST 12-1", () => {
  const known = { 0: "00:00:00;00", 1799: "00:00:59;29", 1800: "00:01:00;02", 17981: "00:09:59;29", 17982: "00:10:00;00", 107892: "01:00:00;00" };
  for (const [frame, label] of Object.entries(known)) {
    assert.equal(toLabel(Number(frame), NTSC, true), label);
    assert.equal(fromLabel(label, NTSC), Number(frame));
  }
  assert.equal(toLabel(3599, HFR, true), "00:00:59;59");
  assert.equal(toLabel(3600, HFR, true), "00:01:00;04");
});

test("every frame of an hour goes to its label and back, and no label comes twice", () => {
  for (const [rate, drop] of [[NTSC, true], [HFR, true], [NTSC, false], [FILM, false], [parseRate("25"), false]]) {
    const seen = new Set();
    for (let frame = 0; frame < rate.nominal * 3600; frame += 1) {
      const label = toLabel(frame, rate, drop);
      seen.add(label);
      assert.equal(fromLabel(label, rate), frame);
    }
    assert.equal(seen.size, rate.nominal * 3600);
  }
});

test("rates other than 30 and 60 have no drop-frame", () => {
  assert.equal(toLabel(1440, FILM, true), "00:01:00:00");
  assert.equal(toLabel(1500, parseRate("25/1"), true), "00:01:00:00");
});

test("labels wrap at 24 hours, both ways", () => {
  assert.equal(toLabel(24 * 3600 * 25, parseRate("25"), false), "00:00:00:00");
  assert.equal(toLabel(-1, parseRate("25"), false), "23:59:59:24");
  assert.equal(toLabel(2589408, NTSC, true), "00:00:00;00");
});

test("what is no label is null", () => {
  for (const label of ["", null, "1:2:3:4", "00:00:00:30", "00:01:00;00", "24:00:00:00", "00:60:00:00"]) {
    assert.equal(fromLabel(label, NTSC), null);
  }
  assert.equal(fromLabel("01:00:00:12", parseRate("25")), 90012);
});

test("times and frames agree at every rate", () => {
  for (const rate of [NTSC, HFR, FILM, parseRate("25"), parseRate("50")]) {
    for (let frame = 0; frame < 5000; frame += 1) {
      assert.equal(frameAt((frame * rate.den) / rate.num, rate), frame);
      assert.equal(Math.floor((middleOf(frame, rate) * rate.num) / rate.den), frame);
    }
  }
  assert.equal(parseRate("nothing"), null);
  assert.equal(parseRate(""), null);
  assert.equal(toClock(3661.0405), "01:01:01.041");
});
