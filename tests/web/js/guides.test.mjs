import assert from "node:assert/strict";
import { test } from "node:test";

import { MATTES, SAFE, linesOf, matteBox, safeBox } from "../../../themes/default/static/js/player/guides.js";
import { within, zoomedAt } from "../../../themes/default/static/js/player/zoom.js";
import { nameOf } from "../../../themes/default/static/js/player/snapshot.js";

const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-9, `${found} is not ${wanted}`);

test("safe areas are 93 % and 90 % of both sides, in the middle (SMPTE ST 2046-1)", () => {
  assert.deepEqual(SAFE, { action: 0.93, title: 0.9 });
  const box = safeBox(SAFE.action);
  for (const side of ["x", "y"]) near(box[side], 0.035);
  for (const side of ["width", "height"]) near(box[side], 0.93);
});

test("a matte leaves its own format free, whatever the picture's is", () => {
  for (const aspect of [16 / 9, 4 / 3, 1, 9 / 16, 2.39]) {
    for (const ratio of Object.values(MATTES)) {
      const { x, y, width, height } = matteBox(ratio, aspect);
      near((width * aspect) / height, ratio);
      near(Math.max(width, height), 1);
      near(2 * x + width, 1);
      near(2 * y + height, 1);
    }
  }
});

test("only what is wanted is drawn; the cross has arms of one length on the screen", () => {
  assert.equal(linesOf({}, 2), "");
  assert.equal(linesOf({ centre: true }, 2), "M0.48 .5h0.04M.5 0.46v0.08");
  assert.equal(linesOf({ thirds: true, action: true }, 1).match(/M/g).length, 5);
});

test("the point under the hand stays where it is", () => {
  const before = { scale: 1.5, x: 20, y: -10 };
  const after = zoomedAt(before, 4, 100, 50);
  const under = ({ scale, x, y }) => [(100 - x) / scale, (50 - y) / scale];
  under(before).forEach((found, index) => near(under(after)[index], found));
});

test("an enlarged picture is not pushed off the stage, a smaller one stays in the middle", () => {
  const fitted = { width: 400, height: 200 };
  assert.deepEqual(within({ scale: 2, x: 900, y: -900 }, fitted, 400, 300), { scale: 2, x: 200, y: -50 });
  assert.deepEqual(within({ scale: 0.5, x: 9, y: -9 }, fitted, 400, 300), { scale: 0.5, x: 0, y: 0 });
});

test("a snapshot is named by its clip, timecode and frame", () => {
  assert.equal(nameOf("A003_C012.mov", "01:00:10;12", 12, "jpeg"), "A003_C012 01-00-10-12 f12.jpg");
  assert.equal(nameOf("no ending", "00:00:00:00", 0, "png"), "no ending 00-00-00-00 f0.png");
});
