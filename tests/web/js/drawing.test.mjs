import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../../themes/default/static/js/draw/history.js";
import { Stroke, simplified } from "../../../themes/default/static/js/draw/stroke.js";

const far = (points, place, aspect) => Math.min(...points.slice(1).map((to, number) => {
  const [from, at] = [points[number], place];
  const [x, y] = [(to[0] - from[0]) * aspect, to[1] - from[1]];
  const [atX, atY] = [(at[0] - from[0]) * aspect, at[1] - from[1]];
  const along = Math.min(1, Math.max(0, (atX * x + atY * y) / (x * x + y * y || 1)));
  return Math.hypot(atX - x * along, atY - y * along);
}));

test("a straight stroke keeps its ends and no more", () => {
  const stroke = new Stroke(16 / 9);
  for (let step = 0; step <= 100; step += 1) stroke.add([0.1 + step * 0.005, 0.2 + step * 0.003]);
  const kept = stroke.finished();
  assert.deepEqual(kept[0], [0.1, 0.2]);
  assert.deepEqual(kept.at(-1), [0.6, 0.5]);
  assert.ok(kept.length <= 3, `${kept.length} points`);
});

test("a curve becomes few points and stays where it was", () => {
  const circle = Array.from({ length: 1000 }, (_, n) => [0.5 + 0.2 * Math.cos(n / 159), 0.5 + 0.3 * Math.sin(n / 159)]);
  const kept = simplified(circle, 0.0008, 16 / 9);
  assert.ok(kept.length < 80, `${kept.length} points`);
  for (const place of circle) assert.ok(far(kept, place, 16 / 9) <= 0.0008 + 1e-9);
});

test("a scribble of any length fits, and a tap is one point", () => {
  const stroke = new Stroke(1);
  for (let step = 0; step < 20_000; step += 1) stroke.add([(step * 0.618) % 1, (step * 0.414) % 1], 0.5);
  assert.ok(stroke.finished(2000).length <= 2000);
  const tap = new Stroke(1);
  tap.add([0.123456, 0.654321], 0.337);
  assert.deepEqual(tap.finished(), [[0.1235, 0.6543, 0.34]]);
});

test("pressure is kept where it changes", () => {
  const stroke = new Stroke(1);
  for (let step = 0; step <= 100; step += 1) stroke.add([step / 100, 0.5], step < 50 ? 0.2 : 0.9);
  const kept = stroke.finished().map((point) => point[2]);
  assert.ok(kept.includes(0.2) && kept.includes(0.9) && kept.length >= 4, String(kept));
});

test("what is undone comes back until something new is drawn", () => {
  const history = new History(["a"]);
  assert.equal(history.undo(), false);
  history.set(["a", "b"]);
  history.set([]);
  assert.ok(history.undo() && history.undo());
  assert.deepEqual([history.shapes, history.canUndo, history.canRedo], [["a"], false, true]);
  assert.ok(history.redo());
  history.set(["a", "b", "c"]);
  assert.equal(history.redo(), false);
  for (let step = 0; step < 1000; step += 1) history.set([step]);
  let back = 0;
  while (history.undo()) back += 1;
  assert.equal(back, 499);
});
