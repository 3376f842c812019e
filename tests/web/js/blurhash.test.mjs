import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../../themes/default/static/js/lib/blurhash.js";

const { hash, width, height, pixels } = JSON.parse(process.env.BLURHASH_CASE);

test("decodes as the reference does, to one step of rounding", () => {
  const found = decode(hash, width, height);
  assert.equal(found.length, width * height * 4);
  for (let at = 0; at < pixels.length; at += 1) {
    const mine = found[Math.floor(at / 3) * 4 + (at % 3)];
    assert.ok(Math.abs(mine - pixels[at]) <= 1, `byte ${at}: ${mine} against ${pixels[at]}`);
  }
});

test("what is no BlurHash draws nothing", () => {
  for (const wrong of ["", "L", "LEHV6nWB2yk8pyo0adR*.7kCMdn", '<img src="x">', "L€HV6nWB2yk8pyo0adR*.7kCMdnj"]) {
    assert.equal(decode(wrong, 4, 4), null);
  }
});
