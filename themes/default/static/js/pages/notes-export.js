/** The menu that takes notes away: which of them, and for a PDF the stills first, with progress. */

import { call } from "../lib/api.js";
import { pictures } from "../lib/stills.js";
import { attempt, make } from "../lib/ui.js";
import { t } from "../lib/words.js";

const MOST_CHOSEN = 100;
const MOST_STILLS = 200; // of a PDF
const LEAST = 240; // pixels of a menu that scrolls
const MARGIN = 12;

/** The menu was opened: it follows what the list shows at this moment. */
export function opened(menu) {
  const which = menu.querySelector("[data-notes-which]");
  if (!("started" in menu.dataset)) start(menu, which);
  const panel = menu.closest("[data-notes]");
  const ids = listed(panel);
  const state = panel.querySelector("[data-show][aria-pressed=true]")?.dataset.show ?? "open";
  const option = which.querySelector("[value=listed]");
  option.textContent = t("As listed ({count})", { count: ids.length });
  option.disabled = !ids.length || ids.length > MOST_CHOSEN;
  const narrowed = Boolean(panel.querySelector("[data-notes-find]")?.value || panel.querySelector("[data-notes-whose]")?.value);
  which.value = narrowed && !option.disabled ? "listed" : state;
  point(menu, which.value);
  const list = menu.querySelector(".menu-list");
  list.style.maxHeight = `${Math.max(LEAST, innerHeight - list.getBoundingClientRect().top - MARGIN)}px`;
  list.scrollIntoView({ block: "nearest" });
}

function start(menu, which) {
  menu.dataset.started = "";
  which.addEventListener("change", () => point(menu, which.value));
  menu.querySelector("[data-format=pdf]").addEventListener("click", (event) => {
    event.preventDefault();
    attempt(() => pdf(menu, menu.querySelector("[data-format=pdf]")));
  });
  menu.querySelector("[data-notes-import]")?.addEventListener("click", () => attempt(async () => {
    menu.open = false;
    (await import("./notes-import.js")).bringIn(menu.dataset.versionId);
  }));
}

const listed = (panel) => [...panel.querySelectorAll("[data-notes-list] > [data-note-id]")].map((item) => item.dataset.noteId);

/** Every link takes those notes. */
function point(menu, choice) {
  const chosen = choice === "listed" ? { state: "all", ids: listed(menu.closest("[data-notes]")).join(",") } : { state: choice };
  for (const link of menu.querySelectorAll("[data-format]")) {
    const url = new URL(link.href);
    for (const name of ["state", "ids"]) url.searchParams.delete(name);
    for (const [name, value] of Object.entries(chosen)) url.searchParams.set(name, value);
    link.href = url.pathname + url.search;
  }
}

/** A PDF takes what its stills take, so these are made first, where progress can be seen and stopped. */
async function pdf(menu, link) {
  const address = link.getAttribute("href");
  const paths = await stills(menu, new URL(address, location.href).searchParams);
  const stop = new AbortController();
  const close = paths.length > 3 ? progress(paths.length, stop) : () => {};
  await pictures(paths, { signal: stop.signal, each: (_, __, done) => close.at?.(done) });
  close();
  if (stop.signal.aborted) return;
  const save = make("a", { href: address, download: true, "data-plain": true });
  document.body.append(save);
  save.click();
  save.remove();
}

async function stills(menu, chosen) {
  const { assetId, versionId } = menu.dataset;
  const ids = chosen.get("ids")?.split(",");
  const found = [];
  let cursor = "";
  do {
    const page = await call("GET", `/api/assets/${assetId}/comments?version_id=${versionId}&state=${chosen.get("state")}&limit=200${cursor && `&cursor=${cursor}`}`);
    found.push(...page.items.filter((note) => note.frame !== null && (!ids || ids.includes(note.id))));
    cursor = page.next_cursor || "";
  } while (cursor && found.length < MOST_STILLS);
  return found.slice(0, MOST_STILLS).map((note) => `/api/comments/${note.id}/still?width=640`);
}

function progress(total, stop) {
  const bar = make("progress", { value: 0, max: total, "aria-label": t("Pictures") });
  const text = make("p", { class: "grow", role: "status" }, t("Pictures: 0 of {total}", { total }));
  const dialog = make("dialog", { "aria-label": t("PDF with stills") }, make("h2", {}, t("PDF with stills")),
    make("form", { method: "dialog", class: "form" }, bar, make("div", { class: "row" }, text, make("button", {}, t("Cancel")))));
  let ended = false;
  document.body.append(dialog);
  dialog.showModal();
  dialog.addEventListener("close", () => { if (!ended) stop.abort(); dialog.remove(); });
  const close = () => { ended = true; dialog.close(); };
  close.at = (done) => { bar.value = done; text.textContent = t("Pictures: {done} of {total}", { done, total }); };
  return close;
}
