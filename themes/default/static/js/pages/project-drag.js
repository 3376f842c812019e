/** Cards and folders are dragged onto folders of the tree; the folder under the pointer shows it. */

import { call } from "../lib/api.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const ASSETS = "application/x-mam-assets";
const FOLDER = "application/x-mam-folder";

/** `bulk`: the chosen cards and how they are changed. Answers the end of it. */
export function startDrag(page, bulk, redrawTree) {
  if (page.dataset.mayWrite !== "true") return () => {};
  const onStart = (event) => {
    const card = event.target.closest?.(".card[data-asset-id]");
    const folder = event.target.closest?.(".tree a[data-folder]");
    if (card?.dataset.assetId) {
      const id = card.dataset.assetId;
      const dragged = bulk.has(id) ? bulk.cards().map((one) => one.assetId) : [id];
      event.dataTransfer.setData(ASSETS, JSON.stringify(dragged));
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
  const light = (link) => {
    for (const other of page.querySelectorAll(".tree a.over")) if (other !== link) other.classList.remove("over");
    link?.classList.add("over");
  };
  const onOver = (event) => {
    const link = target(event);
    light(link);
    if (!link) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  };
  const onDrop = (event) => {
    const link = target(event);
    light(null);
    if (!link) return;
    event.preventDefault();
    const into = { id: link.dataset.folder || null, name: link.textContent.trim() };
    const moved = event.dataTransfer.getData(FOLDER);
    if (moved) attempt(() => moveFolder(page, moved, into, redrawTree));
    else attempt(() => bulk.change(JSON.parse(event.dataTransfer.getData(ASSETS)), { action: "move", folder_id: into.id }, (count) => t("{count} asset moved to {name}.|{count} assets moved to {name}.", { name: into.name }, count)));
  };
  const onEnd = () => light(null);
  const handlers = { dragstart: onStart, dragover: onOver, drop: onDrop, dragend: onEnd };
  for (const [name, handler] of Object.entries(handlers)) page.addEventListener(name, handler);
  return () => { for (const [name, handler] of Object.entries(handlers)) page.removeEventListener(name, handler); };
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
