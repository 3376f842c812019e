/** Invitations: made in a dialog, their link told once, taken back. */

import { call } from "../lib/api.js";
import { copyNow, proved } from "../lib/proof.js";
import { attempt, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

export function start(main) {
  main.querySelector("[data-invite]").addEventListener("click", () => attempt(() => invite(main.querySelector("#invite-form"))));
  main.addEventListener("click", (event) => {
    const button = event.target.closest("[data-take-back]");
    if (button) attempt(() => takeBack(button.closest("tr").dataset.invitationId));
  });
}

async function invite(template) {
  const given = await ask(template);
  const made = given && await proved(() => call("POST", "/api/admin/invitations", given));
  if (!made) return;
  const input = make("input", { class: "mono", readonly: true, value: made.url, "aria-label": t("The link"), "data-invite-url": true });
  input.addEventListener("focus", () => input.select());
  await copyNow(t("The invitation is ready"), t("Send this link. It is not stored and cannot be shown again."), made.url, input);
  location.reload();
}

function ask(template) {
  const form = template.content.cloneNode(true).querySelector("form");
  const dialog = make("dialog", { "aria-label": t("Invite somebody") }, make("h2", {}, t("Invite somebody")), form);
  form.querySelector("[data-cancel]").addEventListener("click", () => dialog.close(""));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? read(form) : null);
    });
  });
}

function read(form) {
  const value = (name) => form.querySelector(`#invite-${name}`).value;
  return {
    email: value("email") || null,
    roles: form.querySelector("#invite-admin").checked ? ["admin", "member"] : ["member"],
    projects: value("project") ? [{ project_id: value("project"), role: value("role") }] : [],
    days: Number(value("days")),
  };
}

async function takeBack(id) {
  await call("DELETE", `/api/admin/invitations/${id}`);
  toast(t("Taken back."));
  location.reload();
}
