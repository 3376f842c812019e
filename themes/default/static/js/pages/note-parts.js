/** Elements of the notes panel: a note with its replies, its words, reactions and files; a small form. */

import { root } from "../lib/api.js";
import { ago, bytes } from "../lib/format.js";
import { icon, make } from "../lib/ui.js";
import { moment, t } from "../lib/words.js";

/** What a reaction shows and is called, in their order. */
export const reactions = () => ({
  thumbs_up: ["thumb", t("Thumbs up")],
  heart: ["heart", t("Heart")],
  eyes: ["eye", t("Looking")],
  question: ["help", t("Question")],
  check: ["check", t("Done")],
  thumbs_down: ["thumb", t("Thumbs down")],
});

/** What a note without a place stands on: the whole clip, picture or document, as the page says. */
export function wholeWords() {
  return document.querySelector("[data-whole]")?.dataset.whole || t("Whole clip");
}

const COLOURS = 8;
const SHOWN_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

/** "01:00:02:00 – 01:00:02:24"; the frame's number where nobody knows its label yet. */
export function placeOf(note) {
  const first = note.timecode ?? t("Frame {frame}", { frame: note.frame });
  if (note.frame_out === null || note.frame_out === note.frame) return first;
  return `${first} – ${note.timecode_out ?? note.frame_out}`;
}

/** Which of the theme's author colours somebody has: the same on every page. */
export function colourOf(author) {
  const name = author?.id ?? author?.display_name ?? "";
  let sum = 0;
  for (const char of name) sum = (sum * 31 + char.codePointAt(0)) >>> 0;
  return sum % COLOURS;
}

/**
 * A note of the list. `may(note)` answers {edit, remove, resolve, reply, react, history, me}, `act(name, note, more)` is
 * called on a button.
 */
export function noteElement(note, may, act) {
  const item = make("li", {
    class: "note", tabindex: "-1", "data-note-id": note.id, "data-by": colourOf(note.author), "data-resolved": String(note.resolved_at !== null),
  });
  const place = note.frame === null ? make("span", { class: "muted" }, wholeWords()) : make(
    "button", { type: "button", class: "note-place", "data-frame": note.frame, title: t("Go there"), onclick: () => act("go", note) }, placeOf(note),
  );
  item.append(head(note, may(note), act, place), words(note), ...beside(note, may(note), act));
  item.append(make("ol", { class: "note-replies", "aria-label": t("Replies") }, ...note.replies.map((reply) => replyElement(reply, may, act))));
  item.append(actions(note, may(note), act));
  return item;
}

function replyElement(reply, may, act) {
  return make(
    "li", { "data-note-id": reply.id, "data-by": colourOf(reply.author) },
    head(reply, may(reply), act), words(reply), ...beside(reply, may(reply), act), actions(reply, may(reply), act),
  );
}

function head(note, may, act, ...first) {
  const line = make("div", { class: "note-head" }, ...first, make("span", { class: "by" }, note.author?.display_name ?? t("Somebody who left")));
  if (note.author?.guest) line.append(make("span", { class: "tag" }, t("Guest")));
  line.append(make("time", { class: "muted", datetime: note.created_at, title: moment(note.created_at) }, ago(note.created_at)));
  if (note.edited_at) line.append(edited(note, may, act));
  if (note.drawing) line.append(make("button", { type: "button", class: "note-drawing", "data-act": "drawing", title: t("Show the drawing"), onclick: () => act("drawing", note) }, icon("pencil"), t("Drawing")));
  if (note.internal) line.append(make("span", { class: "tag" }, icon("lock"), t("Internal")));
  if (note.carried) line.append(carriedFrom(note));
  if (note.resolved_at) line.append(make("span", { class: "muted" }, `✓ ${note.resolved_by?.display_name ?? t("resolved")}`));
  return line;
}

function edited(note, may, act) {
  const title = moment(note.edited_at);
  if (!may.history) return make("span", { class: "muted", title }, t("edited"));
  return make("button", { type: "button", class: "note-edited muted", title: t("{when} · what it said before", { when: title }), "data-act": "history", onclick: () => act("history", note) }, t("edited"));
}

/** The words, with the people whom they name set apart. */
function words(note) {
  const names = new Map(note.mentions.map((one) => [one.id, one.display_name]));
  const parts = note.source.split(/@\[([0-9a-f-]{36})\]/);
  const nodes = parts.map((part, index) => (index % 2 ? make("span", { class: "mention" }, `@${names.get(part) ?? t("somebody who left")}`) : part));
  return make("p", { class: "note-body" }, ...nodes);
}

/** Files and reactions, where there are any. */
function beside(note, may, act) {
  const found = [];
  if (note.files.length) found.push(make("ul", { class: "note-files", "aria-label": t("Files") }, ...note.files.map((file) => fileElement(file, note, may, act))));
  if (note.reactions.length) found.push(make("div", { class: "note-reactions", role: "group", "aria-label": t("Reactions") }, ...note.reactions.map((one) => reactionElement(one, note, may, act))));
  return found;
}

function fileElement(file, note, may, act) {
  const address = root() + file.url;
  const link = make("a", { href: address, download: file.filename, "data-plain": true, title: `${file.filename} · ${bytes(file.size)}` });
  if (SHOWN_TYPES.has(file.content_type)) {
    const picture = make("img", { src: address, alt: "", loading: "lazy" });
    picture.addEventListener("error", () => picture.replaceWith(icon("image")));
    link.append(picture);
  } else link.append(icon("page"));
  link.append(make("span", { class: "name" }, file.filename), make("span", { class: "muted small" }, bytes(file.size)));
  const item = make("li", {}, link);
  if (may.remove) item.append(make("button", { type: "button", class: "icon-only", "aria-label": t("Remove {filename}", { filename: file.filename }), onclick: () => act("removeFile", note, file) }, icon("close")));
  return item;
}

function reactionElement(one, note, may, act) {
  const [glyph, name] = reactions()[one.name];
  const mine = one.people.some((person) => person.id === may.me);
  const who = one.people.map((person) => person.display_name).join(", ");
  return make(
    "button", {
      type: "button", class: "reaction", "data-reaction": one.name, "aria-pressed": String(mine), disabled: !may.react,
      title: `${name}: ${who}`, "aria-label": `${name}, ${one.count}: ${who}`, onclick: () => act("react", note, { name: one.name, on: !mine }),
    }, icon(glyph), make("span", { class: "number" }, String(one.count)),
  );
}

function actions(note, may, act) {
  const names = {
    resolve: may.resolve && (note.resolved_at ? t("Reopen") : t("Resolve")),
    reply: may.reply && t("Reply"),
    edit: may.edit && t("Edit"),
    remove: may.remove && t("Delete"),
  };
  const buttons = Object.entries(names).filter(([, text]) => text).map(([name, text]) => make(
    "button", { type: "button", "data-act": name, onclick: () => act(name, note) }, text,
  ));
  if (may.react) buttons.push(reacting(note, may, act));
  return make("div", { class: "note-actions" }, ...buttons);
}

/** The menu of reactions that one may give. */
function reacting(note, may, act) {
  const given = new Set(note.reactions.filter((one) => one.people.some((person) => person.id === may.me)).map((one) => one.name));
  const choices = Object.entries(reactions()).map(([name, [glyph, words]]) => make(
    "button", { type: "button", "data-reaction": name, "aria-pressed": String(given.has(name)), "aria-label": words, title: words, onclick: () => act("react", note, { name, on: !given.has(name) }) }, icon(glyph),
  ));
  const shown = (event) => { if (event.target.open) event.target.scrollIntoView({ block: "nearest" }); };
  return make("details", { class: "menu note-react", ontoggle: shown }, make("summary", { "aria-label": t("React"), title: t("React") }, icon("smile")), make("div", { class: "menu-list" }, ...choices));
}

/** A form for a reply or an edit. Enter sends (not on a phone), Shift+Enter is a new line, Esc puts it away. */
export function smallForm({ label, value, send, typed, close }) {
  const area = make("textarea", { rows: 2, maxlength: 10_000, "aria-label": label });
  area.value = value;
  const form = make("form", { class: "form-inline", "data-small": "" }, area, make(
    "div", { class: "row end" },
    make("button", { type: "button", onclick: close }, t("Cancel")),
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
    if (event.isComposing || event.defaultPrevented) return; // the list of names took it
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && !event.shiftKey && (event.ctrlKey || event.metaKey || !matchMedia("(pointer: coarse)").matches)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

/** From which version a note was carried over; where it has no place here, the one that it had there. */
function carriedFrom({ carried, frame }) {
  const { number } = carried;
  const place = carried.timecode ?? t("Frame {frame}", { frame: carried.frame });
  const lost = frame === null && carried.frame !== null;
  return make("span", { class: "carried-from" }, lost ? t("carried from v{number}, at {place} there", { number, place }) : t("carried from v{number}", { number }));
}
