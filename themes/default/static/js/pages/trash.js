/** The trash of a project: bring back one, or all that are marked. */

import { call } from "../lib/api.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

export function start(main) {
  const page = main.querySelector(".trash-page");
  const button = page.querySelector("[data-restore-marked]");
  const rows = () => [...page.querySelectorAll("tr[data-asset-id]")];
  const marked = () => rows().filter((row) => row.querySelector("[data-mark]").checked);
  const count = () => {
    if (!button) return;
    page.querySelector("[data-marked]").textContent = marked().length;
    button.disabled = marked().length === 0;
  };
  page.addEventListener("change", (event) => {
    if (event.target.matches("[data-mark-all]")) for (const row of rows()) row.querySelector("[data-mark]").checked = event.target.checked;
    count();
  });
  page.addEventListener("click", (event) => {
    const one = event.target.closest("[data-restore]");
    if (one) attempt(() => restore([one.closest("tr")]));
    if (event.target.closest("[data-restore-marked]")) attempt(() => restore(marked()));
  });

  async function restore(chosen) {
    const ids = chosen.map((row) => row.dataset.assetId);
    const answer = await call("POST", "/api/assets/bulk", { asset_ids: ids, action: "restore" });
    const wrong = answer.results.filter((one) => one.error);
    const bad = new Set(wrong.map((one) => one.asset_id));
    const gone = chosen.filter((row) => !bad.has(row.dataset.assetId)).map((row) => ({ row, after: row.nextSibling, body: row.parentElement }));
    for (const { row } of gone) row.remove();
    count();
    page.querySelector("[data-nothing]").hidden = rows().length > 0;
    const undo = () => attempt(async () => {
      for (const body of answer.undo) await call("POST", "/api/assets/bulk", body);
      for (const { row, after, body } of gone.reverse()) body.insertBefore(row, after?.isConnected ? after : null);
      page.querySelector("[data-nothing]").hidden = true;
      count();
    });
    if (gone.length) toast(t("{count} asset is back.|{count} assets are back.", {}, gone.length), { action: t("Undo"), onAction: undo });
    if (wrong.length) toast(wrong[0].error.detail, { bad: true });
  }
}
