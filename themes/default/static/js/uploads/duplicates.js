/**
 * "You already have this master": what is to become of a file whose very bytes are there. One dialog at a time;
 * a choice may be kept for all files that were dropped together.
 */

import { make } from "../lib/ui.js";
import { rich, t } from "../lib/words.js";

const NAMED = 3;
let before = Promise.resolve();

/** The reader's choice: "link", "allow" or "skip"; empty where the dialog was closed without one. */
export function chooseFor(item, known) {
  const asked = before.then(() => item.batch.choice || (item.state === "asking" ? ask(item, known) : ""));
  before = asked.then(() => {}, () => {});
  return asked;
}

function ask(item, known) {
  const button = (value, text, look = "") => make("button", { value, class: look }, text);
  const all = make("input", { type: "checkbox", id: "duplicate-all" });
  const dialog = make(
    "dialog",
    { class: "duplicate", "aria-labelledby": "duplicate-title" },
    make("h2", { id: "duplicate-title" }, t("You already have this master")),
    make(
      "form",
      { method: "dialog", class: "form" },
      make("p", {}, ...rich("{file} has the very same bytes as:", { file: make("strong", {}, item.name) })),
      make("ul", { class: "duplicate-list" }, ...known.slice(0, NAMED).map(named), ...more(known)),
      make("p", { class: "small muted" }, t("A link makes a version of the master that is there: locked as long, stored once.")),
      item.batch.size > 1 ? make("p", { class: "row duplicate-all" }, all, make("label", { for: "duplicate-all" }, t("Do the same with all files of this upload"))) : "",
      make("div", { class: "row end" }, button("skip", t("Skip")), button("allow", t("Upload anyway")), button("link", t("Link (no second copy)"), "primary")),
    ),
  );
  return shown(dialog, (choice) => {
    if (choice && all.checked) item.batch.choice = choice;
    return choice;
  });
}

function named(one) {
  const link = make("a", { href: `/assets/${one.asset_id}?version=${one.number}`, target: "_blank" }, one.title);
  return make("li", {}, link, make("span", { class: "small muted" }, ` v${one.number} · ${one.filename}`));
}

function more(known) {
  return known.length > NAMED ? [make("li", { class: "small muted" }, t("and {count} more", { count: known.length - NAMED }))] : [];
}

function shown(dialog, answer) {
  const focused = document.activeElement;
  const holder = make("div", {}, dialog); // a page that is swapped takes its own dialogs away, not this one
  document.body.append(holder);
  dialog.showModal();
  dialog.querySelector("button.primary").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      holder.remove();
      focused?.focus?.();
      resolve(answer(dialog.returnValue));
    });
  });
}
