/** A project's own fields and its tags: made, changed, taken away, brought back. */

import { call, fragment } from "../lib/api.js";
import { ask, attempt, make, sure, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const kinds = () => [
  ["text", t("Text")], ["number", t("Number")], ["date", t("Date")], ["choice", t("One of several")], ["choices", t("Several of a list")],
  ["checkbox", t("Yes or no")], ["person", t("Person")], ["url", t("Link")],
];

export function start(main) {
  const page = () => main.querySelector(".fields-page");
  const { projectId } = page().dataset;
  const redraw = async () => page().replaceWith((await fragment(location.href)).querySelector(".fields-page"));
  const actions = {
    newField: () => fieldForm({}, (given) => call("POST", `/api/projects/${projectId}/fields`, given)),
    editField: ({ dataset }) => fieldForm(dataset, ({ type, ...given }) => call("PATCH", `/api/fields/${dataset.fieldId}`, given)),
    deleteField: ({ dataset }) => removeField(dataset, redraw),
    restoreField: ({ dataset }) => call("POST", `/api/fields/${dataset.fieldId}/restore`),
    purgeField: ({ dataset }) => purgeField(dataset),
    renameTag: ({ dataset }) => renameTag(projectId, dataset.tag, redraw),
    removeTag: ({ dataset }) => removeTag(projectId, dataset),
  };
  main.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const name = button && Object.keys(actions).find((one) => one in button.dataset);
    if (name) attempt(async () => { await actions[name](button.closest("[data-field-id], [data-tag]")); await redraw(); });
  });
}

/** Ask for a field's name, kind and choices until the box takes them. */
function fieldForm(field, send) {
  const isNew = !field.fieldId;
  const name = make("input", { id: "field-name", required: true, maxlength: 200, autocomplete: "off" });
  const type = make("select", { id: "field-type", disabled: !isNew }, ...kinds().map(([value, word]) => make("option", { value }, word)));
  const options = make("textarea", { id: "field-options", rows: 5, maxlength: 8000 });
  name.value = field.name || "";
  type.value = field.type || "text";
  options.value = field.options || "";
  const choices = make("div", { class: "field" }, make("label", { for: "field-options" }, t("Choices, one a line")), options);
  const show = () => { choices.hidden = !type.value.startsWith("choice"); };
  type.addEventListener("change", show);
  show();
  const wrong = make("p", { class: "wrong", role: "alert" });
  const cancel = make("button", { type: "button" }, t("Cancel"));
  const form = make("form", { class: "form" },
    make("div", { class: "field" }, make("label", { for: "field-name" }, t("Name")), name),
    make("div", { class: "field" }, make("label", { for: "field-type" }, t("Kind")), type), choices, wrong,
    make("div", { class: "row end" }, cancel, make("button", { class: "primary" }, isNew ? t("Make field") : t("Save"))));
  const title = isNew ? t("New field") : t("Change field");
  const dialog = make("dialog", { "aria-label": title }, make("h2", {}, title), form);
  cancel.addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const list = options.value.split("\n").map((one) => one.trim()).filter(Boolean);
    const given = { name: name.value.trim(), type: type.value, ...(type.value.startsWith("choice") && { options: list }) };
    try {
      await send(given);
      dialog.close();
    } catch (error) {
      wrong.textContent = error.fields?.[0]?.message || error.message;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  name.select();
  return new Promise((resolve) => { dialog.addEventListener("close", () => { dialog.remove(); resolve(); }); });
}

async function removeField({ fieldId, name }, redraw) {
  await call("DELETE", `/api/fields/${fieldId}`);
  const undo = () => attempt(async () => { await call("POST", `/api/fields/${fieldId}/restore`); await redraw(); });
  toast(t("“{name}” is deleted. Its values stay until you remove them.", { name }), { action: t("Undo"), onAction: undo });
}

async function purgeField({ fieldId, name }) {
  const text = t("Every asset of this project loses its value of this field. This cannot be undone.");
  if (await sure(t("Remove the values of “{name}”?", { name }), text, t("Remove the values"))) await call("DELETE", `/api/fields/${fieldId}?values=true`);
}

async function renameTag(projectId, name, redraw) {
  const to = await ask(t("Rename or merge"), { label: t("New name; one that is there already merges both"), value: name, maxlength: 100 });
  if (!to || to === name) return;
  const known = document.querySelector(`[data-tag="${CSS.escape(to)}"]`);
  const { assets } = await call("PATCH", `/api/projects/${projectId}/tags`, { name, to });
  const undo = () => attempt(async () => { await call("PATCH", `/api/projects/${projectId}/tags`, { name: to, to: name }); await redraw(); });
  toast(t("{count} asset is tagged {tag} now.|{count} assets are tagged {tag} now.", { tag: to }, assets), known ? {} : { action: t("Undo"), onAction: undo });
}

async function removeTag(projectId, { tag, count }) {
  const text = t("{count} asset loses this tag. This cannot be undone.|{count} assets lose this tag. This cannot be undone.", {}, Number(count));
  if (await sure(t("Take “{tag}” off everywhere?", { tag }), text, t("Take off"))) await call("PATCH", `/api/projects/${projectId}/tags`, { name: tag, to: null });
}
