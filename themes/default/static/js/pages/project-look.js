/** How a project looks to others: the dialog with the house's name, an accent and a logo for its links and papers. */

import { call } from "../lib/api.js";
import { attempt, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { lookOf } from "./share-look.js";

/** Ask how a project is to look, and keep it. */
export async function askLook(projectId) {
  const address = `/api/projects/${projectId}/look`;
  const known = await call("GET", address);
  const look = lookOf(known, address, t("Colour and logo"));
  const studio = make("input", { id: "look-studio", maxlength: 120, autocomplete: "organization", value: known.studio });
  const cancel = make("button", { type: "button", onclick: () => dialog.close() }, t("Cancel"));
  const form = make("form", { class: "form" },
    make("p", { class: "muted" }, t("What links of this project, notes as PDF and custody certificates bear. A link may have a look of its own.")),
    make("div", { class: "field" }, make("label", { for: "look-studio" }, t("Studio")), studio),
    look.element,
    make("div", { class: "row end" }, cancel, make("button", { class: "primary" }, t("Save"))));
  const dialog = make("dialog", { "aria-label": t("Look of links and papers") }, make("h2", {}, t("Look of links and papers")), form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      await call("PATCH", address, { studio: studio.value.trim(), accent: look.accent() });
      await look.send(address);
      dialog.close();
      toast(t("Links and papers look so from now on."));
    });
  });
  const before = document.activeElement;
  dialog.addEventListener("close", () => { dialog.remove(); before?.focus?.(); });
  document.body.append(dialog);
  dialog.showModal();
  studio.focus();
}
