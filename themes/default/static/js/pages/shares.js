/** The links of a project: new ones, changes, who looked, a new address, taken back by name. */

import { call } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { attempt, make, sure, toast } from "../lib/ui.js";
import { rich, t } from "../lib/words.js";
import { changeShare, openShare, showAddress } from "./share-dialog.js";

const DONE = {
  entered: ({ guest }) => rich("{guest} came in", { guest }),
  opened: ({ guest, what }) => rich("{guest} opened {what}", { guest, what }),
  downloaded: ({ guest, what, copy }) => (copy ? rich("{guest} downloaded {what} (copy to watch)", { guest, what }) : rich("{guest} downloaded {what}", { guest, what })),
};

export function start(main) {
  const page = main.querySelector("[data-shares]");
  page.querySelector("[data-share-new]").addEventListener("click", () => attempt(async () => {
    if (await openShare({ project_id: page.dataset.projectId })) reloadAfterDialog();
  }));
  page.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-share-id]");
    if (!row) return;
    const { shareId, title } = row.dataset;
    const pressed = (name) => event.target.closest(`[data-share-${name}]`);
    if (pressed("visits")) attempt(() => visits(shareId, title));
    if (pressed("edit")) attempt(() => edit(shareId));
    if (pressed("renew")) attempt(() => renew(shareId, title));
    if (pressed("revoke")) attempt(() => revoke(shareId, title));
  });
}

/** The list anew, once the address that can be read only now has been put away. */
function reloadAfterDialog() {
  const dialog = document.querySelector("dialog.share-made");
  if (dialog) dialog.addEventListener("close", () => location.reload());
  else location.reload();
}

async function edit(shareId) {
  if (await changeShare(await call("GET", `/api/shares/${shareId}`))) location.reload();
}

async function renew(shareId, title) {
  const text = t("The address that is out now stops working, and whoever came in by it has to come in again. The link keeps its settings.");
  if (!await sure(t("A new address for “{title}”?", { title }), text, t("Make a new address"))) return;
  showAddress(await call("POST", `/api/shares/${shareId}/renew`));
  reloadAfterDialog();
}

async function revoke(shareId, title) {
  const text = t("Whoever has it sees nothing any more; what plays now stops within seconds. This cannot be undone.");
  if (!await sure(t("Take back “{title}”?", { title }), text, t("Take back"))) return;
  await call("DELETE", `/api/shares/${shareId}`);
  toast(t("Taken back."));
  location.reload();
}

async function visits(shareId, title) {
  const list = make("ol", { class: "share-visits" });
  const more = make("button", { type: "button" }, t("Show more"));
  const dialog = make("dialog", { class: "wide", "aria-label": t("Who looked at “{title}”", { title }) },
    make("h2", {}, t("Who looked at “{title}”", { title })), list, more,
    make("form", { method: "dialog", class: "row end" }, make("button", {}, t("Close"))));
  let cursor = "";
  const load = async () => {
    const found = await call("GET", `/api/shares/${shareId}/visits?limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    list.append(...found.items.map(visit));
    if (!list.children.length) list.append(make("li", { class: "muted" }, t("Nobody yet.")));
    cursor = found.next_cursor || "";
    more.hidden = !cursor;
  };
  more.addEventListener("click", () => attempt(load));
  await load();
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function visit(one) {
  const what = [one.title, one.version && `v${one.version}`].filter(Boolean).join(" ");
  const about = DONE[one.action]({ guest: make("strong", {}, one.guest), what, copy: one.what === "preview" });
  return make("li", {}, ...about, " ",
    make("span", { class: "muted small" }, make("time", { datetime: one.created_at, title: one.created_at }, ago(one.created_at)), one.address ? ` · ${one.address}` : ""));
}
