import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSprites, spriteAt } from "../../../themes/default/static/js/player/sprites.js";

const TEXT = `WEBVTT

00:00:00.000 --> 00:00:01.500
sprites-0.jpg#xywh=0,0,160,90

00:00:01.500 --> 01:00:00.250
sprites-0.jpg#xywh=160,0,160,90

01:00:00.250 --> 01:00:02.000
sprites-1.jpg#xywh=0,90,160,90
`;

test("boxes are read with their sheets beside the file", () => {
  const boxes = parseSprites(TEXT, "http://box/s/grant/version/generation/sprites.vtt");
  assert.deepEqual(boxes.map((box) => box.start), [0, 1.5, 3600.25]);
  assert.deepEqual(boxes[2], {
    start: 3600.25, sheet: "http://box/s/grant/version/generation/sprites-1.jpg", x: 0, y: 90, width: 160, height: 90,
  });
  assert.deepEqual(parseSprites("WEBVTT\n", "http://box/"), []);
});

test("the box of a moment is the last that has begun", () => {
  const boxes = parseSprites(TEXT, "http://box/");
  assert.deepEqual([0, 1.49, 1.5, 3600, 9999].map((seconds) => boxes.indexOf(spriteAt(boxes, seconds))), [0, 0, 1, 1, 2]);
  assert.equal(spriteAt([], 3), null);
});
