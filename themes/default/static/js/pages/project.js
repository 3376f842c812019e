/** A project: folders, filters, the grid that fills as one scrolls, live states, drops. */

import { fragment, quietly } from "../lib/api.js";
import { followPreview, refresh, rememberPreview } from "../lib/cards.js";
import { rove } from "../lib/grid.js";
import { listen } from "../lib/live.js";
import { rename } from "../lib/navigate.js";
import { Shelf } from "../lib/shelf.js";
import { skim } from "../lib/skim.js";
import { attempt } from "../lib/ui.js";
import { acceptDrops, chosen } from "../uploads/drop.js";
import { uploads } from "../uploads/queue.js";
import { redrawTree as redraw, startActions } from "./project-actions.js";
import { startBulk } from "./project-bulk.js";
import { startDrag } from "./project-drag.js";
import { startColumns, startOwnFilters } from "./project-filters.js";
import { startSaved } from "./project-saved.js";
import { showUploads } from "./project-uploads.js";

const TYPING_PAUSE = 200; // milliseconds

export function start(main) {
  const page = main.querySelector(".project");
  const grid = page.querySelector(".grid");
  const shelf = new Shelf(grid);
  const context = { page, shelf, projectId: page.dataset.projectId, folderId: page.dataset.folderId || null };
  const redrawTree = () => redraw(page);
  const endMoving = rove(grid, ".card-link", (link, key) => shelf.step(link, key)); // before the choosing, which looks where the focus has gone
  const bulk = startBulk(context, () => showAnew(context));
  const ends = [
    endMoving,
    bulk.end,
    startDrag(page, bulk, redrawTree),
    startSaved(page, context.projectId, redrawTree),
    startOwnFilters(page),
    skim(grid),
    startFilters(context),
    shelf.start(),
    startActions(context),
    showUploads(context),
    listen(`/api/preview/events?project_id=${context.projectId}`, {
      status: (status) => follow(shelf, status),
      change: (change) => quietly(others(context, change)),
    }),
  ];
  if (page.dataset.mayUpload === "true") ends.push(startDrops(context));
  startView(page, shelf);
  startColumns(page);
  return () => ends.forEach((end) => end());
}

/** What somebody did to an asset elsewhere shows here: new cards, new titles, cards that go. */
async function others({ page, shelf, folderId, busy }, { name, asset_id: id }) {
  if (!id || busy?.has(id)) return;
  const card = shelf.find(id);
  if (card?.classList.contains("leaving")) return; // this window is at it
  if (name === "asset.trashed") { if (card) shelf.remove(card); }
  else if (card) await refresh(card);
  else if (["asset.created", "asset.restored"].includes(name) && page.dataset.filtered !== "true") {
    if (uploads.items.some((item) => item.assetId === id || item.state === "sending")) return;
    const fresh = (await fragment(`/assets/${id}/card`)).querySelector(".card");
    if (shelf.find(id) || (folderId && fresh.dataset.folderId !== folderId)) return;
    shelf.add(fresh);
    page.querySelector("[data-nothing]")?.setAttribute("hidden", "");
  }
}

function follow(shelf, status) {
  const card = shelf.windows.find((one) => one.dataset.versionId === status.version_id);
  if (card) followPreview(card, status);
  else rememberPreview(status);
}

/** Drops anywhere go into the folder that is shown, or into the folder or onto the asset beneath the pointer. */
function startDrops(context) {
  const take = (files, target) => {
    const folder = target?.closest?.(".tree a[data-folder]");
    const card = target?.closest?.(".card[data-asset-id]");
    const folderId = folder ? folder.dataset.folder || null : context.folderId;
    const assetId = card && files.length === 1 ? card.dataset.assetId : null;
    uploads.add(files, { projectId: context.projectId, folderId, assetId });
  };
  for (const input of context.page.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => take(chosen(input), null));
    if (input.files.length) take(chosen(input), null); // chosen before this script was there
  }
  for (const button of context.page.querySelectorAll("[data-pick]")) {
    button.addEventListener("click", () => context.page.querySelector(`#${button.dataset.pick}`).click());
  }
  return acceptDrops(document.querySelector(".drop-here"), take);
}

/** The filter bar is a plain form; here it answers at once and keeps the address true. */
function startFilters(context) {
  const { page } = context;
  const form = page.querySelector("form.tools");
  let timer = 0;
  let running = null;
  const apply = () => attempt(async () => {
    running?.abort();
    for (const other of page.querySelectorAll(".saved a[aria-current]")) other.removeAttribute("aria-current");
    running = new AbortController();
    const wanted = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    rename(wanted);
    const grid = page.querySelector(".grid");
    grid.setAttribute("aria-busy", "true");
    const found = await fragment(`${form.dataset.cards}?${wanted}`, { signal: running.signal });
    grid.removeAttribute("aria-busy");
    place(context, found);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  form.addEventListener("change", apply);
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[type=search]")) return;
    clearTimeout(timer);
    timer = setTimeout(apply, TYPING_PAUSE);
  });
  return () => clearTimeout(timer);
}

/** Show the first cards of what is filtered as they are now. */
async function showAnew(context) {
  const form = context.page.querySelector("form.tools");
  const wanted = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const found = await fragment(`${form.dataset.cards}?${wanted}`);
  place(context, found, { stay: true });
}

/** Show another list: its first piece of cards. */
function place({ page, shelf }, piece, how) {
  shelf.anew(piece, how);
  page.querySelector("[data-nothing]")?.toggleAttribute("hidden", shelf.count > 0);
}

/** Grid or list; the form field keeps it in the address, the cookie for the next visit. */
function startView(page, shelf) {
  for (const button of page.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => {
      const list = button.dataset.view === "list";
      page.querySelector(".grid").classList.toggle("list", list);
      page.querySelector(".columns").hidden = !list;
      shelf.refit();
      for (const other of page.querySelectorAll("[data-view]")) other.setAttribute("aria-pressed", String(other === button));
      document.cookie = `mam_view=${button.dataset.view}; path=/; max-age=31536000; samesite=lax`;
    });
  }
}
