/** Where the reader is logged in: one login ended, or all others; new ones known. */

import { call } from "../lib/api.js";
import { attempt, sure, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

export function start(main) {
  main.addEventListener("click", (event) => {
    const button = event.target.closest("[data-end]");
    if (button) attempt(() => end(button.closest("tr")));
    if (event.target.closest("[data-end-others]")) attempt(endOthers);
    if (event.target.closest("[data-seen]")) attempt(seen);
  });
}

async function end(row) {
  await call("DELETE", `/api/account/sessions/${row.dataset.sessionId}`);
  row.remove();
  toast(t("Ended."));
}

async function endOthers() {
  const text = t("Everywhere but here somebody has to log in again. API keys go on.");
  if (!await sure(t("End all other logins?"), text, t("End them"))) return;
  const { ended } = await call("DELETE", "/api/account/sessions");
  toast(t("{count} login ended.|{count} logins ended.", {}, ended));
  location.reload();
}

async function seen() {
  await call("POST", "/api/account/sessions/seen");
  location.reload();
}
