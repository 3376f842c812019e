/** What can be done to folders and assets here: make, rename, move to the trash, and take it back. */

import { call, fragment } from "../lib/api.js";
import { go } from "../lib/navigate.js";
import { ask, attempt, sure, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { askLook } from "./project-look.js";

/** Wire menus and keys of one project page; answers the end of it. */
export function startActions({ page, shelf, projectId, folderId }) {
  const actions = {
    "new-folder": () => newFolder(page, projectId, folderId),
    "rename-folder": (button) => renameFolder(page, button.dataset),
    "delete-folder": (button) => deleteFolder(page, button.dataset, projectId, folderId),
    "rename-project": (button) => renameProject(button.dataset),
    "project-look": () => askLook(projectId),
    "trash-project": (button) => trashProject(button.dataset),
    rename: (button) => renameAsset(button.closest(".card")),
    trash: (button) => trashAsset(page, shelf, button.closest(".card")),
  };
  const onClick = (event) => {
    const button = event.target.closest("[data-action]");
    const action = button && actions[button.dataset.action];
    if (action) attempt(() => action(button));
  };
  const onKey = (event) => {
    const card = event.target.matches?.(".card-link") && event.target.closest(".card");
    if (!card || page.dataset.mayWrite !== "true" || !card.dataset.assetId) return;
    if (event.key === "F2") attempt(() => renameAsset(card));
    if (event.key === "Delete") attempt(() => trashAsset(page, shelf, card));
  };
  const onFolders = () => attempt(() => redrawTree(page));
  document.addEventListener("click", onClick);
  page.addEventListener("keydown", onKey);
  page.addEventListener("folders", onFolders);
  return () => document.removeEventListener("click", onClick);
}

async function newFolder(page, projectId, parentId) {
  const name = await ask(t("New folder"), { label: t("Name"), confirm: t("Create folder") });
  if (!name) return;
  const folder = await call("POST", `/api/projects/${projectId}/folders`, { name, parent_id: parentId });
  await redrawTree(page);
  page.querySelector(`.tree a[data-folder="${folder.id}"]`)?.focus();
}

async function renameFolder(page, { folder, name }) {
  const wanted = await ask(t("Rename folder"), { label: t("Name"), value: name });
  if (!wanted || wanted === name) return;
  await call("PATCH", `/api/folders/${folder}`, { name: wanted });
  await redrawTree(page);
}

async function deleteFolder(page, { folder, name }, projectId, shownId) {
  const text = t("The folder goes; what lies in it moves one level up. This cannot be undone.");
  if (!(await sure(t("Delete “{name}”?", { name }), text, t("Delete folder")))) return;
  await call("DELETE", `/api/folders/${folder}`);
  if (folder === shownId) go(`/projects/${projectId}`);
  else await redrawTree(page);
}

async function renameProject({ project, name }) {
  const wanted = await ask(t("Rename project"), { label: t("Name"), value: name });
  if (!wanted || wanted === name) return;
  await call("PATCH", `/api/projects/${project}`, { name: wanted });
  go(location.href);
}

async function trashProject({ project, name }) {
  const text = t("Nobody will find it any more. Its masters stay where they are until their lock ends.");
  if (!(await sure(t("Delete “{name}”?", { name }), text, t("Delete project")))) return;
  await call("DELETE", `/api/projects/${project}`);
  go("/");
  const undo = () => attempt(async () => {
    await call("POST", `/api/projects/${project}/restore`);
    go(`/projects/${project}`);
  });
  toast(t("“{name}” is in the trash.", { name }), { action: t("Undo"), onAction: undo });
}

async function renameAsset(card) {
  const title = card.querySelector(".title");
  const wanted = await ask(t("Rename"), { label: t("Title"), value: title.textContent.trim(), maxlength: 500 });
  if (!wanted || wanted === title.textContent.trim()) return;
  const asset = await call("PATCH", `/api/assets/${card.dataset.assetId}`, { title: wanted });
  title.textContent = asset.title;
  title.title = asset.title;
  card.querySelector(".card-link").focus();
}

async function trashAsset(page, shelf, card) {
  const id = card.dataset.assetId;
  const name = card.querySelector(".title").textContent.trim();
  const place = shelf.place(card); // now: others may hear of it before the answer is here
  card.classList.add("leaving");
  try {
    await call("DELETE", `/api/assets/${id}`);
  } finally {
    card.classList.remove("leaving");
  }
  shelf.remove(card);
  if (shelf.count) shelf.focus(Math.min(place, shelf.count - 1));
  page.querySelector("[data-nothing]")?.toggleAttribute("hidden", shelf.count > 0);
  const undo = () => attempt(async () => {
    await call("POST", `/api/assets/${id}/restore`);
    const again = shelf.find(id); // others tell of it too
    if (again) shelf.remove(again);
    shelf.put(card, place);
    page.querySelector("[data-nothing]")?.setAttribute("hidden", "");
    shelf.focus(shelf.place(card));
  });
  toast(t("“{name}” is in the trash.", { name }), { action: t("Undo"), onAction: undo });
}

export async function redrawTree(page) {
  const fresh = await fragment(page.dataset.tree);
  page.querySelector(".tree").replaceWith(fresh.querySelector(".tree"));
}
