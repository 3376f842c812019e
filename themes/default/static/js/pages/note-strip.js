/** Notes on the timeline: a mark each in its author's colour, as long as its range; what it says on hover. */

import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { colourOf, placeOf } from "./note-parts.js";

const LONGEST = 200; // characters of a note that its mark shows

/** The notes as marks under the timeline of `frames` frames; null where there are none. The list says it in words. */
export function stripElement(notes, frames, go) {
  const placed = frames ? notes.filter((note) => note.frame !== null && note.frame < frames) : [];
  if (placed.length === 0) return null;
  const strip = make("div", { class: "notes-strip", "aria-hidden": "true" });
  const saying = make("div", { class: "notes-saying", hidden: true });
  const marks = make("div", { class: "notes-marks" });
  for (const note of placed) marks.append(markElement(note, frames, go, saying));
  strip.append(marks, saying);
  return strip;
}

function markElement(note, frames, go, saying) {
  const mark = make("button", {
    type: "button", tabindex: "-1", "data-frame": note.frame, "data-by": colourOf(note.author), "data-resolved": String(note.resolved_at !== null),
    onclick: () => go(note), onpointerenter: () => say(saying, note, mark), onpointerleave: () => { saying.hidden = true; },
  });
  mark.style.left = `${(note.frame / frames) * 100}%`;
  mark.style.width = `${(((note.frame_out ?? note.frame) + 1 - note.frame) / frames) * 100}%`;
  return mark;
}

function say(saying, note, mark) {
  const words = note.body.length > LONGEST ? `${note.body.slice(0, LONGEST)}…` : note.body;
  saying.replaceChildren(
    make("p", { class: "small" }, make("strong", {}, note.author?.display_name ?? t("Somebody who left")), " · ", make("span", { class: "timecode" }, placeOf(note)), note.resolved_at ? ` · ${t("resolved")}` : ""),
    make("p", {}, words),
  );
  saying.hidden = false;
  const room = saying.offsetParent.clientWidth - saying.offsetWidth;
  saying.style.left = `${Math.max(0, Math.min(room, mark.offsetLeft - saying.offsetWidth / 2))}px`;
}
