/** A client's decision on the version shown: approve, request changes with a note, take it back. */

import { call } from "../lib/api.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const SAID = { approved: () => t("You approved this version."), changes_requested: () => t("You requested changes.") };
const DONE = { ...SAID, pending: () => t("Taken back.") };

/** Wire the section; nothing where guests are not asked. `changed()` is called after each decision. */
export function startDeciding(page, changed) {
  const section = page.querySelector("[data-share-decide]");
  if (!section) return;
  const wish = section.querySelector("[data-wish]");
  const asking = section.querySelector("[data-decide=changes_requested]");
  const open = (is) => {
    wish.hidden = !is;
    asking.setAttribute("aria-expanded", String(is));
    (is ? wish.querySelector("textarea") : asking).focus();
  };
  const decide = (decision, note = "") => attempt(async () => {
    const { decision: now } = await call("PUT", `/api/versions/${section.dataset.versionId}/decision`, { decision, note });
    if (!wish.hidden) open(false);
    draw(section, now ?? "");
    toast(DONE[decision]());
    changed();
  });
  section.addEventListener("click", (event) => {
    if (event.target.closest("[data-wish-close]")) open(false);
    const button = event.target.closest("[data-decide]");
    if (!button) return;
    if (button === asking) open(wish.hidden);
    else decide(button.dataset.decide);
  });
  wish.addEventListener("submit", (event) => {
    event.preventDefault();
    decide("changes_requested", wish.querySelector("textarea").value.trim());
  });
  draw(section, section.dataset.decision);
}

function draw(section, decision) {
  for (const button of section.querySelectorAll("[data-decide][aria-pressed]")) button.setAttribute("aria-pressed", String(button.dataset.decide === decision));
  section.querySelector("[data-decide=pending]").hidden = !decision;
  section.querySelector("[data-said]").textContent = SAID[decision]?.() ?? "";
}
