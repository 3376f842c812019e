/** API keys: made in a dialog, told once, revoked by name. */

import { call } from "../lib/api.js";
import { copyNow, proved } from "../lib/proof.js";
import { attempt, make, sure, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const DAY_MS = 86_400_000;

export function start(main) {
  main.querySelector("[data-key-new]").addEventListener("click", () => attempt(() => create(main)));
  main.addEventListener("click", (event) => {
    const button = event.target.closest("[data-key-revoke]");
    if (button) attempt(() => revoke(button.closest("tr")));
  });
}

async function create(main) {
  const given = await ask(main.querySelector("#key-form"));
  if (!given) return;
  const made = await proved(() => call("POST", "/api/keys", given));
  if (!made) return;
  const input = make("input", { class: "mono", readonly: true, value: made.key, "aria-label": t("The key"), "data-key": true });
  input.addEventListener("focus", () => input.select());
  await copyNow(t("The key is ready"), t("Copy it now: it is not stored and cannot be shown again."), made.key, input);
  location.reload();
}

/** The form in a dialog; answers the body of the call, or null. */
function ask(template) {
  const form = template.content.cloneNode(true).querySelector("form");
  const dialog = make("dialog", { class: "wide", "aria-label": t("New key") }, make("h2", {}, t("New key")), form);
  const may = form.querySelector("#key-may");
  const scopes = form.querySelector("[data-key-scopes]");
  may.addEventListener("change", () => { scopes.hidden = may.value !== ""; });
  form.querySelector("[data-cancel]").addEventListener("click", () => dialog.close(""));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? read(form, may, scopes) : null);
    });
  });
}

function read(form, may, scopes) {
  const chosen = [...scopes.querySelectorAll(":checked")].map((one) => one.value);
  const end = new Date(Date.now() + Number(form.querySelector("#key-days").value) * DAY_MS);
  return {
    name: form.querySelector("#key-name").value,
    scopes: may.value ? may.value.split(" ") : chosen,
    project_id: form.querySelector("#key-project").value || null,
    expires_at: end.toISOString(),
  };
}

async function revoke(row) {
  const text = t("Programs that use it are out at once. This cannot be undone.");
  if (!await sure(t("Revoke “{name}”?", { name: row.dataset.name }), text, t("Revoke"))) return;
  await call("DELETE", `/api/keys/${row.dataset.keyId}`);
  toast(t("Revoked."));
  location.reload();
}
