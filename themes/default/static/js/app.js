/** The start of every page: keys, menus, appearance, the upload dock, then the page's own module. */

import { drawAll, showPictures } from "./lib/blurhash.js";
import { startBell } from "./lib/bell.js";
import { ago } from "./lib/format.js";
import { install } from "./lib/installed.js";
import { bind, watchKeys } from "./lib/keys.js";
import { go, watchLinks } from "./lib/navigate.js";
import { attempt, watchMenus } from "./lib/ui.js";
import { loadWords } from "./lib/words.js";
import { csrfToken } from "./lib/api.js";
import { startDock } from "./uploads/dock.js";
import { uploads } from "./uploads/queue.js";

const PAGES = {
  projects: () => import("./pages/projects.js"),
  project: () => import("./pages/project.js"),
  board: () => import("./pages/board.js"),
  asset: () => import("./pages/asset.js"),
  compare: () => import("./pages/compare.js"),
  "notes-print": () => import("./pages/notes-print.js"),
  shares: () => import("./pages/shares.js"),
  "share-asset": () => import("./pages/share-asset.js"),
  search: () => import("./pages/search.js"),
  trash: () => import("./pages/trash.js"),
  fields: () => import("./pages/fields.js"),
  manifests: () => import("./pages/manifests.js"),
  watch: () => import("./pages/watch.js"),
  webhooks: () => import("./pages/webhooks.js"),
  roles: () => import("./pages/roles.js"),
  plugins: () => import("./pages/plugins.js"),
  users: () => import("./pages/users.js"),
  login: () => import("./pages/login.js"),
  invitations: () => import("./pages/invitations.js"),
  keys: () => import("./pages/keys.js"),
  sessions: () => import("./pages/sessions.js"),
  security: () => import("./pages/security.js"),
  audit: () => import("./pages/audit.js"),
  jobs: () => import("./pages/jobs.js"),
  workers: () => import("./pages/workers.js"),
  health: () => import("./pages/health.js"),
  storage: () => import("./pages/storage.js"),
};

let leave = () => {};

/** Run the module of the page that is shown; what it answers is called when the page goes. */
async function start() {
  leave();
  leave = () => {};
  drawAll();
  showPictures();
  for (const time of document.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime);
  for (const button of document.querySelectorAll("[data-appearance]")) button.addEventListener("click", appearance);
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const page = PAGES[document.body.dataset.page];
  if (page) leave = (await page()).start(document.querySelector("main")) || (() => {});
  const mine = leave;
  await mine.whole; // what a page shows first need not wait for the rest of it
  if (leave !== mine) return; // another page is there meanwhile
  startBell(); // after the page, on whose stream it listens
  document.documentElement.dataset.ready = "";
}

/** Dark, light or as the system says: at once, and kept by the server for the next page. */
function appearance(event) {
  const value = event.currentTarget.dataset.appearance;
  event.preventDefault();
  document.documentElement.dataset.theme = value;
  for (const button of document.querySelectorAll("[data-appearance]")) {
    button.setAttribute("aria-pressed", String(button.dataset.appearance === value));
  }
  const body = new URLSearchParams({ appearance: value, csrf_token: csrfToken() });
  attempt(() => fetch("/appearance", { method: "POST", body, redirect: "manual" }));
}

function help() {
  const dialog = document.querySelector("#shortcuts");
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.scrollTop = 0; // its one button has the focus, and stands below all keys
}

function goTo(selector) {
  return () => {
    const link = document.querySelector(selector);
    if (link) go(link.href);
  };
}

bind({
  "?": help,
  "/": () => (document.querySelector("[data-search]") ? document.querySelector("[data-search]").focus() : goTo("[data-go=search]")()),
  "g p": () => go("/"),
  "g a": goTo("[data-go=assets]"),
  "g f": goTo("[data-go=search]"),
  "g s": goTo("[data-go=admin]"),
});
watchKeys();
watchMenus();
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-share]");
  if (button) attempt(async () => (await import("./pages/share-dialog.js")).shareFrom(button));
});
watchLinks(() => uploads.busy, () => attempt(start));
document.addEventListener("click", (event) => { if (event.target.closest("[data-help]")) help(); });
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches("[data-notes-taking]")) attempt(async () => (await import("./pages/notes-export.js")).opened(event.target));
}, true);
addEventListener("pagehide", () => leave());
if (document.readyState === "complete") install();
else addEventListener("load", install);
attempt(async () => {
  await loadWords(); // before anything is shown; English pages have nothing to load
  attempt(start);
  if (csrfToken()) attempt(startDock);
  if (document.querySelector("[data-bell]")) attempt(async () => (await import("./lib/sign-ins.js")).watchSignIns());
});
