/** The menu of versions in the header: what may be done with the one shown, each step with its way back. */

import { call } from "../lib/api.js";
import { bind } from "../lib/keys.js";
import { go } from "../lib/navigate.js";
import { ask, attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { Arrival } from "./arrival.js";
import { offerNotes } from "./carry.js";
import { chooseAsset } from "./choose.js";

const SAID = "mam-said"; // what the next page says first

/** The menu and all that belongs to it; `changed(event)` for the page's events, `fill()` for a new panel, `end()`. */
export function startStack(page) {
  const menu = document.querySelector("[data-versions]");
  saidBefore();
  if (!menu) return { changed: () => {}, fill: () => {}, end: () => {} };
  const { versionId, older, mayComment } = menu.dataset;
  const arrival = new Arrival(page, menu.dataset);
  const act = { current: makeCurrent, label: relabel, remove: takeOut, restore: putBack, stack: stackOnto, unstack };
  const onClick = (event) => {
    const button = event.target.closest("[data-version-do]");
    if (button) attempt(() => act[button.dataset.versionDo](menu.dataset, button.dataset));
  };
  menu.addEventListener("click", onClick);
  const unbind = bind({
    v: () => open(menu),
    "Shift+v": () => (older ? go(`/compare?a=${older}&b=${versionId}`) : false),
  });
  const fill = () => { if (mayComment === "true" && older) attempt(() => offerNotes(page, versionId)); };
  fill();
  return {
    fill,
    changed: (event) => attempt(() => arrival.changed(event)),
    end: () => { unbind(); arrival.end(); menu.removeEventListener("click", onClick); },
  };
}

function open(menu) {
  menu.open = !menu.open;
  if (menu.open) menu.querySelector("[aria-current]")?.focus();
}

async function makeCurrent({ assetId, versionId, number }) {
  const { items } = await call("GET", `/api/assets/${assetId}/versions?limit=200`);
  const before = items.find((one) => one.current);
  await call("POST", `/api/versions/${versionId}/current`);
  await again(`/assets/${assetId}`, t("v{number} is current.", { number }), before && ["POST", `/api/versions/${before.id}/current`]);
}

async function relabel({ assetId, versionId, number, label }) {
  const wanted = await ask(t("Label v{number}", { number }), { label: t("Label, such as “director’s cut”"), value: label || "", maxlength: 200, optional: true });
  if (wanted === null) return;
  await call("PATCH", `/api/versions/${versionId}`, { label: wanted });
  await again(`/assets/${assetId}?version=${number}`, wanted ? t("v{number} is labelled.", { number }) : t("The label is gone."), ["PATCH", `/api/versions/${versionId}`, { label: label || "" }]);
}

async function takeOut({ assetId, versionId, number }) {
  await call("DELETE", `/api/versions/${versionId}`);
  await again(`/assets/${assetId}`, t("v{number} is out of the stack. Its master stays in custody.", { number }), ["POST", `/api/versions/${versionId}/restore`]);
}

async function putBack({ assetId }, { id, number }) {
  await call("POST", `/api/versions/${id}/restore`);
  await again(`/assets/${assetId}?version=${number}`, t("v{number} is back.", { number }), ["DELETE", `/api/versions/${id}`]);
}

async function stackOnto({ assetId }) {
  const other = await chooseAsset(assetId);
  if (!other) return;
  const moved = await call("POST", `/api/assets/${assetId}/stack`, { from_asset_id: other.id });
  await again(`/assets/${assetId}`, t("“{title}” is the next version now.", { title: other.title }), ["POST", `/api/assets/${assetId}/unstack`, { version_ids: moved.version_ids }]);
}

async function unstack({ assetId, versionId, number }) {
  const { asset_ids: [home] } = await call("POST", `/api/assets/${assetId}/unstack`, { version_ids: [versionId] });
  await again(`/assets/${home}`, t("v{number} is an asset again.", { number }), ["POST", `/api/assets/${assetId}/stack`, { from_asset_id: home }]);
}

/** Load the page anew, which then says what was done and offers the way back. */
async function again(href, text, undo) {
  try {
    sessionStorage.setItem(SAID, JSON.stringify({ text, undo, href }));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // storage switched off: it is done without a word
  }
  await go(href);
}

function saidBefore() {
  const said = take();
  if (!said) return;
  const back = async () => {
    await call(...said.undo);
    await go(location.pathname);
  };
  toast(said.text, said.undo ? { action: t("Undo"), onAction: () => attempt(back) } : {});
}

function take() {
  try {
    const said = JSON.parse(sessionStorage.getItem(SAID) || "null");
    sessionStorage.removeItem(SAID);
    return said;
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError) return null;
    throw error;
  }
}
