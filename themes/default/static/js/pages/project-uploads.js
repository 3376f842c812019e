/** Uploads on the project page: a card at once for each file, progress on the card, new folders in the tree. */

import { blank, followUpload, own, refresh } from "../lib/cards.js";
import { uploads } from "../uploads/queue.js";

/** Show this window's uploads in the grid; answers the end of it. */
export function showUploads({ page, shelf, projectId, folderId }) {
  const template = document.querySelector("#blank-card");
  const mine = (item) => item && item.projectId === projectId && !item.newVersion;
  const visible = (item) => mine(item) && (folderId === null || item.folders.length === 0) && (folderId === null || item.folderId === folderId);
  const find = (item) => cardOf(shelf, item);
  const show = (item) => {
    if (item.state === "lost" || item.state === "done" || !visible(item)) return null;
    const card = blank(template, item);
    if (item.assetId) own(card, item.assetId);
    shelf.add(card);
    page.querySelector("[data-nothing]")?.setAttribute("hidden", "");
    return card;
  };
  const onChange = ({ detail: item }) => {
    if (!mine(item)) return;
    const card = find(item) || show(item);
    if (!card) return;
    if (item.state === "cancelled") shelf.remove(card);
    else if (item.state !== "done") followUpload(card, item);
  };
  const onAsset = ({ detail: item }) => {
    const card = find(item);
    if (!card) return;
    own(card, item.assetId);
    if (!item.versionId) return;
    card.dataset.versionId = item.versionId;
    refresh(card);
  };
  for (const item of uploads.items) onChange({ detail: item });
  const onFolder = () => page.dispatchEvent(new Event("folders"));
  uploads.addEventListener("change", onChange);
  uploads.addEventListener("asset", onAsset);
  uploads.addEventListener("folder", onFolder);
  return () => {
    uploads.removeEventListener("change", onChange);
    uploads.removeEventListener("asset", onAsset);
    uploads.removeEventListener("folder", onFolder);
  };
}

function cardOf(shelf, item) {
  const byAsset = item.assetId && shelf.find(item.assetId);
  return byAsset || shelf.windows.find((card) => card.dataset.uploadKey === String(item.key));
}
