/** An asset's values of its project's own fields: each is kept as soon as it is changed, and can be taken back. */

import { call } from "../lib/api.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

/** Wire the section where the page has one. */
export function startOwnFields(main) {
  const section = main.querySelector("[data-own-fields]");
  if (!section) return;
  const changed = (control) => {
    const field = control.closest("[data-key]");
    if (field) attempt(() => keep(section.dataset.assetId, field, control));
  };
  section.addEventListener("change", ({ target }) => changed(target));
  for (const control of section.querySelectorAll("input, select")) if (early(control)) changed(control);
}

/** Whether somebody changed a control, and left it, before this script was there to hear of it. */
function early(control) {
  if (control === document.activeElement) return false;
  if (!control.options) return control.value !== control.defaultValue;
  const before = [...control.options].filter((one) => one.defaultSelected);
  if (!before.length && !control.multiple) before.push(control.options[0]);
  return before.length !== control.selectedOptions.length || before.some((one) => !one.selected);
}

async function keep(assetId, field, control) {
  const { key, type, name } = field.dataset;
  const wrong = field.querySelector(".wrong");
  if (!control.checkValidity()) return told(wrong, control.validationMessage);
  const answer = await call("POST", "/api/assets/bulk", { asset_ids: [assetId], action: "set_field", field: key, value: valueOf(control, type) });
  const { error } = answer.results[0];
  if (error) return told(wrong, error.detail);
  told(wrong, "");
  const [back] = answer.undo;
  if (!back) return undefined;
  const undo = () => attempt(async () => {
    await call("POST", "/api/assets/bulk", back);
    show(control, back.value);
  });
  toast(t("{name} changed.", { name }), { action: t("Undo"), onAction: undo });
  return undefined;
}

function valueOf(control, type) {
  if (control.multiple) return control.selectedOptions.length ? [...control.selectedOptions].map((one) => one.value) : null;
  const text = control.value.trim();
  if (text === "") return null;
  return { number: () => Number(text), checkbox: () => text === "true" }[type]?.() ?? text;
}

function show(control, value) {
  if (control.multiple) for (const one of control.options) one.selected = (value || []).includes(one.value);
  else control.value = value ?? "";
}

function told(wrong, text) {
  wrong.textContent = text;
  wrong.hidden = !text;
}
