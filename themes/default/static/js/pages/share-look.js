/** How the pages of a link or project look: the part of a dialog with an accent colour and a logo. */

import { ApiError, call, csrfToken } from "../lib/api.js";
import { make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const LARGEST = 1 << 20; // bytes of a logo
const FIRST = "#0b5cc7"; // what the picker of colours begins with

/**
 * The fields for what looks so: `{element, accent(), send(address)}`; `accent()` is null for the colours around it.
 * `address` is that of the thing in the API, where it is there already.
 */
export function lookOf(share, address, title = t("How its pages look")) {
  const colour = make("input", { type: "color", id: "share-accent", "aria-label": t("Accent colour") });
  const own = make("input", { type: "checkbox" });
  own.checked = Boolean(share.accent);
  colour.value = share.accent || FIRST;
  colour.disabled = !own.checked;
  own.addEventListener("change", () => { colour.disabled = !own.checked; });
  const file = make("input", { type: "file", accept: "image/png,image/jpeg,image/webp,image/svg+xml", hidden: true, "aria-label": t("Logo") });
  const shown = make("img", { class: "share-logo", alt: t("Logo"), hidden: !share.has_logo });
  if (share.has_logo) shown.src = `${address}/logo`;
  const choose = make("button", { type: "button", onclick: () => file.click() }, t("Choose a logo…"));
  const drop = make("button", { type: "button", class: "quiet", hidden: !share.has_logo }, t("No logo"));
  let remove = false;
  file.addEventListener("change", () => {
    const [given] = file.files;
    if (given?.size > LARGEST) { file.value = ""; toast(t("A logo may have 1 MiB at most."), { bad: true }); return; }
    remove = false;
    choose.textContent = given?.name ?? t("Choose a logo…");
    drop.hidden = false;
    shown.hidden = true;
  });
  drop.addEventListener("click", () => { file.value = ""; remove = share.has_logo; shown.hidden = true; drop.hidden = true; choose.textContent = t("Choose a logo…"); choose.focus(); });
  const element = make("fieldset", { class: "share-look" },
    make("legend", {}, title),
    make("div", { class: "row" }, make("label", { class: "tick" }, own, t("A colour of its own")), colour),
    make("span", { class: "hint" }, t("Made darker or lighter where it could not be read.")),
    make("div", { class: "row" }, shown, choose, drop, file),
    make("span", { class: "hint" }, t("PNG, JPEG, WebP or SVG, 1 MiB at most; shown on white.")));
  return { element, accent: () => (own.checked ? colour.value : null), send: (to) => send(to, file.files[0], remove) };
}

/** Bring the logo to the box, once what it is for is there; one that is refused is told, and the rest stays. */
async function send(address, file, remove) {
  try {
    if (file) await put(`${address}/logo`, file);
    else if (remove) await call("DELETE", `${address}/logo`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(t("The logo was not taken: {reason} All else was kept.", { reason: error.message }), { bad: true });
  }
}

async function put(address, file) {
  let answer;
  try {
    answer = await fetch(address, { method: "PUT", headers: { "X-CSRF-Token": csrfToken(), "Content-Type": "application/octet-stream" }, body: file });
  } catch {
    throw new ApiError(0, { detail: t("the box does not answer.") });
  }
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({ detail: t("the box answered {status}.", { status: answer.status }) })));
}
