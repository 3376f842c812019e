/** Cards of assets: made by the server's template, kept true in place by events and uploads. */

import { fragment } from "./api.js";
import { drawAll, showPictures } from "./blurhash.js";
import { bytes } from "./format.js";
import { t } from "./words.js";

const wordsOf = () => ({
  awaiting_upload: t("Waiting for its file"),
  waiting: t("Waiting"),
  uploading: t("Uploading"),
  sending: t("Uploading"),
  paused: t("Paused"),
  verifying: t("Verifying"),
  asking: t("You already have it"),
  promoting: t("Verifying"),
  queued: t("Waiting for a worker"),
  processing: t("Encoding"),
  ready: t("Ready"),
  unsupported: t("No preview"),
  failed: t("Failed"),
});
const DOTS = { sending: "uploading", verifying: "promoting", asking: "promoting", waiting: "queued", unsupported: "ready" };

/** Set a card's state, its words and its progress (0 to 1, or null for none). */
export function setState(card, state, { progress = null, words = "" } = {}) {
  const line = card.querySelector(".state");
  line.dataset.state = DOTS[state] || state;
  line.textContent = words || wordsOf()[state] || state;
  const bar = card.querySelector("progress");
  bar.hidden = progress === null;
  if (progress !== null) bar.value = progress;
}

const heirs = new WeakMap(); // card → the one that was drawn anew in its place
const latest = new Map(); // version id → the last event about its preview

const named = (status) => `${status.status}${status.playable ? "+" : ""}`;

/** Follow a preview's status event. */
export function followPreview(card, status) {
  latest.set(status.version_id, status);
  const was = card.dataset.preview;
  const now = named(status);
  card.dataset.preview = now;
  if (status.status === "processing") {
    const words = status.playable ? t("Playable · {percent} %", { percent: Math.floor(status.percent) }) : t("Encoding {percent} %", { percent: Math.floor(status.percent) });
    setState(card, "processing", { progress: status.percent / 100, words });
  } else setState(card, status.status);
  if (was !== now && (status.playable || status.status === "failed" || status.status === "unsupported")) refresh(card);
}

/** Follow an upload of this window. */
export function followUpload(card, item) {
  const sending = item.state === "sending" || item.state === "paused";
  const words = item.state === "sending" ? t("Uploading {percent} %", { percent: Math.floor((100 * item.sent) / Math.max(1, item.size)) }) : "";
  setState(card, item.state, { progress: sending ? item.sent / Math.max(1, item.size) : null, words });
}

/** Note an event about a version that no card shows yet. */
export function rememberPreview(status) {
  latest.set(status.version_id, status);
}

/** The card that stands for `card` by now: itself, or what it was drawn anew as. */
export function heir(card) {
  let last = card;
  while (heirs.has(last)) last = heirs.get(last);
  return last;
}

/** Take the server's word for how a card looks now; ask again where an event has overtaken the answer. */
export async function refresh(card, again = 2) {
  const id = card.dataset.assetId;
  if (!id || card.dataset.refreshing !== undefined) return;
  card.dataset.refreshing = "";
  try {
    const fresh = (await fragment(`/assets/${id}/card`)).querySelector(".card");
    const hadFocus = card.contains(document.activeElement);
    const stop = card.querySelector(".card-link").getAttribute("tabindex");
    for (const name of ["aria-posinset", "aria-setsize"]) if (card.hasAttribute(name)) fresh.setAttribute(name, card.getAttribute(name));
    heirs.set(card, fresh);
    card.replaceWith(fresh);
    drawAll(fresh);
    showPictures(fresh);
    if (stop !== null) fresh.querySelector(".card-link").setAttribute("tabindex", stop);
    if (hadFocus) fresh.querySelector(".card-link").focus();
    const known = latest.get(fresh.dataset.versionId);
    if (known && named(known) !== fresh.dataset.preview && again > 0) await refresh(fresh, again - 1);
  } finally {
    delete card.dataset.refreshing;
  }
}

/** A card for a file that is only just being sent, from the page's blank one. */
export function blank(template, item) {
  const card = template.content.querySelector(".card").cloneNode(true);
  card.dataset.uploadKey = item.key;
  card.querySelector(".title").textContent = item.name;
  card.querySelector(".title").title = item.name;
  card.querySelector(".size").textContent = bytes(item.size);
  return card;
}

/** Bind a card to its asset, once that exists. */
export function own(card, assetId) {
  card.dataset.assetId = assetId;
  card.querySelector(".card-link").href = `/assets/${assetId}`;
}
