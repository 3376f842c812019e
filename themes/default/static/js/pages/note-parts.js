/** Elements of the notes panel: a note with its replies, a small form, the strip under the timeline. */

import { ago } from "../lib/format.js";
import { icon, make } from "../lib/ui.js";

/** "01:00:02:00 – 01:00:02:24"; the frame's number where nobody knows its label yet. */
export function placeOf(note) {
  const first = note.timecode ?? `Frame ${note.frame}`;
  if (note.frame_out === null || note.frame_out === note.frame) return first;
  return `${first} – ${note.timecode_out ?? note.frame_out}`;
}

/** A note of the list. `may(note)` answers {edit, remove, resolve, reply}, `act(name, note)` is called on a button. */
export function noteElement(note, may, act) {
  const item = make("li", { class: "note", "data-note-id": note.id, "data-resolved": String(note.resolved_at !== null) });
  const place = note.frame === null ? make("span", { class: "muted" }, "Whole clip") : make(
    "button", { type: "button", class: "note-place", "data-frame": note.frame, title: "Go there", onclick: () => act("go", note) }, placeOf(note),
  );
  item.append(head(note, place), make("p", { class: "note-body" }, note.body));
  item.append(make("ol", { class: "note-replies", "aria-label": "Replies" }, ...note.replies.map((reply) => replyElement(reply, may, act))));
  item.append(actions(note, may(note), act));
  return item;
}

function replyElement(reply, may, act) {
  return make("li", { "data-note-id": reply.id }, head(reply), make("p", { class: "note-body" }, reply.body), actions(reply, may(reply), act));
}

function head(note, ...first) {
  const line = make("div", { class: "note-head" }, ...first, make("span", { class: "by" }, note.author?.display_name ?? "Somebody who left"));
  line.append(make("time", { class: "muted", datetime: note.created_at, title: new Date(note.created_at).toLocaleString() }, ago(note.created_at)));
  if (note.edited_at) line.append(make("span", { class: "muted", title: new Date(note.edited_at).toLocaleString() }, "edited"));
  if (note.internal) line.append(make("span", { class: "tag" }, icon("lock"), "Internal"));
  if (note.resolved_at) line.append(make("span", { class: "muted" }, `✓ ${note.resolved_by?.display_name ?? "resolved"}`));
  return line;
}

function actions(note, may, act) {
  const names = {
    resolve: may.resolve && (note.resolved_at ? "Reopen" : "Resolve"),
    reply: may.reply && "Reply",
    edit: may.edit && "Edit",
    remove: may.remove && "Delete",
  };
  const buttons = Object.entries(names).filter(([, text]) => text).map(([name, text]) => make(
    "button", { type: "button", "data-act": name, onclick: () => act(name, note) }, text,
  ));
  return make("div", { class: "note-actions" }, ...buttons);
}

/** A form for a reply or an edit. Enter sends (not on a phone), Shift+Enter is a new line, Esc puts it away. */
export function smallForm({ label, value, send, typed, close }) {
  const area = make("textarea", { rows: 2, maxlength: 10_000, "aria-label": label });
  area.value = value;
  const form = make("form", { class: "form-inline", "data-small": "" }, area, make(
    "div", { class: "row end" },
    make("button", { type: "button", onclick: close }, "Cancel"),
    make("button", { type: "submit", class: "primary" }, label),
  ));
  form.addEventListener("submit", (event) => { event.preventDefault(); if (area.value.trim()) send(area.value); });
  area.addEventListener("input", () => typed(area.value));
  sendByEnter(area, form, close);
  return form;
}

/** Enter in `area` sends `form`, Esc calls `close`. */
export function sendByEnter(area, form, close) {
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && !event.shiftKey && (event.ctrlKey || event.metaKey || !matchMedia("(pointer: coarse)").matches)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

/** The notes as marks under the timeline of `frames` frames; null where there are none. The list says it in words. */
export function stripElement(notes, frames, go) {
  const placed = frames ? notes.filter((note) => note.frame !== null && note.frame < frames) : [];
  if (placed.length === 0) return null;
  const strip = make("div", { class: "notes-strip", "aria-hidden": "true" });
  for (const note of placed) {
    const title = `${placeOf(note)} · ${note.author?.display_name ?? ""} · ${note.body.slice(0, 120)}`;
    const mark = make("button", { type: "button", tabindex: "-1", "data-frame": note.frame, "data-resolved": String(note.resolved_at !== null), title, onclick: () => go(note) });
    mark.style.left = `${(note.frame / frames) * 100}%`;
    mark.style.width = `${(((note.frame_out ?? note.frame) + 1 - note.frame) / frames) * 100}%`;
    strip.append(mark);
  }
  return strip;
}
