/** A dialog to choose another asset of the same project, by a few letters of its name. */

import { call } from "../lib/api.js";
import { attempt, make } from "../lib/ui.js";
import { t } from "../lib/words.js";

const WAIT = 150; // ms after the last letter

/** The chosen `{id, title}`, or null. */
export async function chooseAsset(assetId) {
  const asset = await call("GET", `/api/assets/${assetId}`);
  const input = make("input", { id: "choose-asset", type: "search", autocomplete: "off", maxlength: 200, placeholder: t("Search this project") });
  const list = make("ul", { class: "choose-list", "aria-label": t("Assets") });
  const dialog = make("dialog", { "aria-label": t("Add another asset as the next version") },
    make("h2", {}, t("Add another asset as the next version")),
    make("p", { class: "muted" }, t("Its versions become the next ones here, with their notes. No master is touched, and it can be undone.")),
    make("div", { class: "field" }, make("label", { for: "choose-asset" }, t("Asset")), input),
    list,
    make("div", { class: "row end" }, make("button", { type: "button", onclick: () => dialog.close() }, t("Cancel"))));
  let chosen = null;
  let timer = 0;
  const look = async () => {
    const query = new URLSearchParams({ project_id: asset.project_id, limit: "20" });
    if (input.value.trim()) query.set("q", input.value.trim());
    const { items } = await call("GET", `/api/assets?${query}`);
    const others = items.filter((one) => one.id !== assetId && one.versions.length > 0 && (!asset.kind || one.kind === asset.kind));
    list.replaceChildren(...others.map((one) => make("li", {}, make("button", { type: "button", onclick: () => { chosen = one; dialog.close(); } }, one.title))));
    if (others.length === 0) list.append(make("li", { class: "muted" }, t("No other asset of this kind.")));
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => attempt(look), WAIT); });
  document.body.append(dialog);
  dialog.showModal();
  await attempt(look);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(chosen); });
  });
}
