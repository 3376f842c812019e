/** Saved collections: the filter that is shown gets a name in the tree. */

import { call } from "../lib/api.js";
import { ask, attempt, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

/** Wire the buttons below “Saved”; `redrawTree()` shows it anew. Answers the end of it. */
export function startSaved(page, projectId, redrawTree) {
  const actions = {
    new: () => save(page, projectId),
    rename: async ({ collection, name }) => {
      const wanted = await ask(t("Rename"), { label: t("Name"), value: name });
      if (wanted && wanted !== name) await call("PATCH", `/api/collections/${collection}`, { name: wanted });
    },
    replace: async ({ collection, name }) => {
      await call("PATCH", `/api/collections/${collection}`, { filter: shownFilter(page) });
      toast(t("“{name}” shows what is shown here.", { name }));
    },
    delete: ({ collection, name }) => remove(projectId, collection, name, redrawTree),
  };
  const onClick = (event) => {
    const button = event.target.closest("[data-collect]");
    if (button) attempt(async () => { await actions[button.dataset.collect](button.dataset); await redrawTree(); });
  };
  page.addEventListener("click", onClick);
  return () => page.removeEventListener("click", onClick);
}

/** The filter bar as the API's filter. */
function shownFilter(page) {
  const { folder, fkey, fvalue, saved, ...given } = Object.fromEntries([...new FormData(page.querySelector("form.tools"))].filter(([, value]) => value));
  return { ...given, ...(folder && { folder_id: folder }), ...(fkey && { field: `${fkey}:${fvalue || ""}` }) };
}

async function save(page, projectId) {
  const shared = make("input", { type: "checkbox", id: "saved-shared" });
  const name = make("input", { id: "saved-name", required: true, maxlength: 200, autocomplete: "off" });
  const cancel = make("button", { type: "button" }, t("Cancel"));
  const form = make("form", { method: "dialog", class: "form" },
    make("p", { class: "muted" }, t("Always what fits the filter at that moment.")),
    make("div", { class: "field" }, make("label", { for: "saved-name" }, t("Name")), name),
    page.dataset.mayWrite === "true" ? make("label", { class: "check" }, shared, t("For everybody in this project")) : "",
    make("div", { class: "row end" }, cancel, make("button", { class: "primary", value: "yes" }, t("Save"))));
  const dialog = make("dialog", { "aria-label": t("Save this filter") }, make("h2", {}, t("Save this filter")), form);
  cancel.addEventListener("click", () => dialog.close(""));
  document.body.append(dialog);
  dialog.showModal();
  name.focus();
  await new Promise((resolve) => { dialog.addEventListener("close", resolve, { once: true }); });
  dialog.remove();
  if (dialog.returnValue !== "yes" || !name.value.trim()) return;
  await call("POST", `/api/projects/${projectId}/collections`, { name: name.value.trim(), filter: shownFilter(page), shared: shared.checked });
}

async function remove(projectId, collection, name, redrawTree) {
  const kept = await call("GET", `/api/collections/${collection}`);
  await call("DELETE", `/api/collections/${collection}`);
  const undo = () => attempt(async () => {
    await call("POST", `/api/projects/${projectId}/collections`, { name, filter: kept.filter, shared: kept.shared });
    await redrawTree();
  });
  toast(t("“{name}” is deleted. Its assets stay.", { name }), { action: t("Undo"), onAction: undo });
}
