/**
 * Cards and folders are dragged onto folders of the tree, a card onto another card to become its next version.
 *
 * What is under the pointer shows what a drop would do; each can be taken back.
 */

import { call } from "../lib/api.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const ASSETS = "application/x-mam-assets";
const FOLDER = "application/x-mam-folder";

/** `bulk`: the chosen cards and how they are changed. Answers the end of it. */
export function startDrag(page, bulk, redrawTree) {
  if (page.dataset.mayWrite !== "true") return () => {};
  let held = []; // the assets in hand: what a drop brings is told only once it is dropped
  const onStart = (event) => {
    const card = event.target.closest?.(".card[data-asset-id]");
    const folder = event.target.closest?.(".tree a[data-folder]");
    if (card?.dataset.assetId) {
      const id = card.dataset.assetId;
      const dragged = bulk.has(id) ? bulk.cards().map((one) => one.assetId) : [id];
      event.dataTransfer.setData(ASSETS, JSON.stringify(dragged));
      held = dragged;
      showCount(event, dragged.length);
    } else if (folder?.dataset.folder) event.dataTransfer.setData(FOLDER, folder.dataset.folder);
    else return;
    event.dataTransfer.effectAllowed = "move";
  };
  const target = (event) => {
    const link = event.target.closest?.(".tree a[data-folder]");
    const types = event.dataTransfer ? [...event.dataTransfer.types] : [];
    return link && (types.includes(ASSETS) || types.includes(FOLDER)) ? link : null;
  };
  const onto = (event) => {
    const card = event.target.closest?.(".card[data-asset-id]");
    return card && held.length === 1 && card.dataset.assetId !== held[0] ? card : null;
  };
  const light = (link, card) => {
    for (const other of page.querySelectorAll(".tree a.over")) if (other !== link) other.classList.remove("over");
    for (const other of page.querySelectorAll(".card[data-drop]")) if (other !== card) delete other.dataset.drop;
    link?.classList.add("over");
    if (card) card.dataset.drop = t("Stack as the next version");
  };
  const onOver = (event) => {
    const link = target(event);
    const card = link ? null : onto(event);
    light(link, card);
    if (!link && !card) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  };
  const onDrop = (event) => {
    const link = target(event);
    const card = link ? null : onto(event);
    light(null, null);
    if (!link && !card) return;
    event.preventDefault();
    if (card) {
      const [from] = held;
      attempt(() => stackOnto(card, from));
      return;
    }
    const into = { id: link.dataset.folder || null, name: link.textContent.trim() };
    const moved = event.dataTransfer.getData(FOLDER);
    if (moved) attempt(() => moveFolder(page, moved, into, redrawTree));
    else attempt(() => bulk.change(JSON.parse(event.dataTransfer.getData(ASSETS)), { action: "move", folder_id: into.id }, (count) => t("{count} asset moved to {name}.|{count} assets moved to {name}.", { name: into.name }, count)));
  };
  const onEnd = () => { held = []; light(null, null); };
  const handlers = { dragstart: onStart, dragover: onOver, drop: onDrop, dragend: onEnd };
  for (const [name, handler] of Object.entries(handlers)) page.addEventListener(name, handler);
  return () => { for (const [name, handler] of Object.entries(handlers)) page.removeEventListener(name, handler); };
}

/** The asset's versions become the next ones of the card's; a toast takes it back. */
async function stackOnto(card, from) {
  const id = card.dataset.assetId;
  const title = (await call("GET", `/api/assets/${id}`)).title;
  const moved = await call("POST", `/api/assets/${id}/stack`, { from_asset_id: from });
  const undo = () => call("POST", `/api/assets/${id}/unstack`, { version_ids: moved.version_ids });
  toast(t("It is the next version of “{title}” now.", { title }), { action: t("Undo"), onAction: () => attempt(undo) });
}

/** Move a folder into another, or (id null) to the project's top; a toast takes it back. */
export async function moveFolder(page, folderId, into, redrawTree) {
  if (folderId === into.id) return;
  const link = page.querySelector(`.tree a[data-folder="${CSS.escape(folderId)}"]`);
  const above = link.closest("li").parentElement.closest("li")?.querySelector("a[data-folder]").dataset.folder || null;
  const put = async (parent) => {
    await call("PATCH", `/api/folders/${folderId}`, { parent_id: parent });
    await redrawTree();
  };
  await put(into.id);
  toast(t("“{folder}” moved to {name}.", { folder: link.textContent.trim(), name: into.name }), { action: t("Undo"), onAction: () => attempt(() => put(above)) });
}

function showCount(event, count) {
  if (count < 2) return;
  const badge = document.createElement("div");
  badge.className = "drag-count";
  badge.textContent = t("{count} asset|{count} assets", {}, count);
  document.body.append(badge);
  event.dataTransfer.setDragImage(badge, -8, -8);
  setTimeout(() => badge.remove());
}
