/** The login's second way: a passkey, where the browser can; the form works without this script. */

import { call } from "../lib/api.js";
import { able, sign } from "../lib/passkeys.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

export function start(main) {
  const form = main.querySelector("[data-passkey-login]");
  if (!form || !able()) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => login(form));
  });
}

async function login(form) {
  const { options } = await call("POST", "/auth/passkey/options");
  try {
    form.elements.credential.value = JSON.stringify(await sign(options));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    toast(t("No passkey was used."), { bad: true });
    return;
  }
  form.submit();
}
