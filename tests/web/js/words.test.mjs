import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, clock, rate, span } from "../../../themes/default/static/js/lib/format.js";

test("bytes and rates are decimal and short", () => {
  assert.deepEqual([0, 999, 1000, 1234567, 99_960_000, 5e12].map(bytes), ["0 B", "999 B", "1.0 kB", "1.2 MB", "100 MB", "5.0 TB"]);
  assert.equal(rate(84e6), "84.0 MB/s");
});

test("time left is never too exact", () => {
  assert.deepEqual([0, 45, 200, 7500, Infinity].map(span), ["1 s", "45 s", "3 min", "2 h 05 min", ""]);
});

test("lengths and ages", () => {
  assert.deepEqual([3.4, 123, 3723].map(clock), ["0:03", "2:03", "1:02:03"]);
  const now = Date.parse("2026-11-21T12:00:00Z");
  assert.deepEqual(
    ["2026-11-21T11:59:40Z", "2026-11-21T11:55:00Z", "2026-11-21T09:00:00Z", "2026-11-19T12:00:00Z"].map((iso) => ago(iso, now)),
    ["just now", "5 min ago", "3 h ago", "2 d ago"],
  );
});
