/** Caption files by their names: the same rules as mam/media/subtitles.py, and which film they go with. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isCaptions, paired, readName } from "../../../themes/default/static/js/lib/captions.js";

test("a name says which film and which language", () => {
  const said = (name) => { const { bases, language, forced } = readName(name); return [bases, language, forced]; };
  assert.deepEqual(said("clip.srt"), [["clip"], "", false]);
  assert.deepEqual(said("clip.de.srt"), [["clip.de", "clip"], "de", false]);
  assert.deepEqual(said("A001.C003.pt-BR.forced.VTT"), [["A001.C003.pt-BR", "A001.C003"], "pt-BR", true]);
  assert.deepEqual(said("clip.final.ass"), [["clip.final"], "", false]);
  assert.deepEqual(said("clip.en.sdh.ssa"), [["clip.en", "clip"], "en", false]);
  assert.equal(isCaptions({ name: "clip.srt.zip" }), false);
});

test("caption files go with the film beside them, and with no other", () => {
  const entry = (name, ...folders) => ({ file: { name }, folders });
  const found = paired([
    entry("clip.de.srt", "Day 1"), entry("Clip.mov", "Day 1"), entry("clip.mov", "Day 2"), entry("clip.en.srt", "Day 3"),
    entry("clip.srt", "Day 1"), entry("take.en.mov"), entry("take.en.vtt"),
  ]);
  const names = found.map(({ file, folders, captions }) => [[...folders, file.name].join("/"), captions.map((one) => one.name)]);
  assert.deepEqual(names, [
    ["Day 1/Clip.mov", ["clip.de.srt", "clip.srt"]], ["Day 2/clip.mov", []], ["take.en.mov", ["take.en.vtt"]],
    ["Day 3/clip.en.srt", []],
  ]);
});
