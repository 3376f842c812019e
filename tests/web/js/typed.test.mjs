import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRate, toLabel } from "../../../themes/default/static/js/lib/timecode.js";
import { measured } from "../../../themes/default/static/js/player/bandwidth.js";
import { parseTyped } from "../../../themes/default/static/js/player/typed.js";

const film = (more = {}) => {
  const rate = parseRate(more.rate || "25");
  const clip = { rate, start: 90000, dropFrame: false, counting: "timecode", frame: 7, frames: 5000, ...more, rate };
  return { ...clip, label: toLabel(clip.frame + clip.start, rate, clip.dropFrame) };
};

test("a timecode is the source's, whole or filled up from the right", () => {
  assert.equal(parseTyped("01:00:01:05", film()), 30);
  assert.equal(parseTyped("01000105", film()), 30);
  assert.equal(parseTyped("1210", film()), 12 * 25 + 10);
  assert.equal(parseTyped("1:05", film()), 30);
  assert.equal(parseTyped(" 9 ", film()), 9);
  assert.equal(parseTyped("00:59:59:24", film()), -1);
});

test("frames, seconds and steps are understood in every counting", () => {
  for (const counting of ["timecode", "frames", "seconds"]) {
    assert.equal(parseTyped("100f", film({ counting })), 100);
    assert.equal(parseTyped("2.5s", film({ counting })), 62);
    assert.equal(parseTyped("+12", film({ counting })), 19);
    assert.equal(parseTyped("- 3", film({ counting })), 4);
    assert.equal(parseTyped("01:00:00:10", film({ counting })), 10);
  }
  assert.equal(parseTyped("100", film({ counting: "frames" })), 100);
  assert.equal(parseTyped("2,5", film({ counting: "seconds" })), 62);
  assert.equal(parseTyped("00:00:02.480", film({ counting: "seconds" })), 62);
});

test("labels that drop-frame leaves out, and words, are no place", () => {
  const clip = film({ rate: "30000/1001", start: 1798, dropFrame: true });
  assert.equal(parseTyped("00:01:00;02", clip), 2);
  assert.equal(parseTyped("00:01:00:02", clip), 2);
  for (const text of ["00:01:00;00", "00:00:00:30", "soon", "", "1:2:3:4:5", "::", "1.2.3s"]) assert.equal(parseTyped(text, clip), null, text);
});

test("a clip may run past midnight", () => {
  const start = 24 * 3600 * 25 - 50;
  assert.equal(parseTyped("00:00:00:10", film({ start, frames: 100 })), 60);
});

test("bandwidth is measured by large files, while they came", () => {
  const file = (transferSize, responseStart, responseEnd) => ({ transferSize, responseStart, responseEnd });
  assert.equal(measured([file(0, 0, 5), file(900, 0, 100)]), null);
  assert.equal(measured([file(100_000, 0, 100), file(100_000, 50, 150), file(50_000, 1000, 1050)]), 10_000_000);
});
