/** The passkeys of the account: added by the browser, named, removed. */

import { call } from "../lib/api.js";
import { able, register } from "../lib/passkeys.js";
import { proved } from "../lib/proof.js";
import { ask, attempt, sure, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const PASSKEYS = "/api/account/passkeys";

export function startPasskeys(section) {
  const button = section.querySelector("[data-passkey-add]");
  button.hidden = !able();
  section.querySelector("[data-passkey-unable]").hidden = able();
  button.addEventListener("click", () => attempt(add));
  section.addEventListener("click", (event) => {
    const row = event.target.closest("[data-passkey-id]");
    if (event.target.closest("[data-passkey-rename]")) attempt(() => rename(row.dataset));
    if (event.target.closest("[data-passkey-remove]")) attempt(() => remove(row.dataset));
  });
}

async function add() {
  const begun = await proved(() => call("POST", `${PASSKEYS}/options`));
  if (!begun) return;
  let credential;
  try {
    credential = await register(begun.options);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    toast(error.name === "InvalidStateError" ? t("This device has a passkey for you already.") : t("No passkey was made."), { bad: true });
    return;
  }
  const name = await ask(t("Name the passkey"), { label: t("Such as the device it is on"), value: t("This device") });
  await call("POST", PASSKEYS, { name: name || t("This device"), credential });
  location.reload();
}

async function rename({ passkeyId, name: before }) {
  const name = await ask(t("Rename the passkey"), { label: t("Name"), value: before });
  if (!name) return;
  await call("PATCH", `${PASSKEYS}/${passkeyId}`, { name });
  location.reload();
}

async function remove({ passkeyId, name }) {
  if (!await sure(t("Remove “{name}”?", { name }), t("It lets nobody in any more. Remove it on the device, too."), t("Remove"))) return;
  await proved(async () => {
    await call("DELETE", `${PASSKEYS}/${passkeyId}`);
    location.reload();
  });
}
