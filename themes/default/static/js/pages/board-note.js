/** The words of a request for changes, asked for in a small dialog. */

import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";

/** Answers the note (may be empty), or null where the reader thinks better of it. */
export function askNote(title) {
  const before = document.activeElement;
  const area = make("textarea", { id: "change-note", rows: 4, maxlength: 5000 });
  const form = make(
    "form", { method: "dialog", class: "form" },
    make("div", { class: "field" }, make("label", { for: "change-note" }, t("What should change?")), make("span", { class: "hint" }, t("It becomes a note on the version.")), area),
    make("div", { class: "row end" }, make("button", { type: "button", onclick: () => dialog.close("") }, t("Cancel")), make("button", { class: "primary", value: "yes" }, t("Request changes"))),
  );
  const dialog = make("dialog", { "aria-label": t("Request changes of {title}", { title }) }, make("h2", {}, title), form);
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    dialog.close("yes");
  });
  document.body.append(dialog);
  dialog.showModal();
  area.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.();
      resolve(dialog.returnValue === "yes" ? area.value.trim() : null);
    });
  });
}
