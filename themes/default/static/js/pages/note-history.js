/** What a note said before each edit, in a dialog. */

import { call } from "../lib/api.js";
import { make } from "../lib/ui.js";
import { moment, t } from "../lib/words.js";

/** Ask for the former words of a note and show them. */
export async function showHistory(note) {
  const { items } = await call("GET", `/api/comments/${note.id}/history?limit=200`);
  const before = document.activeElement;
  const dialog = make(
    "dialog", { "aria-label": t("What it said before") }, make("h2", {}, t("What it said before")),
    make("ol", { class: "note-history" }, entry(t("Now"), note.edited_at, note.body), ...items.map((one, index) => entry(
      index === items.length - 1 ? t("At first") : t("Before"), items[index + 1]?.edited_at ?? note.created_at, one.body,
    ))),
    make("form", { method: "dialog", class: "row end" }, make("button", { class: "primary" }, t("Close"))),
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => { dialog.remove(); before?.focus?.(); });
  dialog.showModal();
}

function entry(what, at, body) {
  return make("li", {}, make("p", { class: "small muted" }, `${what} · ${moment(at)}`), make("p", { class: "note-body" }, body));
}
